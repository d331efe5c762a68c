"""Dead letters by query: what is meant is what all that was asked for says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.terms.case_number import number_of
from contracts.terms.directory import load_directory
from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import CaseId, Party
from contracts.wire.dead_letter import DeadLetter, Place, settlement
from contracts.wire.topics import inlets_of
from network.broker.connection import Broker
from seamless.cli.archived import Tail, case_given
from seamless.operate import dead_letters
from seamless.operate.dead_letters import Query, Returned, check_carried, numbered, reasons_of, returned
from workers.gateway.originals import replay_of

START = datetime(2026, 3, 2, tzinfo=UTC)
NOWHERE = Broker("127.0.0.1:1")


def letter(number: int = 1, **changes: Any) -> DeadLetter:
    fields: dict[str, Any] = {
        "id": f"agency.planning.events/0/{number}",
        "place": Place("agency.planning.events", 0, number),
        "received": START,
        "refused": START,
        "reason": "quarantined",
        "detail": "x",
        "field": None,
        "key": b"portal-1",
        "value": b"{}",
        "headers": (),
    } | changes
    return DeadLetter(**fields)


@pytest.mark.parametrize(
    ("query", "picked"),
    [
        (Query(), True),
        (Query(reason="quarantined", party=Party.agency("planning"), case="portal-1"), True),
        (Query(reason="invalid"), False),
        (Query(party=Party.agency("housing")), False),
        (Query(party=Party.channel("planning")), False),
        (Query(case="portal-2"), False),
        (Query(since=START, until=START + timedelta(seconds=1)), True),
        (Query(since=START + timedelta(seconds=1)), False),
        (Query(until=START), False),
        (Query(reason="quarantined", case="portal-2"), False),
    ],
)
def test_all_that_is_given_has_to_hold(query: Query, *, picked: bool) -> None:
    assert query.picks(letter()) == picked
    assert query.chooses == (query != Query())


def test_what_is_settled_is_meant_only_where_that_is_asked_for() -> None:
    settled = letter(state="replayed")
    assert not Query().picks(settled)
    assert Query(settled=True).picks(settled)
    assert not Query(settled=True).chooses


ONE, OTHER = (f"portal-01a21959-853b-70f0-a92a-6e8aa6b99cd{last}" for last in "12")
TWIN = f"counter-01b21959-853b-70f0-a92a-7f{ONE[-10:]}"


def meant(number: str, *keys: bytes | None) -> str | None:
    given = case_given(number)
    assert isinstance(given, Tail)
    return numbered(given.number, given, [letter(n, key=key) for n, key in enumerate(keys)])


def test_a_case_is_meant_by_its_number() -> None:
    keys = (ONE.encode(), OTHER.encode(), ONE.encode(), b"portal-123", b"\xfe", None)
    assert meant(number_of(CaseId(ONE)), *keys) == ONE
    assert meant(number_of(CaseId(OTHER)).replace("-", "").lower(), *keys) == OTHER
    assert meant(number_of(CaseId(ONE[:-1] + "3")), *keys) is None


def test_a_number_that_several_cases_have_is_told() -> None:
    with pytest.raises(InvalidInput, match=f"{TWIN}, {ONE}"):
        meant(number_of(CaseId(ONE)), ONE.encode(), TWIN.encode())


def test_a_record_without_a_key_is_of_no_case() -> None:
    assert not Query(case="portal-1").picks(letter(key=None))
    assert Query().picks(letter(key=None))


@given(st.lists(st.sampled_from(["invalid", "too-large", "internal"])))
def test_they_are_counted_by_reason(reasons: list[str]) -> None:
    found = reasons_of([letter(reason=reason) for reason in reasons])
    assert sum(found.values()) == len(reasons)
    assert list(found) == sorted(set(reasons))


async def test_what_came_back_is_told_from_what_was_carried(monkeypatch: pytest.MonkeyPatch) -> None:
    back = letter(9, id="dead-letter/0/7", replay_of=letter(1).id, reason="invalid")
    other = letter(8, id="dead-letter/0/6", replay_of="another")

    async def listed(broker: Broker) -> list[DeadLetter]:
        return [letter(1, state="replayed"), letter(2, state="replayed"), back, other]

    async def carried(broker: Broker, group: str, within: float) -> bool:
        return within > 0

    monkeypatch.setattr(dead_letters, "list_dead_letters", listed)
    monkeypatch.setattr(dead_letters, "_carried", carried)
    ids = [letter(1).id, letter(2).id]
    assert await returned(NOWHERE, "g", ids, within_seconds=1) == Returned((ids[1],), (back,), ())
    assert await returned(NOWHERE, "g", ids, within_seconds=0) == Returned((), (), tuple(ids))
    assert await returned(NOWHERE, "g", [], within_seconds=0) == Returned((), (), ())


def test_what_no_gateway_reads_is_not_replayed() -> None:
    """The gateways pass over the replay of what a party said that has left the directory: it would be
    reported as carried."""
    directory = load_directory()
    left = directory.model_copy(
        update={"agencies": tuple(each for each in directory.agencies if each.id != "planning")}
    )
    headers = settlement(letter(), "replayed", by="li", why="readmitted", at=START)
    record = SimpleNamespace(headers=headers, key=b"portal-1", timestamp=0)
    inlets = {each.topic: each for each in inlets_of(left)}
    assert replay_of(record, Place("dead-letter", 0, 3), inlets) is None
    with pytest.raises(InvalidInput, match=r"agency\.planning\.events"):
        check_carried([letter()], left)
    check_carried([letter()], directory)
