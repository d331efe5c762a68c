"""What is known of courses says what the real code says, at the same instants."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seamless.rebuild.twin.world import Registries, in_code
from tests.unit.seamless.rebuild.twin.worlds import BETWEEN, conditions, ran, steps, story

OUTCOMES = {
    "check-completeness": {"complete": 0.8, "incomplete": 0.2},
    "check-fire-safety": {"approve": 0.8, "refuse": 0.2},
    "review-planning": {"consent": 0.8, "refuse": 0.2},
    "inspect-tree": {"fell": 0.8, "keep": 0.2},
}


@pytest.mark.parametrize(
    ("name", "cases", "timed"),
    [
        ("opening-restaurant.chain", 20, False),
        ("opening-restaurant.bundle", 20, False),
        ("construction-permit", 20, False),
        ("tree-felling.added-review", 20, False),
        ("opening-company", 12, False),
        ("environmental-permit", 8, True),
    ],
)
def test_cases_that_go_as_others_did_end_as_in_the_real_code(name: str, cases: int, timed: bool) -> None:
    of, known = conditions(name, outcomes=OUTCOMES), Registries()
    registry = known.of(of)
    first, again = ran(of, cases, making=registry.case), ran(of, cases, making=registry.case)
    real = ran(of, cases, making=in_code)
    assert story(first) == story(real)
    assert story(again) == story(real)
    assert (registry.asked_of_code > cases) == timed  # where the time decides, each case is asked again


def test_a_step_that_was_referred_is_another_than_before() -> None:
    """Environment stays silent; housing is asked in its place, and is silent or not."""
    of = conditions("construction-permit", days=(1.0, 2.0), a_day=0.1)
    slow = {"review-environment": BETWEEN(14, 24)}
    of = replace(of, working=replace(of.working, times={**of.working.times, **slow}))
    registry = Registries().of(of)
    world = ran(of, 25, making=registry.case)
    assert any(step.asked.holder == "agency:housing" and step.how == "lapsed" for step in steps(world))
    assert story(world) == story(ran(of, 25))


def test_what_is_known_of_one_world_holds_in_another_with_other_times() -> None:
    known = Registries()
    slow = conditions("opening-restaurant.bundle", days=(0.5, 4.0), outcomes=OUTCOMES)
    quick = conditions("opening-restaurant.bundle", days=(0.1, 1.0), outcomes=OUTCOMES)
    ran(slow, 20, making=known.of(slow).case)
    assert story(ran(quick, 20, 2, known.of(quick).case)) == story(ran(quick, 20, 2))
