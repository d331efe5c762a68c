"""A network that can be broken: a TCP proxy before a server, told what to do with what passes."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from random import Random
from typing import Literal, Self

from deploy.local.ports import LOOPBACK, free_port

CHUNK = 64 * 1024
LOOK_SECONDS = 0.05

Manner = Literal["sound", "cut", "silent", "slow", "deaf"]
"""How the network is.

``sound``: all passes. ``cut``: connections are reset, and none is accepted. ``silent``, half-open: they
stay and are accepted, and nothing passes. ``slow``: everything comes late. ``deaf``: what the client sends
reaches the server, and no answer comes back.
"""


@dataclass(eq=False)
class _Line:
    """One connection through the proxy, to both sides.

    Attributes:
        torn: bytes were dropped, so it cannot go on once the network is sound again.
    """

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    torn: bool = False

    def reset(self) -> None:
        """End it as a network does that breaks: without a farewell."""
        for writer in (self.client, self.server):
            writer.transport.abort()


class Proxy:
    """Stands between clients and a server.

    Attributes:
        port: where it listens. A server that names its own address to clients has to name this one.
    """

    def __init__(self, server_port: int, random: Random) -> None:
        self.port = free_port()
        self.server_port = server_port
        self._random = random
        self._manner: Manner = "sound"
        self._lines: set[_Line] = set()
        self._listener: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """``HOST:PORT`` for clients."""
        return f"{LOOPBACK}:{self.port}"

    async def __aenter__(self) -> Self:
        await self._listen()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._close()
        self._reset(every=True)
        for task in self._pumps:
            task.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def become(self, manner: Manner) -> None:
        """Change how the network is, also for the connections that stand."""
        self._manner = manner
        if manner == "cut":
            await self._close()
            self._reset(every=True)
        else:
            if manner == "sound":
                self._reset(every=False)
            await self._listen()

    async def _listen(self) -> None:
        if self._listener is None:
            self._listener = await asyncio.start_server(self._accept, LOOPBACK, self.port)

    async def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _reset(self, *, every: bool) -> None:
        for line in [line for line in self._lines if every or line.torn]:
            line.reset()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_connection(LOOPBACK, self.server_port)
        except OSError:  # the server is away, so the client is refused as it would be there
            writer.transport.abort()
            return
        line = _Line(writer, to_server)
        self._lines.add(line)
        pumps = [
            asyncio.create_task(self._pump(line, reader, to_server, answers=False)),
            asyncio.create_task(self._pump(line, from_server, writer, answers=True)),
        ]
        self._pumps.update(pumps)
        for task in pumps:
            task.add_done_callback(self._pumps.discard)
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in pumps:
                task.cancel()
            line.reset()
            self._lines.discard(line)

    async def _pump(
        self, line: _Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                while self._manner == "silent":
                    await asyncio.sleep(LOOK_SECONDS)
                if self._manner == "deaf" and answers:
                    line.torn = True
                    continue
                if self._manner == "slow":
                    await asyncio.sleep(self._random.uniform(0.1, 0.8))
                writer.write(chunk)
                await writer.drain()
