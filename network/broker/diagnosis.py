"""Why no broker answers at an address: how far a connection gets, from the name to the login.

aiokafka reports the same for all of them: that it is unable to bootstrap.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from typing import NamedTuple

API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""The one request that a broker answers before a login: which requests it knows. Its number is 1."""
BROKERS = struct.pack(">ihhihi", 14, 3, 1, 2, -1, 0)
"""A request that needs a login where there is one: metadata of no topic. Its number is 2."""
READ_BYTES = 4096
TLS_RECORDS = (b"\x15\x03", b"\x16\x03")
"""How an alert and a handshake of TLS begin."""


async def diagnosis(addresses: str, within_seconds: float) -> str:
    """What is wrong with each of some addresses, in a clause for a person.

    Args:
        addresses: ``HOST:PORT``, several with commas.
        within_seconds: how long each step may take.
    """
    each = [address.rpartition(":") for address in addresses.split(",")]
    found = await asyncio.gather(*(_diagnosis(host, int(port), within_seconds) for host, _, port in each))
    return "; ".join(found)


async def _diagnosis(host: str, port: int, within: float) -> str:
    try:
        answer = await _answer(host, port, API_VERSIONS + BROKERS, within)
    except socket.gaierror:
        return f"there is no host named {host}"
    except ConnectionRefusedError:
        return f"nobody listens on port {port} of {host}"
    except TimeoutError:
        return f"{host}:{port} accepts no connection within {within:g} s; a firewall, or the machine is off"
    except OSError as error:
        return f"{host}:{port} cannot be connected to: {error.strerror or error}"
    numbers = _answered(answer.said)
    if numbers == [1] and answer.closed:
        return (
            f"the Kafka broker at {host}:{port} closes the connection when it is asked for anything: "
            "it demands a login (SASL), and Seamless has none yet"
        )
    if numbers == [1, 2]:
        return f"the Kafka broker at {host}:{port} answers now; it did not a moment ago"
    if not answer.closed and (numbers or not answer.said):
        return f"{host}:{port} accepts connections and does not answer within {within:g} s; it hangs"
    if answer.said.startswith(TLS_RECORDS) or await _speaks_tls(host, port, within):
        return f"{host}:{port} speaks TLS, and Seamless connects without yet: use a plaintext listener"
    return f"whoever listens at {host}:{port} does not speak Kafka"


class _Answer(NamedTuple):
    """What was answered, and whether the other side closed the connection then."""

    said: bytes
    closed: bool


def _answered(said: bytes) -> list[int]:
    """The numbers of the requests that are answered in what a broker said, one after the other."""
    numbers: list[int] = []
    while len(said) >= 8:
        size, number = struct.unpack_from(">ii", said)
        if number != len(numbers) + 1 or not 4 <= size <= READ_BYTES:
            break
        numbers.append(number)
        said = said[4 + size :]
    return numbers


async def _answer(host: str, port: int, request: bytes, within: float) -> _Answer:
    """What is answered to ``request``, until the other side closes or falls silent.

    Raises:
        OSError, TimeoutError: there is no connection.
    """
    async with asyncio.timeout(within):
        reader, writer = await asyncio.open_connection(host, port)
    said = b""
    try:
        writer.write(request)
        async with asyncio.timeout(within):
            while len(said) < READ_BYTES and _answered(said) != [1, 2]:
                heard = await reader.read(READ_BYTES)
                if not heard:
                    return _Answer(said, closed=True)
                said += heard
    except TimeoutError:
        pass
    except OSError:  # closed in the middle
        return _Answer(said, closed=True)
    finally:
        writer.close()
    return _Answer(said, closed=False)


async def _speaks_tls(host: str, port: int, within: float) -> bool:
    """Whether a greeting of TLS is answered by TLS, be it by an alert."""
    greeting = ssl.MemoryBIO()
    hello = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), greeting, server_hostname=host)
    with contextlib.suppress(ssl.SSLWantReadError):
        hello.do_handshake()
    with contextlib.suppress(OSError, TimeoutError):
        return (await _answer(host, port, greeting.read(), within)).said.startswith(TLS_RECORDS)
    return False
