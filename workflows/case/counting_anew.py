"""Counting a case's limits anew, by the days of a calendar version that was published while it runs."""

from __future__ import annotations

from contracts.terms.calendar import LegalCalendar
from contracts.terms.calendar_days import CalendarDays
from workflows.case.case import Case
from workflows.case.clock import turn
from workflows.case.ladder import reschedule


def count_anew(case: Case, days: CalendarDays) -> None:
    """Count with these days from now on, from the beginning of the case's own limits and of every wait; say
    of each that moves from what to what. A stage under way and a penalty payment keep their ends."""
    if days.name == case.calendar_name:
        return
    case.journal.calendar, case.calendar = days, LegalCalendar(days)
    turned = turn(case, "count-anew", case.now(), calendar=days.name, days=days)
    case.record("calendar", outcome=days.name, basis=days.source, turned=turned)
    for wait in list(case.journal.waits.values()):
        reschedule(case, wait, days.name)
