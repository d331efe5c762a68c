"""What a target offers is the waiting beyond its best quarter, and nobody is one."""

from __future__ import annotations

import pytest

from contracts.terms.errors import InvalidInput
from seamless.rebuild.log import CaseRecord, EventLog
from seamless.rebuild.targets import Kind, begun, offers, waits
from seamless.rebuild.windows import Window
from tests.unit.seamless.rebuild.logs import case, day, log, step

ALL = Window(day(0), day(1000))


def waited(
    days: list[float], group: str = "fire", activity: str = "review", at: float = 0
) -> list[CaseRecord]:
    """Cases that were received at once and then waited so long for one step."""
    return [
        case(at, at + took, step("receive", at, "intake"), step(activity, at + took, group), reference=f"{n}")
        for n, took in enumerate(days)
    ]


def hours(made: EventLog, kind: Kind = "agency", window: Window = ALL) -> dict[str, float]:
    return {" ".join(key): offer.hours for key, offer in offers(waits(made, kind), window).items()}


def test_what_is_beyond_the_first_quartile_is_offered_up_to_when_nine_in_ten_were_over() -> None:
    made = log(waited([2, 2, 2, 4, 4, 4, 6, 6, 6, 500]), 900)
    assert hours(made)["fire"] == pytest.approx(24 * (3 * 2 + 4 * 4))


def test_a_step_that_is_long_by_nature_offers_nothing() -> None:
    made = log([*waited([1] * 5), *waited([90] * 5, activity="build")], 900)
    assert hours(made)["fire"] == 0


def test_steps_of_an_agency_add_up() -> None:
    made = log([*waited([2, 2, 4, 4]), *waited([5, 5, 9, 9], activity="build")], 900)
    offer = offers(waits(made, "agency"), ALL)["fire",]
    assert offer.steps == {"review": pytest.approx(96), "build": pytest.approx(192)}
    assert (offer.hours, offer.waits, offer.mean) == (pytest.approx(288), 8, 5)


def test_a_wait_of_a_log_of_completions_counts_where_it_ended() -> None:
    made = log(waited([2, 2, 4, 40]), 900)
    found = hours(made, window=Window(day(0), day(10)))
    assert found["fire"] == pytest.approx(48)
    assert hours(made, window=Window(day(30), day(50)))["fire"] == 0, "one wait is its own best quarter"


def test_where_it_is_recorded_when_somebody_was_asked_the_time_counts_when_it_passed() -> None:
    quick = [case(at, at + 2, step("review", at + 2, "fire", queued=at)) for at in range(6)]
    slow = case(0, None, step("review", None, "fire", queued=0))
    made = log([*quick, slow], 100)
    assert hours(made, window=Window(day(0), day(50)))["fire"] == pytest.approx(24 * 48), "open, and counted"
    longer = [case(at, at + 30, step("review", at + 30, "fire", queued=at)) for at in range(6)]
    both = log([*quick, *longer], 100)
    assert hours(both, window=Window(day(0), day(10)))["fire"] == pytest.approx(
        24 * sum(8 - n for n in range(6))
    )


def test_what_was_stopped_is_no_example_of_how_quick_it_can_be() -> None:
    stopped = [
        case(0, 1, step("review", 1, "fire", queued=0, how="stopped"), reference=f"s{n}") for n in range(9)
    ]
    done = [case(0, 9, step("review", 9, "fire", queued=0), reference=f"d{n}") for n in range(4)]
    assert hours(log([*stopped, *done], 20))["fire"] == 0


def test_a_window_is_judged_by_the_waits_that_began_in_it_as_far_as_they_are_known() -> None:
    made = log([*waited([2, 2, 4, 4]), *waited([2, 2, 9, 9], at=20)], 900)
    found, window = waits(made, "agency"), Window(day(15), day(30))
    assert begun(found, window, day(900))["fire",].hours == pytest.approx(24 * 14)
    assert begun(found, window, day(25))["fire",].hours == 0, "two are not known to be over"


def test_a_handoff_is_between_two_that_are_known() -> None:
    made = log([case(0, 9, step("a", 1, "x"), step("b", 2, "x"), step("c", 5, "y"), step("d", 9))], 10)
    assert set(hours(made, "handoff")) == {"x y"}


def test_without_groups_handoffs_are_those_of_activities_and_there_are_no_agencies() -> None:
    made = log([case(0, 9, step("a", 1), step("b", 2))], 10)
    assert set(hours(made, "handoff")) == {"a b"}
    with pytest.raises(InvalidInput, match="--map group=COLUMN, or use --by handoff"):
        waits(made, "agency")


@pytest.mark.parametrize("kind", ["agency", "handoff"])
def test_a_group_of_one_officer_is_no_target(kind: Kind) -> None:
    steps = (
        step("a", 1, "x", resource="li"),
        step("b", 3, "y", resource="li"),
        step("c", 5, "z", resource="wang"),
    )
    other = (
        step("a", 11, "x", resource="wang"),
        step("b", 13, "y", resource="li"),
        step("c", 15, "z", resource="li"),
    )
    found = hours(log([case(0, 6, *steps), case(10, 16, *other)], 20), kind)
    assert not [key for key in found if "y" in key.split()]
    assert not [key for key in found if "li" in key or "wang" in key]
