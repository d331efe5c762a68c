"""The legal clock of a case, from its ledger: one computation for the case itself and for whoever reads it.

It needs nothing but the entries, also after their ``data`` was erased, and the published days of a calendar.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from contracts.terms.calendar import Calendar, Due, LegalCalendar, Stretch, calendar
from contracts.terms.clock_marks import ClockMark
from contracts.terms.identifiers import Party
from contracts.terms.limits import AS_IT_FALLS, Counting, Limit
from contracts.wire.ledger import LedgerEntry


@dataclass(frozen=True)
class Clock:
    """The clock of a case after some of its marks.

    Attributes:
        started: when the limits began; None before that. After an interruption, when they began anew.
        stopped: when the case was decided.
        still: the stretches, since it started, in which time did not count.
        suspended: the suspensions that are under way, by step, and when each began.
        interrupting: one of those under way interrupts, or did so together with them.
        statutory, promised: the limits, each with its extensions after it.
    """

    started: datetime | None = None
    stopped: datetime | None = None
    still: tuple[Stretch, ...] = ()
    suspended: dict[str, datetime] = field(default_factory=dict)
    interrupting: bool = False
    statutory: tuple[Limit, ...] = ()
    promised: tuple[Limit, ...] = ()
    counting: Counting = AS_IT_FALLS
    calendar: Calendar | None = field(default=None, compare=False)

    @property
    def runs(self) -> bool:
        """Whether time counts now."""
        return self.started is not None and self.stopped is None and not self.suspended

    @property
    def due(self) -> Due | None:
        """When the statutory limit ends; None where it has not begun, or while time does not count."""
        return self._due(self.statutory)

    @property
    def promised_due(self) -> Due | None:
        """When the promised limit ends; None where it has not begun, or while time does not count."""
        return self._due(self.promised)

    def used(self, until: datetime) -> int:
        """How much of the statutory limit has counted up to ``until``, in its own unit: days, of weeks and
        months, too; or hours. Nothing counts once the case is decided."""
        until = min(until, self.stopped or until)
        if self.started is None or self.calendar is None or until < self.started:
            return 0
        under_way = [Stretch(began, until) for began in self.suspended.values() if began < until]
        return self.calendar.used(
            self.started,
            until,
            self.statutory[0].unit,
            counting=self.counting,
            stopped=(*self.still, *under_way),
        )

    def after(self, mark: ClockMark) -> Clock:
        """The clock once ``mark`` has happened, too. A decided case's clock changes no more."""
        if self.stopped is not None:
            return self
        match mark.does:
            case "start":
                return self._start(mark)
            case "suspend":
                suspended = self.suspended | {mark.step or "": mark.at}
                return replace(self, suspended=suspended, interrupting=self.interrupting or mark.interrupts)
            case "resume":
                return self._resume(mark)
            case "extend" if mark.limit is not None:
                return replace(
                    self,
                    statutory=(*self.statutory, mark.limit),
                    promised=(*self.promised, mark.limit),
                )
            case "count-anew":
                return replace(self, calendar=_calendar_of(mark))
            case "stop":
                return replace(self, stopped=mark.at)
        return self

    def _start(self, mark: ClockMark) -> Clock:
        if self.started is not None or mark.statutory is None or mark.promised is None:
            return self
        return replace(
            self,
            started=mark.at,
            statutory=(mark.statutory,),
            promised=(mark.promised,),
            counting=mark.counting or AS_IT_FALLS,
            calendar=self.calendar or _calendar_of(mark),
        )

    def _resume(self, mark: ClockMark) -> Clock:
        began = self.suspended.get(mark.step or "")
        if began is None:
            return self
        suspended = {step: since for step, since in self.suspended.items() if step != mark.step}
        resumed = replace(self, suspended=suspended, still=(*self.still, Stretch(began, max(began, mark.at))))
        if suspended or not self.interrupting:
            return resumed
        if self.started is None:
            return replace(resumed, interrupting=False)
        return replace(resumed, interrupting=False, started=max(self.started, mark.at), still=())

    def _due(self, limits: Sequence[Limit]) -> Due | None:
        if self.started is None or self.calendar is None or self.suspended:
            return None
        return self.calendar.due(self.started, *limits, counting=self.counting, stopped=self.still)


class Turn(NamedTuple):
    """What has happened to a clock.

    Attributes:
        mark: with the ends of the limits after it.
        due_before: when the statutory limit would have ended before it.
    """

    mark: ClockMark
    due_before: datetime | None


def clock_of(marks: Iterable[ClockMark]) -> Clock:
    """The clock of a case from its marks, in order."""
    clock = Clock()
    for mark in marks:
        clock = clock.after(mark)
    return clock


def marks_of(entries: Iterable[LedgerEntry]) -> list[ClockMark]:
    """The marks of a case from its ledger."""
    return [entry.clock for entry in entries if entry.clock is not None]


@dataclass(frozen=True)
class Interval:
    """A stretch of a case's life in which nobody handed it on and the clock did not change.

    Attributes:
        began, ended: from when to when; the latter is None where it is not over.
        holders: who had the case; several at once.
        counted: how much of the statutory limit it used, in the limit's own unit.
        why: what began it: the kind of the entry, and the rule, where it names one.
    """

    began: datetime
    ended: datetime | None
    holders: tuple[Party, ...]
    counts: bool
    counted: int
    why: str


def intervals(entries: Sequence[LedgerEntry], now: datetime) -> list[Interval]:
    """Who had a case and what counted, from its opening to its end, or until ``now``. They follow one
    another without a gap; what they counted adds up to what the clock used.

    Args:
        entries: the ledger, in order; ``data`` is not read.
    """
    found: list[Interval] = []
    known = _known_last(marks_of(entries))
    clock = Clock()
    began, used, why = None, 0, ""
    holders: tuple[Party, ...] = ()
    for entry in entries:
        at = _at(entry)
        before = clock
        if entry.clock is not None:
            clock = clock.after(entry.clock)
        changes = entry.holders != holders or entry.clock is not None
        if began is None:
            began, holders, why = at, entry.holders, _why(entry)
        elif changes:
            if at > began:
                counted = known[before.started].used(at)
                found.append(Interval(began, at, holders, before.runs, counted - used, why))
                began, used = at, counted
            if before.started not in (None, clock.started):
                used = 0
            holders, why = entry.holders, _why(entry)
    if began is not None and holders:  # whoever closed the case has handed it to nobody
        counted = known[clock.started].used(max(now, began))
        found.append(Interval(began, None, holders, clock.runs, counted - used, why))
    return found


def _known_last(marks: Iterable[ClockMark]) -> dict[datetime | None, Clock]:
    """By each start of the limits, the last clock that has it: what a mark says may hold from before entries
    that were made earlier, and counts in their intervals, too. Before the first start, that one's."""
    clock = Clock()
    known: dict[datetime | None, Clock] = {None: clock}
    for mark in marks:
        clock = clock.after(mark)
        known[clock.started] = clock
    known[None] = next((each for started, each in known.items() if started is not None), clock)
    return known


def _at(entry: LedgerEntry) -> datetime:
    """When an entry's effect began."""
    return entry.clock.at if entry.clock is not None else entry.received


def _why(entry: LedgerEntry) -> str:
    step = f" {entry.step}" if entry.step else ""
    basis = f" ({entry.basis})" if entry.basis and entry.clock is not None else ""
    return f"{entry.kind}{step}{basis}"


def _calendar_of(mark: ClockMark) -> Calendar | None:
    if mark.days is not None:
        return LegalCalendar(mark.days)
    return calendar(mark.calendar) if mark.calendar else None
