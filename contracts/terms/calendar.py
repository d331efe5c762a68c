"""Legal days and due dates, from versioned calendar data.

A case names the calendar version it counts with when it is opened, so that a library or a
published year that changes later cannot move a running case's limits.
"""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from contracts.terms.calendar_days import CalendarDays
from contracts.terms.errors import InvalidInput
from contracts.terms.limits import AS_IT_FALLS, Counting, Limit, Unit

LONGEST_DAY = 24 * 3600
"""The longest compressed day, in seconds: a longer one would not be compressed."""

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_SUNDAY = 6


class UnknownCalendar(InvalidInput, ValueError):
    """No calendar of that name; the message lists the known ones."""


class Due(NamedTuple):
    """When a limit ends.

    Attributes:
        at: the first instant after the limit, UTC.
        provisional: the limit reaches past the last published year, whose holidays are not known yet.
    """

    at: datetime
    provisional: bool


class Stretch(NamedTuple):
    """A period from one instant to another; the second one is not part of it."""

    began: datetime
    ended: datetime


class Calendar(Protocol):
    """How an authority counts days."""

    def due(
        self,
        start: datetime,
        *limits: Limit,
        counting: Counting = AS_IT_FALLS,
        stopped: Sequence[Stretch] = (),
    ) -> Due:
        """When limits end that follow one another and began at ``start``.

        Args:
            counting: how the law counts, where a limit does not say it itself. What it says about the last
                day applies to the last of the limits: the others end as they fall.
            stopped: what does not count. A day does not if the whole of it was stopped.
        """
        ...

    def used(
        self,
        start: datetime,
        until: datetime,
        unit: Unit,
        *,
        counting: Counting = AS_IT_FALLS,
        stopped: Sequence[Stretch] = (),
    ) -> int:
        """How many days of a limit that began at ``start`` have counted up to ``until``, including the
        current day; of a limit in hours, how many whole hours."""
        ...

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the authority's days are shown."""
        ...

    def day(self, instant: datetime) -> date:
        """The legal day of an instant, in the authority's zone."""
        ...

    def begins(self, day: date, now: datetime) -> datetime:
        """When a legal day begins, UTC, as computed at the instant ``now``."""
        ...

    def last_day(self, due: datetime) -> str | None:
        """The last day of a limit that ends at ``due``, with its zone, for people to read; None where no
        limit of this calendar ends at that instant."""
        ...

    def left(self, now: datetime, due: datetime, unit: Unit) -> int:
        """How many days of a limit are left after the day of ``now``; below zero, how many it is overdue."""
        ...


class LegalCalendar:
    """A calendar as published: one version of one authority's days."""

    def __init__(self, days: CalendarDays) -> None:
        self.days = days
        self.zone = ZoneInfo(days.zone)
        self._holidays = frozenset(days.holidays)
        self._worked = frozenset(days.worked_weekends)

    def worked(self, day: date) -> bool:
        """Whether ``day`` is a working day. Beyond the published years: Monday to Friday."""
        return day in self._worked or (day.weekday() < 5 and day not in self._holidays)

    def holiday(self, day: date) -> bool:
        """Whether ``day`` is a Sunday or a holiday, and not worked. A Saturday as such is not a holiday."""
        return day not in self._worked and (day.weekday() == _SUNDAY or day in self._holidays)

    def day(self, instant: datetime) -> date:
        """The legal day of an instant, in the authority's zone."""
        return instant.astimezone(self.zone).date()

    def begins(self, day: date, now: datetime) -> datetime:
        """When a legal day begins: at midnight in the authority's zone."""
        return self._midnight(day)

    def last_day(self, due: datetime) -> str | None:
        """The date before the midnight at which a limit ends."""
        day = self.day(due)
        return f"{day - _DAY} ({self.zone.key})" if self._midnight(day) == due else None

    def left(self, now: datetime, due: datetime, unit: Unit) -> int:
        """The days after today up to the last one; or, once that has passed, those after it up to today."""
        today, last = self.day(now), self.day(due) - _DAY
        first, end = sorted((today, last))
        count = sum(self._counts(day, unit) for day in _days(first, end))
        return count if last >= today else -count

    def due(
        self,
        start: datetime,
        *limits: Limit,
        counting: Counting = AS_IT_FALLS,
        stopped: Sequence[Stretch] = (),
    ) -> Due:
        """When limits end that follow one another: with the last of their days, at midnight in the
        authority's zone; limits in hours at an instant."""
        still = self._whole_days(stopped)
        end, last = start, self.day(start)
        for number, limit in enumerate(limits):
            if limit.unit == "hours":
                end = _after(end, timedelta(hours=limit.count), stopped)
                last = self.day(end)
                continue
            rules = limit.counting or counting
            before = last - _DAY if number == 0 and rules.first_day == "same" else last
            last = self._last_of(before, limit, still)
            if number == len(limits) - 1 and _moves(limit, rules):
                while not self._may_be_last(last, rules):
                    last += _DAY
            end = self._midnight(last + _DAY)
        return Due(end.astimezone(UTC), provisional=last.year > self.days.last_year)

    def used(
        self,
        start: datetime,
        until: datetime,
        unit: Unit,
        *,
        counting: Counting = AS_IT_FALLS,
        stopped: Sequence[Stretch] = (),
    ) -> int:
        """How many days have counted, by the rules of :meth:`due`."""
        if unit == "hours":
            return _running(start, until, stopped) // timedelta(hours=1)
        if until <= start:
            return 0
        still = self._whole_days(stopped)
        first = self.day(start)
        before = first - _DAY if counting.first_day == "same" else first
        last = self.day(until - _INSTANT)  # at midnight, the next day has not begun to pass
        return sum(self._counts(day, unit) and not _within(day, still) for day in _days(before, last))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def _may_be_last(self, day: date, rules: Counting) -> bool:
        return self.worked(day) if rules.last_day == "next-working-day" else not self.holiday(day)

    def _counts(self, day: date, unit: Unit) -> bool:
        return unit != "working-days" or self.worked(day)

    def _last_of(self, before: date, limit: Limit, still: Sequence[tuple[date, date]]) -> date:
        """The last day of a limit whose first day follows ``before``."""
        last, left = before, _length(before, limit)
        while left:
            last += _DAY
            if self._counts(last, limit.unit) and not _within(last, still):
                left -= 1
        return last

    def _whole_days(self, stopped: Sequence[Stretch]) -> list[tuple[date, date]]:
        """The first and last of the days that were stopped as a whole, of each interval that has any."""
        found = []
        for began, ended in _merged(stopped):
            first = self.day(began)
            if self._midnight(first) < began:
                first += _DAY
            last = self.day(ended) - _DAY
            if first <= last:
                found.append((first, last))
        return found


class CompressedCalendar:
    """Demonstration time: each legal day has a fixed length, and every day is worked.

    The dates of a case start from the day in UTC on which it was opened and advance by one with each
    compressed day. Without a case, the date is that of the day in UTC.
    """

    zone = ZoneInfo("UTC")

    def __init__(self, day: timedelta, opened: datetime | None = None) -> None:
        """``day`` is how long one lasts; ``opened``, when the case was opened whose dates these are."""
        self._length = day
        self._opened = opened

    def of_case(self, opened: datetime) -> CompressedCalendar:
        """The same, with the dates of a case that was opened then."""
        return CompressedCalendar(self._length, opened)

    def day(self, instant: datetime) -> date:
        """The date of the compressed day of an instant; the last there is, if there are no more."""
        if self._opened is None:
            return instant.astimezone(UTC).date()
        first = self._opened.astimezone(UTC).date().toordinal()
        ordinal = first + (instant - self._opened) // self._length
        return date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))

    def begins(self, day: date, now: datetime) -> datetime:
        """As many compressed days from the opening (without a case, from now) as there are to it."""
        start = self._opened or now
        return start + (day - self.day(start)).days * self._length

    def last_day(self, due: datetime) -> str | None:
        """The instant itself: there is no date to tell."""
        return f"{due.astimezone(UTC):%Y-%m-%d %H:%M:%S} (UTC)"

    def left(self, now: datetime, due: datetime, unit: Unit) -> int:
        """The whole compressed days in between."""
        return int((due - now) / self._length)

    def due(
        self,
        start: datetime,
        *limits: Limit,
        counting: Counting = AS_IT_FALLS,
        stopped: Sequence[Stretch] = (),
    ) -> Due:
        """This many compressed days after ``start``: seven to a week, thirty to a month; an hour is one of
        twenty-four parts. What was stopped is added as it is."""
        parts = sum(limit.count * _HOURS[limit.unit] for limit in limits)
        length = -(-parts * self._length // 24)  # rounded up: at its end all of it has counted
        return Due(_after(start, length, stopped), provisional=False)

    def used(
        self,
        start: datetime,
        until: datetime,
        unit: Unit,
        *,
        counting: Counting = AS_IT_FALLS,
        stopped: Sequence[Stretch] = (),
    ) -> int:
        """The whole compressed days that were not stopped; of a limit in hours, the hours."""
        parts = 24 if unit == "hours" else 1
        return _running(start, until, stopped) * parts // self._length


_HOURS = {"working-days": 24, "days": 24, "weeks": 7 * 24, "months": 30 * 24, "hours": 1}
"""Of a compressed day, to a unit."""


def _days(before: date, last: date) -> Iterable[date]:
    """The days after ``before`` up to ``last``."""
    return (before + number * _DAY for number in range(1, (last - before).days + 1))


def _length(before: date, limit: Limit) -> int:
    """How many days a limit has, of those that it counts, whose first day follows ``before``."""
    if limit.unit == "weeks":
        return 7 * limit.count
    if limit.unit == "months":
        return (_months_after(before, limit.count) - before).days
    return limit.count


def _months_after(day: date, count: int) -> date:
    """The day of the same number, or the last one of a month that has none."""
    years, month = divmod(day.month - 1 + count, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _moves(limit: Limit, rules: Counting) -> bool:
    longer = any(limit.unit == most.unit and limit.count > most.count for most in rules.not_over)
    return rules.last_day != "as-it-falls" and not longer


def _within(day: date, ranges: Sequence[tuple[date, date]]) -> bool:
    return any(first <= day <= last for first, last in ranges)


def _merged(stretches: Sequence[Stretch]) -> list[Stretch]:
    """The same time in intervals that neither overlap nor touch, in order."""
    merged: list[Stretch] = []
    for stretch in sorted(stretches):
        if merged and stretch.began <= merged[-1].ended:
            merged[-1] = Stretch(merged[-1].began, max(merged[-1].ended, stretch.ended))
        else:
            merged.append(stretch)
    return merged


def _after(start: datetime, length: timedelta, stopped: Sequence[Stretch]) -> datetime:
    """The instant at which ``length`` has passed since ``start``, without what was stopped."""
    end = start.astimezone(UTC) + length  # in a zone it would be this much of wall-clock time
    for began, ended in _merged(stopped):
        if began < end and ended > start:
            end += ended - max(began, start)
    return end


def _running(start: datetime, until: datetime, stopped: Sequence[Stretch]) -> timedelta:
    """How much time has passed from ``start`` to ``until``, without what was stopped."""
    passed = max(until.astimezone(UTC) - start, timedelta(0))
    for began, ended in _merged(stopped):
        passed -= max(min(ended, until) - max(began, start), timedelta(0))
    return passed


def names() -> list[str]:
    """The known calendar versions."""
    return sorted(
        entry.name.removesuffix(".json")
        for entry in files("contracts.terms").joinpath("calendars").iterdir()
        if entry.name.endswith(".json")
    )


def calendar_of_case(name: str, opened: datetime) -> Calendar:
    """:func:`calendar` for a case that was opened then."""
    found = calendar(name)
    return found.of_case(opened) if isinstance(found, CompressedCalendar) else found


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
        if not 0 < seconds <= LONGEST_DAY:  # false for what is not a number, too
            raise UnknownCalendar(
                f"{name!r}: the length of a day is given in seconds, compressed:1.5, up to {LONGEST_DAY}"
            )
        return CompressedCalendar(timedelta(seconds=seconds))
    if name not in names():
        raise UnknownCalendar(f"no calendar {name!r}; there are {', '.join(names())} and compressed:SECONDS")
    text = files("contracts.terms").joinpath("calendars", f"{name}.json").read_text("utf-8")
    return LegalCalendar(CalendarDays.model_validate({"name": name} | json.loads(text)))
