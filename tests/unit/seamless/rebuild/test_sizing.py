"""A pilot of the named size sees the gain as often as it is named; simulated pilots say so."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from archive.pilots.cases import PilotCase
from archive.pilots.evidence import evidence
from bench.rebuild.sized import power
from contracts.terms.errors import InvalidInput
from seamless.rebuild.drawn_pilots import decided
from seamless.rebuild.log import EventLog
from seamless.rebuild.placebo import Times
from seamless.rebuild.sizing import Design, Sized, correlation, moments, shortened, size
from seamless.rebuild.sizing_told import told_size
from seamless.rebuild.survival import kaplan_meier
from tests.unit.seamless.rebuild.logs import case, day, log, step

FIFTH = Fraction(1, 5)


def arrivals(seed: int, *, count: int = 1500, drift: float = 0.0, shape: float = 4.0) -> EventLog:
    """Two cases a day; what neighbours have in common drifts."""
    chance, cases, level = np.random.default_rng(seed), [], 0.0
    for number in range(count):
        level = 0.98 * level + chance.normal(0, drift)
        start, took = number / 2, float(chance.gamma(shape, 20 / shape) * np.exp(level))
        cases.append(case(start, start + took, step("decide", start + took)))
    return log(cases, 5000).as_seen(day(count / 2 + 60))


def of(found: Sized, way: str) -> Design:
    return next(design for design in found.designs if design.way == way)


@pytest.mark.parametrize(("share", "drift"), [("1/2", 0.0), ("1/2", 0.15), ("1/4", 0.15)])
@pytest.mark.parametrize("way", ["individual", "blocks"])
def test_a_pilot_of_that_size_sees_the_gain_as_often_as_named(way: str, share: str, drift: float) -> None:
    made, chance = arrivals(3, drift=drift), np.random.default_rng(5)
    found = size(made, gain=FIFTH, share=Fraction(share))
    seen = power(made, found, of(found, way), chance, gain=0.2, pilots=300)
    assert 0.68 <= seen <= 0.9
    assert power(made, found, of(found, way), chance, gain=0.0, pilots=300) <= 0.06


def test_a_pilot_of_half_that_size_does_not() -> None:
    made, chance = arrivals(4), np.random.default_rng(6)
    found = size(made, gain=FIFTH)
    whole = of(found, "blocks")
    assert whole.cases is not None
    half = whole.model_copy(update={"cases": whole.cases // 4 * 2})
    assert power(made, found, half, chance, gain=0.2, pilots=300) < 0.62


def test_of_independent_cases_it_is_the_textbook_formula() -> None:
    found = size(arrivals(5, count=4000), gain=FIFTH)
    spread = 20 / 4**0.5
    textbook = (1.96 + 0.8416) ** 2 * 2 * (spread**2 + (0.8 * spread) ** 2) / (0.2 * 20) ** 2
    cases = of(found, "individual").cases
    assert cases is not None
    assert cases == pytest.approx(textbook, rel=0.12)
    assert found.alike < 0.08


def test_where_neighbours_are_alike_blocks_need_fewer() -> None:
    found = size(arrivals(6, drift=0.3), gain=FIFTH)
    blocks, individual = of(found, "blocks").cases, of(found, "individual").cases
    assert found.alike > 0.3
    assert blocks is not None
    assert individual is not None
    assert blocks < 0.8 * individual


def test_before_and_after_needs_more_where_the_level_drifts_and_says_where_it_cannot_be_seen() -> None:
    calm, drifting = (size(arrivals(7, drift=drift), gain=FIFTH) for drift in (0.0, 0.3))
    seen, unseen = of(calm, "before-after"), of(drifting, "before-after")
    assert seen.cases is not None
    assert (unseen.cases, unseen.seen) == (None, False)
    assert unseen.smallest is not None
    assert unseen.smallest > 0.2
    assert "Before and after: it cannot be seen" in " ".join(told_size(drifting, "en").findings)
    assert "前后对比：看不出来" in " ".join(told_size(drifting, "zh").findings)


def test_a_gain_that_takes_years_is_told_with_cases_and_years() -> None:
    rare = log([case(at * 20, at * 20 + took) for at, took in enumerate([3, 40] * 100)], 4100)
    found = size(rare, gain=Fraction(1, 10))
    design = of(found, "individual")
    assert design.months is not None
    assert design.cases is not None
    assert not design.seen
    text = " ".join(told_size(found, "en").findings)
    assert f"{design.cases:,} cases, {design.months / 12:,.0f} years. It cannot be seen so" in text
    assert "Only a larger gain can be seen" in text


def test_a_pilot_takes_until_its_last_case_was_seen_up_to_the_horizon() -> None:
    found = size(arrivals(8), gain=FIFTH)
    design = of(found, "blocks")
    assert found.arrivals == pytest.approx(2 * 365.25 / 12, rel=0.01)
    assert design.cases is not None
    assert design.intake == pytest.approx(design.cases / found.arrivals)
    assert design.months == pytest.approx(design.cases / found.arrivals + found.horizon / (365.25 / 12))


def test_times_beyond_the_horizon_do_not_get_shorter() -> None:
    curve = kaplan_meier(np.array([10.0, 100.0]), np.array([True, True]))
    assert moments(curve, 40).mean == 25
    assert moments(curve, 40).variance == 225
    assert shortened(curve, 40, 0.5).mean == (5 + 40) / 2
    assert shortened(curve, 40, 0.3).mean == (3 + 30) / 2


def test_the_correlation_of_neighbours_is_that_of_their_blocks() -> None:
    alike = np.repeat(np.random.default_rng(1).normal(size=500), 2)
    assert correlation(alike, 2) == pytest.approx(1)
    assert correlation(np.random.default_rng(2).normal(size=1000), 2) < 0.1
    assert correlation(np.zeros(9), 2) == 0


@pytest.mark.parametrize("share", ["1/1", "3/4", "1/21", "2/5"])
def test_a_share_that_makes_no_block_is_told(share: str) -> None:
    with pytest.raises(InvalidInput, match="give one case of a block, 1/2 to 1/20"):
        size(arrivals(9, count=60), gain=FIFTH, share=Fraction(share))


def test_too_few_cases_and_a_log_without_ends_are_told() -> None:
    with pytest.raises(InvalidInput, match="19 cases started in that time, and 20 are the fewest"):
        size(arrivals(10, count=19), gain=FIFTH)
    with pytest.raises(InvalidInput, match="--end ACTIVITY"):
        size(log([case(0, None, step("a", 1))] * 30, 9, "unknown"), gain=FIFTH)
    with pytest.raises(InvalidInput, match="no case would get shorter"):
        size(log([case(at, at) for at in range(30)], 90), gain=FIFTH)


# --- as seamless pilot decides ------------------------------------------------------------------------------


def test_drawn_pilots_are_decided_as_the_evidence_of_a_pilot_is() -> None:
    """The same cases, given to the evidence one by one, are called better on the same day."""
    made, chance = arrivals(11, count=400), np.random.default_rng(3)
    times = Times.of(made)
    found = decided(times, block=2, factor=0.4, cases=200, pilots=1, chance=chance)
    again = np.random.default_rng(3)
    at = int(again.integers(400, size=1)[0]) + np.arange(200)
    new = np.arange(2) == again.integers(2, size=(1, 100))[..., None]
    starts = times.starts[at % 400] + times.as_of * (at // 400)
    took = (times.ends - times.starts)[at % 400] * np.where(new.ravel(), 0.4, 1.0)
    cases = [
        PilotCase(
            block=number // 2,
            size=2,
            arm="new" if new.ravel()[number] else "old",
            start=float(starts[number]),
            end=float(starts[number] + took[number]) if np.isfinite(took[number]) else None,
            refused=False,
        )
        for number in range(200)
    ]
    reached = evidence(cases, float(starts[0] + 2000)).faster.reached
    assert reached is not None
    assert found.days[0] == pytest.approx(reached - starts[0])
    assert found.cases[0] == (starts <= reached).sum()


def test_with_nothing_to_find_few_drawn_pilots_are_called_better() -> None:
    chance = np.random.default_rng(4)
    times = Times.of(arrivals(12, drift=0.2))
    found = decided(times, block=2, factor=1.0, cases=600, pilots=400, chance=chance)
    assert np.isfinite(found.cases).mean() <= 0.05


def test_what_a_pilot_needs_is_when_so_many_of_those_drawn_are_decided() -> None:
    made = arrivals(13)
    small, large = (size(made, gain=gain) for gain in (Fraction(1, 5), Fraction(1, 2)))
    assert of(large, "pilot").cases is not None
    assert of(small, "pilot").cases is not None
    assert (of(large, "pilot").cases or 0) < (of(small, "pilot").cases or 0)
    fresh = np.random.default_rng(99)
    again = decided(Times.of(made), block=2, factor=0.5, cases=2000, pilots=400, chance=fresh)
    assert np.mean(again.cases <= (of(large, "pilot").cases or 0)) == pytest.approx(0.8, abs=0.07)
