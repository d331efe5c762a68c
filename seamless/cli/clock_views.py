"""The legal clock of a case as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from rich.text import Text

from contracts.clock import Interval, clock_of, intervals, marks_of
from contracts.terms.calendar import Calendar, Due, UnknownCalendar, calendar
from contracts.terms.limits import Limit, Unit
from contracts.wire.ledger import LedgerEntry
from seamless.cli.console import Console, facts, line, listing
from seamless.cli.due import counted, last_day, left_of
from seamless.cli.names import Names
from seamless.cli.timeline import moment

_MOVING = ("calendar", "rescheduled", "extended")
"""The kinds of entries by which a due date moves, other than by standing still."""


class Move(NamedTuple):
    """A due date that was counted again, or was extended.

    Attributes:
        at: when that happened.
        what: ``statutory``, ``promised``, ``penalty``, the name of a stage, or a step.
        before, due: from when to when; the same where it is only no longer provisional.
        why: the rule, or the calendar version.
    """

    at: datetime
    what: str
    before: datetime
    due: datetime
    provisional: bool
    why: str


class Reading:
    """The clock of a case, read at an instant.

    Attributes:
        entries: its ledger.
        clock: the clock as it stands.
        intervals: who had the case from when to when, and what counted.
        days: the calendar that it counts with; of a case whose clock has not begun, the one that it names.
        unit: what its limit is counted in; None before it begins.
    """

    def __init__(self, entries: Sequence[LedgerEntry], now: datetime, otherwise: Calendar) -> None:
        """
        Args:
            entries: of one case, in order, at least one.
            otherwise: the calendar of a case whose clock has not begun, where its own is not known here.
        """
        self.entries = entries
        self.clock = clock_of(marks_of(entries))
        self.now = min(now, self.clock.stopped or now)
        self.intervals = intervals(entries, now)
        self.days = self.clock.calendar or _named(entries[-1].calendar) or otherwise
        self.unit: Unit | None = self.clock.statutory[0].unit if self.clock.statutory else None

    @property
    def used(self) -> int:
        """How much of the limit has counted."""
        return self.clock.used(self.now)

    @property
    def moves(self) -> list[Move]:
        """The due dates that have moved, in the order in which they did."""
        found: list[Move] = []
        promised: datetime | None = None
        for entry in self.entries:
            mark, was_promised = entry.clock, promised
            promised = mark.promised_due if mark else promised
            if entry.kind not in _MOVING:
                continue
            why = (entry.outcome if entry.kind == "calendar" else entry.basis) or ""
            what = "statutory" if mark else entry.outcome or entry.step or ""
            for name, before, due in (
                (what, entry.due_before, entry.due),
                ("promised", was_promised, promised),
            ):
                if before and due and (before != due or (mark is None and name == what)):
                    found.append(Move(entry.received, name, before, due, entry.provisional, why))
        return found

    @property
    def still(self) -> list[tuple[datetime, str]]:
        """The suspensions that are under way: since when, and for what."""
        found = []
        for entry in self.entries:
            mark = entry.clock
            if mark is not None and mark.does == "suspend" and (mark.step or "") in self.clock.suspended:
                basis = f" ({entry.basis})" if entry.basis else ""
                found.append((mark.at, f"{mark.kind or 'other'}{basis}"))
        return found


def print_clock(reading: Reading, names: Names) -> None:
    """Print the intervals of a case, and below them when its limits end."""
    console, zone = Console(), reading.days.zone
    console.whole((reading.entries[0].case, "bold"))
    console.print(f"times of {zone.key}")
    console.print()
    cells = [
        (
            line(f"{moment(each.began, zone)}–{moment(each.ended, zone) if each.ended else 'now'}"),
            line(names.parties(each.holders, reading.entries[0].procedure)),
            line(_counted(each, reading.unit)),
            _why(each),
        )
        for each in reading.intervals
    ]
    listing(console, ("from–to", "held by", "counted", "why"), cells)
    console.print()
    facts(console, list(_facts(reading)))


def as_data(reading: Reading) -> dict[str, Any]:
    """The same for a program."""
    clock, last = reading.clock, reading.entries[-1]
    return {
        "case": last.case,
        "law": last.law,
        "calendar": last.calendar,
        "zone": reading.days.zone.key,
        "unit": reading.unit,
        "started": _instant(clock.started),
        "stopped": _instant(clock.stopped),
        "used": reading.used,
        "statutory": _limits_as_data(reading, clock.statutory, clock.due),
        "promised": _limits_as_data(reading, clock.promised, clock.promised_due),
        "moves": [
            {
                "at": _instant(each.at),
                "what": each.what,
                "from": _instant(each.before),
                "to": _instant(each.due),
                "provisional": each.provisional,
                "why": each.why,
            }
            for each in reading.moves
        ],
        "stands_still": [{"since": _instant(since), "why": why} for since, why in reading.still],
        "intervals": [
            {
                "began": _instant(each.began),
                "ended": _instant(each.ended),
                "holders": list(each.holders),
                "counts": each.counts,
                "counted": each.counted,
                "why": each.why,
                "still": each.still or None,
            }
            for each in reading.intervals
        ],
    }


def _limits_as_data(reading: Reading, limits: Sequence[Limit], due: Due | None) -> dict[str, Any] | None:
    if not limits:
        return None
    return {
        "limits": [limit.model_dump(mode="json") for limit in limits],
        "due": _instant(due.at) if due else None,
        "provisional": due.provisional if due else False,
        "overdue": due is not None and reading.now >= due.at,
        "left": left_of(reading.days, due.at, limits[0].unit, reading.now) if due else None,
    }


def _instant(instant: datetime | None) -> str | None:
    return instant.isoformat().replace("+00:00", "Z") if instant else None


def _named(name: str | None) -> Calendar | None:
    try:
        return calendar(name) if name else None
    except UnknownCalendar:
        return None


def _counted(interval: Interval, unit: Unit | None) -> str:
    return "—" if interval.still or unit is None else counted(interval.counted, unit) or "nothing"


def _why(interval: Interval) -> Text:
    still = f"not counted: {interval.still}" if interval.still else ""
    return line("; ".join(each for each in (interval.why, still) if each))


def _facts(reading: Reading) -> Iterator[tuple[str, Text]]:
    clock, last, zone = reading.clock, reading.entries[-1], reading.days.zone
    if clock.started is None or reading.unit is None:
        yield "clock", line("has not begun")
    else:
        yield "began", line(moment(clock.started, zone))
        yield "counted", line(counted(reading.used, reading.unit) or "nothing yet")
        yield "statutory", _told(reading, clock.statutory, clock.due)
        yield "promised", _told(reading, clock.promised, clock.promised_due)
    for move in reading.moves:
        yield "moved", _moved(reading, move)
    yield "law", line(last.law)
    yield "calendar", line(last.calendar or "not known")


def _moved(reading: Reading, move: Move) -> Text:
    """What has moved from when to when, and why."""
    days = [last_day(reading.days, due) for due in (move.before, move.due)]
    told = line(f"{moment(move.at, reading.days.zone)} {move.what}: ")
    told += line(f"from {days[0]} to {days[1]}" if move.before != move.due else f"still {days[1]}")
    return told + line(", provisional" if move.provisional else "", f" ({move.why})" if move.why else "")


def _told(reading: Reading, limits: Sequence[Limit], due: Due | None) -> Text:
    """A limit, when it ends, and what is left of it."""
    clock, zone = reading.clock, reading.days.zone
    told = line(" + ".join(str(limit) for limit in limits), ": ")
    if due is None:
        if clock.stopped is not None:
            return told + line("decided while time stood still")
        since = "; ".join(f"since {moment(at, zone)} for {why}" for at, why in reading.still)
        return told + line(("time stands still", "yellow"), f" {since}")
    told += line(f"due {last_day(reading.days, due.at)}")
    if due.provisional:
        told += line(", provisional")
    unit = limits[0].unit
    left, over = counted(left_of(reading.days, due.at, unit, reading.now), unit), reading.now >= due.at
    if clock.stopped is not None:
        if over and clock.stopped == due.at:
            return told + line(", decided when it ended")
        if over:
            return told + line(", ", (f"decided {left} late" if left else "decided late", "red"))
        return told + line(f", decided {left} before" if left else ", decided on its last day")
    if over:
        return told + line(", ", ("overdue" + (left and f" for {left}"), "red"))
    return told + line(f", {left} left" if left else ", the last day" if unit != "hours" else "")
