"""Ports of this machine's loopback address."""

from __future__ import annotations

import asyncio
import errno
import random
import socket

LOOPBACK = "127.0.0.1"

# Below the range that Linux hands to outgoing connections (from 32768): a client that keeps knocking at a
# stopped server's port could be given that very port, connect to itself and keep the server from coming back.
CANDIDATES = range(20_000, 30_000)


def free_port() -> int:
    """A port that nobody listens on now.

    Raises:
        OSError: there is none.
    """
    for port in random.sample(CANDIDATES, 100):
        if is_free(port):
            return port
    raise OSError("no free port on the loopback address")


def is_free(port: int) -> bool:
    """Whether a server could listen on it now."""
    return hindrance_on(port) is None


def hindrance_on(port: int) -> str | None:
    """Why a server cannot listen on a port now, as what is said about the port; None where it can."""
    with socket.socket() as probe:
        # As servers do: connections that have ended are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OverflowError:
            return "is none: they go from 1 to 65535"
        except PermissionError:
            return "may not be used by this user"
        except OSError as error:
            used = error.errno == errno.EADDRINUSE
            return "is in use by another program" if used else f"cannot be used: {error.strerror}"
    return None


async def accepts(port: int) -> bool:
    """Whether somebody accepts connections on it."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True
