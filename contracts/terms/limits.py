"""Legal limits: a number of days and what kind of days."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from contracts.terms.values import Contract

Unit = Literal["working", "calendar"]
"""What kind of days is counted."""


class Limit(Contract):
    """A limit in legal days. It ends with a day, not so many times 24 hours later.

    ``working`` days leave out what the authority's calendar says is no working day
    (行政许可法 art. 82 counts limits in working days); ``calendar`` days count them all.
    """

    days: int = Field(ge=1, le=3660)
    unit: Unit

    def share(self, part: float) -> Limit:
        """The limit after ``part`` (0 to 1) of its days, rounded down, at least one day."""
        return Limit(days=max(1, int(self.days * part)), unit=self.unit)


def working_days(days: int) -> Limit:
    """A limit of ``days`` working days."""
    return Limit(days=days, unit="working")


def calendar_days(days: int) -> Limit:
    """A limit of ``days`` calendar days."""
    return Limit(days=days, unit="calendar")
