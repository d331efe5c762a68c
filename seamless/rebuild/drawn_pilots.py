"""Pilots drawn from a log, decided as ``seamless pilot`` decides them: blocks of consecutive arrivals, looked
at every day, until the evidence says that the new way is better."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archive.pilots.evidence import FASTER, GOAL, SHARES
from archive.pilots.martingale import first_day, wealth
from archive.pilots.risk_sets import ends_in
from seamless.rebuild.placebo import Times
from seamless.rebuild.survival import Days

AT_ONCE = 20
"""So many pilots are computed at the same time."""


class Decided(NamedTuple):
    """What became of some pilots; infinite: the new way was never called better.

    Attributes:
        cases: how many cases had arrived when it was.
        days: how long that took from the first of them on.
    """

    cases: Days
    days: Days


def decided(
    times: Times, *, block: int, factor: float, cases: int, pilots: int, chance: np.random.Generator
) -> Decided:
    """Draw pilots of at most so many cases; each begins at a case of the log that is drawn, and goes on with
    those that arrived after it. After the last case of the log comes the first one.

    Args:
        times: of the log. A case that has not ended in it does not end in a pilot either.
        block: one case of so many is new.
        factor: by which the time of a new case is multiplied.
    """
    blocks = max(1, cases // block)
    parts = [
        _some(times, block, factor, blocks, min(AT_ONCE, pilots - done), chance)
        for done in range(0, pilots, AT_ONCE)
    ]
    return Decided(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _some(
    times: Times, block: int, factor: float, blocks: int, pilots: int, chance: np.random.Generator
) -> Decided:
    count = len(times.starts)
    at = chance.integers(count, size=pilots)[:, None] + np.arange(blocks * block)
    around = times.as_of * (at // count)
    starts = (times.starts[at % count] + around).reshape(pilots, blocks, block)
    took = (times.ends - times.starts)[at % count].reshape(starts.shape)
    new = np.arange(block) == chance.integers(block, size=(pilots, blocks))[..., None]
    events = ends_in(starts, starts + np.where(new, took * factor, took), new).flat(pilots, -1).ordered()
    day = first_day(wealth(events, FASTER, SHARES), events.days, GOAL)
    arrived = (starts.reshape(pilots, -1) <= day[:, None]).sum(axis=-1).astype(np.float64)
    known = np.isfinite(day)
    return Decided(np.where(known, arrived, np.inf), np.where(known, day - starts[:, 0, 0], np.inf))
