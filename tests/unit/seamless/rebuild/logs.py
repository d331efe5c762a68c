"""Logs of which every figure is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from seamless.rebuild.log import CaseRecord, Ends, EventLog, StepRecord, in_order

START = datetime(2026, 3, 2, tzinfo=UTC)


def day(number: float) -> datetime:
    """So many days after the start of everything."""
    return START + timedelta(days=number)


def step(activity: str, ended: float | None, group: str | None = None, **more: Any) -> StepRecord:
    """A step that ended on this day; further times are days, too."""
    times = {name: day(more.pop(name)) for name in ("queued", "started", "due") if name in more}
    return StepRecord(activity, None if ended is None else day(ended), group=group, **times, **more)


def case(start: float, end: float | None, *steps: StepRecord, **more: Any) -> CaseRecord:
    """A case from one day to another; None: it is open."""
    times = {name: day(more.pop(name)) for name in ("due", "promised") if name in more}
    reference = more.pop("reference", f"{start:09.3f}")
    return CaseRecord(
        reference, day(start), None if end is None else day(end), in_order(steps), **times, **more
    )


def log(cases: Sequence[CaseRecord], as_of: float, ends: Ends = "recorded") -> EventLog:
    """A log of these cases, seen until a day."""
    ordered = tuple(sorted(cases, key=lambda each: (each.start, each.reference)))
    return EventLog("made", ordered, day(as_of), ends)
