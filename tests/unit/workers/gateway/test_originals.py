"""Replaying a dead letter: its record is read from its place, and counts from when the broker had it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from aiokafka import TopicPartition

from contracts.terms.errors import Refusal
from contracts.terms.identifiers import Party
from contracts.wire.dead_letter import DeadLetter, Place, settlement
from contracts.wire.topics import inlet_of
from network.broker.connection import LOG_APPEND_TIME, Broker
from tests.applications import ADMINISTRATION
from workers.gateway import originals
from workers.gateway.originals import Originals, ReplayedRecord, replay_of

PLANNING = inlet_of(ADMINISTRATION, Party.agency("planning"))
STAMPED = datetime(2026, 3, 2, tzinfo=UTC)
REPLAYED = STAMPED + timedelta(days=30)


@dataclass
class Record:
    offset: int = 7
    key: bytes | None = b"portal-1"
    value: bytes | None = b"{}"
    headers: tuple[Any, ...] = ()
    timestamp: int = round(STAMPED.timestamp() * 1000)
    timestamp_type: int = LOG_APPEND_TIME


class OnePartition:
    """A broker with one partition, and what stands in it from offset 7 on."""

    def __init__(self, record: Record | None) -> None:
        self._record = record

    def topic(self, name: str) -> str:
        return name

    @asynccontextmanager
    async def consuming(self, **_: Any) -> AsyncIterator[OnePartition]:
        yield self

    def assign(self, places: Sequence[TopicPartition]) -> None:
        pass

    def seek(self, place: TopicPartition, offset: int) -> None:
        pass

    async def beginning_offsets(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, 0)

    async def end_offsets(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, self._record.offset + 1 if self._record else 0)

    async def getone(self, place: TopicPartition) -> Record:
        if self._record is None:
            raise TimeoutError
        return self._record


async def received(record: Record | None, reason: str = "internal") -> datetime:
    replayed = ReplayedRecord(
        inlet=PLANNING,
        letter="agency.planning.events/0/7",
        original=Place(PLANNING.topic, 0, 7),
        replay=Place("dead-letter", 0, 3),
        reason=reason,
        key=b"portal-1",
        replayed=REPLAYED,
    )
    return (await Originals(cast(Broker, OnePartition(record))).read(replayed)).received


async def test_what_the_platform_may_have_wronged_keeps_its_time_and_nothing_else_does() -> None:
    assert await received(Record()) == STAMPED
    assert await received(Record(), "invalid") == REPLAYED


async def test_a_time_that_the_sender_has_stated_counts_for_nothing() -> None:
    """It was refused since its topic was not on LogAppendTime: the time of its record is the sender's."""
    assert await received(Record(timestamp_type=0)) == REPLAYED


@pytest.mark.parametrize(
    ("first", "counts"), [("invalid", REPLAYED), ("internal", STAMPED), ("unreadable", STAMPED)]
)
async def test_what_was_late_by_its_first_replay_is_late_by_the_next(first: str, counts: datetime) -> None:
    """Refused again, it was the platform's fault; by its first refusal it was the sender's, or was not."""
    once = await received(Record(), first)
    letter = DeadLetter(
        id="dead-letter/0/3",
        place=Place(PLANNING.topic, 0, 7),
        replay_of="agency.planning.events/0/7",
        received=once,
        refused=once,
        reason="quarantined",
        detail="",
        field=None,
        key=b"portal-1",
        value=b"{}",
        headers=(),
    )
    said = settlement(letter, "replayed", by="li", why="", at=REPLAYED)
    again = replay_of(
        Record(headers=tuple(said), timestamp=round((REPLAYED + timedelta(days=1)).timestamp() * 1000)),
        Place("dead-letter", 0, 4),
        {PLANNING.topic: PLANNING},
    )
    assert again is not None
    assert (await Originals(cast(Broker, OnePartition(Record()))).read(again)).received == counts


@pytest.mark.parametrize("record", [None, Record(key=b"portal-2"), Record(key=None)])
async def test_of_a_topic_that_was_made_again_no_other_record_is_taken_for_it(
    record: Record | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originals, "READ_SECONDS", 0.01)
    with pytest.raises(Refusal, match="unreadable"):
        await received(record)
