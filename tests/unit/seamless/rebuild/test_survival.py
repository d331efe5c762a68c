"""The curve and the restricted mean are those of ``lifelines``, with open cases and ties, of any data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time

from seamless.rebuild.survival import (
    Curve,
    Estimate,
    change,
    horizon_of,
    kaplan_meier,
    share_of,
    within,
)

LIVED = st.lists(st.tuples(st.integers(1, 400), st.booleans()), min_size=2, max_size=80)


def curve_of(lived: list[tuple[int, bool]]) -> Curve:
    times, ended = zip(*lived, strict=True)
    return kaplan_meier(np.array(times, float), np.array(ended))


@settings(deadline=None, max_examples=60)
@given(LIVED, st.integers(1, 500))
def test_the_curve_and_the_mean_are_those_of_lifelines(lived: list[tuple[int, bool]], horizon: int) -> None:
    times, ended = zip(*lived, strict=True)
    judge = KaplanMeierFitter().fit(times, ended)
    curve = curve_of(lived)
    for time in (0.5, *set(times), 401):
        assert curve.longer_than(time) == pytest.approx(float(judge.predict(time)), abs=1e-9)
    expected = restricted_mean_survival_time(judge, t=float(horizon))
    assert curve.restricted_mean(horizon).value == pytest.approx(float(expected), rel=1e-6)


@settings(deadline=None, max_examples=40)
@given(LIVED)
def test_the_median_is_that_of_lifelines(lived: list[tuple[int, bool]]) -> None:
    times, ended = zip(*lived, strict=True)
    judge = KaplanMeierFitter().fit(times, ended).median_survival_time_
    assume(min(abs(curve_of(lived).share - 0.5)) > 1e-9)  # there, the judge's last digit decides
    median = curve_of(lived).quantile(0.5)
    assert (median is None and np.isinf(judge)) or median == pytest.approx(float(judge))


def test_without_open_cases_it_is_the_plain_mean_and_its_error() -> None:
    times = np.array([2.0, 3, 3, 8, 14])
    found = kaplan_meier(times, np.ones(5, bool)).restricted_mean(100)
    assert found.value == pytest.approx(times.mean())
    assert found.error == pytest.approx(times.std() / np.sqrt(5), rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(LIVED, st.integers(1, 500))
def test_what_each_case_adds_has_the_mean_and_the_error_of_the_whole(
    lived: list[tuple[int, bool]], horizon: int
) -> None:
    times, ended = (np.array(each) for each in zip(*lived, strict=True))
    curve = kaplan_meier(times.astype(float), ended)
    added = curve.influence(times.astype(float), ended, horizon)
    assert added.mean() == pytest.approx(curve.restricted_mean(horizon).value, rel=1e-9, abs=1e-9)
    assert added.std() / np.sqrt(len(added)) <= curve.restricted_mean(horizon).error * 1.0001 + 1e-9


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    chance = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        waits, seen = chance.exponential(30, 150), chance.uniform(0, 120, 150)
        found = kaplan_meier(np.minimum(waits, seen), waits <= seen).restricted_mean(60)
        held += found.low <= 30 * (1 - np.exp(-2)) <= found.high
    assert 0.91 <= held / 400 <= 0.985


def test_the_average_of_finished_cases_would_be_too_short_and_this_is_not() -> None:
    chance = np.random.default_rng(11)
    waits, seen = chance.exponential(100, 4000), chance.uniform(0, 200, 4000)
    ended = waits <= seen
    assert waits[ended].mean() < 60
    assert kaplan_meier(np.minimum(waits, seen), ended).restricted_mean(180).value == pytest.approx(
        100 * (1 - np.exp(-1.8)), rel=0.03
    )


def test_the_horizon_is_a_time_that_people_know_by_which_most_has_ended() -> None:
    many = [(day, True) for day in range(1, 101)]
    assert horizon_of(curve_of(many)) == 90
    assert horizon_of(curve_of([*many, *[(500, False)] * 100])) == 90, "what does not end adds nothing"
    assert horizon_of(curve_of([(500, False)])) == 730, "nothing has ended"


def test_nothing_is_said_beyond_what_was_seen() -> None:
    assert within(180, np.arange(1.0, 101)) == 91, "ten were seen for so long"
    assert within(180, np.arange(1.0, 401)) == 180
    assert within(180, np.arange(1.0, 401), np.array([3.0, 7.5])) == 7, "of few, one in ten, but one at least"
    assert within(180, np.array([0.25])) == 0.25


def test_a_change_has_the_error_of_both() -> None:
    found = change(Estimate(100, 3), Estimate(90, 4))
    assert found is not None
    assert found.value == pytest.approx(-0.1)
    assert found.error == pytest.approx(np.hypot(4, 0.9 * 3) / 100)
    assert change(Estimate(0, 0), Estimate(1, 0)) is None


def test_of_none_or_all_the_error_is_not_none() -> None:
    assert share_of(0, 20).error > 0.05
    assert share_of(0, 0) == Estimate(0, 0)
