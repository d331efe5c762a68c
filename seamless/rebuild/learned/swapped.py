"""What if a step took as long as it did for other cases: when a milestone would be reached then.

Each case keeps its own course and its place: the slowest stays the slowest. Only the time of the step becomes
that of the case of the others in the same place (the map between two distributions that keeps the order), and
what follows comes so much earlier or later. So the answer rests on what is stated here: what follows takes as
long as before, whenever it begins.
"""

from __future__ import annotations

from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from contracts.terms.errors import InvalidInput
from seamless.rebuild.durations import days
from seamless.rebuild.log import CaseRecord, EventLog
from seamless.rebuild.survival import Days, Estimate, Flags

START, END = "start", "end"
"""Stand for the start and the end of a case where a step is meant otherwise."""


class Stretch(NamedTuple):
    """From one step of a case to a later one; :data:`START` and :data:`END` stand for its start and end."""

    since: str
    until: str

    def __str__(self) -> str:
        return f"{self.since}..{self.until}"


class Taken(NamedTuple):
    """How long the cases took that had a stretch and could be seen up to a horizon, in days.

    Attributes:
        step: the times of the stretch, rising.
        whole: of each, in that order, from the start of the case to the milestone; infinite, if it was not
            reached by the horizon.
    """

    step: Days
    whole: Days
    horizon: float

    @property
    def reached(self) -> Flags:
        """Whether each has reached the milestone by the horizon."""
        return np.isfinite(self.whole)

    @property
    def mean(self) -> float:
        """The mean time to the milestone, of those that reached it."""
        return float(self.whole[self.reached].mean())

    def swapped(self, other: Taken) -> float:
        """The mean time to the milestone if the stretch had taken as long as for others; each up to the
        horizon."""
        place = (np.arange(len(self.step)) + 0.5) / len(self.step)
        theirs = other.step[np.ceil(place * len(other.step)).astype(np.int64) - 1]
        then = np.minimum(self.whole + theirs - self.step, self.horizon)
        return float(then[self.reached].mean())

    def drawn(self, random: Generator) -> Taken:
        """As many cases, drawn from these."""
        chosen = np.sort(random.integers(0, len(self.step), len(self.step)))
        return self._replace(step=self.step[chosen], whole=self.whole[chosen])


def taken(log: EventLog, stretch: Stretch, milestone: str, horizon: float) -> Taken:
    """How long cases took for a stretch, and to a milestone that does not come before its end.

    Args:
        milestone: a step, or :data:`END`.

    Raises:
        InvalidInput: a step is not in the log; or no case that could be seen up to the horizon reached it.
    """
    known = {step.activity for case in log.cases for step in case.completed} | {START, END}
    for name in (*stretch, milestone):
        if name not in known:
            raise InvalidInput(f"{log.name}: no case had {name!r}; there are: {', '.join(sorted(known))}")
    found = []
    for case in log.cases:
        if days(log.as_of - case.start) < horizon:
            continue
        began = _at(case, stretch.since, 0.0)
        done = None if began is None else _at(case, stretch.until, began)
        if began is None or done is None or done > horizon:
            continue
        reached = _at(case, milestone, done)
        found.append((done - began, reached if reached is not None and reached <= horizon else np.inf))
    times = np.array(sorted(found, key=itemgetter(0)), np.float64).reshape(-1, 2)
    if not np.isfinite(times[:, 1]).any():
        raise InvalidInput(
            f"{log.name}: no case reached {milestone!r} after {stretch} that could be seen for {horizon:g} "
            "days; choose other cases, or a shorter horizon"
        )
    return Taken(times[:, 0], times[:, 1], horizon)


def gain(own: Taken, other: Taken, random: Generator, draws: int = 200) -> Estimate:
    """By how many days the milestone would be reached later with the times of others, with the error of
    drawing both groups of cases again."""
    values = []
    for _ in range(draws):
        some, others = own.drawn(random), other.drawn(random)
        if some.reached.any():
            values.append(some.swapped(others) - some.mean)
    return Estimate(own.swapped(other) - own.mean, float(np.std(values)))


def _at(case: CaseRecord, name: str, since: float) -> float | None:
    """When a case first had a step, at ``since`` or later, in days from its start."""
    if name == START:
        return 0.0
    if name == END:
        ended = case.end
        return days(ended - case.start) if ended is not None and days(ended - case.start) >= since else None
    times = (days(step.completed - case.start) for step in case.steps
             if step.activity == name and step.completed is not None)  # fmt: skip
    return next((time for time in times if time >= since), None)
