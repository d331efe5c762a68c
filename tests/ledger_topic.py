"""The ledger's topic without a broker: a log in memory, and the source that reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self
from uuid import uuid4

from aiokafka.errors import OffsetOutOfRangeError

from contracts.wire.ledger import LedgerEntry
from network.broker.topic_state import TopicState
from tests.chains import record
from workers.archive.source import Batch
from workers.archive.store import LedgerRecord, Move

TOPIC = "case.ledger"


@dataclass
class FakeTopic:
    """Partitions by number; None is what takes an offset and is not a record: a transaction's marker."""

    partitions: int = 3
    topic_id: str = field(default_factory=lambda: str(uuid4()))
    logs: dict[int, list[LedgerRecord | None]] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.remake(self.topic_id)

    def remake(self, topic_id: str | None = None) -> None:
        """Delete the topic and make it again."""
        self.topic_id = topic_id or str(uuid4())
        self.logs = {partition: [] for partition in range(self.partitions)}
        self.starts = dict.fromkeys(range(self.partitions), 0)

    def append(self, entries: Iterable[LedgerEntry], partition: int = 0) -> None:
        log = self.logs[partition]
        for entry in entries:
            log.append(record(entry, len(log))._replace(partition=partition))

    def mark(self, partition: int = 0) -> None:
        """What a transaction leaves behind."""
        self.logs[partition].append(None)

    def state(self) -> TopicState:
        ends = {partition: len(log) for partition, log in self.logs.items()}
        return TopicState(TOPIC, self.topic_id, dict(self.starts), ends, datetime.now(UTC))


class FakeSource:
    """Reads a :class:`FakeTopic`, a few records at a time."""

    def __init__(self, topic: FakeTopic, *, batch: int = 10, idle_seconds: float = 0.005) -> None:
        self._topic = topic
        self._batch = batch
        self._idle = idle_seconds
        self.places: dict[int, int] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def state(self) -> TopicState:
        await asyncio.sleep(0)
        return self._topic.state()

    def seek(self, places: Mapping[int, int]) -> None:
        self.places = dict(places)

    async def read(self) -> Batch:
        records, moves = [], []
        for partition, start in self.places.items():
            log = self._topic.logs[partition]
            if not self._topic.starts[partition] <= start <= len(log):
                raise OffsetOutOfRangeError({partition: start})
            taken = log[start : start + self._batch]
            if taken:
                records += [each for each in taken if each is not None]
                self.places[partition] = start + len(taken)
                moves.append(Move(partition, start, start + len(taken), len(log)))
        await asyncio.sleep(0 if moves else self._idle)
        return Batch(records, moves)

    @property
    def ends(self) -> Mapping[int, int]:
        return {each: len(self._topic.logs[each]) for each in self.places}
