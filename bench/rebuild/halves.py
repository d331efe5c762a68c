"""Goal 1: the first page tells the recorded phase from the applicant's whole time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bench.rebuild.goals import Goal
from seamless.rebuild.figures import Change
from seamless.rebuild.log import EventLog
from seamless.rebuild.measuring import measure


def told_apart(log: EventLog, split: datetime | None) -> Iterator[Goal]:
    """Whether the recorded phase fell by more than half between the log's halves, and the whole did not
    differ from 0.

    Args:
        split: where the halves meet; the start of the case in the middle, unless given.
    """
    found = measure(log, split=split)
    halves = found.halves
    assert halves is not None, "too few cases"
    recorded, whole = halves.recorded, halves.whole
    assert recorded is not None
    assert whole is not None
    held = recorded.value < -0.5 and recorded.differs
    horizon = halves.first.whole.horizon if halves.first.whole else found.horizon
    beside = f"up to {horizon:.0f} days, halves meet at {halves.second.since:%Y-%m-%d}"
    yield Goal("recorded phase", "fell by more than half", _told(recorded), held, beside)
    yield Goal("whole case", "does not differ from 0", _told(whole), not whole.differs, beside)


def _told(change: Change) -> str:
    return f"{change.value:+.1%} ({change.low:+.1%} to {change.high:+.1%})"
