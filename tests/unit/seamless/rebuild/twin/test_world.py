"""Many cases at once: queues, officers, office hours, days of batches, silence, checks."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archive.steps import steps_of
from contracts.terms.errors import InvalidInput
from seamless.rebuild.archived import case_of
from seamless.rebuild.twin.arrivals import Steady
from seamless.rebuild.twin.changes import Change, Officers
from seamless.rebuild.twin.living import LivingCase
from seamless.rebuild.twin.logged import event_log
from seamless.rebuild.twin.world import Registries, in_code
from tests.unit.seamless.rebuild.twin.worlds import HOURS, conditions, ran, story


def test_the_log_of_a_world_is_the_log_of_its_ledgers() -> None:
    living: list[LivingCase] = []

    def kept(calendar: str, at: float, live: object, number: int) -> LivingCase:
        living.append(live())  # type: ignore[operator]
        return living[-1]

    of = conditions("opening-restaurant.chain", days=(0.2, 2.5))
    world = ran(of, 12, making=kept)
    log = event_log(world.cases, "twin", world.now)
    assert any(step.how == "deemed" for case in log.cases for step in case.steps)
    for case, its in zip(log.cases, living, strict=True):
        recorded = case_of(its.entries, steps_of(its.entries), ())
        assert (case.start, case.end) == (recorded.start, recorded.end)
        for step, other in zip(case.steps, recorded.steps, strict=True):
            assert step._replace(resource=None, outcome=None) == other._replace(
                resource=None, outcome=None, due=None
            )
            assert step.how != "answered" or step.outcome == other.outcome


def test_an_officer_works_on_one_request_at_a_time_and_the_first_comes_first() -> None:
    world = ran(conditions("tree-felling", officers=1, a_day=1.5, days=(0.3, 1.2)), 40)
    steps = sorted(
        (step for case in world.cases for step in case.steps if step.begun is not None),
        key=lambda step: step.begun or 0,
    )
    assert [step.queued for step in steps] == sorted(step.queued for step in steps)
    for one, other in itertools.pairwise(steps):
        assert (one.ended or 0) <= (other.begun or 0)
    assert any((step.begun or 0) > step.queued for step in steps)


def test_officers_begin_in_office_hours_and_on_working_days_only() -> None:
    world = ran(conditions("tree-felling"), 40)
    for step in (step for case in world.cases for step in case.steps if step.begun is not None):
        at = datetime.fromtimestamp(step.begun or 0, HOURS.zone)
        assert 9 <= at.hour < 17
        assert HOURS.works_on(at.date())


def test_what_is_taken_up_on_certain_days_is_taken_up_on_no_other_and_holds_nobody_up() -> None:
    batches = {"inspect-kitchen": frozenset({1, 3})}
    world = ran(conditions("opening-restaurant.chain", batches=batches, officers=3), 30)
    begun = [step for case in world.cases for step in case.steps if step.begun is not None]
    days = {
        batch: {
            datetime.fromtimestamp(step.begun or 0, HOURS.zone).weekday()
            for step in begun
            if (step.asked.activity == "inspect-kitchen") == batch
        }
        for batch in (True, False)
    }
    assert days[True] == {1, 3}
    assert days[False] >= {0, 1, 2, 3, 4}  # and weekends that are worked


def test_more_officers_shorten_the_queue_and_change_no_draw() -> None:
    before = conditions("opening-restaurant.chain", officers=2, a_day=1.2, days=(0.2, 1.0))
    after = Change(officers={"market-regulation": Officers(2, more=True)}).applied(before)
    one, other = (ran(each, 60) for each in (before, after))
    assert [case.started for case in one.cases] == [case.started for case in other.cases]
    waited = [world.agencies["market-regulation"].waited for world in (one, other)]
    assert waited[1] < waited[0] / 2


def test_more_load_keeps_the_cases_that_there_were() -> None:
    before = conditions("tree-felling")
    after = Change(load=1.5).applied(before)
    names = [{case.arrival.name for case in ran(each, 60).cases} for each in (before, after)]
    assert len(names[1] - names[0]) >= 15
    assert {name for name in names[1] if "+" not in name} <= names[0]


def test_who_is_asked_again_after_silence_goes_on_with_the_same_work() -> None:
    of = conditions("opening-restaurant.chain", days=(4.0, 4.0), officers=None, a_day=0.1)
    world = ran(of, 3)
    for case in world.cases:
        steps = [step for step in case.steps if step.asked.activity == "register-business"]
        assert [step.how for step in steps] == ["deemed", "answered"]
        whole = HOURS.between(steps[0].queued, steps[-1].ended or 0)
        assert whole == pytest.approx(4.0, abs=1e-3)


def test_an_automated_check_answers_at_once() -> None:
    of = conditions("construction-permit", checks=True)
    world = ran(of, 3)
    checks = [step for case in world.cases for step in case.steps if step.asked.check]
    assert checks
    assert all(step.ended == step.queued for step in checks)
    registry = Registries().of(of)
    assert story(ran(of, 3, making=registry.case)) == story(world)


def test_a_world_is_the_same_again_and_another_by_another_seed() -> None:
    of = conditions("tree-felling")
    assert story(ran(of, 20, 3)) == story(ran(of, 20, 3))
    assert story(ran(of, 20, 3)) != story(ran(of, 20, 4))


def test_a_step_of_which_nobody_knows_how_long_it_takes_is_named() -> None:
    of = conditions("tree-felling")
    times = {name: each for name, each in of.working.times.items() if name != "inspect-tree"}
    world = ran(replace(of, working=replace(of.working, times=times)), 3)
    assert world.unknown == {"inspect-tree"}


def test_a_world_to_which_nobody_comes_is_an_error() -> None:
    of = replace(conditions("tree-felling"), arrivals=Steady(0.0, HOURS))
    with pytest.raises(InvalidInput, match="--arrivals"):
        ran(of, 1, making=in_code)


def test_reports_and_payments_come_by_themselves() -> None:
    world = ran(conditions("permit-receipt"), 5)
    assert all(case.ended is not None for case in world.cases)
    assert datetime.fromtimestamp(world.cases[0].ended or 0, UTC).year == 2026
