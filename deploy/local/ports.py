"""Ports of this machine's loopback address."""

from __future__ import annotations

import asyncio
import errno
import random
import socket
import sys

LOOPBACK = "127.0.0.1"

# Below the range that Linux hands to outgoing connections (from 32768): a client that keeps knocking at a
# stopped server's port could be given that very port, connect to itself and keep the server from coming back.
CANDIDATES = range(20_000, 30_000)

_CLAIMS: list[socket.socket] = []


def free_port() -> int:
    """A port that nobody listens on now, and that no other process that still runs was given here.

    Raises:
        OSError: there is none.
    """
    for port in random.sample(CANDIDATES, 100):
        if is_free(port) and _claimed(port):
            return port
    raise OSError("no free port on the loopback address")


def _claimed(port: int) -> bool:
    """Claim a port for as long as this process lives: a server takes seconds to listen, and of stacks that
    start at the same time two would be given the same port now and then. By a name that Linux alone has."""
    if sys.platform != "linux":
        return True
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0seamless-port-{port}")
    except OSError:
        claim.close()
        return False
    _CLAIMS.append(claim)
    return True


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
