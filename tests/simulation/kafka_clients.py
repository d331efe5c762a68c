"""Fakes of aiokafka's clients, on the fake broker: consumer, producer, administration."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaConnectionError

from network.broker.connection import Broker
from tests.simulation.kafka import MARKER, FakeKafka, Stored
from tests.simulation.process import Process

POLL_SECONDS = 1.0
"""How long an idle read waits, whatever it asks for: shorter only costs steps."""

SESSION_SECONDS = 2.0


class Ordered(set[TopicPartition]):
    """A set of partitions that is read in order: a name's hash differs from run to run."""

    def __iter__(self) -> Any:
        return iter(sorted(super().__iter__()))

    def __sub__(self, other: Any) -> Ordered:
        return Ordered(set.__sub__(self, other))


class FakeConsumer:
    """aiokafka's consumer, as far as the platform uses it."""

    def __init__(self, kafka: FakeKafka, process: Process, topics: tuple[str, ...], options: dict[str, Any]):
        self.kafka, self.process = kafka, process
        self.group = kafka.groups[options["group_id"]] if options.get("group_id") else None
        self.read_committed = options.get("isolation_level") == "read_committed"
        self.positions: dict[TopicPartition, int] = {}
        self.stopped = False
        self._topics = list(topics)
        self._listener: Any = None
        self._paused: set[TopicPartition] = set()
        self._waiting: asyncio.Future[None] | None = None
        self._revoking = False
        self._client = SimpleNamespace(get_random_node=lambda: 0, send=self._describe)

    async def _describe(self, node: int, request: Any) -> Any:
        """What describes a topic: each stands from the beginning, and is never made again."""

        def described() -> Any:
            partitions = [(0, number) for number in range(self.kafka.count)]
            return SimpleNamespace(topics=[(0, request._topic, UUID(int=1), False, partitions)])

        return await self.kafka.network.call(self.process, described)

    async def start(self) -> None:
        await self.kafka.network.call(self.process, lambda: None)
        self.kafka.consumers.append(self)
        if self.group is not None:
            self.group.members.append(self)
            self.group.change()
            self.process.when_dead.append(self._died)

    def _died(self) -> None:
        if self.group is not None and not self.stopped:
            asyncio.get_running_loop().call_later(SESSION_SECONDS, self.group.change)

    async def stop(self) -> None:
        if self in self.kafka.consumers:
            self.kafka.consumers.remove(self)
        if not self.stopped and self.group is not None and self.process.alive:
            self.stopped = True
            self.group.change()
        self.stopped = True

    def subscribe(self, topics: Iterable[str], listener: Any = None) -> None:
        self._topics, self._listener = list(topics), listener

    def subscribed_partitions(self) -> list[TopicPartition]:
        return [TopicPartition(topic, number) for topic in self._topics for number in range(self.kafka.count)]

    async def revoke(self) -> None:
        if not self.process.alive or self.stopped:
            return
        self._revoking = True
        try:
            if self._listener is not None:
                await self._listener.on_partitions_revoked(self.assignment())
        except asyncio.CancelledError:
            if self.process.alive:
                raise
        finally:
            self._revoking = False
            self.positions.clear()
            self._paused.clear()

    async def assign_group(self, partitions: list[TopicPartition]) -> None:
        assert self.group is not None
        if not self.process.alive:
            return
        self.positions = {each: self.group.committed.get(each, 0) for each in partitions}
        if self._listener is not None:
            await self._listener.on_partitions_assigned(partitions)
        self.wake()

    def assign(self, partitions: Iterable[TopicPartition]) -> None:
        self.positions = dict.fromkeys(partitions, 0)

    def assignment(self) -> Ordered:
        return Ordered(self.positions)

    def paused(self) -> Ordered:
        return Ordered(self._paused)

    def pause(self, *partitions: TopicPartition) -> None:
        self._paused.update(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self._paused.difference_update(partitions)
        self.wake()

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.positions[partition] = offset

    async def position(self, partition: TopicPartition) -> int:
        self.process.check()
        if partition not in self.positions:
            raise IllegalStateError(f"{partition} is not assigned")
        return self.positions[partition]

    def highwater(self, partition: TopicPartition) -> int:
        return len(self.kafka.log(partition).entries)

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return await self.kafka.network.call(self.process, lambda: dict.fromkeys(partitions, 0))

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return await self.kafka.network.call(
            self.process, lambda: {each: self._end(each) for each in partitions}
        )

    async def offsets_for_times(self, times: dict[TopicPartition, int]) -> dict[TopicPartition, Any]:
        """The first offset stamped at or after a time; as the broker finds it, as if stamps only rose."""

        def find() -> dict[TopicPartition, Any]:
            found: dict[TopicPartition, Any] = {}
            for partition, at in times.items():
                entries = [each for each in self.kafka.log(partition).entries if each is not MARKER]
                first = next((each.offset for each in entries if each.timestamp >= at), None)
                found[partition] = None if first is None else SimpleNamespace(offset=first)
            return found

        return await self.kafka.network.call(self.process, find)

    def _end(self, partition: TopicPartition) -> int:
        log = self.kafka.log(partition)
        return log.stable_end if self.read_committed else len(log.entries)

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[Stored]]:
        loop = asyncio.get_running_loop()
        until = loop.time() + (max(POLL_SECONDS, timeout_ms / 1000) if timeout_ms else 0)
        self.process.check()
        while True:
            if self.kafka.network.up():
                await asyncio.sleep(self.kafka.chance.uniform(0.001, self.kafka.network.slowest))
                self.process.check()
                if read := self._fetch(partitions or sorted(self.positions), max_records or 500):
                    return read
            if loop.time() >= until or not timeout_ms:
                await asyncio.sleep(0)
                self.process.check()
                return {}
            self._waiting = loop.create_future()
            timer = loop.call_at(until, self.wake)
            try:
                await self._waiting
            finally:
                timer.cancel()
                self._waiting = None
            self.process.check()

    async def getone(self, partition: TopicPartition) -> Stored:
        while True:
            if read := await self.getmany(partition, timeout_ms=100, max_records=1):
                return read[partition][0]

    def _fetch(self, partitions: Iterable[TopicPartition], room: int) -> dict[TopicPartition, list[Stored]]:
        read: dict[TopicPartition, list[Stored]] = {}
        for partition in partitions:
            if partition in self._paused or partition not in self.positions or self._revoking:
                continue
            log, end = self.kafka.log(partition), self._end(partition)
            records: list[Stored] = []
            position = self.positions[partition]
            while position < end and len(records) < room:
                if (each := log.entries[position]) is not MARKER:
                    records.append(each)
                position += 1
            while position < end and log.entries[position] is MARKER:
                position += 1
            self.positions[partition] = position
            room -= len(records)
            if records:
                read[partition] = records
        return read

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        def store() -> None:
            assert self.group is not None
            if self not in self.group.members or not self.positions.keys() >= offsets.keys():
                raise CommitFailedError("not the holder any more")
            self.group.committed |= offsets

        await self.kafka.network.call(self.process, store)

    def wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class FakeProducer:
    """aiokafka's idempotent producer: in order per partition; where it has failed once, it fails for ever."""

    def __init__(self, kafka: FakeKafka, process: Process) -> None:
        self._kafka, self._process = kafka, process
        self._failed: set[tuple[str, int]] = set()
        self._last: dict[tuple[str, int], asyncio.Future[None]] = {}
        self._sender = SimpleNamespace(sender_task=None)
        every_topic_stands = SimpleNamespace(partitions_for_topic=lambda topic: set(range(kafka.count)))
        self.client = SimpleNamespace(close=self._nothing, cluster=every_topic_stands)

    async def _nothing(self) -> None:
        return

    async def start(self) -> None:
        await self._kafka.network.call(self._process, lambda: None)

    async def flush(self) -> None:
        return

    async def send(
        self, topic: str, value: bytes | None, *, key: bytes | None, headers: list[tuple[str, bytes | None]]
    ) -> asyncio.Future[None]:
        self._process.check()
        place = (topic, self._kafka.place(key, "murmur2"))
        record = (key, value, headers)
        sent = asyncio.ensure_future(self._deliver(place, self._last.get(place), *record))
        self._last[place] = sent
        return sent

    async def _deliver(
        self, place: tuple[str, int], before: asyncio.Future[None] | None, key: Any, value: Any, headers: Any
    ) -> None:
        def append() -> None:
            if place in self._failed:
                raise KafkaConnectionError("a batch before it failed")
            self._kafka.append(place[0], key, value, headers, partition=place[1])

        try:
            if before is not None and not before.done():
                await asyncio.wait([before])
            await self._kafka.network.call(self._process, append)
        except KafkaConnectionError:
            self._failed.add(place)
            raise


class FakeAdmin:
    """aiokafka's administrative client."""

    def __init__(self, kafka: FakeKafka, process: Process) -> None:
        self._kafka, self._process = kafka, process

    async def start(self) -> None:
        await self._kafka.network.call(self._process, lambda: None)

    async def close(self) -> None:
        return

    async def describe_topics(self, topics: list[str] | None = None) -> list[dict[str, Any]]:
        def describe() -> list[dict[str, Any]]:
            names = sorted(self._kafka.logs) if topics is None else topics
            numbers = [{"partition": number} for number in range(self._kafka.count)]
            return [{"topic": each, "partitions": numbers} for each in names]

        return await self._kafka.network.call(self._process, describe)

    async def list_consumer_group_offsets(
        self, group: str, partitions: Iterable[TopicPartition]
    ) -> dict[TopicPartition, Any]:
        def read() -> dict[TopicPartition, Any]:
            committed = self._kafka.groups[group].committed
            return {each: SimpleNamespace(offset=committed.get(each, -1)) for each in partitions}

        return await self._kafka.network.call(self._process, read)


@dataclass(frozen=True)
class FakeBroker(Broker):
    """The broker, as one process reaches it."""

    kafka: Any = None
    process: Any = None

    def consumer(self, *topics: str, **options: Any) -> Any:
        return FakeConsumer(self.kafka, self.process, tuple(self.topic(each) for each in topics), options)

    def producer(self, **options: Any) -> Any:
        return FakeProducer(self.kafka, self.process)

    def administration(self) -> Any:
        return _Started(FakeAdmin(self.kafka, self.process), self)


class _Started:
    """An administrative client, started."""

    def __init__(self, client: FakeAdmin, broker: FakeBroker) -> None:
        self._client, self._broker = client, broker

    async def __aenter__(self) -> FakeAdmin:
        try:
            await self._client.start()
        except KafkaConnectionError as error:
            raise self._broker.unavailable(error) from None
        return self._client

    async def __aexit__(self, *_: object) -> None:
        return
