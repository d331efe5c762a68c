"""Worlds of the twin for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts.terms.directory import load_directory
from seamless.explore.chosen import chosen
from seamless.rebuild.learned.working_times import WorkingTimes
from seamless.rebuild.twin.arrivals import Steady
from seamless.rebuild.twin.conditions import Conditions, Shares, Working
from seamless.rebuild.twin.hours import hours_of
from seamless.rebuild.twin.stated import OF_APPLICANTS
from seamless.rebuild.twin.world import Making, StepOf, World, in_code

CALENDAR = "cn-2026.1"
HOURS = hours_of(CALENDAR)
FIRST = HOURS.midnight(date(2026, 3, 2))
BETWEEN = WorkingTimes.between


def conditions(
    name: str,
    *,
    days: tuple[float, float] = (0.2, 2.0),
    a_day: float = 0.8,
    officers: int | None = 2,
    outcomes: Mapping[str, Shares] | None = None,
    batches: Mapping[str, frozenset[int]] | None = None,
    checks: bool = False,
) -> Conditions:
    """A world in which everything takes as long, and each agency has as many officers."""
    way, directory = chosen(name), load_directory()
    if not checks:
        own = tuple(each.model_copy(update={"participation": "system"}) for each in directory.agencies)
        directory = directory.model_copy(update={"agencies": own})
    steps = [*(each.local_name for each in way.item.requests), *OF_APPLICANTS]
    reports = ["wait-for-t02", "wait-for-t06", "wait-for-t04", "wait-for-t05", "wait-for-t10"]
    agencies = {agency for each in way.item.requests for agency in each.answerers()}
    return Conditions(
        procedure=way.procedure,
        law=way.law,
        applications=way.item.examples,
        directory=directory,
        calendar=CALENDAR,
        hours=HOURS,
        arrivals=Steady(a_day, HOURS),
        working=Working(
            dict.fromkeys([*steps, *reports], BETWEEN(*days)),
            outcomes or {},
            dict.fromkeys(agencies, officers),
            batches or {},
        ),
        first=FIRST,
    )


def ran(of: Conditions, cases: int, seed: int = 1, making: Making = in_code) -> World:
    """A world that has gone by."""
    world = World(of, seed, making)
    world.run(cases)
    return world


def steps(world: World) -> list[StepOf]:
    """All steps of all its cases."""
    return [step for case in world.cases for step in case.steps]


def story(world: World) -> list[Any]:
    """All that happened in it."""
    return [
        (
            case.started,
            case.ended,
            [
                (step.asked.step, step.queued, step.begun, step.ended, step.outcome, step.how, step.officer)
                for step in case.steps
            ],
        )
        for case in world.cases
    ]
