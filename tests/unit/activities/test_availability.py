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
    assert beating((0, 1000)).verdict(at(500), at(1000), GRACE) == FencePassed()


def test_an_outage_over_the_deadline_holds_the_consequence_for_the_grace() -> None:
    verdict = beating((0, 400), (900, 1000)).verdict(at(500), at(1000), GRACE)
    outage = Outage(began=at(400), ended=at(900))
    assert verdict == FencePassed(held_until=at(900) + GRACE, outage=outage)


def test_once_the_grace_is_over_it_binds() -> None:
    availability = beating((0, 400), (900, 900 + 3700))
    assert availability.verdict(at(500), at(900 + 3601), GRACE) == FencePassed()


def test_an_outage_shortly_before_the_deadline_holds_it_too() -> None:
    verdict = beating((0, 400), (900, 1000)).verdict(at(950), at(1000), GRACE)
    assert verdict is not None
    assert verdict.held_until == at(900) + GRACE


def test_an_outage_long_before_the_deadline_holds_nothing() -> None:
    availability = beating((0, 400), (900, 10_000))
    assert availability.verdict(at(9_000), at(10_000), GRACE) == FencePassed()


def test_while_the_platform_is_away_nothing_binds() -> None:
    assert beating((0, 400)).verdict(at(300), at(1000), GRACE) is None


def test_before_the_first_heartbeat_there_was_no_platform_to_be_away() -> None:
    assert beating((1000, 1100)).verdict(at(900), at(1100), GRACE) == FencePassed()


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
    verdict = availability.verdict(at(deadline), at(moments[-1]), GRACE)
    assert verdict is not None
    for later in covering:
        if moments[-1] < later + GRACE.total_seconds():
            assert verdict.held_until is not None
            assert verdict.held_until >= at(later) + GRACE
