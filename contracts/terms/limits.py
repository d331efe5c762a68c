"""Legal limits: how long something may take, and how a law counts that."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from contracts.terms.values import Contract, Text

Unit = Literal["working-days", "days", "weeks", "months", "hours"]
"""What is counted. Weeks and months end with the day that has the name or number of the first one."""


class Limit(Contract):
    """A limit in legal days, weeks or months, which ends with a day and not after a multiple of 24 hours; or
    in hours, which ends at an instant.

    ``working-days`` leave out days that are not working days in the authority's calendar (行政许可法 art. 82
    counts limits in working days); ``days`` count them all. ``counting`` is how this limit is counted, where
    its law counts the others differently.
    """

    count: int = Field(ge=1, le=3660)
    unit: Unit
    counting: Counting | None = Field(default=None, exclude_if=lambda value: value is None)

    def __str__(self) -> str:
        """In words: ``8 weeks``, ``1 working day``."""
        words = self.unit.replace("-", " ")
        return f"{self.count} {words if self.count != 1 else words[:-1]}"

    def share(self, part: float) -> Limit:
        """The limit after ``part`` (0 to 1) of it, rounded down to days, at least one; of hours, to hours.

        For reminders, from which nothing follows: a month is taken as thirty days.
        """
        days = {"weeks": 7, "months": 30}.get(self.unit)
        unit: Unit = "days" if days else self.unit
        return Limit(count=max(1, int(self.count * (days or 1) * part)), unit=unit)


class Counting(Contract):
    """How a law counts its limits.

    ``first_day``: whether the day of the event counts as the first one, or the next day does. ``last_day``:
    whether a limit ends with its last day, whatever that is; or, if that is not a working day, with the next
    one; or, if it is a Sunday or a holiday, with the next day that is neither, which may be a Saturday. The
    latter two do not apply to limits in hours, nor to those longer than one of ``not_over``.
    """

    basis: Text
    first_day: Literal["same", "next"] = "next"
    last_day: Literal["as-it-falls", "next-working-day", "next-non-holiday"] = "as-it-falls"
    not_over: tuple[Limit, ...] = ()


def working_days(count: int) -> Limit:
    """A limit of ``count`` working days."""
    return Limit(count=count, unit="working-days")


def calendar_days(count: int) -> Limit:
    """A limit of ``count`` calendar days."""
    return Limit(count=count, unit="days")


def weeks(count: int) -> Limit:
    """A limit of ``count`` weeks: it ends with the day of the week on which it began."""
    return Limit(count=count, unit="weeks")


def months(count: int) -> Limit:
    """A limit of ``count`` months: it ends with the day of the same number as the one on which it began, or
    with the last day of the month if that month has no such day."""
    return Limit(count=count, unit="months")


def hours(count: int) -> Limit:
    """A limit of ``count`` hours."""
    return Limit(count=count, unit="hours")


AS_IT_FALLS = Counting(basis="the first day does not count, the last one does")
"""The way of counting of a law that says nothing special (民法典 art. 201)."""

TERMIJNENWET = Counting(
    basis="Algemene termijnenwet art. 1, 4",
    last_day="next-working-day",
    not_over=(calendar_days(90), weeks(12), months(3)),
)
"""Dutch limits set in a law: one that ends on a Saturday, a Sunday or a holiday ends with the next day that
is none of these; not those in hours, nor those of more than 90 days, 12 weeks or 3 months."""

CODICE_CIVILE = Counting(basis="c.c. art. 2963", last_day="next-non-holiday")
"""Italian limits: one whose last day is a giorno festivo ends with the next day that is not. Giorni festivi
are Sundays and the holidays of l. 260/1949 art. 2, but not Saturdays. Holidays within the limit count."""

CODICE_DI_PROCEDURA_CIVILE = Counting(basis="c.p.c. art. 155", last_day="next-working-day")
"""Italian limits for procedural acts outside the hearing: as :data:`CODICE_CIVILE`, and one whose last day is
a Saturday ends later, too (art. 155(5), since l. 263/2005)."""
