"""Clocks: only a difference that is certain is called one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from workers.process.checks.clocks import Reading, judged

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ALLOWED = 0.25


def reading(skew: float, way_there: float, way_back: float) -> Reading:
    """A clock that is ahead by ``skew`` seconds, asked over a network that takes so long."""
    shown = NOON + timedelta(seconds=way_there)
    return Reading(NOON, shown + timedelta(seconds=skew), shown + timedelta(seconds=way_back))


delays = st.floats(0, 5)


@given(st.floats(-0.12, 0.12), st.floats(-0.12, 0.12), delays, delays)
def test_clocks_that_agree_are_never_accused_however_slow_the_network(
    broker: float, temporal: float, there: float, back: float
) -> None:
    readings = {"broker 1": reading(broker, there, back), "Temporal": reading(temporal, back, there)}
    assert judged(readings, ALLOWED).result == "well"


@given(st.floats(0.5, 1e6), st.booleans())
def test_a_clock_that_is_off_is_named_with_the_one_that_it_differs_from(skew: float, ahead: bool) -> None:
    readings = {"broker 1": reading(skew if ahead else -skew, 0.01, 0.01), "Temporal": reading(0, 0.01, 0.01)}
    found = judged(readings, ALLOWED)
    assert found.result == "wrong"
    assert ("broker 1 is at least" if ahead else "ahead of broker 1") in found.compared


def test_two_clocks_that_are_each_near_ours_may_be_too_far_apart() -> None:
    readings = {"broker 1": reading(0.2, 0.001, 0.001), "Temporal": reading(-0.2, 0.001, 0.001)}
    found = judged(readings, ALLOWED)
    assert found.result == "wrong"
    assert "broker 1 is at least 0.398 s ahead of Temporal" in found.compared
