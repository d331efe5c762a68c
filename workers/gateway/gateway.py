"""The consumer loop: reads what the group assigns, chains it by case, commits what is finished."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaError, UnsupportedCodecError

from activities.orders import count_settlement
from contracts.admission import Arrival
from contracts.terms.errors import Refusal
from contracts.wire.dead_letter import Place, reserved
from contracts.wire.topics import DEAD_LETTER, Inlet, inlets_of
from network.broker.connection import LOG_APPEND_TIME, append_time, stop
from workers.gateway.carrier import Carrier
from workers.gateway.chains import Chains
from workers.gateway.metrics import BACKLOG, COMMIT_SECONDS, PAUSED, REBALANCES, begin_at_zero
from workers.gateway.originals import replay_of
from workers.gateway.tracker import Tracker
from workers.process.identity import Identity
from workers.process.readiness import READINESS
from workers.process.settings import Settings

log = structlog.get_logger(__name__)

POLL_MS = 100
COMMIT_EVERY_SECONDS = 0.5
COMMIT_SECONDS_AT_MOST = 5.0
MEASURE_EVERY_SECONDS = 0.5
NO_CONSUMER = "consumer-failed"
DRAIN_SECONDS = 3.0
"""How long a revocation waits for what is in flight. The other members of the group wait with it."""

REPLACE_AFTER_SECONDS = 1.0
HEARTBEAT_MS = 500
"""A member learns of a rebalance by its heartbeat: short, so that a second gateway joins quickly."""

LOOK_FOR_TOPICS_MS = 10_000
"""How often it is checked whether a deleted topic is back; nothing announces that."""

GATHERED_BYTES = 64 * 1024
"""How many bytes need no more gathering. Every read asks for all partitions, however little there is; under
load, that is half of the gateway's time."""

CAREFUL_SECONDS = 10.0
CAREFUL_PAUSE_SECONDS = 0.02
UNREADABLE = (CorruptRecordException, UnsupportedCodecError)
"""What is wrong with one record. Any other error of Kafka's is one of the connection or the group."""

CROWD = 20
"""How many unfinished events of one case on one topic count for the window; more do not stop the reading."""


@dataclass(frozen=True)
class _Taken:
    """One record that was read and has not ended.

    Attributes:
        work: takes it to its end.
    """

    tracker: Tracker
    offset: int
    work: Callable[[], Awaitable[None]]


Key = tuple[TopicPartition, bytes | None]


@dataclass
class _Assignment:
    """The unfinished work of one assignment. What outlives it keeps its trackers, never the next one's.

    Attributes:
        positions: the offset that is read next, of each partition, a moment ago.
        begun: its partitions are there. While the one before it is let go of, the consumer still shows that
            one's partitions, read up to records that have not ended.
    """

    chains: Chains[Key, _Taken]
    trackers: dict[TopicPartition, Tracker] = field(default_factory=dict)
    positions: dict[TopicPartition, int] = field(default_factory=dict)
    begun: bool = False


class Gateway:
    """Carries the events of all inlets. :meth:`run` it; cancel that to stop.

    Any number of gateways may run in one group: each has its own partitions, and a case's events of one topic
    are all in one partition.
    """

    def __init__(self, carrier: Carrier, settings: Settings) -> None:
        self._carrier = carrier
        self._settings = settings
        inlets = inlets_of(settings.directory)
        self._inlets = {settings.broker.topic(each.topic): each for each in inlets}
        self._inlets_by_name = {each.topic: each for each in inlets}
        begin_at_zero(self._inlets_by_name)

    async def run(self) -> None:
        """Run until cancelled; then finish what is in flight within seconds, commit and leave the group.

        A consumer that fails is replaced, since what it had fetched is lost with the error: the next one goes
        on from the committed offsets, and reads with care until it has met what the first one failed at.
        """
        careful = 0.0
        while True:
            try:
                await self._consume(careful)
            except KafkaError as error:
                log.error("the consumer failed and is replaced", error=f"{type(error).__name__}: {error}")
            except Exception:
                log.exception("the consumer failed and is replaced")
            READINESS.hinder(NO_CONSUMER, "it failed and is being replaced; the log says why")
            await asyncio.sleep(REPLACE_AFTER_SECONDS)
            careful = CAREFUL_SECONDS

    async def _consume(self, careful: float) -> None:
        settings = self._settings
        gather = {"fetch_min_bytes": GATHERED_BYTES, "fetch_max_wait_ms": settings.gather_ms}
        consumer = settings.broker.consumer(
            group_id=settings.gateway_group,
            client_id=str(Identity.here("gateway", settings.build)),  # whoever asks for the group sees it
            isolation_level="read_committed",  # what an agency took back was never said
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=min(HEARTBEAT_MS, settings.session_timeout_ms // 3),
            metadata_max_age_ms=LOOK_FOR_TOPICS_MS,
            **(gather if settings.gather_ms else {}),
        )

        def bury(partition: TopicPartition, offset: int, why: str) -> None:
            self._bury(assigned, partition, offset, why)

        assigned = _AssignedPartitions(consumer, settings.window, bury)
        consumer.subscribe(
            topics=sorted([*self._inlets, settings.broker.topic(DEAD_LETTER)]), listener=assigned
        )
        beside = [
            asyncio.create_task(work) for work in (assigned.keep_committing(), assigned.keep_measuring())
        ]
        try:
            await consumer.start()
            fast_from = asyncio.get_running_loop().time() + careful
            while True:
                carefully = asyncio.get_running_loop().time() < fast_from
                async for partition, records in assigned.read(carefully):
                    self._take(assigned, partition, records)
                assigned.regulate()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)
            await assigned.let_go()
            await stop(consumer)

    def _take(self, assigned: _AssignedPartitions, partition: TopicPartition, records: Iterable[Any]) -> None:
        now = asyncio.get_running_loop().time()
        inlet = self._inlets.get(partition.topic)
        for record in records:
            work = self._replay(record, now) if inlet is None else self._event(inlet, record, now)
            size = len(record.value or b"") + len(record.key or b"")
            assigned.take(partition, record.offset, record.timestamp / 1000, record.key, size, work)

    def _event(self, inlet: Inlet, record: Any, now: float) -> Callable[[], Awaitable[None]]:
        """What is to be done with a record of a party."""
        arrival = Arrival(
            inlet=inlet,
            key=record.key,
            value=record.value,
            headers=tuple(record.headers),
            received=append_time(record),
        )
        place = Place(inlet.topic, record.partition, record.offset)
        if record.timestamp_type != LOG_APPEND_TIME:
            detail = f"{inlet.topic} is not on LogAppendTime: its times are the sender's"
            return partial(self._carrier.refuse, arrival, place, Refusal("internal", detail))
        return partial(self._carrier.carry, arrival, place, now)

    def _replay(self, record: Any, now: float) -> Callable[[], Awaitable[None]]:
        """What is to be done with a record of the dead-letter topic: an operator may have replayed one."""
        count_settlement(reserved(record.headers))
        place = Place(DEAD_LETTER, record.partition, record.offset)
        replayed = replay_of(record, place, self._inlets_by_name)
        return _nothing if replayed is None else partial(self._carrier.replay, replayed, now)

    def _bury(self, assigned: _AssignedPartitions, partition: TopicPartition, offset: int, why: str) -> None:
        """Make a dead letter of a record that cannot be read, by its offset."""
        inlet, now = self._inlets.get(partition.topic), datetime.now(UTC)
        if inlet is None:  # an operator's record
            assigned.take(partition, offset, now.timestamp(), None, 0, _nothing)
            return
        arrival = Arrival(inlet, None, None, (), now)
        place = Place(inlet.topic, partition.partition, offset)
        work = partial(self._carrier.refuse, arrival, place, Refusal("unreadable", why))
        assigned.take(partition, offset, now.timestamp(), None, 0, work)


async def _nothing() -> None:
    """For records that ask for nothing."""


async def _finish(taken: _Taken) -> None:
    """Take a record to its end."""
    await taken.work()
    taken.tracker.finish(taken.offset)


class _AssignedPartitions(ConsumerRebalanceListener):  # type: ignore[misc]
    """The partitions that one consumer has: their records are taken, paced and committed."""

    def __init__(self, consumer: Any, window: int, bury: Callable[[TopicPartition, int, str], None]) -> None:
        """``bury`` is called with the place of a record that cannot be read, and why."""
        self._consumer = consumer
        self._window = window
        self._bury = bury
        self._assignment = _Assignment(Chains(_finish))
        self._committing = asyncio.Lock()

    def take(
        self,
        partition: TopicPartition,
        offset: int,
        timestamp: float,
        key: bytes | None,
        size: int,
        work: Callable[[], Awaitable[None]],
    ) -> None:
        """Put a record on the chain of its key. The key must be the case, so this needs no decoding; a record
        with another key never reaches a case."""
        tracker = self._tracker(partition)
        chains = self._assignment.chains
        crowded = chains.waiting((partition, key)) >= CROWD
        tracker.add(offset, timestamp, size=size, crowded=crowded)
        chains.put((partition, key), _Taken(tracker, offset, work))

    def _tracker(self, partition: TopicPartition) -> Tracker:
        return self._assignment.trackers.setdefault(partition, Tracker(self._window))

    async def read(self, carefully: bool) -> AsyncIterator[tuple[TopicPartition, list[Any]]]:
        """What can be read now. Each batch has to be taken before the next one is asked for: what is held
        across a rebalance belongs to nobody."""
        if not carefully:
            batches = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=self._window)
            for partition, records in batches.items():
                yield partition, records
            return
        for partition in self._consumer.assignment() - self._consumer.paused():
            for _, records in (await self._read_one(partition)).items():
                yield partition, records
        await asyncio.sleep(CAREFUL_PAUSE_SECONDS)

    async def _read_one(self, partition: TopicPartition) -> dict[TopicPartition, list[Any]]:
        """Read one record of one partition, so that an error is known to be of it.

        A record that cannot be decoded (a codec that is not installed, a broken header) becomes a dead
        letter by its offset, and reading goes on after it.
        """
        try:
            read: dict[TopicPartition, list[Any]] = await self._consumer.getmany(
                partition, timeout_ms=0, max_records=1
            )
            return read
        except Exception as error:
            if isinstance(error, KafkaError) and not isinstance(error, UNREADABLE):
                raise
            offset = await self._consumer.position(partition)
            why = f"the record cannot be read: {type(error).__name__}: {error}"
            log.warning("unreadable", topic=partition.topic, partition=partition.partition, offset=offset)
            self._bury(partition, offset, why)
            self._consumer.seek(partition, offset + 1)
            return {}

    def regulate(self) -> None:
        """Pause the partitions that have too much in flight, and resume those that have room again.

        Polling goes on meanwhile: a member that stops polling is removed from the group.
        """
        paused = self._consumer.paused()
        for partition, tracker in self._assignment.trackers.items():
            if partition in paused:
                if tracker.resumable:
                    self._consumer.resume(partition)
            elif tracker.full:
                self._consumer.pause(partition)
        PAUSED.set(len(self._consumer.paused()))

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """All partitions are revoked at every rebalance; so all unfinished work is dropped."""
        await self.let_go()

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """Trackers are made by the first record, and nothing is paused."""
        self._assignment.begun = True
        REBALANCES.inc()
        log.info("partitions assigned", count=len(assigned))
        READINESS.clear(NO_CONSUMER)
        READINESS.begun()

    async def let_go(self) -> None:
        """Finish what is in flight, for at most a few seconds; commit; cancel the rest, which the next holder
        of the partition reads again."""
        assignment, self._assignment = self._assignment, _Assignment(Chains(_finish))
        if not await assignment.chains.drain(DRAIN_SECONDS):
            log.info("broken off", chains=len(assignment.chains))
        await assignment.chains.cancel()
        await self._commit(assignment)

    async def keep_committing(self) -> None:
        """Commit at intervals, until cancelled."""
        while True:
            await asyncio.sleep(COMMIT_EVERY_SECONDS)
            try:
                await self._commit(self._assignment)
            except Exception:  # a gateway that no longer commits would look healthy until it restarts
                log.exception("offsets not committed")

    async def _commit(self, assignment: _Assignment) -> None:
        """Commit what has ended. That it fails is part of every rebalance and of every broker's restart: what
        is not committed is read again and changes nothing."""
        try:
            async with asyncio.timeout(COMMIT_SECONDS_AT_MOST), self._committing:
                await self._skip_what_cannot_be_read(assignment)
                offsets = {
                    partition: offset
                    for partition, tracker in assignment.trackers.items()
                    if (offset := tracker.committable) is not None
                }
                if not offsets:
                    return
                with COMMIT_SECONDS.time():
                    await self._consumer.commit(offsets)
        except (KafkaError, TimeoutError) as error:
            log.info("offsets not committed", error=f"{type(error).__name__}: {error}")
            return
        for partition, offset in offsets.items():
            assignment.trackers[partition].committed(offset)

    async def _skip_what_cannot_be_read(self, assignment: _Assignment) -> None:
        """Move on where no record is left: the marker of a transaction has an offset that nobody reads, and
        who waits for the end of the partition would wait for ever."""
        if assignment is not self._assignment or not assignment.begun:
            return
        for partition in self._consumer.assignment():
            position = await self._consumer.position(partition)
            if assignment is self._assignment:
                assignment.positions[partition] = position
                if position:
                    self._tracker(partition).skip_to(position)

    async def keep_measuring(self) -> None:
        """Update the metrics of what is not carried yet at intervals, until cancelled. While partitions are
        handed over, the last known values stay."""
        while True:
            now = self._assignment
            if now.begun and now.positions.keys() == self._consumer.assignment():
                BACKLOG.see(now.trackers, now.positions, self._end_of)
            await asyncio.sleep(MEASURE_EVERY_SECONDS)

    def _end_of(self, partition: TopicPartition) -> int | None:
        try:
            end: int | None = self._consumer.highwater(partition)
        except (KafkaError, AssertionError):  # a rebalance has begun
            return None
        return end
