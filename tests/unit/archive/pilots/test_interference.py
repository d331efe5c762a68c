"""A pilot warns where its arms can be in each other's way."""

from __future__ import annotations

import numpy as np
import pytest

from archive.pilots.interference import AgencyStep, concordance, interference, load_at
from contracts.pilots import Arm
from contracts.terms.identifiers import AgencyId, CaseId

BUSY, APART = AgencyId("housing"), AgencyId("fire-safety")


def queue(agency: AgencyId, first: int, servers: int, random: np.random.Generator) -> list[AgencyStep]:
    """An agency with so many officers, who take what comes in turn; two days for each."""
    free, found = np.zeros(servers), []
    for at, asked in enumerate(np.sort(random.uniform(0, 300, 140))):
        officer = int(free.argmin())
        free[officer] = max(free[officer], asked) + random.exponential(2.0)
        case = CaseId(f"portal-{first + at:08x}-0000-7000-8000-000000000000")
        found.append(AgencyStep(case, agency, float(asked), float(free[officer])))
    return found


def arms_of(found: list[AgencyStep]) -> dict[CaseId, Arm]:
    return {step.case: "new" if at % 2 else "old" for at, step in enumerate(found)}


@pytest.mark.parametrize(("servers", "disturbs"), [(1, True), (60, False)])
def test_an_agency_with_a_queue_that_both_arms_need_is_told(servers: int, disturbs: bool) -> None:
    found = queue(BUSY, 0, servers, np.random.default_rng(1))
    (shared,) = interference(found, arms_of(found), 400.0)
    assert shared.agency == BUSY
    assert shared.new == shared.old == 1.0
    assert shared.disturbs is disturbs


def test_an_agency_that_only_one_arm_needs_disturbs_nobody() -> None:
    random = np.random.default_rng(1)
    new, old = queue(BUSY, 0, 1, random), queue(APART, 1000, 1, random)
    arms: dict[CaseId, Arm] = {step.case: "new" for step in new} | {step.case: "old" for step in old}
    assert interference([*new, *old], arms, 400.0) == []


def test_the_load_is_everything_that_an_agency_has_to_do() -> None:
    """Also what cases outside the pilot ask of it."""
    found = queue(BUSY, 0, 1, np.random.default_rng(1))
    arms = dict(list(arms_of(found).items())[:40])
    (shared,) = interference(found, arms, 400.0)
    (all_,) = interference(found, arms_of(found), 400.0)
    assert (shared.load, shared.concordance) == (all_.load, all_.concordance)


def test_few_steps_say_nothing() -> None:
    found = queue(BUSY, 0, 1, np.random.default_rng(1))[:20]
    (shared,) = interference(found, arms_of(found), 400.0)
    assert shared.concordance is None
    assert not shared.disturbs


def test_the_load_is_counted_when_somebody_is_asked() -> None:
    asked, ends = np.array([0.0, 1.0, 2.0, 6.0]), np.array([5.0, 1.5, np.inf, 7.0])
    assert load_at(asked, ends).tolist() == [0.0, 1.0, 1.0, 1.0]


def test_an_open_step_counts_as_longer_than_what_ended_earlier_and_as_nothing_else() -> None:
    load, times = np.array([0.0, 1.0]), np.array([3.0, 5.0])
    assert concordance(load, times, np.array([True, True])) == 1.0
    assert concordance(load, times, np.array([True, False])) == 1.0
    assert concordance(load, times, np.array([False, True])) is None
