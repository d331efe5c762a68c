"""Why no broker answers: name, connection, TLS, login and protocol are told apart."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from contracts.terms.errors import Unavailable
from deploy.local.ports import free_port
from network.broker.connection import Broker
from network.broker.diagnosis import diagnosis

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """A server on a free port; its address."""
    server = await asyncio.start_server(serve, "127.0.0.1", free_port())
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def web_server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


async def closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def kafka_with_login(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers which requests it knows, and closes at any other one before a login."""
    size, _, _, number = struct.unpack(">ihhi", await reader.readexactly(12))
    await reader.readexactly(size - 8)
    answer = struct.pack(">ihi", number, 0, 0)
    writer.write(struct.pack(">i", len(answer)) + answer)
    await writer.drain()
    writer.close()


async def test_a_name_that_does_not_exist() -> None:
    assert "there is no host named no-such-host.invalid" in await diagnosis("no-such-host.invalid:9092", 5)


async def test_nobody_listens() -> None:
    port = free_port()
    assert await diagnosis(f"127.0.0.1:{port}", 1) == f"nobody listens on port {port} of 127.0.0.1"


@pytest.mark.parametrize(
    ("serve", "told"),
    [
        (silent, "it hangs"),
        (web_server, "does not speak Kafka"),
        (closes, "does not speak Kafka"),
        (kafka_with_login, "it demands a login (SASL)"),
    ],
)
async def test_somebody_listens(serve: Serve, told: str) -> None:
    async with listening(serve) as address:
        said = await diagnosis(address, 0.3)
    assert told in said
    assert address in said


def serve_tls(listener: socket.socket) -> None:
    """Shake hands with whoever comes. It has no certificate, so it ends in an alert; that is TLS enough."""
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(ssl.SSLError):
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).wrap_socket(connection, server_side=True)


async def test_a_listener_with_tls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=serve_tls, args=[listener], daemon=True)
        serving.start()
        port = listener.getsockname()[1]
        assert f"127.0.0.1:{port} speaks TLS" in await diagnosis(f"127.0.0.1:{port}", 1)
        listener.shutdown(socket.SHUT_RDWR)
    serving.join(5)


async def test_of_several_addresses_each_is_told() -> None:
    async with listening(web_server) as first:
        said = await diagnosis(f"{first},127.0.0.1:{free_port()}", 1)
    assert "does not speak Kafka; nobody listens" in said


async def test_the_client_says_it_with_what_to_do() -> None:
    async with listening(kafka_with_login) as address:
        with pytest.raises(Unavailable, match=r"demands a login.*set SEAMLESS_KAFKA"):
            await Broker(address).reach(within_ms=500)
