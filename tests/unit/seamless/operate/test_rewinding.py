"""The gateway's offsets are set back, and what it will carry again is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from aiokafka import TopicPartition

from contracts.admission import Rules
from contracts.terms.identifiers import Party
from contracts.wire.messages import Received
from contracts.wire.topics import DEAD_LETTER, events_topic, inlet_of
from network.broker.connection import Broker
from seamless.operate.rewinding import events_again, rewind
from tests.applications import ADMINISTRATION, event, new_case

PLANNING = inlet_of(ADMINISTRATION, Party.agency("planning"))
PLACE = TopicPartition(events_topic(Party.agency("planning")), 0)
BACKUP = datetime(2026, 3, 2, tzinfo=UTC)
CASE = new_case()


class Stamped(NamedTuple):
    offset: int
    timestamp: int


class Read(NamedTuple):
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]
    timestamp: int


def received() -> Read:
    request = f"{CASE}/construction-permit.review-planning/1"
    said = event(PLANNING.source, Received.type, CASE, {}, request=request)
    value, headers = said.encode()
    return Read(CASE.encode(), value, headers, round(BACKUP.timestamp() * 1000))


class OneTopic:
    """A broker that has ten records of an agency, of which the last four came since the backup; and the
    gateways' group, which has carried all."""

    def __init__(self) -> None:
        self.committed_at = 10
        self.at = 0

    @asynccontextmanager
    async def consuming(self, **_: Any) -> AsyncIterator[OneTopic]:
        yield self

    def topic(self, name: str) -> str:
        return name

    async def partitions(self, topics: Sequence[str]) -> list[TopicPartition]:
        return [PLACE, TopicPartition(DEAD_LETTER, 0)]

    async def beginning_offsets(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, 0)

    async def end_offsets(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return {place: 10 if place == PLACE else 0 for place in places}

    async def offsets_for_times(self, asked: dict[TopicPartition, int]) -> dict[TopicPartition, Any]:
        return {place: Stamped(6, asked[place]) if place == PLACE else None for place in asked}

    async def committed(self, place: TopicPartition) -> int | None:
        return self.committed_at if place == PLACE else None

    def assign(self, places: Sequence[TopicPartition]) -> None:
        pass

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed_at = offsets[PLACE]

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.at = offset

    async def position(self, place: TopicPartition) -> int:
        return self.at

    async def getmany(self, **_: Any) -> dict[TopicPartition, list[Read]]:
        found, self.at = 10 - self.at, 10
        return {PLACE: [received() for _ in range(found)]}


async def test_a_recovery_that_was_broken_off_finds_the_events_again() -> None:
    """The first one has set the offsets back, and has ended before it had recovered a case."""
    broker = cast(Broker, OneTopic())
    for _ in range(2):
        rewound = await rewind(broker, "seamless.gateway", [PLANNING], BACKUP, really=True)
        again = [each async for each in events_again(broker, [PLANNING], rewound, Rules())]
        assert len(again) == 4
