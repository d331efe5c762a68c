"""Reading the ledger's topic and writing it to the table."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TypeVar

import structlog
from aiokafka.errors import KafkaError
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from archive.database import shown
from contracts.terms.errors import Unavailable
from network.broker.topic_state import TopicState
from workers.archive.lag import Lag
from workers.archive.source import KafkaSource, Source
from workers.archive.store import ArchiveStore, OtherTopic, Overtaken, Receipt
from workers.process.readiness import READINESS
from workers.process.settings import Settings

T = TypeVar("T")

log = structlog.get_logger(__name__)

CHECK_SECONDS = 2.0
"""How often the worker checks that the archive and the topic are still the same."""

STANDBY_SECONDS = 1.0
"""How long a worker leaves the archive to another one that was faster."""

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0

ENTRIES = Counter(
    "seamless_archive_entries", "Records of the ledger's topic, by what became of them.", ["result"]
)
for _result in ("new", "copy", "fork", "stray"):
    ENTRIES.labels(_result)  # a rate does not see the first increase of a series that begins with it
NO_DATABASE = "archive-away"


class _Stopped(Exception):
    """The process was asked to stop while it waited for something."""


class ArchiveWriter:
    """One run of the archive worker, over any number of connections to the broker and the database.

    The archive alone decides where reading begins: its positions are written in the transaction of the rows.
    So an archive that was lost, or an old one that was restored, catches up by itself. Of several
    workers on one archive any may write at any time: a batch is written only where it begins where the
    archive ends.
    """

    def __init__(
        self,
        settings: Settings,
        stopping: asyncio.Future[None],
        *,
        source: Callable[[], AbstractAsyncContextManager[Source]] | None = None,
        lag: Lag | None = None,
    ) -> None:
        """
        Args:
            stopping: done when the run has to end.
            source: what it is written from; the broker's topic when None.
            lag: is told how far the archive is behind.
        """
        self._settings = settings
        self._stopping = stopping
        self._source = source or (lambda: KafkaSource(settings.broker))
        self._store = ArchiveStore(settings.archive_url)
        self._shown = shown(settings.archive_url)
        self._pause = FIRST_PAUSE_SECONDS
        self._lag = lag or Lag()

    async def run(self) -> None:
        """Archive until ``stopping``.

        Raises:
            Unavailable: the archive was written from another topic than the broker has now.
        """
        try:
            while not self._stopping.done():
                try:
                    async with self._source() as source:
                        await self._archive(source)
                except (KafkaError, Unavailable, OSError) as error:
                    log.warning("the archive waits for Kafka", kafka=self._settings.kafka, error=str(error))
                    await self._wait()
        except _Stopped:
            pass
        except OtherTopic as error:
            raise Unavailable(
                f"the archive {self._shown} cannot be continued: {error}. Set SEAMLESS_KAFKA or "
                "SEAMLESS_ARCHIVE to what belongs together, or start on an empty database"
            ) from None
        finally:
            await asyncio.to_thread(self._store.close)

    async def _archive(self, source: Source) -> None:
        """Archive what ``source`` has, until ``stopping``; after every difficulty, from the archive's
        positions on."""
        while not self._stopping.done():
            try:
                topic = await self._claim(source)
                READINESS.clear(NO_DATABASE)
                READINESS.begun()
                await self._follow(source, topic)
            except Overtaken:
                log.info("another worker moved the archive forward; reading continues from there")
                await self._wait(STANDBY_SECONDS)
            except SQLAlchemyError as error:
                why = str(error.orig if isinstance(error, DBAPIError) else error)
                READINESS.hinder(NO_DATABASE, f"the database of {self._shown} does not take this: {why}")
                log.error(
                    "the archive's database does not take this; trying again", archive=self._shown, error=why
                )
                self._lag.reaches((await source.state()).ends)  # the topic goes on growing
                await self._wait()

    async def _claim(self, source: Source) -> TopicState:
        """Go to where the archive stands; the topic that it is written from."""
        await asyncio.to_thread(self._store.prepare)
        before = await asyncio.to_thread(self._store.positions)
        topic = await source.state()
        places = await asyncio.to_thread(self._store.claim, topic, before)
        source.seek(places)
        self._lag.begins(places, topic.ends)
        log.info("the archive is open", archive=self._shown, unread=_unread(topic, places))
        for partition in places.keys() & before.keys():
            if places[partition] != before[partition]:
                log.error(
                    "the topic has lost records",
                    partition=partition,
                    position=before[partition],
                    start=topic.starts[partition],
                    end=topic.ends[partition],
                )
        return topic

    async def _follow(self, source: Source, topic: TopicState) -> None:
        """Write what comes, until the topic is not as it was, or ``stopping``.

        Raises:
            Overtaken: the archive is not where this worker left it.
        """
        clock = asyncio.get_running_loop().time
        check_at = clock() + CHECK_SECONDS
        while not self._stopping.done():
            records, moves = await source.read()
            if moves:
                _report(await asyncio.to_thread(partial(self._store.write, records, moves)))
                self._pause = FIRST_PAUSE_SECONDS
            self._lag.stands(source.places)
            self._lag.grows(source.ends)
            if clock() >= check_at:
                if await asyncio.to_thread(self._store.positions) != source.places:
                    raise Overtaken
                now = await source.state()
                self._lag.reaches(now.ends)
                if not _continues(topic, now, source):
                    return
                check_at = clock() + CHECK_SECONDS

    async def _wait(self, seconds: float | None = None) -> None:
        """Wait ``seconds``; or else a while, longer each time that nothing worked in between."""
        await asyncio.wait([self._stopping], timeout=self._pause if seconds is None else seconds)
        if self._stopping.done():
            raise _Stopped
        if seconds is None:
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)


def _continues(before: TopicState, now: TopicState, source: Source) -> bool:
    """Whether the topic is still the same, and reading on from here misses nothing."""
    return now.topic_id == before.topic_id and all(
        partition in source.places and now.starts[partition] <= source.places[partition] <= end
        for partition, end in now.ends.items()
    )


def _unread(topic: TopicState, places: dict[int, int]) -> int:
    return sum(end - places[partition] for partition, end in topic.ends.items())


def _report(receipt: Receipt) -> None:
    """Count what was written, and log what should not be there."""
    for result, count in (
        ("new", receipt.new),
        ("copy", receipt.copies),
        ("fork", len(receipt.forks)),
        ("stray", len(receipt.strays)),
    ):
        ENTRIES.labels(result=result).inc(count)
    for entry in receipt.forks:
        log.error("a fork of the ledger", case=entry.case, sequence=entry.sequence, hash=entry.hash)
    for record, reason in receipt.strays:
        log.error("no ledger entry", partition=record.partition, offset=record.offset, reason=reason)
