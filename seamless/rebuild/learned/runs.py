"""Activities that come in runs: on a few days many cases move, and the others wait for the next such day.

What is learned from the runs of a log: after which step a case waits, how long ago that has to be for a run,
and with what chance the case then goes. With the days of later runs, it is foretold in which of them each
case goes. A case that is old enough for a run is *due*. Not all go in the first run at which they are due,
and some go never: with what chance they do is learned by the latest step that they had taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from contracts.terms.errors import InvalidInput
from seamless.rebuild.batches import FEW, MANY
from seamless.rebuild.learned.at_runs import NEVER, START, AtRuns, Ordinals
from seamless.rebuild.learned.cutoffs import Cutoffs, learn_cutoffs
from seamless.rebuild.log import EventLog
from seamless.rebuild.survival import Days, Flags

STRAY = 0.05
"""Days with the fewest cases, up to this share of all cases, are no runs."""

NOT_DUE, FIRST, AGAIN = range(3)
"""Whether a case is due at a run: not, for the first time, or once more."""


@dataclass(frozen=True, eq=False)
class Runs:
    """How an activity that comes in runs chooses its cases.

    Attributes:
        days: the runs of which it was learned.
        after: the latest step of most cases that went, since which a case waits; :data:`START` for the start
            of the case.
        cutoffs: by when that step has to have been taken.
        states: what may be the latest step of a case.
        chances: with what chance a case goes, by its latest step and by whether it is due. The last row is of
            a latest step that was not seen before.
    """

    activity: str
    days: tuple[date, ...]
    after: str
    cutoffs: Cutoffs
    states: tuple[str, ...]
    chances: Days


class Foretold(NamedTuple):
    """In which of some runs the cases of a log go.

    Attributes:
        runs: their days.
        chances: of each case and run; what is missing to 1 goes in none of them.
    """

    runs: tuple[date, ...]
    chances: Days

    def most_likely(self) -> Ordinals:
        """The place of the run in which each case most likely goes; -1: it most likely goes in none."""
        none = 1 - self.chances.sum(axis=1, keepdims=True)
        return np.asarray(np.argmax(np.hstack([none, self.chances]), axis=1) - 1, np.int64)


def run_days(log: EventLog, activity: str) -> list[date]:
    """The days on which an activity has runs.

    Raises:
        InvalidInput: the log has no such activity, or it does not come in runs.
    """
    moved = Counter(
        step.completed.date()
        for case in log.cases
        for step in case.steps
        if step.activity == activity and step.completed is not None
    )
    if not moved:
        known = ", ".join(sorted({step.activity for case in log.cases for step in case.completed}))
        raise InvalidInput(f"{log.name}: no case had {activity!r} in that time; there are: {known}")
    left, found = moved.total(), []
    for day, count in moved.most_common():
        if left <= STRAY * moved.total():
            break
        found.append(day)
        left -= count
    seen = (log.as_of - log.cases[0].start).days + 1
    if len(found) > FEW * seen or moved.total() < MANY * len(found):
        raise InvalidInput(
            f"{log.name}: {activity!r} does not come in runs: {moved.total()} cases had it on {len(moved)} "
            "days; `seamless measure` lists what comes in batches"
        )
    return sorted(found)


def learn_runs(log: EventLog, activity: str) -> Runs:
    """Learn how an activity chooses its cases, from all that a log tells.

    Raises:
        InvalidInput: see :func:`run_days`.
    """
    days = run_days(log, activity)
    at_runs = AtRuns(log, activity, days)
    goes = at_runs.gone[:, None] == at_runs.days
    under_way = at_runs.under_way
    states = (START, *at_runs.activities)
    latest = at_runs.latest(states)
    most = int(np.bincount(latest[goes & under_way], minlength=len(states)).argmax())
    since = at_runs.since(states[most])
    cutoffs = learn_cutoffs(at_runs.days, since, under_way & (latest == most), goes)
    chances = _chances(latest, _due(since, cutoffs.of(at_runs.days)), under_way, goes, len(states))
    return Runs(activity, tuple(days), states[most], cutoffs, states, chances)


def foretell_runs(learned: Runs, log: EventLog, runs: Sequence[date], past: Sequence[date] = ()) -> Foretold:
    """In which of some runs each case of a log goes. Of a case, only its steps before a run are read, and
    the activity itself not at all.

    Args:
        runs: the days of the runs.
        past: earlier runs, in which none of these cases went.

    Raises:
        InvalidInput: no run is given, or one is not later than all of the past.
    """
    to_come, over = sorted(set(runs)), sorted(set(past))
    if not to_come:
        raise InvalidInput(f"runs of {learned.activity!r}: give the days of one or more")
    if over and over[-1] >= to_come[0]:
        raise InvalidInput(
            f"runs of {learned.activity!r}: {to_come[0]} is not later than {over[-1]}, on which there was one"
        )
    at_runs = AtRuns(log, learned.activity, [*over, *to_come])
    at_runs.gone[:] = NEVER  # it is to be foretold
    due = _due(at_runs.since(learned.after), learned.cutoffs.of(at_runs.days))
    chance = learned.chances[at_runs.latest(learned.states), due]
    chance = np.where(at_runs.under_way, chance, 0.0)[:, len(over) :]
    left = np.cumprod(np.hstack([np.ones((at_runs.cases, 1)), 1 - chance]), axis=1)[:, :-1]
    return Foretold(tuple(to_come), chance * left)


def _due(since: Ordinals, cutoffs: Ordinals) -> Ordinals:
    """Whether each case is due at each run."""
    times = np.cumsum((since != NEVER) & (since <= cutoffs), axis=1)
    return np.asarray(np.minimum(times, AGAIN), np.int64)


def _chances(latest: Ordinals, due: Ordinals, under_way: Flags, goes: Flags, states: int) -> Days:
    """With what chance a case goes. Where few were seen, it leans on what cases in any state did."""
    cells = (states + 1, AGAIN + 1)
    kind = (latest * cells[1] + due)[under_way]
    seen = np.bincount(kind, minlength=cells[0] * cells[1]).reshape(cells).astype(np.float64)
    gone = np.bincount(kind, goes[under_way], minlength=cells[0] * cells[1]).reshape(cells)
    pooled = (gone.sum(axis=0) + gone.sum() / max(1.0, seen.sum())) / (seen.sum(axis=0) + 1)
    return np.asarray((gone + pooled) / (seen + 1), np.float64)
