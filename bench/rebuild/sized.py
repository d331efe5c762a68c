"""Whether a pilot of the size that ``seamless rebuild size`` names sees what it should: pilots are drawn from
a log, in the order in which its cases arrived."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from bench.rebuild.goals import Goal
from seamless.rebuild.durations import whole_times
from seamless.rebuild.log import EventLog
from seamless.rebuild.sizing import Design, Sized, size
from seamless.rebuild.survival import CONFIDENT, Days, Flags, kaplan_meier

GAIN, PILOTS = Fraction(3, 10), 400


class Arrivals(NamedTuple):
    """The cases of a pilot, as they arrived: their times as in the log, whether they ended, and which of them
    got the new way."""

    times: Days
    ended: Flags
    new: Flags


Seen = Callable[[Arrivals, float, int], bool]
"""Whether a pilot says that the new way is quicker, up to a horizon, with blocks of so many cases."""


def drawn(
    times: Days, ended: Flags, cases: int, block: int, chance: np.random.Generator, *, in_blocks: bool
) -> Arrivals:
    """A stretch of consecutive arrivals, from a place drawn at random. The first case follows the last."""
    its = (chance.integers(len(times)) + np.arange(cases)) % len(times)
    if in_blocks:
        new = np.zeros((cases // block, block), bool)
        new[np.arange(len(new)), chance.integers(block, size=len(new))] = True
        return Arrivals(times[its], ended[its], new.ravel())
    return Arrivals(times[its], ended[its], chance.random(cases) < 1 / block)


def seen_by_means(pilot: Arrivals, horizon: float, block: int) -> bool:
    """The new cases' restricted mean is shorter than the others', by the ordinary test."""
    old, new = (
        kaplan_meier(pilot.times[its], pilot.ended[its]).restricted_mean(horizon)
        for its in (~pilot.new, pilot.new)
    )
    return new.value - old.value < -CONFIDENT * float(np.hypot(new.error, old.error))


def seen_in_blocks(pilot: Arrivals, horizon: float, block: int) -> bool:
    """The new case of a block is shorter than the mean of the others, on average of all blocks."""
    worth = np.zeros(len(pilot.times))
    for its in (~pilot.new, pilot.new):
        curve = kaplan_meier(pilot.times[its], pilot.ended[its])
        worth[its] = curve.influence(pilot.times[its], pilot.ended[its], horizon)
    values, new = worth.reshape(-1, block), pilot.new.reshape(-1, block)
    differs: Days = values[new] - (values * ~new).sum(axis=1) / (block - 1)
    return bool(differs.mean() < -CONFIDENT * differs.std(ddof=1) / len(differs) ** 0.5)


def power(
    log: EventLog, sized: Sized, design: Design, chance: np.random.Generator, *, gain: float, pilots: int
) -> float:
    """Which share of pilots of that size sees a gain, where each new case is shorter by that part."""
    assert design.cases is not None
    times, ended = whole_times(log)
    block, in_blocks = round(1 / sized.share), design.way == "blocks"
    says: Seen = seen_in_blocks if in_blocks else seen_by_means
    found = 0
    for _ in range(pilots):
        pilot = drawn(times, ended, design.cases, block, chance, in_blocks=in_blocks)
        changed = np.where(pilot.new, pilot.times * (1 - gain), pilot.times)
        found += says(pilot._replace(times=changed), sized.horizon, block)
    return found / pilots


def sizes(log: EventLog, share: Fraction, pilots: int = PILOTS) -> Iterator[Goal]:
    """What share of pilots of the named size sees the gain, and sees one where there is none."""
    found, chance = size(log, gain=GAIN, share=share), np.random.default_rng(1)
    for design in found.designs:
        if design.way in ("individual", "blocks") and design.cases is not None:
            sees = power(log, found, design, chance, gain=found.gain, pilots=pilots)
            errs = power(log, found, design, chance, gain=0.0, pilots=pilots)
            yield Goal(
                f"{log.name}, {design.cases} cases, {design.way}, share {share}",
                "",
                f"{found.gain:.0%} shorter: seen in {sees:.0%} of {pilots} pilots, named {found.power:.0%}",
                True,
                f"one where there is none in {errs:.1%}",
            )
