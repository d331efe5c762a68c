"""Dead letters that may be the platform's fault hold the consequences of their case, and no other's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from activities.suspects import Suspects
from contracts.terms.errors import PLATFORM_FAULTS, REASONS
from contracts.wire.dead_letter import DeadLetter, Place, State, settlement
from tests.applications import new_case

CASE, OTHER = new_case(), new_case()
INLET = "agency.planning.events"
AT = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class Record:
    """A record of the dead-letter topic."""

    key: bytes | None
    headers: Any
    offset: int
    value: bytes | None = b""
    topic: str = "dead-letter"
    partition: int = 0
    timestamp: int = round(AT.timestamp() * 1000)


def letter(reason: str, key: bytes | None = CASE.encode(), offset: int = 7) -> DeadLetter:
    place = Place(INLET, 0, offset)
    return DeadLetter(
        id=str(place), place=place, received=AT, refused=AT, reason=reason, detail="x", field=None,
        key=key, value=b"", headers=(),
    )  # fmt: skip


def written(each: DeadLetter, offset: int = 0) -> Record:
    return Record(each.key, each.encode()[1], offset)


def settled(each: DeadLetter, state: State, offset: int) -> Record:
    return Record(each.key, settlement(each, state, by="ming", why="", at=AT), offset)


def suspects(*records: Record) -> Suspects:
    found = Suspects()
    for record in records:
        found.take(record)
    return found


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_only_what_may_be_the_platforms_fault_holds(reason: str) -> None:
    held = suspects(written(letter(reason))).holding(CASE, [INLET], {}) is not None
    assert held == (reason in PLATFORM_FAULTS)


def test_it_holds_its_own_case_only() -> None:
    assert suspects(written(letter("internal"))).holding(OTHER, [INLET], {}) is None


def test_one_whose_case_cannot_be_told_holds_whoever_waits_for_its_topic() -> None:
    found = suspects(written(letter("unreadable", key=None)))
    assert found.holding(OTHER, [INLET], {}) is not None
    assert found.holding(OTHER, ["agency.housing.events"], {}) is None


def test_discarded_it_holds_nothing() -> None:
    each = letter("internal")
    assert suspects(written(each), settled(each, "discarded", 1)).holding(CASE, [INLET], {}) is None


def test_replayed_it_holds_until_the_gateway_has_carried_the_replay() -> None:
    each = letter("internal")
    found = suspects(written(each), settled(each, "replayed", 5))
    assert found.holding(CASE, [INLET], {("dead-letter", 0): 5}) is not None
    assert found.holding(CASE, [INLET], {("dead-letter", 0): 6}) is None
    assert len(found) == 0


def test_a_settlement_that_is_read_before_its_letter_counts() -> None:
    """Without a key they are in any partitions, and partitions are read in any order."""
    each = letter("unreadable", key=None)
    assert suspects(settled(each, "discarded", 1), written(each)).holding(CASE, [INLET], {}) is None
    found = suspects(settled(each, "replayed", 5), written(each))
    assert found.holding(CASE, [INLET], {("dead-letter", 0): 5}) is not None
    assert found.holding(CASE, [INLET], {("dead-letter", 0): 6}) is None


def test_a_copy_that_comes_after_the_settlement_holds_nothing() -> None:
    each = letter("internal")
    found = suspects(written(each), settled(each, "discarded", 1), written(each, 2))
    assert found.holding(CASE, [INLET], {}) is None
    found = suspects(written(each), settled(each, "replayed", 5))
    assert found.holding(CASE, [INLET], {("dead-letter", 0): 6}) is None
    found.take(written(each, 7))
    assert found.holding(CASE, [INLET], {("dead-letter", 0): 8}) is None


def test_junk_on_the_topic_holds_nothing() -> None:
    found = suspects(
        Record(None, [("dlq-id", b"x")], 0),
        Record(b"k", [("dlq-state", b"replayed"), ("dlq-id", b"unknown")], 1),
        Record(b"k", [], 2),
    )
    assert found.holding(CASE, [INLET], {}) is None
