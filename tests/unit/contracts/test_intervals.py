"""Who had a case when, and what counted of its limit: read from its ledger, whose data may be erased."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.clock import Interval, clock_of, intervals, marks_of
from contracts.terms.clock_marks import ClockMark
from contracts.terms.limits import Limit, hours, weeks, working_days
from contracts.wire.ledger import LedgerEntry
from tests.chains import chain

SYSTEM, APPLICANT, HOUSING = ("system",), ("applicant",), ("agency:housing",)


def at(text: str) -> datetime:
    """An instant in Shanghai."""
    return datetime.fromisoformat(f"{text}+08:00")


def entry(
    when: datetime, kind: str, holders: tuple[str, ...], does: str = "", /, **said: Any
) -> dict[str, Any]:
    """An entry that the broker received ``when``; what it ``does`` to the clock holds from then on, unless
    ``said`` has another ``at``."""
    about = {name: said.pop(name) for name in ("step", "basis", "received") if name in said}
    found: dict[str, Any] = {"kind": kind, "received": when, "holders": holders} | about
    if does:
        step = {"step": about["step"]} if "step" in about else {}
        found["clock"] = ClockMark.model_validate({"does": does, "at": when} | step | said)
    return found


def starts(when: datetime, limit: Limit, **said: Any) -> dict[str, Any]:
    return entry(
        when,
        "accepted",
        HOUSING,
        "start",
        statutory=limit,
        promised=limit,
        **{"calendar": "cn-2026.1"} | said,
    )


OPENED = entry(at("2026-09-14T09:00"), "opened", SYSTEM)
ACCEPTED = starts(at("2026-09-14T10:00"), working_days(20))


def told(*steps: dict[str, Any], now: str = "2026-09-30T12:00") -> list[Interval]:
    return intervals(ledger(*steps), at(now))


def ledger(*steps: dict[str, Any]) -> list[LedgerEntry]:
    return [each.model_copy(update={"data": None}) for each in chain(*steps)]


def counted(found: list[Interval]) -> list[tuple[str, str | None, str, int, str]]:
    """The intervals in short: the hours of Shanghai, who, how much, and why time does not count."""
    return [
        (
            f"{each.began.astimezone(at('2026-09-14T09:00').tzinfo):%m-%d %H}",
            each.ended and f"{each.ended.astimezone(at('2026-09-14T09:00').tzinfo):%m-%d %H}",
            "+".join(str(holder) for holder in each.holders),
            each.counted,
            each.still,
        )
        for each in found
    ]


def test_before_the_limits_begin_nothing_counts() -> None:
    assert counted(told(OPENED)) == [("09-14 09", None, "system", 0, "the limits have not begun")]


def test_what_changes_nothing_is_no_interval_of_its_own() -> None:
    reported = entry(at("2026-09-16T09:00"), "reported", HOUSING)
    assert counted(told(OPENED, ACCEPTED, reported)) == [
        ("09-14 09", "09-14 10", "system", 0, "the limits have not begun"),
        ("09-14 10", None, "agency:housing", 12, ""),
    ]


def test_a_case_that_goes_to_and_fro_in_one_instant_was_with_nobody_else() -> None:
    when = at("2026-09-16T09:00")
    found = told(OPENED, ACCEPTED, entry(when, "answered", SYSTEM), entry(when, "requested", HOUSING))
    assert len(found) == 2


def test_a_suspension_counts_nothing_and_says_why() -> None:
    """The day on which it begins and the one on which it ends count: not all of them was suspended."""
    found = told(
        OPENED,
        ACCEPTED,
        entry(
            at("2026-09-16T14:00"),
            "suspended",
            APPLICANT,
            "suspend",
            step="suspended/1",
            kind="supplement",
            basis="art. 32",
        ),
        entry(at("2026-09-22T10:00"), "resumed", HOUSING, "resume", step="suspended/1", basis="art. 32"),
        entry(at("2026-09-24T16:00"), "decided", HOUSING, "stop"),
        entry(at("2026-09-24T17:00"), "closed", ()),
    )
    assert counted(found) == [
        ("09-14 09", "09-14 10", "system", 0, "the limits have not begun"),
        ("09-14 10", "09-16 14", "agency:housing", 2, ""),
        ("09-16 14", "09-22 10", "applicant", 0, "supplement (art. 32)"),
        ("09-22 10", "09-24 16", "agency:housing", 3, ""),
        ("09-24 16", "09-24 17", "agency:housing", 0, "decided"),
    ]
    assert [each.why for each in found[1:3]] == ["accepted", "suspended suspended/1 (art. 32)"]


def test_an_answer_that_came_to_the_case_late_ends_a_suspension_when_the_broker_had_it() -> None:
    """Whoever had the case meanwhile had it; time counts from the answer on nevertheless."""
    step = {"step": "suspended/1"}
    found = told(
        OPENED,
        ACCEPTED,
        entry(at("2026-09-14T12:00"), "suspended", APPLICANT, "suspend", kind="hearing", **step),
        entry(at("2026-09-18T12:00"), "reminded", HOUSING),
        entry(at("2026-09-16T12:00"), "resumed", SYSTEM, "resume", **step),
        now="2026-09-18T13:00",
    )
    assert counted(found)[2:] == [
        ("09-14 12", "09-16 12", "applicant", 0, "hearing"),
        ("09-16 12", "09-18 12", "applicant", 3, ""),
        ("09-18 12", None, "system", 0, ""),
    ]


def test_a_decision_at_the_midnight_at_which_the_limit_ends_uses_the_limit_and_no_day_more() -> None:
    found = told(
        OPENED,
        ACCEPTED,
        entry(at("2026-10-17T00:00"), "decided", HOUSING, "stop"),
        entry(at("2026-10-17T00:05"), "closed", ()),
    )
    assert [each.counted for each in found] == [0, 20, 0]


def test_after_an_interruption_it_is_counted_anew() -> None:
    step = {"step": "suspended/1"}
    steps = (
        OPENED,
        ACCEPTED,
        entry(
            at("2026-09-16T14:00"), "suspended", APPLICANT, "suspend", kind="hearing", interrupts=True, **step
        ),
        entry(at("2026-09-22T10:00"), "resumed", HOUSING, "resume", **step),
    )
    assert [each.counted for each in told(*steps, now="2026-09-24T12:00")] == [0, 2, 0, 2]


LIMITS = [working_days(20), weeks(3), hours(100)]


@given(
    limit=st.sampled_from(LIMITS),
    steps=st.lists(
        st.tuples(
            st.integers(0, 200),
            st.integers(0, 3),
            st.sampled_from(["hand", "suspend", "resume", "extend", "anew"]),
            st.integers(1, 2),
            st.booleans(),
            st.sampled_from([SYSTEM, APPLICANT, HOUSING]),
        ),
        max_size=12,
    ),
    ends=st.booleans(),
)
def test_the_intervals_are_the_whole_life_and_count_what_the_clock_used(
    limit: Limit, steps: list[tuple[int, int, str, int, bool, tuple[str, ...]]], ends: bool
) -> None:
    """Whatever happens, in whatever order the case hears of it."""
    when = at("2026-09-14T10:00")
    told_of = [OPENED, starts(when, limit)]
    under_way: list[str] = []
    for passed, earlier, does, number, interrupts, holders in steps:
        when += timedelta(hours=passed)
        match does:
            case "hand":
                told_of.append(entry(when, "requested", holders))
            case "suspend":
                under_way.append(step := f"suspended/{len(told_of)}")
                said = {"step": step, "kind": "other", "interrupts": interrupts}
                told_of.append(entry(when, "suspended", holders, "suspend", **said))
            case "resume" if under_way:
                step, before = under_way.pop(number % len(under_way)), when - timedelta(hours=earlier)
                told_of.append(entry(when, "resumed", holders, "resume", at=before, step=step))
            case "extend":
                told_of.append(entry(when, "extended", holders, "extend", limit=limit))
            case "anew":
                told_of.append(entry(when, "calendar", holders, "count-anew", calendar="nl-2026.1"))
    if ends:
        told_of += [entry(when, "decided", SYSTEM, "stop"), entry(when + timedelta(hours=1), "closed", ())]
    entries, now = ledger(*told_of), when + timedelta(hours=30)
    found, clock = intervals(entries, now), clock_of(marks_of(entries))
    assert found[0].began == entries[0].received
    assert found[-1].ended == (entries[-1].received if ends else None)
    assert all(one.ended == other.began for one, other in pairwise(found))
    assert all(each.counted >= 0 for each in found)
    assert not [each for each in found[:-1] if each.still and each.counted]
    assert clock.started is not None
    assert sum(each.counted for each in found if each.began >= clock.started) == clock.used(now)
