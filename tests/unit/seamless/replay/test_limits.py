"""What a log says about its cases' limits, against their clocks, and against a count of the log's rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.clock import Clock, clock_of
from contracts.procedures.permit_receipt import PERMIT_RECEIPT
from contracts.terms.calendar import Stretch, calendar
from contracts.terms.clock_marks import ClockMark
from contracts.terms.limits import AS_IT_FALLS, weeks
from seamless.replay.adapters import ADAPTERS, read_log
from seamless.replay.limits import LimitFinding, Limits, LoggedLimit, judge_limit
from tests.commands.counted_limits import limits, permits
from tests.commands.running import REAL_LOGS

LOG = ADAPTERS[PERMIT_RECEIPT.procedure]
(LAW,) = PERMIT_RECEIPT.laws
AMSTERDAM = calendar(LOG.calendar)
OWN = Path(__file__).parents[3] / "commands" / "permit_limits.csv"
REAL = REAL_LOGS / "wabo_receipt.csv.gz"


def clock(started: datetime, calendar: str = LOG.calendar) -> Clock:
    """The clock of a case to which nothing has happened since it began."""
    return clock_of(
        [
            ClockMark(
                does="start",
                at=started,
                statutory=LAW.statutory,
                promised=LAW.promised,
                counting=LAW.counting,
                calendar=calendar,
            )
        ]
    )


def found(log: Path) -> dict[str, LimitFinding]:
    """The findings of the cases of a log that have a deadline."""
    judged = {
        case.reference: judge_limit(case.limit, clock(case.received), LAW.extensions)
        for case in read_log(log, LOG)
        if case.limit
    }
    return {reference: finding for reference, finding in judged.items() if finding}


def total(findings: dict[str, LimitFinding]) -> dict[str, object]:
    made = Limits()
    for reference, finding in findings.items():
        made.add(reference, finding)
    return made.json()


@pytest.mark.parametrize(
    ("case", "late", "as_it_falls", "by_law", "days", "if_extended"),
    [
        ("as-it-falls", (True, False), True, True, 0, None),
        ("extended", (True, True), True, True, 42, 0),
        ("suspended", (False, False), False, False, 5, None),
        ("extended-and-suspended", (False, False), False, False, 45, 3),
        ("shorter", (False, False), False, False, -7, None),
        ("on-5-may", (True, True), True, False, 0, None),
        ("moved-from-5-may", (True, True), False, True, 1, None),
    ],
)
def test_a_deadline_is_explained_by_the_limit_its_extension_or_days_of_suspension(
    case: str, late: tuple[bool, bool], as_it_falls: bool, by_law: bool, days: int, if_extended: int | None
) -> None:
    finding = found(OWN)[case]
    assert (finding.late_by_instant, finding.late_by_day) == late
    assert finding.json()["agrees_as_it_falls"] is as_it_falls
    assert finding.json()["agrees_by_law"] is by_law
    assert (finding.days, finding.days_if_extended) == (days, if_extended)


def test_our_own_log_comes_out_as_its_rows_say() -> None:
    made = total(found(OWN))
    assert made == limits(permits(OWN))
    assert made["longer"] == {"moved-from-5-may": 1, "suspended": 5, "extended-and-suspended": 45}
    assert made["shorter"] == {"shorter": 7}


def test_the_real_log_comes_out_as_its_rows_say() -> None:
    if not REAL.exists():
        pytest.skip("the real permit log is not here (data folder absent)")
    made = total(found(REAL))
    assert made == limits(permits(REAL))
    assert (made["cases"], made["late_by_instant"], made["late_by_day"]) == (717, 194, 154)
    assert (made["agree_as_it_falls"], made["agree_by_law"]) == (578, 540)
    longer, shorter = made["longer"], made["shorter"]
    assert isinstance(longer, dict)
    assert isinstance(shorter, dict)
    assert (len(longer), len(shorter)) == (130, 9)
    assert made["outside_calendar"] == 0


@given(
    day=st.dates(date(2010, 1, 1), date(2024, 12, 31)),
    hour=st.integers(0, 23),
    first=st.integers(1, 55),
    suspended=st.integers(0, 400),
)
def test_a_clock_suspended_for_the_days_that_are_told_ends_on_the_deadline(
    day: date, hour: int, first: int, suspended: int
) -> None:
    started = datetime.combine(day, time(hour), AMSTERDAM.zone).astimezone(UTC)
    begins, ends = (
        AMSTERDAM.begins(day + timedelta(days=number), started) for number in (first, first + suspended)
    )
    due = AMSTERDAM.due(started, weeks(8), counting=AS_IT_FALLS, stopped=[Stretch(begins, ends)]).at
    deadline = due - timedelta(minutes=1)
    finding = judge_limit(LoggedLimit(deadline, None), clock(started), LAW.extensions)
    assert finding is not None
    assert finding.days == suspended


def test_days_outside_the_years_of_the_calendar_are_reported() -> None:
    """The law on last days needs the holidays of that year."""
    for started, covered in (("2009-10-01", False), ("2009-11-20", True), ("2026-11-20", False)):
        at = datetime.fromisoformat(f"{started}T12:00:00+00:00")
        finding = judge_limit(LoggedLimit(at, None), clock(at), LAW.extensions)
        assert finding is not None
        assert finding.covered is covered, started


def test_a_case_whose_clock_never_began_or_stands_still_is_not_compared() -> None:
    at = datetime(2011, 10, 4, 10, tzinfo=UTC)
    suspended = clock(at).after(ClockMark(does="suspend", at=at, step="s", kind="supplement"))
    assert judge_limit(LoggedLimit(at, None), Clock(), LAW.extensions) is None
    assert judge_limit(LoggedLimit(at, None), suspended, LAW.extensions) is None
