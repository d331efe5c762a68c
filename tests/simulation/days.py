"""Legal days, each of which passes in a second; and calendar versions that nobody published."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from unittest.mock import patch

from contracts.terms.calendar import LegalCalendar, calendar, names
from contracts.terms.calendar_days import CalendarDays
from tests.simulation.clock import START

DAY = 1.0
"""Seconds of a legal day."""


def day_of(instant: datetime, first: date) -> date:
    """The legal day of an instant, where the simulation began on ``first``."""
    return first + timedelta(days=(instant - START) // timedelta(seconds=DAY))


@contextmanager
def days_of_a_second(first: date) -> Iterator[None]:
    """Let the days of every published calendar pass so fast; all else about them stays."""

    def day(self: LegalCalendar, instant: datetime) -> date:
        return day_of(instant, first)

    def midnight(self: LegalCalendar, day: date) -> datetime:
        return START + (day - first).days * timedelta(seconds=DAY)

    with patch.object(LegalCalendar, "day", day), patch.object(LegalCalendar, "_midnight", midnight):
        yield


def published(authority: str) -> CalendarDays:
    """The latest calendar version of an authority in the package."""
    latest = calendar(max(name for name in names() if name.startswith(f"{authority}-")))
    assert isinstance(latest, LegalCalendar)
    return latest.days


def version_after(days: CalendarDays, number: int, first: date, draw: random.Random) -> CalendarDays:
    """A later version, with holidays and worked weekends wherever they fell."""
    later = [first + timedelta(days=each) for each in range(300)]
    return days.model_copy(
        update={
            "name": f"{days.name.partition('.')[0]}.{100 + number}",
            "source": "made up for this run",
            "holidays": tuple(day for day in later if day.weekday() < 5 and draw.random() < 0.15),
            "worked_weekends": tuple(day for day in later if day.weekday() > 4 and draw.random() < 0.15),
        }
    )
