"""What is intended is said in its time, once, and not when it has become pointless."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contracts.terms.identifiers import CaseId, Party
from contracts.wire.messages import Received
from seamless.town.agenda import Agenda, Intention, Until

BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
CASES = [CaseId(f"portal-01a20bc3-a4c4-7044-b136-{number:012x}") for number in range(3)]
PARTIES = [Party.agency("parks"), Party.agency("housing"), Party.channel("portal")]


def intention(
    seconds: float, *, id: str, case: int = 0, party: int = 0, step: str = "", until: Until = "step"
) -> Intention:
    at = BEGAN + timedelta(seconds=seconds)
    return Intention(at, PARTIES[party], CASES[case], Received(), id, step=step, until=until)


def taken(agenda: Agenda, seconds: float = 1000) -> list[str]:
    said = []
    while (each := agenda.take(BEGAN + timedelta(seconds=seconds))) is not None:
        said.append(each.id)
    return said


@given(st.lists(st.integers(0, 50)))
def test_everything_is_said_once_in_the_order_of_its_time(times: list[int]) -> None:
    agenda = Agenda()
    for _ in range(2):  # a notice that comes twice
        for number, seconds in enumerate(times):
            agenda.add(intention(seconds, id=str(number), case=number % 3))
    said = taken(agenda)
    assert sorted(said, key=int) == [str(number) for number in range(len(times))]
    assert [times[int(each)] for each in said] == sorted(times)


def test_nothing_is_said_before_its_time() -> None:
    agenda = Agenda()
    agenda.add(intention(10, id="a"))
    assert agenda.next_at() == BEGAN + timedelta(seconds=10)
    assert taken(agenda, 9.9) == []
    assert taken(agenda, 10) == ["a"]
    assert agenda.next_at() is None


def test_what_is_about_a_step_ends_with_it_and_what_is_about_the_case_does_not() -> None:
    agenda = Agenda()
    agenda.add(intention(1, id="a", step="ask/1"))
    agenda.add(intention(2, id="b", step="ask/2"))
    agenda.add(intention(3, id="late", step="ask/1", until="closing"))
    agenda.add(intention(4, id="of-another", step="ask/1", party=1))
    agenda.drop(CASES[0], "step", party=PARTIES[0], step="ask/1")
    assert taken(agenda) == ["b", "late", "of-another"]


def test_once_a_case_is_closed_only_what_is_said_whatever_happens_is_left() -> None:
    agenda = Agenda()
    for until in ("step", "decision", "closing", "ever"):
        agenda.add(intention(1, id=until, until=until))
        agenda.add(intention(1, id=f"{until} of another case", until=until, case=1))
    agenda.drop(CASES[0])
    assert sorted(taken(agenda)) == sorted(
        ["ever", *(f"{until} of another case" for until in ("step", "decision", "closing", "ever"))]
    )


def test_what_the_platform_has_taken_is_not_said_again() -> None:
    agenda = Agenda()
    agenda.add(intention(1, id="a"))
    agenda.add(intention(1, id="b"))
    agenda.drop(CASES[0], party=PARTIES[0], id="a")
    assert taken(agenda) == ["b"]


def test_what_its_party_knows_to_be_too_late_is_not_said_when_it_was_held_up() -> None:
    agenda = Agenda()
    soon = intention(1, id="too late by then")
    agenda.add(replace(soon, before=BEGAN + timedelta(seconds=5)))
    agenda.add(replace(soon, id="all the same"))
    assert taken(agenda, 5) == ["all the same"]
    assert agenda.next_at() is None
