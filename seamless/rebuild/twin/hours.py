"""Office hours: when an authority works, and how much of that lies between two instants.

Instants are seconds since 1970, UTC. Working time is counted in working days: the time in which an office is
open on one working day.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from math import ceil
from zoneinfo import ZoneInfo

from contracts.terms.calendar import CompressedCalendar, LegalCalendar, calendar
from contracts.terms.errors import InvalidInput

OPENS, CLOSES = 9, 17
"""Unless a person says otherwise; the hour at which an office opens, and the one at which it closes."""

FIRST, LAST = date(1990, 1, 1), date(2060, 1, 1)
"""Between these days time can be counted."""


class Hours:
    """When an authority works.

    Attributes:
        zone: its days are days of this zone.
        length: of one of its working days, in seconds.
    """

    def __init__(self, opens: list[float], length: float, zone: ZoneInfo) -> None:
        """
        Args:
            opens: every instant at which it opens, rising.
        """
        self.zone, self.length = zone, length
        self._opens = opens

    def worked(self, instant: float) -> float:
        """How many working days have passed by an instant, since the first day that can be counted."""
        place = self._place(instant)
        return place + min((instant - self._opens[place]) / self.length, 1.0)

    def between(self, began: float, ended: float) -> float:
        """How many working days lie between two instants."""
        return self.worked(ended) - self.worked(began)

    def after(self, instant: float, days: float) -> float:
        """When so many working days have passed since an instant; where that is at the end of a day, then,
        not on the next morning."""
        if days <= 0:
            return instant
        worked = self.worked(instant) + days
        place = ceil(worked) - 1
        if place >= len(self._opens):
            raise _beyond(instant)
        return self._opens[place] + (worked - place) * self.length

    def opening(self, instant: float) -> float:
        """The first instant from then on at which it is open."""
        place = self._place(instant)
        if instant < self._opens[place] + self.length:
            return instant
        return self.next_opening(instant)

    def next_opening(self, instant: float) -> float:
        """When it opens the next time after an instant."""
        place = self._place(instant) + 1
        if place >= len(self._opens):
            raise _beyond(instant)
        return self._opens[place]

    def day(self, instant: float) -> date:
        """The day of an instant."""
        return datetime.fromtimestamp(instant, self.zone).date()

    def midnight(self, day: date) -> float:
        """When a day begins."""
        return datetime.combine(day, time(), self.zone).timestamp()

    def works_on(self, day: date) -> bool:
        """Whether it opens on a day."""
        midnight = self.midnight(day)
        return self.next_opening(midnight - 1) < midnight + 86400

    def _place(self, instant: float) -> int:
        place = bisect_right(self._opens, instant) - 1
        if place < 0:
            raise _beyond(instant)
        return place


def _beyond(instant: float) -> InvalidInput:
    day = datetime.fromtimestamp(instant, UTC).date()
    return InvalidInput(
        f"{day}: working days can be counted from {FIRST} to {LAST}; begin later, or take fewer cases"
    )


@cache
def hours_of(name: str, opens: float = OPENS, closes: float = CLOSES) -> Hours:
    """The office hours of an authority with this calendar. A compressed calendar has no nights: its days
    follow one another.

    Args:
        name: of a calendar version.
        opens, closes: hours of the day, 0 to 24.

    Raises:
        InvalidInput: there is no such calendar, or the office closes before it opens.
    """
    if not 0 <= opens < closes <= 24:
        raise InvalidInput(f"--hours: an office opens before it closes, as 9-17; not {opens:g}-{closes:g}")
    found = calendar(name)
    days = (FIRST + timedelta(days=number) for number in range((LAST - FIRST).days))
    if isinstance(found, CompressedCalendar):
        return Hours([_at(day, 0, found.zone) for day in days], 86400.0, found.zone)
    assert isinstance(found, LegalCalendar)
    worked = [_at(day, opens, found.zone) for day in days if found.worked(day)]
    return Hours(worked, (closes - opens) * 3600.0, found.zone)


def _at(day: date, hour: float, zone: ZoneInfo) -> float:
    return (datetime.combine(day, time(), zone) + timedelta(hours=hour)).timestamp()
