"""How many officers an agency has, from when its requests waited and when they were worked on.

Nobody is identified or counted by name: what counts is on how many requests they worked at the same time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from numpy.random import Generator

from seamless.rebuild.twin.hours import Hours

A_MOMENT = 0.02
"""Who waits no longer, in working days, did not wait for an officer."""

UNEXPLAINED = 0.25
"""If more of all waiting was while fewer were at work than there are, the officers have other work, too: then
a queue does not explain the waiting."""

MORE = (0.5, 0.25, 0.15, 0.1)
"""Where nobody ever waited for an officer, there may be more than were seen at work at the same time: how
likely none, one, two and three more are. This is an assumption; they would seldom have work."""


class Shift(NamedTuple):
    """One request at an agency, in seconds since 1970.

    Attributes:
        started: when an officer began; None: nobody has.
        by_day: it is taken up on certain days only, so it does not wait for an officer alone.
    """

    asked: float
    started: float | None
    ended: float
    by_day: bool


@dataclass(frozen=True)
class Officers:
    """How many there are.

    Attributes:
        least: so many were at work at the same time.
        certain: requests waited for them, so there are no more.
    """

    least: int
    certain: bool

    def drawn(self, random: Generator) -> int:
        """How many there may be."""
        return self.least if self.certain else self.least + int(random.choice(len(MORE), p=MORE))


def officers_of(shifts: Sequence[Shift], hours: Hours) -> Officers | None:
    """How many officers an agency has; None where a queue does not explain how long its requests waited."""
    begun = [shift for shift in shifts if shift.started is not None]
    marks = sorted(
        mark
        for shift in begun
        if shift.started is not None and shift.ended > shift.started
        for mark in ((hours.worked(shift.started), 1), (hours.worked(shift.ended), -1))
    )
    at_work, most = 0, 0
    steps: list[tuple[float, int]] = []
    for at, change in marks:
        at_work += change
        most = max(most, at_work)
        steps.append((at, at_work))
    if not most:
        return None
    idle = _time_below(steps, most)
    waited = unexplained = 0.0
    for shift in begun:
        if shift.started is None or shift.by_day:
            continue
        began, ended = hours.worked(shift.asked), hours.worked(shift.started)
        if ended - began > A_MOMENT:
            waited += ended - began
            unexplained += idle(ended) - idle(began)
    if waited and unexplained > UNEXPLAINED * waited:
        return None
    return Officers(most, certain=waited > 0)


class _Idle:
    """For how long, up to an instant, fewer than all were at work."""

    def __init__(self, at: list[float], idle: list[float], rising: list[bool]) -> None:
        self._at, self._idle, self._rising = at, idle, rising

    def __call__(self, instant: float) -> float:
        place = bisect_right(self._at, instant) - 1
        if place < 0:
            return instant - self._at[0] if self._at else 0.0
        return self._idle[place] + (instant - self._at[place] if self._rising[place] else 0.0)


def _time_below(steps: Sequence[tuple[float, int]], most: int) -> _Idle:
    at, idle, rising = [], [], []
    sofar, since, below = 0.0, steps[0][0], False
    for instant, at_work in steps:
        sofar += instant - since if below else 0.0
        since, below = instant, at_work < most
        at.append(instant)
        idle.append(sofar)
        rising.append(below)
    return _Idle(at, idle, rising)
