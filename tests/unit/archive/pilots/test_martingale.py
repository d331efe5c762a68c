"""Where nothing is to be found, few pilots are decided: in any office, for whoever stops at the maximum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from archive.pilots.cases import Days
from archive.pilots.evidence import ALPHA, FASTER, GOAL, ODDS, SHARES, SLOWER
from archive.pilots.martingale import first_day, wealth
from archive.pilots.risk_sets import RiskSets, ends_in, harms_in

PILOTS, BLOCKS = 2000, 60
MOST = ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / PILOTS)
"""The share decided, but for what chance does to the count."""


def even(starts: Days, random: np.random.Generator) -> Days:
    return starts + random.gamma(3.0, 14.0, starts.shape)


def on_few_days(starts: Days, random: np.random.Generator) -> Days:
    """The pile is emptied on every fortieth day: who comes just after it waits longest."""
    return np.asarray(np.ceil((starts + random.exponential(5.0, starts.shape)) / 40) * 40)


def ever_slower(starts: Days, random: np.random.Generator) -> Days:
    """Within a block the later case takes longer, and the more so the more have come."""
    return starts + (5 + starts**1.5) * random.uniform(0.9, 1.1, starts.shape)


def broken_down(starts: Days, random: np.random.Generator) -> Days:
    """Half of the time nothing ends; one in four never does."""
    ends = starts + random.exponential(20.0, starts.shape)
    ends = np.where((ends // 30) % 2 == 1, np.ceil(ends / 60) * 60, ends)
    return np.where(random.random(starts.shape) < 0.25, np.inf, ends)


@pytest.mark.parametrize("office", [even, on_few_days, ever_slower, broken_down])
@pytest.mark.parametrize("size", [2, 5])
def test_few_pilots_with_nothing_to_find_are_ever_decided(
    office: Callable[[Days, np.random.Generator], Days], size: int
) -> None:
    random = np.random.default_rng(size)
    starts = np.sort(random.uniform(0, 2 * BLOCKS, (PILOTS, BLOCKS * size)), axis=-1)
    starts = starts.reshape(PILOTS, BLOCKS, size)
    ends = office(starts, random)
    new = np.arange(size) == random.integers(size, size=(PILOTS, BLOCKS))[..., None]
    harmed = random.random(starts.shape) < 0.3
    for events, odds in (
        (ends_in(starts, ends, new), FASTER),
        (ends_in(starts, ends, new), SLOWER),
        (harms_in(ends, harmed, new), ODDS),
    ):
        flat = events.flat(PILOTS, -1).ordered()
        course = wealth(flat, odds, SHARES)
        decided = np.isfinite(first_day(course, flat.days, GOAL)).mean()
        assert decided <= MOST
        assert course[:, -1].min() < 0.5  # it was bet


def test_the_gain_of_a_bet_is_what_the_ratio_says() -> None:
    """Of four at risk the new one ends first: likelihood r / (r + 3), against 1 / 4."""
    starts, ends = np.zeros((1, 4)), np.array([[5.0, 9.0, 9.0, np.inf]])
    first = ends_in(starts, ends, np.array([[True, False, False, False]]))
    assert wealth(first, [3.0], [1.0])[0, 0] == pytest.approx(4 * 3 / (3 + 3))
    last = ends_in(starts, ends, np.array([[False, False, False, True]]))
    assert last.ended.tolist() == [[1.0, 2.0, 0.0, 0.0]]
    assert wealth(last, [3.0], [1.0])[0, -1] == pytest.approx(4 / (3 + 3) * 3 / (2 * 3 + 1))


def test_an_e_value_stays_a_number() -> None:
    many = RiskSets(np.arange(5000.0), np.full(5000, 2.0), np.ones(5000), np.ones(5000, bool))
    assert np.isfinite(wealth(many, [4.0], [1.0])).all()
