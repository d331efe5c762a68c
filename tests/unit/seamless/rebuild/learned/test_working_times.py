"""Working times are learned as lifelines would, and go on beyond what was seen; how sure they are is told."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from numpy.random import default_rng

from contracts.terms.errors import InvalidInput
from seamless.rebuild.learned.working_times import WorkingTimes, working_times
from tests.unit.seamless.rebuild.logs import case, log, step

LIVED = st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=40).filter(
    lambda lived: any(ended for _, ended in lived)
)


def of(lived: list[tuple[int, bool]]) -> WorkingTimes:
    times, ended = zip(*lived, strict=True)
    return WorkingTimes.of(times, ended)


@pytest.mark.filterwarnings("ignore:Approximating")
@settings(deadline=None, max_examples=60)
@given(LIVED, st.floats(0.01, 0.99))
def test_quantiles_are_those_of_lifelines_where_that_much_was_seen(
    lived: list[tuple[int, bool]], part: float
) -> None:
    learned = of(lived)
    judge = KaplanMeierFitter().fit(*zip(*lived, strict=True))
    share = judge.survival_function_.iloc[:, 0]
    if part < 1 - learned.not_seen - 1e-9 and min(abs(share - (1 - part))) > 1e-9:
        assert learned.quantile(part) == pytest.approx(float(judge.percentile(1 - part)))


@settings(deadline=None, max_examples=60)
@given(LIVED)
def test_the_mean_is_that_of_the_quantiles_and_of_what_is_drawn(lived: list[tuple[int, bool]]) -> None:
    learned = of(lived)
    parts = (np.arange(20_000) + 0.5) / 20_000
    mean = np.mean([learned.quantile(float(part)) for part in parts])
    assert learned.mean == pytest.approx(mean, rel=0.02, abs=0.01)


def test_without_open_ones_what_is_drawn_is_what_was_seen_as_often() -> None:
    learned, random = WorkingTimes.of([1, 2, 2, 7]), default_rng(1)
    drawn = [learned.draw(random) for _ in range(4000)]
    assert set(drawn) == {1, 2, 7}
    assert drawn.count(2) / 4000 == pytest.approx(0.5, abs=0.03)
    assert learned.mean == 3
    assert learned.quantile(1) == 7


def test_of_an_even_hazard_of_which_only_the_beginning_was_seen_the_mean_is_found() -> None:
    lasted = default_rng(2).exponential(30.0, 5000)
    learned = WorkingTimes.of(np.minimum(lasted, 20.0), lasted <= 20)
    assert learned.not_seen == pytest.approx(np.exp(-20 / 30), abs=0.02)
    assert learned.mean == pytest.approx(30, rel=0.05)
    assert learned.quantile(0.9) == pytest.approx(30 * np.log(10), rel=0.05)
    assert learned.quantile(1) == inf


def test_what_was_last_seen_under_way_lasts_longer_than_that() -> None:
    learned = WorkingTimes.of([2, 50], [True, False])
    assert learned.quantile(0.5) == 2
    assert learned.quantile(0.51) > 50


def test_a_range_is_even_and_stays_as_it_was_stated() -> None:
    stated = WorkingTimes.between(3, 10)
    assert [stated.quantile(part) for part in (0, 0.5, 1)] == [3, 6.5, 10]
    assert stated.mean == 6.5
    assert stated.resampled(default_rng(1)) is stated
    assert WorkingTimes.between(4, 4).draw(default_rng(1)) == 4


def test_resampling_varies_the_mean_as_other_cases_would() -> None:
    random = default_rng(3)
    learned = WorkingTimes.of(random.gamma(2.0, 5.0, 100))
    means = [learned.resampled(random).mean for _ in range(400)]
    assert np.mean(means) == pytest.approx(learned.mean, rel=0.02)
    assert np.std(means) == pytest.approx(5 * np.sqrt(2) / np.sqrt(100), rel=0.25)


def test_resampling_never_loses_the_only_one_that_ended() -> None:
    learned, random = WorkingTimes.of([5] + [9] * 30, [True] + [False] * 30), default_rng(4)
    assert all(learned.resampled(random).quantile(0.001) >= 5 for _ in range(50))


def test_twice_as_long_is_twice_the_mean_and_its_uncertainty() -> None:
    learned = WorkingTimes.of([1, 4, 6, 6], [True, True, True, False])
    twice = learned.scaled(2)
    assert twice.mean == pytest.approx(2 * learned.mean)
    assert twice.resampled(default_rng(5)).mean == pytest.approx(2 * learned.resampled(default_rng(5)).mean)


@pytest.mark.parametrize(
    ("times", "ended"),
    [([1.0, -2.0], [True, True]), ([1.0, float("nan")], [True, True]), ([3.0], [False]), ([], [])],
)
def test_what_tells_nothing_is_refused(times: list[float], ended: list[bool]) -> None:
    with pytest.raises(InvalidInput, match="working times"):
        WorkingTimes.of(times, ended)


@pytest.mark.parametrize("limits", [(5, 3), (-1, 3), (0, inf), (float("nan"), 3)])
def test_what_is_no_range_is_refused(limits: tuple[float, float]) -> None:
    with pytest.raises(InvalidInput, match="no range"):
        WorkingTimes.between(*limits)


def test_a_log_tells_of_work_where_it_records_who_began_and_else_of_more() -> None:
    worked = [
        case(
            at, at + 9, step("review", at + 6, queued=at, started=at + 4), step("sign", at + 9, queued=at + 6)
        )
        for at in range(4)
    ]
    learned = working_times(log(worked, 20))
    assert (learned["review"].since, learned["review"].times.mean) == ("started", 2)
    assert (learned["sign"].since, learned["sign"].times.mean) == ("asked", 3)
    bare = working_times(log([case(0, 9, step("review", 6), step("sign", 9))], 20))
    assert (bare["sign"].since, bare["sign"].times.mean) == ("before", 3)


@pytest.mark.parametrize("how", ["deemed", "lapsed", "stopped"])
def test_silence_is_no_answer_that_took_so_long(how: str) -> None:
    asked = [
        case(0, 4, step("review", 4, queued=0, how="answered")),
        case(1, 11, step("review", 11, queued=1, how=how)),
        case(2, None, step("review", None, queued=2)),
        case(3, None, step("other", None, queued=3)),
    ]
    learned = working_times(log(asked, 30))
    assert "other" not in learned
    assert learned["review"].times.not_seen == pytest.approx(2 / 3)
    assert learned["review"].times.quantile(0.5) > 28
