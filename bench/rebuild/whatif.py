"""Goal 4: what would have happened, learned from what had, held against what did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import permutations
from typing import NamedTuple

import numpy as np

from bench.rebuild.goals import Goal
from contracts.terms.errors import InvalidInput
from seamless.rebuild.durations import days
from seamless.rebuild.learned.at_runs import NEVER, AtRuns, Ordinals
from seamless.rebuild.learned.runs import foretell_runs, learn_runs, run_days
from seamless.rebuild.learned.swapped import END, START, Stretch, Taken, taken
from seamless.rebuild.log import CaseRecord, EventLog
from seamless.rebuild.survival import HORIZONS, Days

COLLECTION = "Send for Credit Collection"
FEWEST_RUNS = 3
"""So many runs are learned from, or more."""


def what_if(log: EventLog) -> Iterator[Goal]:
    """What is foretold of a log of fines: its collection runs, and quarters with the times of others."""
    yield from collected(log)
    yield from swaps(log)


class Collected(NamedTuple):
    """The runs after an instant, foretold from those before it.

    Attributes:
        learned, runs: how many runs there were before, and since.
        cases: how many went since.
        right: the share of them for which the run was foretold in which they went; a case of which it was
            foretold that it goes in none is wrong.
        distance: between the distributions of their days from the start to the run, as they came and as
            foretold: by the run in which each most likely goes, if it goes; see :func:`distance`.
        of_all: the same, but between those that went and those of which it was foretold that they go.
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
    of_all: float
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
    found = foretell_runs(learned, later, runs, learned.days)
    likely, if_it_goes = found.most_likely(), everything.days[found.chances.argmax(axis=1)]
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
        distance=distance((if_it_goes - started)[went], (came - started)[went]),
        of_all=distance((foretold - started)[goes], (came - started)[went]),
        naive_right=float((guessed == came)[went].mean()),
        naive_distance=distance(took, (came - started)[went]),
    )


def collected(log: EventLog, activity: str = COLLECTION) -> Iterator[Goal]:
    """Whether later runs are foretold from earlier ones: learned on the first three, four and so on, all
    others given."""
    runs, found = run_days(log, activity), []
    if len(runs) <= FEWEST_RUNS:
        yield Goal("runs", "", f"not measured: {len(runs)} runs are too few", True)
        return
    for last in runs[FEWEST_RUNS - 1 : -1]:
        split = datetime.combine(last + timedelta(days=1), time(), log.as_of.tzinfo)
        each = collect(log, activity, split)
        found.append(each)
        told = f"{each.right:.1%} of {each.cases} in the right run, distance {each.distance:.1f} days"
        beside = (
            f"of all that are foretold to go {each.of_all:.1f}; "
            f"as before {each.naive_right:.1%}, {each.naive_distance:.1f}"
        )
        yield Goal(f"runs, {each.learned} learned, {each.runs} foretold", "", told, True, beside)
    yield from _judged(found)


def _judged(found: Sequence[Collected]) -> Iterator[Goal]:
    """The mean over the splits; beside it, the mean over the cases, which counts early splits more."""
    weights = [each.cases for each in found]

    def mean(name: str, by: Sequence[int] | None = None) -> float:
        return float(np.average([getattr(each, name) for each in found], weights=by))

    right, off = mean("right"), mean("distance")
    yield Goal(
        "runs, in the right one",
        "at least 90%",
        f"{right:.1%}",
        right >= 0.9,
        f"by cases {mean('right', weights):.1%}; as before {mean('naive_right'):.1%}",
    )
    yield Goal(
        "runs, distance of the distributions",
        "at most 25 days",
        f"{off:.1f} days",
        off <= 25,
        f"by cases {mean('distance', weights):.1f}; of all that are foretold to go {mean('of_all'):.1f}; "
        f"as before {mean('naive_distance'):.1f}",
    )


SENT = Stretch(START, "Send Fine")
MILESTONES = ("Insert Fine Notification", "Add penalty", END)
"""The first one is judged: the person fined waits for it, and does not know until then what to pay by when.
The penalty follows after exactly 60 days, which the law says and no swap changes."""
FEWEST_CASES = 30
"""A quarter is compared if so many of its cases reached the milestone."""
NEARLY_ALL = 0.99
"""So many of the cases that reach the milestone do so by the horizon."""


def swaps(log: EventLog, stretch: Stretch = SENT, milestones: Sequence[str] = MILESTONES) -> Iterator[Goal]:
    """Whether the mean time to a milestone in one quarter is what another quarter would have had with its
    times of a stretch: in every pair of quarters, each way round."""
    for milestone in milestones:
        off, unchanged, quarters = _swaps(log, stretch, milestone)
        if quarters < 2:
            yield Goal(f"{stretch} swapped, until {milestone}", "", "not measured: too few quarters", True)
            continue
        judged = milestone == milestones[0]
        goal = "mean error at most 12%" if judged else ""
        told = f"{off:.1%} over {quarters * (quarters - 1)} pairs of {quarters} quarters"
        held = off <= 0.12 or not judged
        yield Goal(f"{stretch} swapped, until {milestone}", goal, told, held, f"no change: {unchanged:.1%}")


def _swaps(log: EventLog, stretch: Stretch, milestone: str) -> tuple[float, float, int]:
    """The mean error with the times swapped, and with nothing changed; and of how many quarters."""
    seen = days((log.as_of - log.cases[0].start) / 2)  # so that half of the time of the log can tell
    all_of_them = taken(log, stretch, milestone, seen)
    longest = float(np.quantile(all_of_them.whole[all_of_them.reached], NEARLY_ALL))
    horizon = float(next(each for each in (*HORIZONS, longest) if each >= longest))
    found = [each for part in _quarters(log) if (each := _enough(part, stretch, milestone, horizon))]
    off = [abs(one.swapped(other) / other.mean - 1) for one, other in permutations(found, 2)]
    unchanged = [abs(one.mean / other.mean - 1) for one, other in permutations(found, 2)]
    pairs = max(1, len(off))
    return sum(off) / pairs, sum(unchanged) / pairs, len(found)


def _quarters(log: EventLog) -> list[EventLog]:
    """The cases of each quarter in which cases started."""
    cases: defaultdict[tuple[int, int], list[CaseRecord]] = defaultdict(list)
    for case in log.cases:
        cases[case.start.year, (case.start.month - 1) // 3].append(case)
    return [replace(log, cases=tuple(its)) for its in cases.values()]


def _enough(log: EventLog, stretch: Stretch, milestone: str, horizon: float) -> Taken | None:
    """The times of a quarter; None where few of its cases could be seen to reach the milestone."""
    try:
        found = taken(log, stretch, milestone, horizon)
    except InvalidInput:
        return None
    return found if found.reached.sum() >= FEWEST_CASES else None
