"""What goes with a long or a short time: how much of the variance of the whole time each thing explains.

Open cases count by what they add to the restricted mean (pseudo-observations, Andersen, Hansen and Klein
2004), so that a case that is still open is not left out. The share is epsilon squared (Kelley 1935), which is
0 on average for what explains nothing, however many values it has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from seamless.rebuild.durations import one_officer, whole_times
from seamless.rebuild.figures import Explained, Interval
from seamless.rebuild.handoffs import between, done_again, handoffs_of
from seamless.rebuild.log import CaseRecord, EventLog
from seamless.rebuild.survival import Days, kaplan_meier

DRAWS, SEED = 200, 20260301
FEWEST_CASES, FEWEST_PER_LEVEL, MOST_LEVELS = 30, 5, 24
MANY = 12
"""Numbers with more different values than these are told apart by their quarters."""
NOT_STATED, OTHERS = "", "…"


def explained(log: EventLog, horizon: float) -> tuple[Explained, ...]:
    """What explains most, first; nothing where there are few cases, or no end is known."""
    times, ended = whole_times(log)
    if len(times) < FEWEST_CASES or not ended.any():
        return ()
    added = kaplan_meier(times, ended).influence(times, ended, horizon)
    if not added.std() > 0:
        return ()
    names = dict.fromkeys(name for case in log.cases for name in case.attributes)
    found = [
        *((name, _attribute(log.cases, name), False) for name in names),
        *((name, values, in_course) for name, values, in_course in _built_in(log)),
    ]
    shares = [
        Explained(name=name, levels=int(levels.max()) + 1, in_course=in_course, share=_share(added, levels))
        for name, values, in_course in found
        if (levels := _levels(values)) is not None
    ]
    return tuple(sorted(shares, key=lambda each: (-each.share.value, each.name)))


def _attribute(cases: Sequence[CaseRecord], name: str) -> list[str]:
    return [case.attributes.get(name, NOT_STATED) for case in cases]


def _built_in(log: EventLog) -> list[tuple[str, list[str], bool]]:
    of = between(log)
    officers = [one_officer([case]) for case in log.cases]
    months = [f"{case.start:%Y-%m}" for case in log.cases]
    known = one_officer(log.cases) is not None
    many = len(set(months)) > MOST_LEVELS
    return [
        ("year", [f"{case.start:%Yy}" for case in log.cases], False) if many else ("month", months, False),
        ("variant", [case.variant or NOT_STATED for case in log.cases], False),
        ("steps", [str(len(case.completed)) for case in log.cases], True),
        ("handoffs", [str(len(found)) for found in handoffs_of(log, of)], True),
        ("rework", [str(bool(done_again(case))) for case in log.cases], True),
        *([("one-officer", [str(each and each.value) for each in officers], True)] if known else []),
    ]


def _levels(values: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
    """What tells the cases apart, as numbers from 0; None where it does not, or tells each one apart."""
    values = _quarters(values)
    counted = Counter(values)
    if len(counted) > max(MOST_LEVELS, len(values) // 4):
        return None  # rather a name of the case than a kind of it
    kept = [value for value, count in counted.most_common(MOST_LEVELS) if count >= FEWEST_PER_LEVEL]
    levels = {value: at for at, value in enumerate(sorted(kept))}
    others = len(levels)
    found = np.array([levels.get(value, others) for value in values], np.int64)
    rare = int((found == others).sum())
    if 0 < rare < FEWEST_PER_LEVEL and levels:
        found[found == others] = levels[counted.most_common(1)[0][0]]  # too few to tell anything
    return found if len(np.unique(found)) > 1 else None


def _quarters(values: Sequence[str]) -> Sequence[str]:
    """Numbers of many values by their quarters; anything else as it is."""
    stated = [value for value in values if value != NOT_STATED]
    try:
        numbers = np.array([float(value) for value in stated])
    except ValueError:
        return values
    if len(set(stated)) <= MANY or not np.isfinite(numbers).all():
        return values
    edges = np.quantile(numbers, [0.25, 0.5, 0.75])
    return [NOT_STATED if v == NOT_STATED else str(np.searchsorted(edges, float(v))) for v in values]


def _share(added: Days, levels: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Interval:
    """The share that levels explain, with an interval from resampled cases. That is moved to where the share
    is, since resampling alone makes every difference larger."""
    chance, count = np.random.default_rng(SEED), len(added)
    share = _epsilon(added, levels, np.ones(count))
    drawn = np.array(
        [
            _epsilon(
                added, levels, np.bincount(chance.integers(0, count, count), minlength=count).astype(float)
            )
            for _ in range(DRAWS)
        ]
    )
    low, high = np.quantile(drawn, [0.025, 0.975]) - drawn.mean() + share
    return Interval(value=max(0.0, share), low=max(0.0, float(low)), high=min(1.0, max(0.0, float(high))))


def _epsilon(added: Days, levels: np.ndarray[tuple[int], np.dtype[np.int64]], weights: Days) -> float:
    counts = np.bincount(levels, weights)
    some = counts > 0
    total = counts.sum()
    means = np.bincount(levels, weights * added)[some] / counts[some]
    mean = float((weights * added).sum() / total)
    between_levels = float((counts[some] * (means - mean) ** 2).sum())
    whole = float((weights * (added - mean) ** 2).sum())
    free = int(some.sum()) - 1
    if not whole > 0 or total <= free + 1:
        return 0.0
    noise = (whole - between_levels) / (total - free - 1)
    return float((between_levels - free * noise) / whole)
