"""After an outage of the platform a consequence is held; where there was none, it is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from activities.availability import Availability
from contracts.platform import FencePassed, Outage

START = datetime(2026, 3, 2, tzinfo=UTC)
GRACE = timedelta(hours=1)
EVERY = timedelta(seconds=5)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def beating(*stretches: tuple[float, float]) -> Availability:
    """Heartbeats every five seconds in each of these stretches."""
    availability = Availability(outage_after=timedelta(seconds=60))
    for begins, ends in stretches:
        moment = begins
        while moment <= ends:
            availability.beat(at(moment))
            moment += EVERY.total_seconds()
    return availability


def test_without_an_outage_a_consequence_binds_at_once() -> None:
    assert beating((0, 1000)).verdict(at(500), GRACE) == FencePassed()


def test_an_outage_over_the_deadline_holds_the_consequence_for_the_grace() -> None:
    outage = Outage(began=at(400), ended=at(900))
    held = FencePassed(held_until=at(900) + GRACE, outage=outage)
    assert beating((0, 400), (900, 1000)).verdict(at(500), GRACE) == held
    assert beating((0, 400), (900, 9000)).verdict(at(500), GRACE) == held, "also where the fence is late"


def test_once_the_grace_is_over_it_binds() -> None:
    assert beating((0, 400), (900, 1000)).verdict(at(900) + GRACE, GRACE) == FencePassed()


def test_an_outage_shortly_before_the_deadline_holds_it_too() -> None:
    verdict = beating((0, 400), (900, 1000)).verdict(at(950), GRACE)
    assert verdict.held_until == at(900) + GRACE


def test_an_outage_long_before_the_deadline_or_after_it_holds_nothing() -> None:
    availability = beating((0, 400), (900, 10_000))
    assert availability.verdict(at(9_000), GRACE) == FencePassed()
    assert availability.verdict(at(399), GRACE) == FencePassed()


def test_while_no_gateway_has_beaten_since_it_is_not_known_what_was_away() -> None:
    availability = beating((0, 400))
    assert availability.known_until(at(400))
    assert not availability.known_until(at(401))
    availability.beat(at(900))
    assert availability.known_until(at(401))
    assert not beating().known_until(at(0))


def test_before_the_first_heartbeat_there_was_no_platform_to_be_away() -> None:
    assert beating((1000, 1100)).verdict(at(900), GRACE) == FencePassed()


@given(
    gaps=st.lists(st.floats(min_value=1, max_value=5000), min_size=1, max_size=30),
    deadline=st.floats(min_value=0, max_value=50_000),
)
def test_no_consequence_binds_within_the_grace_after_an_outage_over_its_deadline(
    gaps: list[float], deadline: float
) -> None:
    """Whatever the beats: if some outage covers the deadline, binding is later than its end and the grace."""
    availability = Availability(outage_after=timedelta(seconds=60))
    moments = [0.0]
    for gap in gaps:
        moments.append(moments[-1] + gap)
    for moment in moments:
        availability.beat(at(moment))
    covering = [
        later for earlier, later in pairwise(moments) if later - earlier > 60 and earlier <= deadline <= later
    ]
    verdict = availability.verdict(at(deadline), GRACE)
    assert availability.known_until(at(deadline)) == (deadline <= moments[-1])
    for later in covering:
        assert verdict.held_until is not None
        assert verdict.held_until >= at(later) + GRACE
