"""Predictions: before and after with the same draws, and how sure they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.terms.errors import InvalidInput
from seamless.explore.chosen import chosen
from seamless.rebuild.twin.arrivals import Steady
from seamless.rebuild.twin.changes import Change, Officers
from seamless.rebuild.twin.conditions import Working
from seamless.rebuild.twin.learning import learn
from seamless.rebuild.twin.logged import event_log
from seamless.rebuild.twin.predicting import Question, predict
from seamless.rebuild.twin.telling import told
from seamless.rebuild.twin.world import Registries
from tests.unit.seamless.rebuild.twin.worlds import BETWEEN, HOURS, conditions, ran


def test_without_a_change_there_is_no_gain_at_all() -> None:
    found = predict(Question(conditions("tree-felling"), Change()), runs=3, cases=30, seed=1)
    assert (found.gain.value, found.gain.low, found.gain.high) == (0, 0, 0)
    assert found.before == found.after


def test_the_same_seed_predicts_the_same() -> None:
    question = Question(conditions("tree-felling"), Change(load=1.3))
    one, other = (predict(question, runs=3, cases=30, seed=4) for _ in range(2))
    assert one == other


def test_a_step_that_takes_nothing_saves_what_it_took() -> None:
    before = conditions("tree-felling", days=(1.0, 1.0), officers=None)
    change = Change(times={"inspect-tree": BETWEEN(0, 0)})
    found = predict(Question(before, change), runs=2, cases=30, seed=1)
    assert found.after.days.value == pytest.approx(found.before.days.value - found.saved.value)
    assert 1.0 <= found.saved.value <= 2.5  # a working day, with the nights and weekends around it
    assert found.gain.low > 0


def test_the_interval_is_wider_where_little_was_learned() -> None:
    widths = []
    change = Change(instead=chosen("tree-felling.added-review"))
    for count in (25, 400):
        true = conditions("tree-felling", days=(0.2, 2.5))
        known = Registries()
        world = ran(true, count, making=known.of(true).case)
        learned = learn(event_log(world.cases, "log.csv", world.now), HOURS)
        stated = {"review-habitat": BETWEEN(1, 3)}
        nothing = replace(true, working=Working(), arrivals=Steady(0, HOURS))
        question = Question(nothing, change, learned, stated).as_learned()
        found = predict(question, runs=12, cases=200, seed=1, known=known)
        widths.append(found.gain.high - found.gain.low)
    assert widths[1] < widths[0]


def test_queues_and_holders_are_told_of_both_worlds() -> None:
    before = conditions("tree-felling", officers=1, a_day=0.7)
    change = Change(officers={"parks": Officers(1, more=True)})
    found = predict(Question(before, change), runs=3, cases=40, seed=1)
    [one], [other] = found.before.queues, found.after.queues
    assert (one.officers, other.officers) == (1, 2)
    assert (one.waited or 0) > (other.waited or 0)
    assert (one.busy or 0) > (other.busy or 0)
    spent = sum(part.days_per_case for part in found.before.holders)
    assert spent == pytest.approx(found.before.days.value, rel=0.05)


def test_all_steps_of_which_nobody_knows_how_long_they_take_are_named_at_once() -> None:
    before = replace(conditions("tree-felling"), working=Working())
    with pytest.raises(InvalidInput, match=r"--time collect=.* --time inspect-tree="):
        predict(Question(before, Change()), runs=2, cases=20, seed=1)


def test_a_prediction_is_told_in_both_languages() -> None:
    before = conditions("tree-felling", days=(1.0, 2.0))
    found = predict(Question(before, Change(load=1.2)), runs=2, cases=20, seed=1)
    zh, en = (told(found, language, assumed=("inspect-tree", "one-a-day")) for language in ("zh", "en"))
    assert "申请人的总时间" in zh.findings[0]
    assert "whole time" in en.findings[0]
    assert [len(section.rows) for section in zh.sections] == [len(section.rows) for section in en.sections]
    assert any("inspect-tree" in finding and "limit" in finding for finding in en.findings)
