"""How many dead letters wait, however their records come: copies, settlements first, strangers' records."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from activities.suspects import Suspects
from contracts.terms.errors import PLATFORM_FAULTS, REASONS
from contracts.wire.dead_letter import DeadLetter, Place, settlement
from contracts.wire.envelope import Headers
from network.broker.connection import append_time
from network.broker.dead_letters import DeadLetterList
from workers.watcher.letters import OTHER, WaitingLetters

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    """What a consumer gives."""

    headers: Headers
    key: bytes | None = b"a-case"
    value: bytes | None = b"{}"
    timestamp: int = round(NOW.timestamp() * 1000)


def letter(offset: int, reason: str = "invalid") -> DeadLetter:
    place = Place("agency.planning.events", 0, offset)
    return DeadLetter(
        id=str(place), place=place, received=NOW, refused=NOW, reason=reason, detail="", field=None,
        key=b"a-case", value=b"{}", headers=(),
    )  # fmt: skip


def refused(each: DeadLetter) -> Record:
    value, headers = each.encode()
    return Record(headers, each.key, value)


def settled(each: DeadLetter, state: str = "discarded") -> Record:
    return Record(settlement(each, state, by="ling", why="", at=NOW))  # type: ignore[arg-type]


def taken(*records: Record) -> WaitingLetters:
    letters = WaitingLetters()
    for record in records:
        letters.take(record)
    return letters


EVENTS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["refused", "replayed", "discarded"])), max_size=12
)


@given(EVENTS)
def test_it_counts_what_the_list_of_dead_letters_has_as_waiting(events: list[tuple[int, str]]) -> None:
    reasons = ("invalid", "internal", "too-large", "invalid")
    records = [
        refused(letter(number, reasons[number]))
        if what == "refused"
        else settled(letter(number, reasons[number]), what)
        for number, what in events
    ]
    listed = DeadLetterList()
    for record in records:
        listed.add(record.key, record.value, record.headers, append_time(record))
    waiting = [each.reason for each in listed.result() if each.state == "waiting"]
    letters = taken(*records)
    assert {reason: letters.count(reason) for reason in reasons} == {
        reason: waiting.count(reason) for reason in reasons
    }


@given(st.permutations(range(4)))
def test_of_a_topic_that_was_made_again_another_letter_has_the_same_id_and_waits(order: list[int]) -> None:
    """Its record came after the first letter was settled. Partitions are read in any order."""

    def after(hours: int) -> datetime:
        return NOW + timedelta(hours=hours)

    def at(hours: int, record: Record) -> Record:
        return replace(record, timestamp=round(after(hours).timestamp() * 1000))

    first = letter(7, "unknown-case")
    other = replace(letter(7, "quarantined"), received=after(4), refused=after(5), key=b"another-case")
    copy = at(3, refused(replace(first, refused=after(3))))
    records = [at(1, refused(first)), at(2, settled(first)), copy, at(5, refused(other))]
    listed, suspects, letters = DeadLetterList(), Suspects(), WaitingLetters()
    for place in order:
        record = records[place]
        listed.add(record.key, record.value, record.headers, append_time(record))
        letters.take(record)
        suspects.take(SimpleNamespace(**vars(record), topic="dead-letter", partition=0, offset=place))
    assert [each.reason for each in listed.result() if each.state == "waiting"] == ["quarantined"]
    assert (letters.count("unknown-case"), letters.count("quarantined")) == (0, 1)
    assert suspects.holding("a-case", [], {}) is None
    assert suspects.holding("another-case", [], {}) is not None


def test_a_reason_of_another_build_is_counted_and_not_named() -> None:
    letters = taken(refused(replace(letter(1), reason="a-reason-of-next-year")))
    assert letters.count(OTHER) == 1


def test_records_of_others_on_the_topic_count_for_nothing() -> None:
    letters = taken(Record([]), Record([("dlq-reason", b"invalid")]), Record([("dlq-id", None)]))
    assert [letters.count(reason) for reason in (*REASONS, OTHER)] == [0] * (len(REASONS) + 1)


NAMES = ("id", "topic", "partition", "offset", "timestamp", "group", "reason", "detail", "at", "by", "why")
WORDS = st.one_of(
    st.sampled_from(["internal", "invalid", "replayed", "discarded", "7", "a/0/1", NOW.isoformat()]),
    st.sampled_from(["2026-03-02T08:00:00", "-1", "9999-12-31T23:59:59+00:00", ""]),
    st.text(max_size=8),
)
STRANGE = st.lists(st.tuples(st.sampled_from([*NAMES, "state", "proposed"]), WORDS), max_size=20)


@given(st.lists(STRANGE, max_size=4), st.data())
def test_whatever_stands_on_the_topic_all_that_read_it_agree_on_what_waits(
    strange: list[list[tuple[str, str]]], data: st.DataObject
) -> None:
    """What only some of them took for a dead letter would be counted, or hold cases, for ever."""
    ours = [refused(letter(1, "internal")), refused(letter(2)), settled(letter(2))]
    spoilt = []
    for record in ours:
        kept = data.draw(st.sets(st.sampled_from([name for name, _ in record.headers])))
        spoilt.append(replace(record, headers=[each for each in record.headers if each[0] in kept]))
    theirs = [Record([(f"dlq-{name}", word.encode()) for name, word in each]) for each in strange]
    records = data.draw(st.permutations([*ours, *theirs, *spoilt]))
    listed, suspects = DeadLetterList(), Suspects()
    for place, record in enumerate(records):
        listed.add(record.key, record.value, record.headers, append_time(record))
        suspects.take(SimpleNamespace(**vars(record), topic="dead-letter", partition=0, offset=place))
    waiting = [each for each in listed.result() if each.state == "waiting"]
    assert letter(1).id in {each.id for each in listed.result()}
    letters = taken(*records)
    assert sum(letters.count(reason) for reason in (*REASONS, OTHER)) == len(waiting)
    held = {each.key.decode() for each in waiting if each.key and each.reason in PLATFORM_FAULTS}
    carried = {("dead-letter", 0): len(records)}
    assert (suspects.holding("a-case", [], carried) is not None) == ("a-case" in held)
    assert len(suspects) == sum(each.reason in PLATFORM_FAULTS for each in waiting)


def test_before_all_were_read_it_is_not_said_that_none_waits() -> None:
    read = False
    letters = taken(refused(letter(1)))
    letters.show(lambda: read)

    def shown(reason: str) -> float | None:
        return REGISTRY.get_sample_value("seamless_dead_letters_waiting", {"reason": reason})

    invalid = shown("invalid")
    assert invalid is not None
    assert math.isnan(invalid)
    read = True
    assert (shown("invalid"), shown("internal"), shown(OTHER)) == (1, 0, 0)
