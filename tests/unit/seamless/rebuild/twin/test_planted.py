"""The planted worlds of the bench: hidden from whoever predicts, and found again from a log."""

from __future__ import annotations

import numpy as np
import pytest

from bench.rebuild.planted import WORLDS, times_of, without_times
from bench.rebuild.twins import recorded
from seamless.rebuild.twin.changes import Change
from seamless.rebuild.twin.conditions import Working
from seamless.rebuild.twin.learning import learn
from seamless.rebuild.twin.predicting import Question, predict
from seamless.rebuild.twin.world import Registries

TREES = next(world for world in WORLDS if world.name == "tree felling")


def test_nine_worlds_differ_in_all_that_is_planted() -> None:
    assert len(WORLDS) == 9
    assert len({world.family for world in WORLDS}) == 5
    assert len({world.calendar for world in WORLDS}) == 3
    assert len({world.busy for world in WORLDS}) >= 5
    assert any(world.batches for world in WORLDS)
    assert any(world.bunched for world in WORLDS)
    assert any(world.officers == (1, 1) for world in WORLDS)


@pytest.mark.parametrize("family", sorted({world.family for world in WORLDS}))
def test_times_of_each_family_have_the_mean_that_is_asked_for(family: str) -> None:
    times = times_of(family, 1.5, np.random.default_rng(1))  # type: ignore[arg-type]
    assert times.mean == pytest.approx(1.5, rel=0.1)


def test_whoever_predicts_knows_no_times_no_officers_and_no_arrivals() -> None:
    known = without_times(TREES.conditions(1))
    assert known.working == Working()
    assert known.arrivals.a_day == 0


def test_a_log_of_the_old_way_foretells_the_new_one() -> None:
    true, known = TREES.conditions(3), Registries()
    change = Change(instead=TREES.instead())
    truth = predict(Question(true, change), runs=3, cases=600, seed=50, known=known).gain.value
    log = recorded(true, known, 4)
    assert all(case.variant is None for case in log.cases)
    question = Question(without_times(true), change, learn(log, true.hours), {})
    found = predict(question.as_learned(), runs=8, cases=200, seed=1, known=known)
    assert found.gain.low <= truth <= found.gain.high
    assert found.gain.value == pytest.approx(truth, abs=0.08)


def test_a_seed_plants_the_same_again_and_another_plants_another() -> None:
    one, again, other = (TREES.conditions(seed) for seed in (1, 1, 2))
    means = [[times.mean for times in each.working.times.values()] for each in (one, again, other)]
    assert means[0] == means[1]
    assert means[0] != means[2]
