"""Reading the ledger's topic and writing it to the table."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import structlog
from aiokafka import ConsumerRebalanceListener
from aiokafka.errors import KafkaError
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from archive.database import shown
from contracts.wire.topics import LEDGER
from network.broker.connection import stop
from workers.archive.store import ArchiveStore, LedgerRecord, Receipt
from workers.process.metrics import set_ready
from workers.process.settings import Settings

T = TypeVar("T")

log = structlog.get_logger(__name__)

BATCH_RECORDS = 500
POLL_MS = 250
COMMIT_SECONDS = 0.5
"""Offsets are committed this often. What a kill leaves uncommitted comes again and is dropped as a copy."""

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0

ENTRIES = Counter(
    "seamless_archive_entries", "Records of the ledger's topic, by what became of them.", ["result"]
)
LAG = Gauge(
    "seamless_archive_lag_records", "Records on the ledger's topic that the archive has not read yet."
)


class _Stopped(Exception):
    """The process was asked to stop while it waited for something."""


class ArchiveWriter:
    """One run of the archive worker, over any number of connections to the broker and the database."""

    def __init__(self, settings: Settings, stopping: asyncio.Future[None]) -> None:
        """
        Args:
            stopping: done when the run has to end.
        """
        self._settings = settings
        self._stopping = stopping
        self._store = ArchiveStore(settings.archive_url)
        self._pause = FIRST_PAUSE_SECONDS

    async def run(self) -> None:
        """Archive until ``stopping``."""
        try:
            await self._in_database(self._store.prepare)
            log.info("the archive is open", archive=shown(self._settings.archive_url))
            while not self._stopping.done():
                consumer = self._consumer()
                try:
                    await consumer.start()
                    await self._read(consumer)
                except (KafkaError, OSError) as error:
                    log.warning("the archive waits for Kafka", kafka=self._settings.kafka, error=str(error))
                    await self._wait()
                finally:
                    await stop(consumer)
        except _Stopped:
            pass
        finally:
            await asyncio.to_thread(self._store.close)

    def _consumer(self) -> Any:
        return self._settings.broker.consumer(
            group_id=self._settings.archive_group,
            session_timeout_ms=self._settings.session_timeout_ms,
            heartbeat_interval_ms=self._settings.session_timeout_ms // 10,
            metadata_max_age_ms=10_000,
            fetch_min_bytes=64 * 1024,  # larger transactions, fewer of them; a tenth of a second later
            fetch_max_wait_ms=100,
        )

    async def _read(self, consumer: Any) -> None:
        """Archive what ``consumer`` reads, until ``stopping``.

        Raises:
            KafkaError: the consumer is of no use any more.
        """
        topic = self._settings.broker.topic(LEDGER)
        consumer.subscribe([topic], listener=_FromTheStart(consumer, self._is_empty))
        clock = asyncio.get_running_loop().time
        uncommitted, committed_at = False, clock()
        read: dict[Any, int] = {}
        while not self._stopping.done():
            batch = await consumer.getmany(timeout_ms=POLL_MS, max_records=BATCH_RECORDS)
            if batch:
                _report(await self._in_database(partial(self._store.write, _records(batch))))
                read |= {partition: records[-1].offset + 1 for partition, records in batch.items()}
                uncommitted, self._pause = True, FIRST_PAUSE_SECONDS
            if uncommitted and clock() - committed_at >= COMMIT_SECONDS:
                await _commit(consumer)
                uncommitted, committed_at = False, clock()
            LAG.set(_lag(consumer, read))
        if uncommitted:
            await _commit(consumer)

    async def _is_empty(self) -> bool:
        return await self._in_database(self._store.is_empty)

    async def _in_database(self, work: Callable[[], T]) -> T:
        """Do ``work`` in a thread, again and again until the database takes it."""
        while True:
            try:
                return await asyncio.to_thread(work)
            except (SQLAlchemyError, OSError) as error:
                log.error(
                    "the archive's database does not take this; trying again",
                    archive=shown(self._settings.archive_url),
                    error=str(error.orig if isinstance(error, DBAPIError) else error),
                )
            await self._wait()

    async def _wait(self) -> None:
        """Wait a while, longer each time that nothing worked in between."""
        await asyncio.wait([self._stopping], timeout=self._pause)
        if self._stopping.done():
            raise _Stopped
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)


class _FromTheStart(ConsumerRebalanceListener):  # type: ignore[misc]
    """Reads the topic from its start while the archive is empty, whatever the group's offsets say.

    So an archive that was lost is rebuilt by starting the worker.
    """

    def __init__(self, consumer: Any, is_empty: Callable[[], Any]) -> None:
        self._consumer = consumer
        self._is_empty = is_empty

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Nothing to do: the next owner reads the uncommitted tail again."""

    async def on_partitions_assigned(self, assigned: Any) -> None:
        if assigned and await self._is_empty():
            await self._consumer.seek_to_beginning(*assigned)
        set_ready()


def _records(batch: dict[Any, list[Any]]) -> list[LedgerRecord]:
    return [
        LedgerRecord(record.topic, record.partition, record.offset, record.value, record.headers)
        for records in batch.values()
        for record in records
    ]


async def _commit(consumer: Any) -> None:
    """Commit what was read. A failure is no harm: it will be read again."""
    try:
        await consumer.commit()
    except KafkaError as error:
        log.info("offsets not committed; what was read comes again", error=str(error))


def _lag(consumer: Any, read: dict[Any, int]) -> int:
    """How many records stand after those that were read, in the partitions that are ours."""
    ends = {partition: consumer.highwater(partition) for partition in consumer.assignment()}
    return sum(max(0, end - read[partition]) for partition, end in ends.items() if end and partition in read)


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
