"""The rule by which an activity chooses its cases is found where one was planted; it foretells later runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import numpy as np
import pytest
from numpy.random import default_rng
from scipy.stats import wasserstein_distance

from bench.rebuild.whatif import collect, distance
from contracts.terms.errors import InvalidInput
from seamless.rebuild.learned.cutoffs import Cutoffs
from seamless.rebuild.learned.runs import AGAIN, FIRST, Runs, foretell_runs, learn_runs, run_days
from seamless.rebuild.log import EventLog
from tests.unit.seamless.rebuild.learned.planted import RUN, by_age, by_year, planted, yearly
from tests.unit.seamless.rebuild.logs import case, day, log, step

SEEDS = range(4)


def learned_at(whole: EventLog, runs: int) -> tuple[datetime, Runs]:
    """What is known on the day after so many runs."""
    split = datetime.combine(run_days(whole, RUN)[runs - 1] + timedelta(1), time(), whole.as_of.tzinfo)
    return split, learn_runs(whole.as_seen(split), RUN)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("age", [60, 150, 320])
def test_an_age_that_was_planted_is_learned_and_foretells_later_runs(seed: int, age: int) -> None:
    random = default_rng(seed)
    whole = planted(random, yearly(random, 90), by_age(age))
    split, learned = learned_at(whole, 5)
    assert learned.after == "check"
    assert learned.cutoffs.by == "age"
    assert learned.cutoffs.age == pytest.approx(age, abs=10)
    found = collect(whole, RUN, split)
    assert found.right > 0.95
    assert found.distance < 15 < found.naive_distance + 15


@pytest.mark.parametrize("day_of_year", [40, 150, 330])
def test_a_day_of_the_year_that_was_planted_is_learned(day_of_year: int) -> None:
    right = []
    for seed in SEEDS:
        random = default_rng(seed)
        whole = planted(random, yearly(random, 40), by_year(day_of_year, 50))
        split, learned = learned_at(whole, 6)
        assert learned.cutoffs.by == "year"
        right.append(collect(whole, RUN, split).right)
    assert np.mean(right) > 0.9  # where the days of runs do not tell which year is meant, one run is wrong


def test_a_run_at_a_time_of_the_year_that_was_not_seen_goes_by_age() -> None:
    seen = {1000: 900}
    cutoffs = Cutoffs(seen, "year", age=110, off=5, turn=180, least=90, most=140)
    runs = np.array([1000, *(int(365.25 * 10) + 180 + ago for ago in (85, 95, 139, 150))])
    assert int(cutoffs.of(runs)[0]) == 900
    assert [round(run - day) for run, day in zip(runs[1:], cutoffs.of(runs)[1:], strict=True)] == [
        110,
        *(pytest.approx(ago, abs=1) for ago in (95, 139)),
        110,
    ]


def test_who_has_paid_does_not_go_and_who_was_held_back_goes_later() -> None:
    random = default_rng(5)
    whole = planted(random, yearly(random, 60), by_age(120), held_back=0.2)
    _, learned = learned_at(whole, 8)
    chances = dict(zip(learned.states, learned.chances, strict=False))
    assert chances["check"][FIRST] == pytest.approx(0.8, abs=0.04)
    assert chances["check"][AGAIN] > 0.85
    assert chances["pay"][FIRST] < 0.02


def test_chances_add_up_to_who_went() -> None:
    random = default_rng(6)
    whole = planted(random, yearly(random, 60), by_age(120), held_back=0.1)
    split, learned = learned_at(whole, 6)
    runs = [run for run in run_days(whole, RUN) if run >= split.date()]
    gone = {
        case.reference for case in whole.as_seen(split).cases if any(s.activity == RUN for s in case.steps)
    }
    later = replace(whole, cases=tuple(case for case in whole.cases if case.reference not in gone))
    foretold = foretell_runs(learned, later, runs, learned.days)
    went = sum(any(s.activity == RUN for s in case.steps) for case in later.cases)
    assert foretold.chances.sum() == pytest.approx(went, rel=0.05)
    assert (foretold.chances.sum(axis=1) <= 1 + 1e-9).all()


def test_nothing_is_read_of_who_went_or_of_what_followed() -> None:
    random = default_rng(7)
    whole = planted(random, yearly(random, 60), by_age(120))
    _, learned = learned_at(whole, 6)
    runs = run_days(whole, RUN)[6:]
    last = datetime.combine(runs[-1], time(), whole.as_of.tzinfo)
    bare = [
        each._replace(steps=tuple(s for s in each.steps if s.activity != RUN and s.completed < last))  # type: ignore[operator]
        for each in whole.cases
    ]
    without = foretell_runs(learned, replace(whole, cases=tuple(bare)), runs)
    assert np.array_equal(foretell_runs(learned, whole, runs).chances, without.chances)


def test_more_runs_a_year_are_waited_for_less() -> None:
    random = default_rng(8)
    whole = planted(random, yearly(random, 60), by_age(120))
    learned = learn_runs(whole, RUN)
    once = [day(365 * year).date() for year in range(3, 9)]
    often = sorted([*once, *(day(365 * year + 182).date() for year in range(3, 8))])

    def mean_day(runs: list) -> float:  # type: ignore[type-arg]
        foretold = foretell_runs(learned, whole, runs)
        at = np.array([run.toordinal() for run in foretold.runs])
        return float((foretold.chances * at).sum() / foretold.chances.sum())

    assert mean_day(often) < mean_day(once) - 60


def test_a_case_that_has_ended_does_not_go_where_ends_are_recorded() -> None:
    ended = [case(at, at + 50, step("check", at + 10), reference=f"e{at}") for at in range(100)]
    open_ones = [
        case(at, 300, step("check", at + 10), step(RUN, 300), reference=f"o{at}") for at in range(100)
    ]
    whole = log([*ended, *open_ones], 1000)
    foretold = foretell_runs(learn_runs(whole, RUN), whole, [day(310).date()])
    goes = dict(zip((each.reference for each in whole.cases), foretold.chances[:, 0], strict=True))
    assert max(chance for name, chance in goes.items() if name.startswith("e")) == 0


def test_one_run_is_enough_to_learn_an_age() -> None:
    cases = [
        case(at, None, step("check", at), *([step(RUN, 400)] if at <= 250 else []), reference=f"{at:03}")
        for at in range(300)
    ]
    learned = learn_runs(log(cases, 450, "unknown"), RUN)
    assert learned.cutoffs.by == "age"
    assert learned.cutoffs.age == 150
    assert learned.cutoffs.off is None


def test_a_few_strays_are_no_run() -> None:
    cases = [case(at, None, step("check", at), step(RUN, 400), reference=f"{at:03}") for at in range(99)]
    stray = case(0, None, step("check", 0), step(RUN, 77), reference="stray")
    assert run_days(log([*cases, stray], 450, "unknown"), RUN) == [day(400).date()]


def test_what_comes_every_day_is_refused() -> None:
    daily = log([case(at, None, step("check", at + 1), reference=f"{at:03}") for at in range(99)], 200)
    with pytest.raises(InvalidInput, match="does not come in runs"):
        learn_runs(daily, "check")
    with pytest.raises(InvalidInput, match=r"no case had 'collect'.*check"):
        learn_runs(daily, RUN)


def test_runs_that_cannot_be_foretold_are_refused() -> None:
    random = default_rng(9)
    whole = planted(random, yearly(random, 60), by_age(120), cases=400)
    learned = learn_runs(whole, RUN)
    with pytest.raises(InvalidInput, match="one or more"):
        foretell_runs(learned, whole, [])
    with pytest.raises(InvalidInput, match="not later than"):
        foretell_runs(learned, whole, [learned.days[0]], learned.days)


def test_the_distance_is_that_of_scipy() -> None:
    random = default_rng(10)
    for _ in range(20):
        some, others = random.integers(0, 50, 30).astype(float), random.normal(20, 9, random.integers(1, 40))
        assert distance(some, others) == pytest.approx(wasserstein_distance(some, others))
