"""What if: the runs of an activity on other days, or a step that takes as long as for other cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import numpy as np
from numpy.random import default_rng

from contracts.terms.errors import InvalidInput
from seamless.rebuild.durations import follow_up
from seamless.rebuild.figures import Figure, Interval
from seamless.rebuild.learned.at_runs import NEVER, AtRuns
from seamless.rebuild.learned.cutoffs import By
from seamless.rebuild.learned.runs import Runs, foretell_runs, learn_runs
from seamless.rebuild.learned.swapped import Stretch, gain, taken
from seamless.rebuild.log import EventLog
from seamless.rebuild.survival import horizon_of, kaplan_meier

SEED, DRAWS = 20260301, 200


class Run(Figure):
    """A run that is foretold.

    Attributes:
        cutoff: the last day on which the step may have been taken since which a case waits.
        foretold: how many cases go in it, as the sum of their chances.
        days: how long ago they started then, on average; None, if none goes.
        went: how many went on that day; None, if the log does not reach so far.
    """

    day: date
    cutoff: date
    foretold: float
    days: float | None
    went: int | None


class Foreseen(Figure):
    """Runs of an activity that are foretold.

    Attributes:
        learned: the runs of which it was learned: all before the first that is foretold.
        after: the step since which a case waits; empty for the start of the case.
        by, off: how cutoffs are foretold, and by how many days that missed one that was left out on average.
        age: how many days before a run its cutoff is, if it is not by year.
        turn: by year, about which day the cutoff is, as ``05-29``.
        first, again: with what chance a case goes whose latest step is ``after``, in the first run at which
            it is due and in a later one.
        cases: how many started before the last of the runs, and had not gone before the first.
        stay: how many of them go in none of these runs.
    """

    name: str
    activity: str
    learned: tuple[date, ...]
    after: str
    by: By
    age: float
    turn: str | None
    off: float | None
    first: float
    again: float
    cases: int
    stay: float
    runs: tuple[Run, ...]


class Swapped(Figure):
    """A step that takes as long as for other cases.

    Attributes:
        since, until: the step is the time from one to the other.
        cases, others: how many cases there are of each that had it and could be seen up to the horizon.
        own_step, others_step: the mean days of the step.
        own: the mean days to the milestone, of those that reached it by the horizon, as it was.
        swapped: as it would have been.
        gain: how much later; less than 0 is earlier.
        others_own: as it was for the others.
        reached: the share of the cases that reached the milestone.
    """

    name: str
    since: str
    until: str
    milestone: str
    horizon: float
    cases: int
    others: int
    own_step: float
    others_step: float
    own: float
    swapped: float
    gain: Interval
    others_own: float
    reached: float


def foresee(log: EventLog, activity: str, on: Sequence[date]) -> Foreseen:
    """In which runs the cases go that had not gone before the first of them, learned from what was known
    on the day before it.

    Raises:
        InvalidInput: there were no runs before, or see
            :func:`~seamless.rebuild.learned.runs.learn_runs`.
    """
    if not on:
        raise InvalidInput("--on: give the day of one run or more")
    runs = sorted(set(on))
    began = log.cases[0].start.date() if log.cases else None
    if began is None or runs[0] <= began:
        told = f"{log.name} begins on {began}" if began else f"{log.name} has no cases"
        raise InvalidInput(f"--on {runs[0]}: {told}, so there are no earlier runs to learn from")
    split = datetime.combine(runs[0], time(), log.as_of.tzinfo)
    learned = learn_runs(log.as_seen(split - timedelta(microseconds=1)), activity)
    at_runs = AtRuns(log, activity, runs)
    waits = (at_runs.gone == NEVER) | (at_runs.gone >= runs[0].toordinal())
    waits &= at_runs.started < runs[-1].toordinal()
    later = replace(log, cases=tuple(case for case, is_open in zip(log.cases, waits, strict=True) if is_open))
    chances = foretell_runs(learned, later, runs, learned.days).chances
    goes = chances.sum(axis=0)
    ages = at_runs.days - at_runs.started[waits][:, None]
    own = learned.chances[learned.states.index(learned.after)]
    return Foreseen(
        name=log.name,
        activity=activity,
        learned=learned.days,
        after=learned.after,
        by=learned.cutoffs.by,
        age=learned.cutoffs.age,
        turn=_turn(learned),
        off=learned.cutoffs.off,
        first=float(own[1]),
        again=float(own[2]),
        cases=len(later.cases),
        stay=float(len(later.cases) - goes.sum()),
        runs=tuple(
            Run(
                day=day,
                cutoff=date.fromordinal(max(1, int(cutoff))),
                foretold=float(goes[at]),
                days=float((chances[:, at] * ages[:, at]).sum() / goes[at]) if goes[at] > 0 else None,
                went=int((at_runs.gone == day.toordinal()).sum()) if day <= log.as_of.date() else None,
            )
            for at, (day, cutoff) in enumerate(zip(runs, learned.cutoffs.of(at_runs.days), strict=True))
        ),
    )


def _turn(learned: Runs) -> str | None:
    if learned.cutoffs.by == "age":
        return None
    latest = learned.cutoffs.turn_before(learned.days[-1].toordinal())
    return f"{date.fromordinal(latest):%m-%d}"


def swap(
    own: EventLog, others: EventLog, stretch: Stretch, milestone: str, horizon: float | None = None
) -> Swapped:
    """When some cases would have reached a milestone if a step had taken as long as for others.

    Args:
        horizon: the days up to which a case counts; unless given, those within which nine in ten of those
            reach the milestone that do, but no more than all cases of both groups could be seen for.

    Raises:
        InvalidInput: see :func:`~seamless.rebuild.learned.swapped.taken`.
    """
    both = (own, others)
    counted = _horizon(both, stretch, milestone) if horizon is None else horizon
    some, theirs = (taken(part, stretch, milestone, counted) for part in both)
    later = gain(some, theirs, default_rng(SEED), DRAWS)
    return Swapped(
        name=own.name,
        since=stretch.since,
        until=stretch.until,
        milestone=milestone,
        horizon=counted,
        cases=len(some.step),
        others=len(theirs.step),
        own_step=float(some.step.mean()),
        others_step=float(theirs.step.mean()),
        own=some.mean,
        swapped=some.swapped(theirs),
        gain=Interval(value=later.value, low=later.low, high=later.high),
        others_own=theirs.mean,
        reached=float(some.reached.mean()),
    )


def _horizon(parts: Sequence[EventLog], stretch: Stretch, milestone: str) -> float:
    seen = min(float(follow_up(part).min()) for part in parts)  # as long as each case of both could be seen
    whole = np.concatenate([taken(part, stretch, milestone, seen).whole for part in parts])
    reached = whole[np.isfinite(whole)]
    return min(seen, horizon_of(kaplan_meier(reached, np.ones(len(reached), bool))))
