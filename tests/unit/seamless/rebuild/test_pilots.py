"""Pilots on the order of a log: computed at once, they are decided as by looking every day."""

from __future__ import annotations

import numpy as np
import pytest

from archive.pilots.evidence import evidence
from bench.rebuild.offices import WORLDS, Office, office_of
from bench.rebuild.pilots import MOST_NEW, piloted, piloting
from tests.unit.archive.pilots.worlds import pilot
from tests.unit.seamless.rebuild.logs import case, log, step

SIZE = 2


def office(cases: int = 300) -> Office:
    random = np.random.default_rng(9)
    starts = np.sort(random.uniform(0, cases, cases))
    times = np.where(random.random(cases) < 0.1, np.inf, random.gamma(3.0, 12.0, cases))
    ends = np.where(starts + times > cases, np.inf, starts + times)
    return Office(starts, ends, random.random(cases) < 0.2, float(cases))


def daily(of: Office, seed: int, times: float) -> float:
    """The new cases by which one pilot is called worse, if somebody looks every evening."""
    random = np.random.default_rng(seed)  # as it is drawn for pilots=1
    begin = int(random.integers(max(len(of.starts) - 75 * SIZE, len(of.starts) // 2) + 1, size=1)[0])
    blocks = min(MOST_NEW, len(of.starts) // SIZE)
    places = random.integers(SIZE, size=(1, blocks))[0]
    count = min(blocks, (len(of.starts) - begin) // SIZE) * SIZE
    chosen = slice(begin, begin + count)
    took = (of.ends - of.starts)[chosen]
    cases = pilot(of.starts[chosen].tolist(), took.tolist(), places.tolist(), SIZE, longer=times)
    for day in range(int(of.as_of)):
        found = evidence(cases, np.nextafter(day + 1, 0))
        if found.slower.reached is not None:
            return found.new
    return float("inf")


@pytest.mark.parametrize("seed", range(6))
def test_a_pilot_is_stopped_by_as_many_new_cases_as_by_looking_every_evening(seed: int) -> None:
    of, times = office(), 1.0 + 0.5 * (seed % 3)
    assert piloted(of, SIZE, times=times, pilots=1, seed=seed).slower[0] == daily(of, seed, times)


def test_the_cases_of_some_are_decided_in_that_test() -> None:
    counts = [daily(office(), seed, 2.0) for seed in (2, 5)]
    assert all(np.isfinite(counts))


@pytest.mark.parametrize("world", WORLDS)
def test_a_world_keeps_the_arrivals_and_no_case_ends_before_it_starts(world: str) -> None:
    before = office()
    after = WORLDS[world](before, np.random.default_rng(1))
    assert (after.starts == before.starts).all()
    assert (after.ends >= after.starts).all()
    assert (after.ends != before.ends).any()


def test_the_harm_is_a_step_that_some_cases_have() -> None:
    cases = [
        case(at, at + 3, step("receive", at + 1), *([step("appeal", at + 2)] if at % 5 == 0 else []))
        for at in range(20)
    ]
    of = office_of(log(cases, 30))
    assert of.harmed.sum() == 4
    assert of.harmed[[0, 5, 10, 15]].all()


def test_a_goal_is_missed_where_those_twice_as_slow_are_not_stopped() -> None:
    """In a log in which half of the cases never end, nobody can tell in time."""
    cases = [case(at, at + 300 if at % 2 else None, step("receive", at + 1)) for at in range(320)]
    goals = {goal.name: goal for goal in piloting(log(cases, 330), stopped=0.95)}
    assert not goals["made, twice as slow"].held
    assert goals["made, nothing to find"].held
