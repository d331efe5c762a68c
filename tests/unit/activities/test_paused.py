"""While an agency is paused nothing follows from its silence, and soon after it is resumed it does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.paused import LONGEST, SHORTEST, held_by_pauses, later
from contracts.platform import FencePassed, Outage
from contracts.standing import Standing
from contracts.wire.orders import PauseOrdered, ResumeOrdered
from tests.unit.contracts.test_standing import START, an_order

GRACE = timedelta(hours=1)
TOPICS = ("channel.portal.events", "agency.planning.events")
HOUR = timedelta(hours=1)


def paused(began: float, ended: float | None = None) -> Standing:
    """Planning was paused so many seconds after the start."""
    standing = Standing()
    standing.take(an_order(PauseOrdered, at=began))
    if ended is not None:
        standing.take(an_order(ResumeOrdered, at=ended))
    return standing


def verdict(standing: Standing, deadline: float, now: float, topics: tuple[str, ...] = TOPICS) -> FencePassed:
    at = [START + timedelta(seconds=seconds) for seconds in (deadline, now)]
    return held_by_pauses(standing, topics, at[0], GRACE, at[1])


def test_without_a_pause_a_consequence_binds() -> None:
    assert verdict(Standing(), 0, 0) == FencePassed()


def test_a_pause_that_is_under_way_holds_it_for_the_grace_at_first() -> None:
    found = verdict(paused(0), 10, 20)
    assert found == FencePassed(held_until=START + timedelta(seconds=20) + GRACE, paused=START)


def test_in_a_case_that_waits_for_others_nothing_is_held() -> None:
    assert verdict(paused(0), 10, 20, ("channel.portal.events", "agency.housing.events")) == FencePassed()


def test_a_pause_after_the_deadline_holds_nothing() -> None:
    assert verdict(paused(11), 10, 20) == FencePassed()


def test_who_was_resumed_has_the_grace_to_speak() -> None:
    standing = paused(0, 100)
    held = FencePassed(held_until=START + timedelta(seconds=100) + GRACE, paused=START)
    assert verdict(standing, 50, 200) == held
    assert verdict(standing, 150, 200) == held, "also where the deadline was shortly after it"
    assert verdict(standing, 100 + GRACE.total_seconds(), 10_000) == FencePassed()


@given(st.floats(0, 400 * 86_400))
def test_it_is_held_at_a_time_for_as_long_as_the_pause_has_lasted(elapsed: float) -> None:
    found = verdict(paused(0), 0, elapsed)
    assert found.held_until is not None
    held = found.held_until - (START + timedelta(seconds=elapsed))
    assert timedelta(seconds=-0.001) + max(GRACE, SHORTEST) <= held <= max(LONGEST, GRACE)


def test_a_pause_of_a_year_holds_a_case_some_hundred_times() -> None:
    now, times = timedelta(0), 0
    while now < timedelta(days=365):
        found = verdict(paused(0), now.total_seconds(), now.total_seconds())
        assert found.held_until is not None
        now, times = found.held_until - START, times + 1
    assert times < 400


@pytest.mark.parametrize("first", [True, False])
def test_an_outage_and_a_pause_hold_it_until_the_later_of_both(*, first: bool) -> None:
    outage = FencePassed(held_until=START + HOUR, outage=Outage(began=START, ended=START))
    pause = FencePassed(held_until=START + 2 * HOUR, paused=START)
    both = later(outage, pause) if first else later(pause, outage)
    assert both == FencePassed(held_until=START + 2 * HOUR, outage=outage.outage, paused=START)
    assert later(FencePassed(), FencePassed()) == FencePassed()
