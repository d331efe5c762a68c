"""The legal clock of a case, from its ledger: one computation for the case itself and for every reader.

It needs only the entries, even after their ``data`` was erased, and the published days of a calendar.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from contracts.terms.calendar import Calendar, Due, LegalCalendar, Stretch, calendar
from contracts.terms.clock_marks import ClockMark
from contracts.terms.identifiers import PLATFORM, Party
from contracts.terms.limits import AS_IT_FALLS, Counting, Limit
from contracts.wire.ledger import LedgerEntry

_GOES_ON = timedelta(days=2)
"""How much longer a suspension in progress is assumed to last, since today does not count either, unless the
suspension ends today."""


@dataclass(frozen=True)
class Clock:
    """The clock of a case after some of its marks.

    Attributes:
        started: when the limits began; None before that. After an interruption, when they began again.
        stopped: when the case was decided.
        still: the intervals, since it started, in which time did not count.
        suspended: the suspensions in progress, by step, and when each began.
        interrupting: one of those in progress interrupts, or one that overlapped with them did.
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
        months, too; or hours. After the decision it grows no more."""
        until = min(until, self.stopped or until)
        if self.started is None or self.calendar is None or until < self.started:
            return 0
        under_way = [Stretch(began, until + _GOES_ON) for began in self.suspended.values() if began <= until]
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


def turned(clock: Clock, mark: ClockMark) -> tuple[Clock, Turn]:
    """The clock once ``mark`` has happened, too, and what the entry that records it has to say about that."""
    before, clock = clock.due, clock.after(mark)
    due, promised = clock.due, clock.promised_due
    ends = {
        "due": due.at if due else None,
        "promised_due": promised.at if promised else None,
        "provisional": due.provisional if due else False,
    }
    return clock, Turn(mark.model_copy(update=ends), before.at if before else None)


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
    """A period of a case in which its holders and the state of its clock did not change.

    Attributes:
        began, ended: from when to when; the latter is None where it is not over.
        holders: who had the case; several at once.
        counted: how much of the statutory limit it used, in the limit's own unit. A day belongs to the first
            interval in which time counted on it.
        why: what began it: the kinds of the entries, with the step, and the rule where one is named.
        still: why time does not count in it; empty where it counts.
    """

    began: datetime
    ended: datetime | None
    holders: tuple[Party, ...]
    counted: int
    why: str
    still: str

    @property
    def counts(self) -> bool:
        """Whether time counts in it."""
        return not self.still


def intervals(entries: Sequence[LedgerEntry], now: datetime) -> list[Interval]:
    """Who had a case and what counted, from its opening to its end, or until ``now``.

    They follow one another without a gap. What they counted since the limits began, or began again, adds up
    to what the clock used. Everything is computed from what is known at the end: an answer that reached the
    case late ends a suspension when the broker received it, and the latest calendar version applies
    throughout.

    Args:
        entries: the ledger, in order; ``data`` is not read.
    """
    handed = _handed(entries)
    if not handed:
        return []
    opened, last = min(handed), max(handed)
    closed = not handed[last].holders  # whoever closed the case has handed it to nobody
    end = last if closed else max(now, last)
    turned, pauses, clocks = _turned(entries), _pauses(entries), _clocks(entries)
    instants = sorted(at for at in {*handed, *turned} if opened <= at < end)
    found: list[Interval] = []
    holders: tuple[Party, ...] = ()
    used, counting = 0, clocks[0]
    for began, ended in pairwise([*instants, end]):
        why = turned.get(began, [])
        if began in handed:
            holders, why = handed[began].holders, [*why, handed[began].why]
        clock = [each for each in clocks if each is clocks[0] or (each.started or began) <= began][-1]
        if clock is not counting:
            used, counting = 0, clock
        still = _still(clocks, pauses, began)
        # A day that counts for its part that ran counts where time runs again; the last one has no other.
        counted = 0 if still and ended != end else clock.used(ended) - used
        used += counted
        over = None if ended == end and not closed else ended
        found.append(Interval(began, over, holders, counted, "; ".join(dict.fromkeys(why)), still))
    return found


class _HandedOn(NamedTuple):
    holders: tuple[Party, ...]
    why: str


class _Pause(NamedTuple):
    began: datetime
    ended: datetime | None
    why: str


def _handed(entries: Sequence[LedgerEntry]) -> dict[datetime, _HandedOn]:
    """When the case was handed on, and to whom."""
    last: dict[datetime, _HandedOn] = {}
    holders: tuple[Party, ...] | None = None
    at = entries[0].received if entries else None
    for entry in entries:
        at = max(at or entry.received, entry.received)
        if entry.holders != holders:
            holders = entry.holders
            last[at] = _HandedOn(holders, _why(entry))
    found: dict[datetime, _HandedOn] = {}
    holders = None
    for at, handed in last.items():
        if handed.holders != holders:  # else it went to and fro in one instant
            holders = handed.holders
            found[at] = handed
    return found


def _turned(entries: Iterable[LedgerEntry]) -> dict[datetime, list[str]]:
    """When the clock changed, and what changed it."""
    found: dict[datetime, list[str]] = {}
    for entry in entries:
        if entry.clock is not None:
            found.setdefault(entry.clock.at, []).append(_why(entry))
    return found


def _pauses(entries: Iterable[LedgerEntry]) -> list[_Pause]:
    """The suspensions, each with its kind and its rule."""
    found: dict[str, _Pause] = {}
    for entry in entries:
        mark = entry.clock
        step = (mark.step if mark else None) or ""
        if mark is not None and mark.does == "suspend":
            basis = f" ({entry.basis})" if entry.basis else ""
            found[step] = _Pause(mark.at, None, f"{mark.kind or 'other'}{basis}")
        elif mark is not None and mark.does == "resume" and step in found:
            found[step] = found[step]._replace(ended=mark.at)
    return list(found.values())


def _clocks(entries: Iterable[LedgerEntry]) -> list[Clock]:
    """The final clock; before it, for each interruption, the clock as it was when the limits began again."""
    found: list[Clock] = []
    clock = Clock()
    for mark in marks_of(entries):
        after = clock.after(mark)
        if clock.started is not None and after.started != clock.started:
            found.append(clock)
        clock = after
    return [*found, clock]


def _still(clocks: Sequence[Clock], pauses: Iterable[_Pause], at: datetime) -> str:
    """Why time does not count at an instant; empty where it counts."""
    started, stopped = clocks[0].started, clocks[-1].stopped
    if stopped is not None and at >= stopped:
        return "decided"
    under_way = [each.why for each in pauses if each.began <= at and (each.ended is None or at < each.ended)]
    not_begun = ["the limits have not begun"] if started is None or at < started else []
    return "; ".join(dict.fromkeys([*not_begun, *under_way]))


def _why(entry: LedgerEntry) -> str:
    step = f" {entry.step}" if entry.step else ""
    basis = f" ({entry.basis})" if entry.basis and entry.clock is not None else ""
    return f"{entry.kind}{step}{basis}{_by(entry)}"


def _by(entry: LedgerEntry) -> str:
    """Who ordered a suspension or an extension: which officer of whom, at which desk; empty for the law."""
    if entry.clock is None or entry.clock.does not in ("suspend", "extend") or entry.actor == PLATFORM:
        return ""
    officer = f", officer {entry.officer}" if entry.officer else ""
    return f" by {entry.actor}{officer}" + (f", desk {entry.desk}" if entry.desk else "")


def _calendar_of(mark: ClockMark) -> Calendar | None:
    if mark.days is not None:
        return LegalCalendar(mark.days)
    return calendar(mark.calendar) if mark.calendar else None
