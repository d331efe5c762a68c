"""What a log tells of the work: times, outcomes, officers, batch days, arrivals."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from seamless.rebuild.log import EventLog, StepRecord
from seamless.rebuild.twin.learning import Learned, learn
from seamless.rebuild.twin.living import instant
from seamless.rebuild.twin.logged import event_log
from seamless.rebuild.twin.world import Registries, World
from tests.unit.seamless.rebuild.twin.worlds import HOURS, conditions, ran


def logged(world: World) -> EventLog:
    return event_log(world.cases, "log.csv", world.now)


def learned_of(name: str, **given: object) -> tuple[World, Learned]:
    of = conditions(name, **given)  # type: ignore[arg-type]
    world = ran(of, 250, making=Registries().of(of).case)
    return world, learn(logged(world), HOURS)


def test_times_outcomes_officers_and_batches_of_a_world_are_found_again() -> None:
    outcomes = {"inspect-tree": {"fell": 0.8, "keep": 0.2}}
    batches = {"review-habitat": frozenset({1, 3})}
    _world, learned = learned_of(
        "tree-felling.added-review",
        days=(0.5, 1.5),
        officers=2,
        a_day=1.4,
        outcomes=outcomes,
        batches=batches,
    )
    assert learned.times["inspect-tree"].mean == pytest.approx(1.0, abs=0.06)
    assert learned.times["inspect-tree"].quantile(0.95) == pytest.approx(1.45, abs=0.06)
    assert learned.officers["parks"].least == 2
    assert learned.officers["parks"].certain
    assert learned.working.outcomes["inspect-tree"]["keep"] == pytest.approx(0.2, abs=0.08)
    assert learned.batches == batches
    assert learned.arrivals.a_day == pytest.approx(1.4 * 5 / 7, rel=0.15)


def test_what_silence_ended_and_was_asked_again_is_one_piece_of_work() -> None:
    world, learned = learned_of("opening-restaurant.chain", days=(3.0, 4.0), officers=4, a_day=0.2)
    assert any(step.how == "deemed" for case in world.cases for step in case.steps)
    assert learned.times["register-business"].mean == pytest.approx(3.5, abs=0.15)


def test_open_cases_count_with_what_they_have_taken() -> None:
    of = conditions("tree-felling", days=(2.0, 4.0), officers=None)
    world = ran(of, 100, making=Registries().of(of).case)
    cut = logged(world).as_seen(instant(world.cases[-1].started))
    assert any(case.end is None for case in cut.cases)
    assert learn(cut, HOURS).times["inspect-tree"].mean == pytest.approx(3.0, abs=0.2)


def test_waiting_that_no_queue_explains_is_learned_as_a_part_of_the_time() -> None:
    of = conditions("tree-felling", officers=3, a_day=0.3)
    world = ran(of, 100, making=Registries().of(of).case)
    log = logged(world)

    def later(step: StepRecord) -> StepRecord:
        """Its officer had other work for some days before."""
        if step.started is None or step.completed is None or step.group == "applicant":
            return step
        wait = timedelta(days=4)
        return step._replace(started=step.started + wait, completed=step.completed + wait)

    cases = tuple(case._replace(steps=tuple(map(later, case.steps))) for case in log.cases)
    learned = learn(replace(log, cases=cases), HOURS)
    assert "parks" not in learned.officers
    assert learned.times["inspect-tree"].mean > 2.5


def test_without_beginnings_in_the_log_there_is_no_queue() -> None:
    of = conditions("tree-felling", officers=2)
    world = ran(of, 60, making=Registries().of(of).case)
    log = logged(world)
    cases = tuple(
        case._replace(steps=tuple(step._replace(started=None) for step in case.steps)) for case in log.cases
    )
    assert learn(replace(log, cases=cases), HOURS).officers == {}


def test_what_might_have_been_learned_differs_less_the_more_cases_there_are() -> None:
    spread = []
    for count in (30, 300):
        of = conditions("tree-felling", days=(0.5, 1.5))
        world = ran(of, count, making=Registries().of(of).case)
        learned, random = learn(logged(world), HOURS), np.random.default_rng(1)
        means = [learned.drawn(random)[0].times["inspect-tree"].mean for _ in range(60)]
        spread.append(float(np.std(means)))
    assert spread[1] < spread[0] / 2
