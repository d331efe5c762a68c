"""Working days and due dates, from versioned calendar data.

A case names the calendar version it counts with when it is opened, so that a library or a
published year that changes later cannot move a running case's limits.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from contracts.terms.errors import InvalidInput
from contracts.terms.limits import Limit, Unit

LONGEST_DAY = 24 * 3600
"""Seconds of a compressed day, at most: a longer one would not be compressed."""


class UnknownCalendar(InvalidInput, ValueError):
    """No calendar of that name; the message lists those there are."""


class Due(NamedTuple):
    """When a limit ends.

    Attributes:
        at: the first instant after the limit, UTC.
        provisional: the limit reaches past the last published year, whose holidays are not known yet.
    """

    at: datetime
    provisional: bool


class Calendar(Protocol):
    """How an authority counts days."""

    def due(self, start: datetime, limit: Limit) -> Due:
        """When ``limit`` ends that began at ``start``. The first day does not count."""
        ...

    @property
    def zone(self) -> ZoneInfo:
        """The zone that the authority's days are told in."""
        ...

    def day(self, instant: datetime) -> date:
        """The legal day of an instant, in the authority's zone."""
        ...

    def begins(self, day: date, now: datetime) -> datetime:
        """When a legal day begins, UTC, as it is told at the instant ``now``."""
        ...

    def last_day(self, due: datetime) -> str | None:
        """The last day of a limit that ends at ``due``, with its zone, as people are told it; None where no
        limit of this calendar ends at that instant."""
        ...

    def left(self, now: datetime, due: datetime, unit: Unit) -> int:
        """How many days of a limit are left after the day of ``now``; below zero, how many it is overdue."""
        ...


class LegalCalendar:
    """A calendar as published: one version of one authority's days."""

    def __init__(self, name: str) -> None:
        data = json.loads(files("contracts.terms").joinpath("calendars", f"{name}.json").read_text("utf-8"))
        self.zone = ZoneInfo(data["zone"])
        self._last_year: int = data["last_year"]
        self._holidays = frozenset(date.fromisoformat(day) for day in data["holidays"])
        self._worked = frozenset(date.fromisoformat(day) for day in data["worked_weekends"])

    def worked(self, day: date) -> bool:
        """Whether ``day`` is a working day. Beyond the published years: Monday to Friday."""
        return day in self._worked or (day.weekday() < 5 and day not in self._holidays)

    def day(self, instant: datetime) -> date:
        """The legal day of an instant, in the authority's zone."""
        return instant.astimezone(self.zone).date()

    def begins(self, day: date, now: datetime) -> datetime:
        """When a legal day begins: at midnight in the authority's zone."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def last_day(self, due: datetime) -> str | None:
        """The date before the midnight at which a limit ends."""
        day = self.day(due)
        return f"{day - timedelta(days=1)} ({self.zone.key})" if self.begins(day, due) == due else None

    def left(self, now: datetime, due: datetime, unit: Unit) -> int:
        """The days after today up to the last one; or, once that has passed, those after it up to today."""
        today, last = self.day(now), self.day(due) - timedelta(days=1)
        first, end = sorted((today, last))
        days = (first + timedelta(days=number) for number in range(1, (end - first).days + 1))
        count = sum(unit == "days" or self.worked(day) for day in days)
        return count if last >= today else -count

    def due(self, start: datetime, limit: Limit) -> Due:
        """When ``limit`` ends: with the last of its days, at midnight in the authority's zone."""
        last, left = self.day(start), limit.count
        while left:
            last += timedelta(days=1)
            if limit.unit == "days" or self.worked(last):
                left -= 1
        after = self.begins(last + timedelta(days=1), start)
        return Due(after, provisional=last.year > self._last_year)


class CompressedCalendar:
    """Demonstration time: each legal day lasts a fixed stretch, and every day is worked."""

    zone = ZoneInfo("UTC")

    def __init__(self, day: timedelta) -> None:
        self._length = day

    def day(self, instant: datetime) -> date:
        """The day in UTC; compressed days have no dates of their own."""
        return instant.astimezone(UTC).date()

    def begins(self, day: date, now: datetime) -> datetime:
        """As many compressed days from now as there are days to it."""
        return now + (day - self.day(now)).days * self._length

    def last_day(self, due: datetime) -> str | None:
        """The instant itself: there is no date to tell."""
        return f"{due.astimezone(UTC):%Y-%m-%d %H:%M:%S} (UTC)"

    def left(self, now: datetime, due: datetime, unit: Unit) -> int:
        """The whole compressed days in between."""
        return int((due - now) / self._length)

    def due(self, start: datetime, limit: Limit) -> Due:
        """``limit.count`` compressed days after ``start``."""
        return Due(start + limit.count * self._length, provisional=False)


def names() -> list[str]:
    """The calendar versions that there are."""
    return sorted(
        entry.name.removesuffix(".json")
        for entry in files("contracts.terms").joinpath("calendars").iterdir()
        if entry.name.endswith(".json")
    )


@cache
def calendar(name: str) -> Calendar:
    """The calendar version ``name``: ``cn-2026.1``, or ``compressed:1.5`` (seconds to a day).

    Raises:
        UnknownCalendar: there is none of that name.
    """
    if name.startswith("compressed:"):
        try:
            seconds = float(name.removeprefix("compressed:"))
        except ValueError:
            seconds = 0.0
        if not 0 < seconds <= LONGEST_DAY:  # false for what is no number, too
            raise UnknownCalendar(
                f"{name!r}: the length of a day is given in seconds, compressed:1.5, up to {LONGEST_DAY}"
            )
        return CompressedCalendar(timedelta(seconds=seconds))
    if name not in names():
        raise UnknownCalendar(f"no calendar {name!r}; there are {', '.join(names())} and compressed:SECONDS")
    return LegalCalendar(name)
