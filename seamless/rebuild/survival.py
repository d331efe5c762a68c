"""How long something takes, where not all of it has ended: Kaplan–Meier and the restricted mean.

Time that an open case has waited so far counts as what it is: at least so long. Times are in days.

Kaplan and Meier 1958; the restricted mean and its variance: Klein and Moeschberger, Survival Analysis, 2003,
section 4.5; influence of a case: Andersen, Hansen and Klein 2004 (there as pseudo-observations).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Days: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

CONFIDENT = 1.959963984540054
"""Standard errors on each side of an interval of 95 %."""


class Estimate(NamedTuple):
    """A value and its standard error."""

    value: float
    error: float

    @property
    def low(self) -> float:
        """Where the interval of 95 % begins."""
        return self.value - CONFIDENT * self.error

    @property
    def high(self) -> float:
        """Where it ends."""
        return self.value + CONFIDENT * self.error


@dataclass(frozen=True)
class Curve:
    """The share of cases that take longer than a time, by Kaplan and Meier.

    Attributes:
        times: every time at which a case ended or was last seen, rising.
        at_risk: how many were under way just before it.
        ended: how many ended at it.
        share: of all cases, how many take longer.
    """

    times: Days
    at_risk: Days
    ended: Days
    share: Days

    def restricted_mean(self, horizon: float) -> Estimate:
        """The mean time, each counted up to ``horizon`` at most; the variance is Greenwood's."""
        areas = self._areas(horizon)
        seen = len(areas) - 1
        after = np.cumsum(areas[::-1])[::-1][1:]
        at_risk, ended = self.at_risk[:seen], self.ended[:seen]
        still = at_risk > ended  # where all that were left ended, nothing is left to vary
        terms = after[still] ** 2 * ended[still] / (at_risk[still] * (at_risk[still] - ended[still]))
        return Estimate(float(areas.sum()), sqrt(float(terms.sum())))

    def influence(self, times: Days, ended: Flags, horizon: float) -> Days:
        """What each case adds to the restricted mean, as if its whole time had been seen: their mean is the
        restricted mean.

        Args:
            times, ended: of the cases of which the curve was made.
        """
        areas = self._areas(horizon)
        seen = len(areas) - 1
        count = len(times)
        after = np.cumsum(areas[::-1])[::-1][1:]
        hazard = count * after * self.ended[:seen] / self.at_risk[:seen] ** 2
        paid = np.concatenate([[0.0], np.cumsum(hazard)])
        passed = np.minimum(np.searchsorted(self.times, times, side="right"), seen)
        own = np.searchsorted(self.times, times)
        counts = ended & (own < seen)
        own_term = np.zeros(count)
        own_term[counts] = count * after[own[counts]] / self.at_risk[own[counts]]
        return np.asarray(areas.sum() + paid[passed] - own_term, np.float64)

    def quantile(self, part: float) -> float | None:
        """The time by which ``part`` of all cases have ended; None where not so many have."""
        reached = np.flatnonzero(self.share <= 1 - part + 1e-12)
        return float(self.times[reached[0]]) if len(reached) else None

    def longer_than(self, time: float) -> float:
        """The share of cases that take longer than a time."""
        passed = int(np.searchsorted(self.times, time, side="right"))
        return float(self.share[passed - 1]) if passed else 1.0

    def _areas(self, horizon: float) -> Days:
        """The area under the curve from each time to the next one, from 0 to ``horizon``."""
        seen = int(np.searchsorted(self.times, horizon, side="left"))
        edges = np.concatenate([[0.0], self.times[:seen], [horizon]])
        heights = np.concatenate([[1.0], self.share[:seen]])
        return np.asarray(np.diff(edges) * heights, np.float64)


def kaplan_meier(times: Days, ended: Flags) -> Curve:
    """The curve of some cases, at least one.

    Args:
        times: how long each took, or was seen, if it has not ended; none negative.
        ended: whether it has ended.
    """
    order = np.argsort(times, kind="stable")
    distinct, first = np.unique(times[order], return_index=True)
    at_risk = (len(times) - first).astype(np.float64)
    ends = np.add.reduceat(ended[order].astype(np.float64), first)
    return Curve(distinct, at_risk, ends, np.cumprod(1 - ends / at_risk, dtype=np.float64))


def change(before: Estimate, after: Estimate) -> Estimate | None:
    """By how much of ``before`` two independent values differ; None where there was nothing before."""
    if before.value <= 0:
        return None
    ratio = after.value / before.value
    error = sqrt(after.error**2 + (ratio * before.error) ** 2) / before.value
    return Estimate(ratio - 1, error)


def share_of(count: float, total: int) -> Estimate:
    """A share, with an error that is none of 0 where all or none are counted (Agresti and Coull 1998)."""
    if not total:
        return Estimate(0.0, 0.0)
    drawn = (count + 2) / (total + 4)
    return Estimate(count / total, sqrt(drawn * (1 - drawn) / (total + 4)))


HORIZONS = (1, 2, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1095, 1825, 3650)
"""Days that people can think of: a day, a week, a month, half a year, two years."""

MOST = 0.9
"""So much of what ends at all has ended by the horizon."""

ENOUGH = 10
"""So many cases have to have been seen for as long as the horizon; of few cases, one in ten."""


def horizon_of(curve: Curve) -> float:
    """The horizon up to which a time is counted, unless a person says another: the first of
    :data:`HORIZONS` by which :data:`MOST` of what ends at all has ended."""
    ends = 1 - float(curve.share[-1])
    by = curve.quantile(MOST * ends) if ends > 0 else None
    longest = float(curve.times[-1]) if by is None else by
    return float(next((each for each in HORIZONS if each >= longest), HORIZONS[-1]))


def within(horizon: float, *follow_ups: Days) -> float:
    """A horizon that is no longer than what was seen of each of some groups; in whole days, but for less than
    one.

    Args:
        follow_ups: of each group, for how long each case could have been seen.
    """
    for seen in follow_ups:
        enough = max(1, min(ENOUGH, len(seen) // 10))
        longest = float(np.sort(seen)[-enough])
        if longest < horizon:
            horizon = float(int(longest)) if longest >= 1 else longest
    return horizon
