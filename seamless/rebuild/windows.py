"""Windows of time, one after the other, as long as a person says: two months, a year, 60 days."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from contracts.terms.errors import InvalidInput
from seamless.rebuild.log import EventLog

Unit = Literal["d", "w", "m", "y"]

LONGEST = 3660
"""No window has more days, weeks, months or years."""


class Length(NamedTuple):
    """How long a window is: so many days, weeks, months or years."""

    number: int
    unit: Unit

    def __str__(self) -> str:
        """As a person writes it: ``2m``."""
        return f"{self.number}{self.unit}"

    def after(self, at: datetime, times: int = 1) -> datetime:
        """The instant that is so many lengths later, or earlier where ``times`` is negative. A month ends
        with the day of the same number, or with its last day.

        Raises:
            OverflowError: no calendar has that day.
        """
        number = self.number * times
        if self.unit in ("d", "w"):
            return at + timedelta(days=number * (7 if self.unit == "w" else 1))
        months = at.year * 12 + at.month - 1 + number * (12 if self.unit == "y" else 1)
        year, month = divmod(months, 12)
        if not 1 <= year <= 9999:
            raise OverflowError
        return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))

    @property
    def days(self) -> float:
        """How many days it has on average."""
        return self.number * {"d": 1.0, "w": 7.0, "m": 365.25 / 12, "y": 365.25}[self.unit]


USUAL = (
    *(Length(number, "w") for number in (1, 2)),
    *(Length(number, "m") for number in (1, 2, 3, 6)),
    *(Length(number, "y") for number in (1, 2)),
)
"""Lengths of which the longest is taken that fits into a log often enough, unless a person says another
one."""

OFTEN = 7
"""So often, where the windows of a log are ranked one after the other."""


def length(text: str) -> Length:
    """The length that a person gave.

    Raises:
        InvalidInput: it is none; says how to write it.
    """
    found = re.fullmatch(r"([0-9]{1,4})\s*([dwmy])", text.strip())
    if found is None or not 1 <= int(found[1]) <= LONGEST:
        raise InvalidInput(f"--window: {text!r} is no length of time; write it as 60d, 8w, 2m or 1y")
    return Length(int(found[1]), found[2])  # type: ignore[arg-type]


def usual(log: EventLog, often: int = OFTEN) -> Length:
    """The length of windows for a log of which nobody says it: see :data:`USUAL`."""
    span = (log.as_of - log.cases[0].start) / timedelta(days=1) if log.cases else 0.0
    return next((each for each in reversed(USUAL) if each.days * often <= span), USUAL[0])


class Window(NamedTuple):
    """From an instant to another one, which is no part of it."""

    since: datetime
    until: datetime

    @property
    def months(self) -> float:
        """How many months it has, each of a twelfth of a year."""
        return (self.until - self.since) / timedelta(days=365.25 / 12)


def back_from(until: datetime, each: Length, first: datetime) -> list[Window]:
    """The windows of a length that end at an instant, one before the other, from the first one that does not
    begin before ``first``."""
    found: list[Window] = []
    for number in range(1, LONGEST):
        try:
            since = each.after(until, -number)
        except OverflowError:
            break
        if since < first:
            break
        found.append(Window(since, each.after(until, 1 - number)))
    return found[::-1]


def onward_from(since: datetime, each: Length, last: datetime) -> Iterator[Window]:
    """The windows of a length that follow an instant, up to the last one that is over by ``last``."""
    for number in range(LONGEST):
        window = Window(each.after(since, number), each.after(since, number + 1))
        if window.until > last:
            return
        yield window
