"""How long a step takes, as a distribution from which predictions draw: learned, or stated by a person.

What has not ended counts as what it is, at least so long (Kaplan and Meier 1958). Beyond the last time that
was observed, the curve goes on with the constant hazard that leads to its last value (Brown, Hollander and
Korwar 1974): nothing takes for ever, and nothing that was still under way is taken to have ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf, log
from typing import Literal, NamedTuple

import numpy as np
from numpy.random import Generator

from contracts.terms.errors import InvalidInput
from seamless.rebuild.courses import Spell, all_spells
from seamless.rebuild.durations import days
from seamless.rebuild.log import EventLog
from seamless.rebuild.survival import Days, Flags

Since = Literal["started", "asked", "before"]
"""From when a time counts: an officer began (working time), somebody was asked (working and waiting time
together), or the step before had ended (the same, in a log of completions)."""

MOSTLY = 0.5
"""A log records when a step began, or was asked for, if it does so for this share of its occurrences."""


class Observed(NamedTuple):
    """What was seen: how long each lasted, in days, and whether it had ended by then."""

    days: Days
    ended: Flags


@dataclass(frozen=True, eq=False)
class WorkingTimes:
    """The distribution of the days that a step takes, by its quantiles.

    Attributes:
        upto: the share that takes no longer than ``high``, rising; between two of them the days rise evenly
            from ``low`` to ``high``, which are equal where a time was observed.
        beyond: how much longer than the last of ``high`` the rest takes on average; 0 if there is no rest.
        observed: of what it was learned; None where a person stated it.
    """

    upto: Days
    low: Days
    high: Days
    beyond: float = 0.0
    observed: Observed | None = None

    @classmethod
    def of(cls, times: Sequence[float] | Days, ended: Sequence[bool] | Flags | None = None) -> WorkingTimes:
        """Learned from what was observed.

        Args:
            times: how many days each took, or had lasted when it was last seen.
            ended: whether it had ended; all, unless given.

        Raises:
            InvalidInput: nothing had ended, so that nothing is known; or a time is negative or no number.
        """
        lasted = np.asarray(times, np.float64)
        over = np.ones(len(lasted), bool) if ended is None else np.asarray(ended, bool)
        if len(lasted) != len(over) or not (np.isfinite(lasted) & (lasted >= 0)).all():
            raise InvalidInput("working times: each needs a number of days that is not negative")
        if not over.any():
            raise InvalidInput(
                f"working times: none of {len(lasted)} had ended, so nothing is known of how long they take; "
                "state a range"
            )
        return cls._weighted(Observed(lasted, over), np.ones(len(lasted)))

    @classmethod
    def between(cls, low: float, high: float) -> WorkingTimes:
        """Stated by a person: never shorter, never longer, and every time between is equally likely.

        Raises:
            InvalidInput: it is no range of days.
        """
        if not 0 <= low <= high < inf:
            raise InvalidInput(
                f"working times: {low:g} to {high:g} days is no range; give the shorter time first, and none "
                "that is negative"
            )
        return cls(np.array([1.0]), np.array([float(low)]), np.array([float(high)]))

    @classmethod
    def _weighted(cls, observed: Observed, weights: Days) -> WorkingTimes:
        """The curve of Kaplan and Meier, where each observation counts with its weight."""
        order = np.argsort(observed.days, kind="stable")
        at, first = np.unique(observed.days[order], return_index=True)
        weight = weights[order]
        at_risk = np.cumsum(weight[::-1])[::-1][first]
        ended = np.add.reduceat(weight * observed.ended[order], first)
        left = np.cumprod(1 - ended / at_risk, dtype=np.float64)
        if observed.ended[order][first[-1] :].all():
            left[-1] = 0.0  # exactly: all that were left ended then
        seen = ended > 0
        upto, high = 1 - left[seen], at[seen]
        if left[-1] > 0 and at[-1] > high[-1]:  # what was last seen under way lasted at least until then
            upto, high = np.append(upto, upto[-1]), np.append(high, at[-1])
        rest = float(1 - upto[-1])
        return cls(upto, high, high, float(high[-1]) / -log(rest) if rest > 0 else 0.0, observed)

    @property
    def not_seen(self) -> float:
        """The share that takes longer than anything that was observed: how long is an assumption."""
        return float(1 - self.upto[-1])

    @property
    def mean(self) -> float:
        """The mean days, with what lies beyond the last time observed."""
        widths = np.diff(self.upto, prepend=0.0)
        rest = self.not_seen * (self.high[-1] + self.beyond)
        return float((widths * (self.low + self.high)).sum() / 2 + rest)

    def quantile(self, part: float) -> float:
        """The days within which ``part`` of them end; at 1, the longest, or infinity if none is known.

        Raises:
            ValueError: it is no part: not from 0 to 1.
        """
        if not 0 <= part <= 1:
            raise ValueError(f"{part} is not between 0 and 1")
        at = int(np.searchsorted(self.upto, part))
        if at == len(self.upto):
            return float(self.high[-1] + (self.beyond * log(self.not_seen / (1 - part)) if part < 1 else inf))
        before = float(self.upto[at - 1]) if at else 0.0
        width = float(self.upto[at]) - before
        risen = (part - before) / width if width > 0 else 1.0
        return float(self.low[at] + risen * (self.high[at] - self.low[at]))

    def draw(self, random: Generator) -> float:
        """One time, in days."""
        return self.quantile(random.random())

    def scaled(self, factor: float) -> WorkingTimes:
        """The same, each time so many times as long.

        Raises:
            InvalidInput: the factor is negative or no number.
        """
        if not 0 <= factor < inf:
            raise InvalidInput(f"working times: they cannot be {factor:g} times as long")
        observed = self.observed and Observed(self.observed.days * factor, self.observed.ended)
        return WorkingTimes(self.upto, self.low * factor, self.high * factor, self.beyond * factor, observed)

    def resampled(self, random: Generator) -> WorkingTimes:
        """The same as it might have been learned from other cases: how sure it is what was learned.

        Every observation gets a random weight (the Bayesian bootstrap, Rubin 1981; for censored data, Lo
        1993), so that few observations do not lose all that ended. What a person stated stays as it is.
        """
        if self.observed is None:
            return self
        return self._weighted(self.observed, random.exponential(size=len(self.observed.days)))


class Learned(NamedTuple):
    """What a log tells of how long a step takes, and from when that time counts."""

    times: WorkingTimes
    since: Since


def working_times(log: EventLog) -> dict[str, Learned]:
    """How long each step of a log takes; without those of which none has ended.

    What is still open, was no longer needed, or was decided by silence took at least so long.
    """
    found: defaultdict[str, list[Spell]] = defaultdict(list)
    for _, spell in all_spells(log):
        found[spell.step.activity].append(spell)
    learned = {activity: _learned(spells) for activity, spells in sorted(found.items())}
    return {activity: each for activity, each in learned.items() if each is not None}


def _learned(spells: Sequence[Spell]) -> Learned | None:
    began: dict[Since, list[datetime | None]] = {
        "started": [spell.step.started for spell in spells],
        "asked": [spell.step.queued for spell in spells],
        "before": [spell.began for spell in spells],
    }
    since = next(each for each, times in began.items() if sum(map(bool, times)) > MOSTLY * len(times))
    known = [(spell, at) for spell, at in zip(spells, began[since], strict=True) if at is not None]
    times = np.array([max(0.0, days(spell.ended - at)) for spell, at in known])
    ended = np.array([spell.over and spell.step.how in (None, "answered") for spell, _ in known], bool)
    return Learned(WorkingTimes.of(times, ended), since) if ended.any() else None
