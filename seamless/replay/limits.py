"""The limits in a log, compared with the clocks that the platform computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from contracts.clock import Clock
from contracts.terms.calendar import LegalCalendar
from contracts.terms.clock_rules import Extension
from contracts.terms.limits import AS_IT_FALLS, Counting


class LoggedLimit(NamedTuple):
    """What a log says about a case's limit.

    Attributes:
        deadline: until when the case had to be decided, as the authority had it in the end.
        ended: when the case ended; None where the log has no end of it.
    """

    deadline: datetime
    ended: datetime | None


class LastDays(NamedTuple):
    """The last day of a case's statutory limit, and of that limit with each extension the law allows."""

    statutory: date
    extended: tuple[date, ...]

    def agree(self, deadline: date) -> bool:
        """Whether one of them is the last day of the log."""
        return deadline == self.statutory or deadline in self.extended

    def agree_extended(self, deadline: date) -> bool:
        """Whether only an extension makes it agree."""
        return self.agree(deadline) and deadline != self.statutory


@dataclass(frozen=True)
class LimitFinding:
    """A case's limit in the log and here, by legal days.

    A log says when a limit ended and not what had moved it. What neither the statutory nor the extended
    limit explains is the suspension that the log implies.

    Attributes:
        deadline: the last day of the log.
        late_by_instant, late_by_day: the case ended after the log's deadline; on a later day than that.
        as_it_falls: the last days where a limit ends with its last day, be that worked or not.
        by_law: the last days as the case's law counts them.
        covered: the calendar knows the years of all these days.
    """

    deadline: date
    late_by_instant: bool
    late_by_day: bool
    as_it_falls: LastDays
    by_law: LastDays
    covered: bool

    @property
    def days(self) -> int:
        """By how many days the deadline is later than the statutory limit as it falls; negative: earlier."""
        return (self.deadline - self.as_it_falls.statutory).days

    @property
    def days_if_extended(self) -> int | None:
        """The same, if the limit was extended; None where every extension ends after the deadline."""
        left = [(self.deadline - last).days for last in self.as_it_falls.extended if last <= self.deadline]
        return min(left, default=None)

    def json(self) -> dict[str, Any]:
        """The finding as one JSON object."""
        return {
            "deadline": self.deadline.isoformat(),
            "late_by_instant": self.late_by_instant,
            "late_by_day": self.late_by_day,
            "as_it_falls": self.as_it_falls.statutory.isoformat(),
            "by_law": self.by_law.statutory.isoformat(),
            "agrees_as_it_falls": self.as_it_falls.agree(self.deadline),
            "agrees_by_law": self.by_law.agree(self.deadline),
            "days": self.days,
            "days_if_extended": self.days_if_extended,
        }


def judge_limit(logged: LoggedLimit, clock: Clock, extensions: Sequence[Extension]) -> LimitFinding | None:
    """Compare a case's limit in the log with its clock; None where that never began or stands still.


    Args:
        extensions: those that the law of the case allows.
    """
    if clock.calendar is None or clock.due is None:
        return None
    day = clock.calendar.day
    deadline = day(logged.deadline)
    as_it_falls = _last_days(clock, AS_IT_FALLS, extensions)
    by_law = _last_days(clock, clock.counting, extensions)
    return LimitFinding(
        deadline=deadline,
        late_by_instant=logged.ended is not None and logged.ended > logged.deadline,
        late_by_day=logged.ended is not None and day(logged.ended) > deadline,
        as_it_falls=as_it_falls,
        by_law=by_law,
        covered=all(_covers(clock, each) for each in (by_law.statutory, *by_law.extended)),
    )


def _last_days(clock: Clock, counting: Counting, extensions: Sequence[Extension]) -> LastDays:
    def last_days() -> Iterator[date]:
        for more in ((), *((each.limit,) for each in extensions)):
            due = replace(clock, counting=counting, statutory=(*clock.statutory, *more)).due
            if due is not None and clock.calendar is not None:
                yield clock.calendar.day(due.at) - timedelta(days=1)

    statutory, *extended = last_days()
    return LastDays(statutory, tuple(extended))


def _covers(clock: Clock, day: date) -> bool:
    known = clock.calendar.days if isinstance(clock.calendar, LegalCalendar) else None
    return known is None or known.first_year <= day.year <= known.last_year


FIGURES = (
    "cases",
    "late_by_instant",
    "late_by_day",
    "agree_as_it_falls",
    "extended_as_it_falls",
    "agree_by_law",
    "extended_by_law",
    "agree_by_law_only",
    "outside_calendar",
)


@dataclass
class Limits:
    """The sum of all comparisons of limits.

    Attributes:
        figures: how many cases, by what was found of them.
        longer: the cases whose deadline agrees with neither limit as it falls and is later than the statutory
            one: by how many days, which is the suspension that it implies.
        shorter: those whose deadline is earlier, which no suspension explains: by how many days.
    """

    figures: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(FIGURES, 0)))
    longer: dict[str, int] = field(default_factory=dict)
    shorter: dict[str, int] = field(default_factory=dict)

    def add(self, reference: str, found: LimitFinding) -> None:
        """Add a case that was compared."""
        falls, law, deadline = found.as_it_falls, found.by_law, found.deadline
        self.figures.update(
            {
                "cases": 1,
                "late_by_instant": found.late_by_instant,
                "late_by_day": found.late_by_day,
                "agree_as_it_falls": falls.agree(deadline),
                "extended_as_it_falls": falls.agree_extended(deadline),
                "agree_by_law": law.agree(deadline),
                "extended_by_law": law.agree_extended(deadline),
                "agree_by_law_only": law.agree(deadline) and not falls.agree(deadline),
                "outside_calendar": not found.covered,
            }
        )
        if not falls.agree(deadline):
            (self.longer if found.days > 0 else self.shorter)[reference] = abs(found.days)

    def json(self) -> dict[str, Any]:
        """The comparison as one JSON object."""
        return {**self.figures, "longer": _by_days(self.longer), "shorter": _by_days(self.shorter)}


def _by_days(cases: dict[str, int]) -> dict[str, int]:
    """In order of their days, and of their references."""
    return dict(sorted(cases.items(), key=lambda each: (each[1], each[0])))
