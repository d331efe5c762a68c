"""A fake of Kafka: partitions with offsets, append times and markers; groups with committed offsets."""

from __future__ import annotations

import asyncio
import random
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from aiokafka.partitioner import murmur2

from tests.simulation.process import Network

LOG_APPEND_TIME = 1
MARKER = None


@dataclass(eq=False)
class Stored:
    """A record as it stands. Looks like aiokafka's ``ConsumerRecord``.

    Attributes:
        appended: when the broker received it, in truth.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    timestamp: int
    appended: datetime
    timestamp_type: int = LOG_APPEND_TIME

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass
class Log:
    """One partition. ``None`` stands for a marker, or a record of a transaction that was broken off."""

    entries: list[Stored | None] = field(default_factory=list)
    open_from: int | None = None
    transaction: list[int] = field(default_factory=list)

    @property
    def stable_end(self) -> int:
        """Where those stop who read only what is committed."""
        return len(self.entries) if self.open_from is None else self.open_from


class Group:
    """A consumer group: who is in it, and what it has committed."""

    def __init__(self) -> None:
        self.committed: dict[TopicPartition, int] = {}
        self.members: list[Any] = []
        self.changed = False
        self.rebalancing: asyncio.Task[None] | None = None

    def change(self) -> None:
        """Somebody came or went."""
        self.changed = True
        if self.rebalancing is None or self.rebalancing.done():
            self.rebalancing = asyncio.get_running_loop().create_task(self._rebalance())

    async def _rebalance(self) -> None:
        while self.changed:
            self.changed = False
            await asyncio.sleep(0.05)
            await asyncio.gather(*(each.revoke() for each in list(self.members)))
            self.members = [each for each in self.members if each.process.alive and not each.stopped]
            partitions = sorted({tp for each in self.members for tp in each.subscribed_partitions()})
            for number, member in enumerate(self.members):
                await member.assign_group(partitions[number :: len(self.members)])


class FakeKafka:
    """The broker.

    Attributes:
        stamp: the broker's clock.
        when_appended: who is told of every record.
    """

    def __init__(self, chance: random.Random, partitions: int, stamp: Callable[[], datetime]) -> None:
        self.chance = chance
        self.count = partitions
        self.stamp = stamp
        self.network = Network(chance, lambda: KafkaConnectionError("away"))
        self.logs: defaultdict[str, list[Log]] = defaultdict(lambda: [Log() for _ in range(partitions)])
        self.groups: defaultdict[str, Group] = defaultdict(Group)
        self.consumers: list[Any] = []
        self.when_appended: list[Callable[[Stored], None]] = []

    def log(self, partition: TopicPartition) -> Log:
        log: Log = self.logs[partition.topic][partition.partition]
        return log

    def place(self, key: bytes | None, partitioner: str) -> int:
        """The partition that a client chooses."""
        if key is None or partitioner == "random":
            return self.chance.randrange(self.count)
        if partitioner == "crc32":  # librdkafka's
            return zlib.crc32(key) % self.count
        return int(murmur2(key) & 0x7FFFFFFF) % self.count

    def append(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Iterable[tuple[str, bytes | None]] = (),
        *,
        partition: int | None = None,
        stamp: datetime | None = None,
    ) -> Stored:
        """Append a record; ``stamp`` in place of the broker's clock."""
        number = self.place(key, "murmur2") if partition is None else partition
        log = self.logs[topic][number]
        at = stamp or self.stamp()
        record = Stored(
            topic,
            number,
            len(log.entries),
            key,
            value,
            tuple(headers),
            round(at.timestamp() * 1000),
            asyncio.get_running_loop().wall(),  # type: ignore[attr-defined]
        )
        log.entries.append(record)
        self._appended(record)
        return record

    def begin(self, topic: str, partition: int) -> bool:
        """A transaction begins in that partition with the next record; false while there is another one."""
        log = self.logs[topic][partition]
        if log.open_from is not None:
            return False
        log.open_from = len(log.entries)
        log.transaction = [log.open_from]
        return True

    def end(self, topic: str, partition: int, *, commit: bool) -> None:
        """It ends; its marker takes an offset."""
        log = self.logs[topic][partition]
        if log.open_from is None:
            return
        for offset in log.transaction if not commit else ():
            log.entries[offset] = MARKER
        log.entries.append(MARKER)
        log.open_from = None
        for consumer in self.consumers:
            consumer.wake()

    def _appended(self, record: Stored) -> None:
        where = TopicPartition(record.topic, record.partition)
        for consumer in self.consumers:
            if where in consumer.positions:
                consumer.wake()
        for tell in self.when_appended:
            tell(record)

    def records(self, topic: str) -> list[Stored]:
        """Every record of a topic that stands, by partition."""
        return [each for log in self.logs[topic] for each in log.entries if each is not MARKER]
