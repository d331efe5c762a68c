"""How old a case has to be for a run: learned from the runs that there were, for those that will be.

The cutoff of a run is the last day on which the step may have been taken since which a case waits. Of a run
that was seen, it is the one that best tells those that went from those that did not. Of a run to come, it is
foretold in one of two ways, whichever had foretold the cutoff of each run better from the others (leave one
out, Stone 1974):

- by *age*: so many days before the run, those by which most cases would have gone in the right run;
- by *year*: always about the same day of the year, as where each year's cases are dealt with together; the
  latest such day that is long enough before the run. How long that is, is known between a day that was too
  near and one that was not. Where none was too near, such days count as are as long before as was seen, or
  shorter or longer by the mean gap between those; for other runs it was not seen which year is meant, and the
  cutoff is by age.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np

from seamless.rebuild.learned.at_runs import NEVER, Ordinals
from seamless.rebuild.survival import Days, Flags

YEAR = 365.25
"""Days."""

By = Literal["age", "year"]


@dataclass(frozen=True)
class Cutoffs:
    """The cutoffs of runs.

    Attributes:
        seen: the cutoff of each run that was seen, both as ordinals of days.
        by: how those of others are foretold.
        age: how many days before a run its cutoff is; by year, if none is between ``least`` and ``most``.
        off: by how many days the cutoff of a run was missed on average that was left out; None, if there was
            only one run.
        turn: by year, the day of the cutoff, as an ordinal of any year.
        least, most: by year, how many days before a run it may be.
    """

    seen: Mapping[int, int]
    by: By
    age: float
    off: float | None
    turn: float = 0.0
    least: float = 0.0
    most: float = 0.0

    def of(self, runs: Ordinals) -> Ordinals:
        """The cutoffs of some runs."""
        foretold = runs - self.age
        if self.by == "year":
            latest = self._turn_before(np.asarray(runs - self.least, np.float64))
            foretold = np.where(runs - latest <= self.most, latest, foretold)
        return np.array(
            [self.seen.get(int(run), int(day // 1)) for run, day in zip(runs, foretold, strict=True)],
            np.int64,
        )

    def turn_before(self, day: int) -> int:
        """The latest day, up to a given one, on which the years turn."""
        return int(self._turn_before(np.array([day], np.float64))[0] // 1)

    def _turn_before(self, days: Days) -> Days:
        return np.asarray(days - (days - self.turn) % YEAR, np.float64)


def learn_cutoffs(runs: Ordinals, since: Ordinals, waits: Flags, goes: Flags) -> Cutoffs:
    """Learn the cutoffs of runs.

    Args:
        runs: the days of the runs, rising.
        since: of each case and run, when the case had taken the step since which it waits.
        waits: of each case and run, whether it waited, with nothing taken since.
        goes: whether it went.
    """
    waits = waits & (since != NEVER)
    age = runs - since
    told = np.flatnonzero((waits & goes).any(axis=0))
    ages = np.array([_parting(age[waits[:, at], at], goes[waits[:, at], at]) for at in told], np.float64)
    days = runs[told] - ages
    seen = {int(run): int(day) for run, day in zip(runs[told], days, strict=True)}
    if len(told) < 2:
        return Cutoffs(seen, "age", float(ages[0]), None)
    others = [np.delete(np.arange(len(told)), at) for at in range(len(told))]
    off_by_age = float(np.mean([abs(ages[at] - ages[rest].mean()) for at, rest in enumerate(others)]))
    off_by_year = float(
        np.mean([float(abs(_within_half(days[at] - _turn(days[rest])))) for at, rest in enumerate(others)])
    )
    usual = _parting(age[waits], goes[waits])
    if off_by_year >= off_by_age:
        return Cutoffs(seen, "age", usual, off_by_age)
    turn = _turn(days)
    nearest = np.full(len(runs), NEVER, np.float64)
    nearest[told] = days - _within_half(days - turn)
    of_told = waits & np.isin(np.arange(len(runs)), told)
    turn -= _parting((nearest - since)[of_told], goes[of_told])
    least, most = _bounds(ages, np.round((ages - (runs[told] - turn) % YEAR) / YEAR))
    return Cutoffs(seen, "year", usual, off_by_year, turn, least, most)


def _bounds(ages: Days, years: Days) -> tuple[float, float]:
    """How many days before a run its cutoff may be, by year.

    Args:
        years: how many days of cutoffs there were between each run and its own.
    """
    latest = years == years.min()
    shortest = float(ages[latest].min())
    if not latest.all():  # some days were too near: this tells by how much
        too_near = float((ages - YEAR)[~latest].max())
        return max(0.0, (shortest + min(too_near, shortest)) / 2), inf
    gap = float((ages.max() - ages.min()) / (len(ages) - 1))
    return max(0.0, shortest - gap), float(ages.max()) + gap


def _parting(age: Days | Ordinals, goes: Flags) -> float:
    """The age that best parts the older cases, which go, from the younger ones, which do not; of several the
    highest: nothing younger was seen to go."""
    order = np.argsort(age, kind="stable")
    ages, first = np.unique(age[order], return_index=True)
    gone = np.concatenate([[0], np.cumsum(goes[order])])
    stayed = np.arange(len(age) + 1) - gone
    wrong = gone[first] + stayed[-1] - stayed[first]
    return float(ages[np.flatnonzero(wrong == wrong.min())[-1]])


def _turn(days: Days) -> float:
    """The mean day of the year of some days: the direction of the mean of them on a circle."""
    mean = np.exp(2j * np.pi * days / YEAR).mean()
    return float(np.angle(mean) / (2 * np.pi) * YEAR)


def _within_half(days: Days | float) -> Days:
    """How far days are from the nearest one that is whole years away."""
    return np.asarray((days + YEAR / 2) % YEAR - YEAR / 2, np.float64)
