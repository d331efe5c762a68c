"""When the published holidays end of the calendars with which cases count."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from contracts.terms.calendar import LegalCalendar, UnknownCalendar, calendar
from contracts.terms.errors import InvalidInput
from seamless.status.report import CalendarEnd
from workers.process.calendars import days_in
from workers.process.settings import Settings

LAST_DAY = (12, 31)


def calendars_of(settings: Settings, in_use: Mapping[str | None, int], now: datetime) -> list[CalendarEnd]:
    """The calendars of open and of new cases, the one that ends first, first.

    Args:
        in_use: how many open cases count with each; None: those whose ledger names none.
    """
    counted = {settings.calendar: 0} | {name: count for name, count in in_use.items() if name is not None}
    found = []
    for name, cases in counted.items():
        days = _known(settings, name)
        ends = date(days.days.last_year, *LAST_DAY) if days else None
        found.append(
            CalendarEnd(
                calendar=name,
                ends=ends,
                days_left=(ends - days.day(now)).days if days and ends else None,
                cases=cases,
                new_cases=name == settings.calendar,
            )
        )
    return sorted(found, key=lambda each: (each.ends or date.max, each.calendar))


def _known(settings: Settings, name: str) -> LegalCalendar | None:
    """A calendar with dates, where it is known here: one that was published to open cases alone is not."""
    try:
        found = calendar(name)
    except UnknownCalendar:
        try:
            days = days_in(settings.calendars, name) if settings.calendars else None
        except InvalidInput:  # a file that is broken now; `seamless calendar list` says how
            days = None
        return LegalCalendar(days) if days else None
    return found if isinstance(found, LegalCalendar) else None
