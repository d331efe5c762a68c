"""Goal 4: what would have happened, learned from what had, held against what did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import NamedTuple

import numpy as np

from bench.rebuild.goals import Goal
from seamless.rebuild.learned.at_runs import NEVER, AtRuns, Ordinals
from seamless.rebuild.learned.runs import foretell_runs, learn_runs, run_days
from seamless.rebuild.log import EventLog
from seamless.rebuild.survival import Days

COLLECTION = "Send for Credit Collection"
FEWEST_RUNS = 3
"""So many runs are learned from, or more."""


class Collected(NamedTuple):
    """The runs after an instant, foretold from those before it.

    Attributes:
        learned, runs: how many runs there were before, and since.
        cases: how many went since.
        right: the share of them for which the run was foretold in which they went; a case of which it was
            foretold that it goes in none is wrong.
        distance: between the distributions of the days from the start to the run, foretold and as they came:
            see :func:`distance`.
        naive_right: the share for which it would have been right to say that they go in the first run after
            the median time of the earlier ones.
        naive_distance: from the times of the earlier ones.
    """

    split: datetime
    learned: int
    runs: int
    cases: int
    right: float
    distance: float
    naive_right: float
    naive_distance: float


def distance(some: Ordinals | Days, others: Ordinals | Days) -> float:
    """The Wasserstein distance of two samples: by how many days their sorted values differ on average, that
    is, the area between their distribution functions."""
    edges = np.sort(np.concatenate([some, others]))
    shares = [np.searchsorted(np.sort(each), edges[:-1], side="right") / len(each) for each in (some, others)]
    return float((np.abs(shares[0] - shares[1]) * np.diff(edges)).sum())


def collect(log: EventLog, activity: str, split: datetime) -> Collected:
    """Foretell the runs after an instant: from what was known at it, their days, and what else the cases
    had done before each."""
    known = log.as_seen(split)
    learned = learn_runs(known, activity)
    before = AtRuns(known, activity, learned.days)
    took = (before.gone - before.started)[before.gone != NEVER]
    runs = [day for day in run_days(log, activity) if day >= split.date()]
    everything = AtRuns(log, activity, runs)
    open_then = (everything.gone == NEVER) | (everything.gone >= split.toordinal())
    later = replace(
        log, cases=tuple(case for case, is_open in zip(log.cases, open_then, strict=True) if is_open)
    )
    came, started = everything.gone[open_then], everything.started[open_then]
    likely = foretell_runs(learned, later, runs, learned.days).most_likely()
    foretold = np.where(likely >= 0, everything.days[likely], NEVER)
    went, goes = came != NEVER, foretold != NEVER
    usual = np.searchsorted(everything.days, started + np.median(took))
    guessed = everything.days[np.minimum(usual, len(runs) - 1)]
    return Collected(
        split=split,
        learned=len(learned.days),
        runs=len(runs),
        cases=int(went.sum()),
        right=float((foretold == came)[went].mean()),
        distance=distance((foretold - started)[goes], (came - started)[went]),
        naive_right=float((guessed == came)[went].mean()),
        naive_distance=distance(took, (came - started)[went]),
    )


def collected(log: EventLog, activity: str = COLLECTION) -> Iterator[Goal]:
    """Whether later runs are foretold from earlier ones: learned on the first three, four and so on, all
    others given."""
    days = run_days(log, activity)
    found = []
    for last in days[FEWEST_RUNS - 1 : -1]:
        split = datetime.combine(last + timedelta(days=1), time(), log.as_of.tzinfo)
        each = collect(log, activity, split)
        found.append(each)
        told = f"{each.right:.1%} of {each.cases} in the right run, distance {each.distance:.1f} days"
        beside = f"as before: {each.naive_right:.1%}, {each.naive_distance:.1f} days"
        yield Goal(f"runs, {each.learned} learned, {each.runs} foretold", "", told, True, beside)
    right, off, usual, usual_off = (
        float(np.mean([getattr(each, name) for each in found]))
        for name in ("right", "distance", "naive_right", "naive_distance")
    )
    yield Goal("runs, mean", "at least 90% in the right run", f"{right:.1%}", right >= 0.9, f"{usual:.1%}")
    yield Goal(
        "runs, mean", "distance at most 25 days", f"{off:.1f} days", off <= 25, f"{usual_off:.1f} days"
    )
