"""The days that a case counts with: those it was opened with, and those that are published meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from contracts.terms.calendar_days import CalendarDays
from contracts.terms.decisions import Decision, Grant
from tests.unit.workflows.case.clocked import Advise, Plea, begun, inspected, item
from tests.unit.workflows.case.running import VirtualRuntime
from workflows.case import Procedure

pytestmark = pytest.mark.usefixtures("runs")


async def test_a_calendar_that_is_published_moves_what_is_open_and_says_so(runtime: VirtualRuntime) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        await author.ask(Advise())
        return await author.decide(Grant())

    runtime.time = datetime(2026, 12, 21, 2, tzinfo=UTC)
    carried = await begun(
        runtime, item(), course, calendar="cn-2026.1", received=runtime.time, occurred=runtime.time
    )
    assert carried.of("accepted")[0].provisional
    days = CalendarDays(
        name="cn-2027.1",
        zone="Asia/Shanghai",
        first_year=2026,
        last_year=2027,
        source="a notice of the State Council, made up for this test",
        holidays=("2027-01-01", "2027-01-04"),  # type: ignore[arg-type]
    )
    for _ in range(2):  # a repeat changes nothing
        carried.case.inbox.calendars.append(days)
        await carried.goes_on()
    (entry,) = carried.of("calendar")
    assert (entry.outcome, entry.basis) == ("cn-2027.1", days.source)
    assert entry.due_before == datetime(2027, 1, 4, 16, tzinfo=UTC)
    assert entry.due == datetime(2027, 1, 6, 16, tzinfo=UTC)
    assert not entry.provisional
    assert not carried.of("rescheduled"), "the request ends before the new year"
    carried.check_ledger()


async def test_a_case_counts_with_the_days_that_it_was_opened_with(runtime: VirtualRuntime) -> None:
    """No worker needs their file, and whoever reads the ledger needs none either."""
    days = CalendarDays(
        name="cn-2031.1",
        zone="Asia/Shanghai",
        first_year=2026,
        last_year=2031,
        source="made up for this test",
        holidays=("2026-03-04",),  # type: ignore[arg-type]
    )
    carried = await begun(runtime, item(), inspected, calendar=days.name, days=days)
    (accepted,) = carried.of("accepted")
    assert accepted.clock is not None
    assert (accepted.calendar, accepted.clock.days) == (days.name, days)
    assert accepted.due == datetime(2026, 3, 17, 16, tzinfo=UTC), "ten working days, without the 4th"
    carried.check_ledger()
