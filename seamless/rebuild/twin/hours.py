"""Office hours: when an authority works, and how much of that lies between two instants.

Instants are seconds since 1970, UTC. Working time is counted in working days: the time in which an office is
open on one working day.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from math import ceil
from zoneinfo import ZoneInfo

from contracts.terms.calendar import CompressedCalendar, LegalCalendar, calendar
from contracts.terms.errors import InvalidInput

OPENS, CLOSES = 9, 17
"""Unless a person says otherwise; the hour at which an office opens, and the one at which it closes."""

FIRST, LAST = date(1990, 1, 1), date(2500, 1, 1)
"""Between these days time can be counted."""
AT_FIRST, MORE = date(2040, 1, 1), 20 * 365
"""Up to this day the working days are known at once; so many more days, whenever they are needed."""


class Hours:
    """When an authority works.

    Attributes:
        zone: its days are days of this zone.
        length: of one of its working days, in seconds.
    """

    def __init__(self, worked: Callable[[date], bool], opens: float, length: float, zone: ZoneInfo) -> None:
        """
        Args:
            worked: whether a day is a working day.
            opens: at which hour.
        """
        self.zone, self.length = zone, length
        self._worked, self._hour = worked, timedelta(hours=opens)
        self._opens: list[float] = []
        self._known = FIRST
        self._grow((AT_FIRST - FIRST).days)

    def _grow(self, days: int) -> None:
        """Know so many more days."""
        for _ in range(days):
            if self._worked(self._known):
                midnight = datetime.combine(self._known, time(), self.zone)
                self._opens.append((midnight + self._hour).timestamp())
            self._known += timedelta(days=1)

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
        self._reach(place, instant)
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
        self._reach(place, instant)
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

    def _reach(self, place: int, instant: float) -> None:
        while place >= len(self._opens):
            if self._known >= LAST:
                raise _beyond(instant)
            self._grow(MORE)

    def _place(self, instant: float) -> int:
        while self._opens and instant > self._opens[-1]:
            self._reach(len(self._opens), instant)
        place = bisect_right(self._opens, instant) - 1
        if place < 0:
            raise _beyond(instant)
        return place


class Always(Hours):
    """Compressed time: it never closes, and one day follows the other."""

    def __init__(self, day: float, zone: ZoneInfo) -> None:
        """
        Args:
            day: how long one lasts, in seconds.
        """
        super().__init__(lambda day: False, 0, day, zone)

    def worked(self, instant: float) -> float:
        """How many of its days have passed by an instant."""
        return instant / self.length

    def after(self, instant: float, days: float) -> float:
        """When so many of its days have passed since an instant."""
        return instant + days * self.length

    def opening(self, instant: float) -> float:
        """It is open."""
        return instant

    def next_opening(self, instant: float) -> float:
        """When its next day begins."""
        return (instant // self.length + 1) * self.length

    def works_on(self, day: date) -> bool:
        """Always."""
        return True


def _beyond(instant: float) -> InvalidInput:
    day = datetime.fromtimestamp(instant, UTC).date()
    return InvalidInput(
        f"{day}: working days can be counted from {FIRST} to {LAST}; begin later, or take fewer cases"
    )


@cache
def hours_of(name: str, opens: float = OPENS, closes: float = CLOSES) -> Hours:
    """The office hours of an authority with this calendar.

    Args:
        name: of a calendar version.
        opens, closes: hours of the day, 0 to 24.

    Raises:
        InvalidInput: there is no such calendar, or the office closes before it opens.
    """
    if not 0 <= opens < closes <= 24:
        raise InvalidInput(f"--hours: an office opens before it closes, as 9-17; not {opens:g}-{closes:g}")
    found = calendar(name)
    if isinstance(found, CompressedCalendar):
        return Always(float(name.partition(":")[2]), found.zone)
    assert isinstance(found, LegalCalendar)
    return Hours(found.worked, opens, (closes - opens) * 3600.0, found.zone)
