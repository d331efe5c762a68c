"""How large a pilot has to be to show a gain: cases and months, by how old and new are told apart.

Every case of the new way is taken to be shorter by the same part. What counts is the restricted mean, so a
pilot is over once its last case was seen up to the horizon. The formula is the usual one for the difference
of two means (Chow, Shao and Wang 2008, chapter 3), on the variance that Kaplan and Meier give, open cases
included; of blocks, with the correlation of neighbouring cases (Donner and Klar 2000, chapter 5). For before
and after there is no such formula: how much the means of neighbouring windows differ where nothing changes is
seen on the log itself (see :mod:`seamless.rebuild.placebo`). What ``seamless pilot`` needs, which looks every
day, is seen in pilots drawn from the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, inf
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np

from contracts.terms.errors import InvalidInput
from seamless.rebuild.drawn_pilots import decided
from seamless.rebuild.durations import days, duration, follow_up, whole_times
from seamless.rebuild.figures import Duration, Figure
from seamless.rebuild.log import EventLog, ends_unknown
from seamless.rebuild.measuring import horizon_for
from seamless.rebuild.placebo import APART, Times, apart, placebos
from seamless.rebuild.survival import CONFIDENT, Curve, Days, kaplan_meier, within

MONTH = 365.25 / 12
"""Days of a month."""

FEWEST = 20
"""Fewer cases say nothing, in a log and in a pilot."""

LONGEST = 24.0
"""Nobody waits for a pilot longer than so many months."""

BLOCKS = range(2, 21)
"""How many consecutive arrivals a block may have; one of them gets the new way."""

WINDOWS = (1, 2, 3, 4, 6, 9, 12, 18, 24, 36, 48, 60)
"""Months before and after, of which the first is taken that is enough."""

MOST, PILOTS, SEED = 4000, 200, 1
"""Cases of a pilot at most, where pilots are drawn from the log; how many are drawn, and how."""

Way = Literal["before-after", "individual", "blocks", "pilot"]
"""All cases before a day the old way and all after it the new one; each case by itself at random; one at
random of each block of consecutive arrivals; the same, decided as ``seamless pilot`` does, by daily looks."""


class Design(Figure):
    """What a pilot needs.

    Attributes:
        way: see :data:`Way`.
        cases: how many in all; None: it cannot be seen so, however long the pilot is.
        intake: months until so many cases have arrived.
        months: until the last one was seen up to the horizon; until it is decided, where that is daily.
        seen: whether that is in time, see :data:`LONGEST`.
        smallest: the smallest gain that this log shows so; None where it has no such bound.
        block: the cases of a block.
    """

    way: Way
    cases: int | None
    intake: float | None
    months: float | None
    seen: bool
    smallest: float | None = None
    block: int | None = None


class Sized(Figure):
    """What a pilot of a procedure needs to show a gain.

    Attributes:
        gain: by which part each case gets shorter.
        effect: by which part the mean gets shorter, each case counted up to the horizon.
        share: which part of the cases gets the new way.
        power: the chance that such a gain is seen, at 5 % of false ones.
        arrivals: cases a month.
        alike: the correlation of the times of cases in one block.
    """

    name: str
    gain: float
    effect: float
    share: float
    power: float
    horizon: float
    arrivals: float
    alike: float
    whole: Duration
    designs: tuple[Design, ...]


class Moments(NamedTuple):
    """Mean and variance of a time, each counted up to a horizon."""

    mean: float
    variance: float


def size(
    log: EventLog,
    *,
    gain: Fraction,
    share: Fraction = Fraction(1, 2),
    power: Fraction = Fraction(4, 5),
    horizon: float | None = None,
) -> Sized:
    """How large a pilot has to be.

    Args:
        gain, share, power: between 0 and 1; see :class:`Sized`. One in ``share`` has to be a whole number of
            :data:`BLOCKS`.
        horizon: the days up to which a case counts; :func:`seamless.rebuild.measuring.horizon_for`, unless
            given.

    Raises:
        InvalidInput: there are too few cases, it is not known when they end, or ``share`` makes no block.
    """
    if log.ends == "unknown":
        raise InvalidInput(ends_unknown(log))
    if len(log.cases) < FEWEST:
        raise InvalidInput(
            f"{log.name}: {len(log.cases)} cases started in that time, and {FEWEST} are the fewest that say "
            "something; choose another with --since and --until"
        )
    block = 1 / share
    if block.denominator != 1 or int(block) not in BLOCKS:
        raise InvalidInput(
            f"--share: {share} of a block is no whole case; give one case of a block, 1/{BLOCKS[0]} to "
            f"1/{BLOCKS[-1]}"
        )
    times, ended = whole_times(log)
    counted = within(horizon or horizon_for(log), follow_up(log))
    curve = kaplan_meier(times, ended)
    old, new = moments(curve, counted), shortened(curve, counted, 1 - float(gain))
    whole = duration(times, ended, counted)
    assert whole is not None
    if old.mean - new.mean <= 0:
        raise InvalidInput(
            f"{log.name}: up to {counted:g} days no case would get shorter; give a longer --horizon"
        )
    months = max(days(log.cases[-1].start - log.cases[0].start) / MONTH, 1 / 30)
    alike = correlation(curve.influence(times, ended, counted), int(block))
    plan = _Plan(old, new, int(block), float(power), len(log.cases) / months, counted, alike)
    return Sized(
        name=log.name,
        gain=float(gain),
        effect=plan.effect / old.mean,
        share=float(share),
        power=float(power),
        horizon=counted,
        arrivals=plan.arrivals,
        alike=alike,
        whole=whole,
        designs=(
            plan.before_after(Times.of(log)),
            plan.individual(),
            plan.blocks(),
            _pilot(Times.of(log), 1 - float(gain), int(block), float(power)),
        ),
    )


def moments(curve: Curve, horizon: float) -> Moments:
    """Those of the times of a curve."""
    inside = curve.times < horizon
    edges = np.concatenate([[0.0], curve.times[inside], [horizon]])
    heights = np.concatenate([[1.0], curve.share[inside]])
    mean = float((np.diff(edges) * heights).sum())
    return Moments(mean, max(0.0, float((np.diff(edges**2) * heights).sum()) - mean**2))


def shortened(curve: Curve, horizon: float, factor: float) -> Moments:
    """Those of the same times, each multiplied by a factor and then counted up to the horizon. What takes
    longer than was ever seen is taken not to end."""
    longer = moments(curve, horizon / factor)
    return Moments(longer.mean * factor, longer.variance * factor**2)


def correlation(values: Days, block: int) -> float:
    """How alike the values of a block of consecutive cases are: their intraclass correlation (Donner and Klar
    2000, section 1.3), at least 0."""
    whole = float(values.var(ddof=1))
    cut = len(values) - len(values) % block
    inside = float(values[:cut].reshape(-1, block).var(axis=1, ddof=1).mean())
    return max(0.0, 1 - inside / whole) if whole > 0 else 0.0


def _pilot(times: Times, factor: float, block: int, power: float) -> Design:
    """By when so many of the pilots that are drawn from the log are decided."""
    chance = np.random.default_rng(SEED)
    found = decided(times, block=block, factor=factor, cases=MOST, pilots=PILOTS, chance=chance)
    place = ceil(power * PILOTS) - 1
    cases, took = (float(np.sort(each)[place]) for each in found)
    if not np.isfinite(cases):
        return Design(way="pilot", cases=None, intake=None, months=None, seen=False, block=block)
    months = took / MONTH
    return Design(
        way="pilot",
        cases=int(cases),
        intake=months,
        months=months,
        seen=months <= LONGEST,
        block=block,
    )


class _Plan:
    def __init__(
        self,
        old: Moments,
        new: Moments,
        block: int,
        power: float,
        arrivals: float,
        horizon: float,
        alike: float,
    ) -> None:
        self.old, self.new, self.block, self.arrivals = old, new, block, arrivals
        self.horizon, self.alike = horizon, alike
        self.effect = old.mean - new.mean
        self._errors = CONFIDENT + NormalDist().inv_cdf(power)
        """So many standard errors the effect has to have."""

    def individual(self) -> Design:
        share = 1 / self.block
        variance = self.new.variance / share + self.old.variance / (1 - share)
        return self._design("individual", (self._errors / self.effect) ** 2 * variance)

    def blocks(self) -> Design:
        others, alike = self.block - 1, self.alike
        together = 2 * alike * (self.old.variance * self.new.variance) ** 0.5
        of_others = self.old.variance * (1 + (others - 1) * alike) / others
        variance = self.new.variance + of_others - together
        number = ceil((self._errors / self.effect) ** 2 * variance)
        return self._design("blocks", number * self.block)

    def before_after(self, times: Times) -> Design:
        """The shortest windows whose means differ little enough where nothing changes."""
        wanted, smallest = self.effect / self.old.mean, inf
        for months, differs in self._differences(times):
            smallest = min(smallest, self._errors * differs)
            if self._errors * differs <= wanted:
                found = self._design("before-after", 2 * months * self.arrivals)
                return found.model_copy(update={"smallest": smallest})
        return Design(
            way="before-after",
            cases=None,
            intake=None,
            months=None,
            seen=False,
            smallest=smallest if smallest < inf else None,
        )

    def _differences(self, times: Times) -> Iterator[tuple[int, float]]:
        """By how much the means of neighbouring windows usually differ, where nothing changes."""
        for months in WINDOWS:
            pairs = list(placebos(times, months * MONTH, self.horizon))
            if apart(pairs, months * MONTH) >= APART:
                yield months, float(np.sqrt(np.mean([pair.change.value**2 for pair in pairs])))

    def _design(self, way: Way, needed: float) -> Design:
        cases = max(FEWEST, ceil(needed))
        if way == "blocks":
            cases = ceil(cases / self.block) * self.block
        intake = cases / self.arrivals
        months = intake + self.horizon / MONTH
        return Design(
            way=way,
            cases=cases,
            intake=intake,
            months=months,
            seen=months <= LONGEST,
            block=self.block if way == "blocks" else None,
        )
