"""The servers that checks ask: each is connected to once for all checks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Literal, Self, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client

from archive.completeness import NoArchive
from archive.database import shown
from archive.reader import ArchiveReader
from contracts.terms.errors import Unavailable
from network.broker.topics import TopicComparison, compare_topics
from workers.process.settings import Settings
from workers.process.temporal import connect_to_server

T = TypeVar("T")

REACH_SECONDS = 20.0

Server = Literal["kafka", "temporal", "archive"]


class Servers:
    """The servers of an installation, connected as far as :meth:`reach` was asked for.

    Attributes:
        settings: those of the installation.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._entered = AsyncExitStack()
        self._temporal: Client | None = None
        self._archive: ArchiveReader | None = None
        self._no_archive = False
        self._topics: asyncio.Task[TopicComparison] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._topics is not None:
            self._topics.cancel()
            await asyncio.gather(self._topics, return_exceptions=True)
        await self._entered.aclose()

    async def reach(self, servers: Sequence[Server]) -> dict[Server, str]:
        """Connect to servers; each with why it does not answer, or with nothing if it does."""
        found = await asyncio.gather(*(self._reached(server) for server in servers))
        return dict(zip(servers, found, strict=True))

    async def _reached(self, server: Server) -> str:
        try:
            async with asyncio.timeout(REACH_SECONDS):
                match server:
                    case "kafka":
                        await self.settings.broker.reach()
                    case "temporal":
                        self._temporal = await connect_to_server(self.settings)
                    case "archive":
                        await self._reach_archive()
        except TimeoutError:
            return f"{self.address(server)} does not answer within {REACH_SECONDS:g} s"
        except Unavailable as error:
            return str(error)
        return ""

    async def _reach_archive(self) -> None:
        self._archive = ArchiveReader(self.settings.archive_url)
        self._entered.push_async_callback(self._archive.close)
        try:
            await self._archive.positions()
        except NoArchive:
            self._no_archive = True
        except SQLAlchemyError as error:
            raise Unavailable(f"the archive's database does not answer: {error}") from None

    def address(self, server: Server) -> str:
        """Where a server is, for a person."""
        if server == "archive":
            return shown(self.settings.archive_url)
        return self.settings.kafka if server == "kafka" else self.settings.temporal

    def answer(self, server: Server) -> str:
        """What a server that was reached says, for a person."""
        if server == "archive" and self._no_archive:
            return f"{self.address(server)} answers, but has no archive"
        return f"{self.address(server)} answers"

    @property
    def temporal(self) -> Client:
        """A client of the namespace in the settings, which may not exist."""
        return _reached(self._temporal)

    @property
    def archive(self) -> ArchiveReader:
        """The archive, which may not exist."""
        return _reached(self._archive)

    async def topics(self) -> TopicComparison:
        """How the topics are beside what the directory asks for; looked at once for all checks."""
        if self._topics is None:
            self._topics = asyncio.create_task(compare_topics(self.settings.broker, self.settings.directory))
        return await asyncio.shield(self._topics)  # others wait for it, too


def _reached(client: T | None) -> T:
    if client is None:
        raise RuntimeError("a check asks a server that it did not name in its needs")
    return client
