"""The ledger's topic, as the archive worker reads it: from the positions that it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, Self

from aiokafka import TopicPartition

from contracts.wire.topics import LEDGER
from network.broker.connection import Broker, stop
from network.broker.topic_state import TopicState, topic_state
from workers.archive.store import LedgerRecord, Move

BATCH_RECORDS = 500
POLL_MS = 250


class Batch(NamedTuple):
    """Records, and how far the partitions were read with them: also past what is not a record."""

    records: Sequence[LedgerRecord]
    moves: Sequence[Move]


class Source(Protocol):
    """What the archive is written from."""

    places: dict[int, int]
    """The offset that is read next, by partition."""

    async def state(self) -> TopicState:
        """What the topic is, and how far it reaches now."""

    def seek(self, places: Mapping[int, int]) -> None:
        """Read on from these offsets, all partitions of the topic."""

    async def read(self) -> Batch:
        """What comes next; nothing, after a while. After an error, :meth:`seek` before reading on."""

    @property
    def ends(self) -> Mapping[int, int]:
        """Where partitions end, as the broker said with what was read last, of those that it spoke of."""


class KafkaSource:
    """The topic on the broker. It belongs to no consumer group: whatever others read, it reads everything.

    Methods raise :class:`aiokafka.errors.KafkaError` when the source is of no use any more.
    """

    def __init__(self, broker: Broker) -> None:
        self._topic = broker.topic(LEDGER)
        self._consumer: Any = broker.consumer(
            auto_offset_reset="none",  # a missing offset is reported, not skipped
            metadata_max_age_ms=10_000,
            fetch_min_bytes=64 * 1024,  # larger transactions, fewer of them; a tenth of a second later
            fetch_max_wait_ms=100,
        )
        self.places: dict[int, int] = {}

    async def __aenter__(self) -> Self:
        try:
            await self._consumer.start()
        except BaseException:
            await stop(self._consumer)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop(self._consumer)

    async def state(self) -> TopicState:
        return await topic_state(self._consumer, self._topic)

    def seek(self, places: Mapping[int, int]) -> None:
        if places.keys() != self.places.keys():
            self._consumer.assign([TopicPartition(self._topic, partition) for partition in places])
        for partition, offset in places.items():
            self._consumer.seek(TopicPartition(self._topic, partition), offset)
        self.places = dict(places)

    async def read(self) -> Batch:
        found = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=BATCH_RECORDS)
        moves = []
        for partition, start in self.places.items():
            place = TopicPartition(self._topic, partition)
            reached = await self._consumer.position(place)
            if reached != start:
                moves.append(Move(partition, start, reached, self._consumer.highwater(place) or reached))
                self.places[partition] = reached
        records = [
            LedgerRecord(record.topic, record.partition, record.offset, record.value, record.headers)
            for batch in found.values()
            for record in batch
        ]
        return Batch(records, moves)

    @property
    def ends(self) -> Mapping[int, int]:
        known = {
            partition: self._consumer.highwater(TopicPartition(self._topic, partition))
            for partition in self.places
        }
        return {partition: end for partition, end in known.items() if end is not None}
