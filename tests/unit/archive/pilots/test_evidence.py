"""A pilot is decided by what its draw can bear, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from archive.pilots.cases import WINDOW, PilotCase
from archive.pilots.evidence import FASTER, HARM_GOAL, SHARES, SLOWER, Evidence, evidence
from tests.unit.archive.pilots.plain import e_value
from tests.unit.archive.pilots.worlds import drawn, pilot

LATER = 10_000.0


@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize("whole_days", [False, True])
def test_the_e_values_are_those_counted_on_paper_on_every_day(size: int, whole_days: bool) -> None:
    cases = drawn(np.random.default_rng(size), 12, size, longer=1.5, whole_days=whole_days)
    for day in [*np.arange(0.0, 160.0, 3.0), LATER]:
        found = evidence(cases, float(day))
        assert found.slower.e == pytest.approx(e_value(cases, float(day), SLOWER, SHARES))
        assert found.faster.e == pytest.approx(e_value(cases, float(day), FASTER, SHARES))


def test_what_the_evidence_was_on_a_day_stays_what_it_was() -> None:
    """Who looks seldom sees the same course as who looked daily, and so the same verdict."""
    cases = drawn(np.random.default_rng(3), 30, 3)
    last = evidence(cases, LATER)
    for day in range(0, 200, 7):
        before = evidence(cases, float(day)).slower.course
        assert before == last.slower.course[: len(before)]
        assert all(when > day for when, _ in last.slower.course[len(before) :])


@pytest.mark.parametrize("rule", ["never", "at 1.5", "below 0.7", "on day 40"])
def test_no_rule_of_stopping_gains_anything_where_the_variant_makes_no_difference(rule: str) -> None:
    """Over all draws of the places, the mean e-value is 1 wherever one stops: for these starts and times,
    and so for any. Here the office closes cases on every thirtieth day only, and one is never closed."""
    starts = [0.0, 3.0, 4.0, 27.0, 28.0, 33.0, 34.0, 40.0, 41.0]
    ends = [30.0, 60.0, 30.0, 30.0, np.inf, 60.0, 60.0, 90.0, 60.0]
    times = [end - start for start, end in zip(starts, ends, strict=True)]
    stopped = []
    for places in product(range(3), repeat=3):
        course = evidence(pilot(starts, times, places, 3), LATER).slower.course
        stopped.append(_stopped(course, rule))
    assert np.mean(stopped) == pytest.approx(1.0)
    assert len({round(e, 9) for e in stopped}) > 3


def _stopped(course: tuple[tuple[float, float], ...], rule: str) -> float:
    held = 1.0
    for day, e in course:
        if (rule == "on day 40" and day > 40) or (rule == "at 1.5" and held >= 1.5):
            break
        if rule == "below 0.7" and held < 0.7:
            break
        held = e
    return held


@pytest.mark.parametrize(("longer", "verdict"), [(2.5, "worse"), (0.4, "better"), (1.0, "undecided")])
def test_a_difference_is_found_and_none_is_none(longer: float, verdict: str) -> None:
    assert evidence(drawn(np.random.default_rng(2), 120, 2, longer), LATER).verdict == verdict


def test_a_verdict_stands_whatever_comes_later() -> None:
    slow, fast = drawn(np.random.default_rng(1), 60, 2, 3.0), drawn(np.random.default_rng(2), 200, 2, 0.8)
    later = [
        replace(case, block=case.block + 60, start=case.start + 500, end=case.end and case.end + 500)
        for case in fast
    ]
    found = evidence([*slow, *later], LATER)
    assert found.slower.reached is not None
    assert found.slower.reached < 500
    assert found.slower.e < found.slower.goal
    assert found.verdict == "worse"


def test_an_open_case_counts_as_long_as_it_has_waited() -> None:
    """The old case took 10 days; the new one, still open, says something once it is as old."""
    cases = pilot([0.0, 5.0], [10.0, np.inf], [1], 2)
    assert [evidence(cases, day).slower.events for day in (10.0, 14.9, 15.0)] == [0, 0, 1]
    assert evidence(cases, 15.0).slower.e > 1 > evidence(cases, 15.0).faster.e


def test_a_block_counts_once_all_its_cases_have_arrived() -> None:
    cases = pilot([0.0, 1.0, 90.0], [10.0, 20.0, 5.0], [1], 3)
    assert [evidence(cases, day).blocks for day in (50.0, 89.0, 90.0)] == [0, 0, 1]
    assert [evidence(cases, day).slower.events for day in (89.0, 94.0, 95.0)] == [0, 0, 2]
    assert evidence(cases, 89.0).new == 1


def test_a_block_that_was_not_drawn_as_it_should_is_set_aside() -> None:
    cases = pilot([0.0, 1.0, 2.0, 3.0], [10.0, 20.0, 10.0, 20.0], [1, 1], 2)
    two_new = [replace(case, arm="new") if case.block == 1 else case for case in cases]
    assert evidence(cases, LATER).set_aside == 0
    assert evidence(two_new, LATER).set_aside == 1
    assert evidence(two_new, LATER).slower == evidence(cases[:2], LATER).slower


def test_cases_of_two_pilots_are_no_pilot() -> None:
    cases = [*pilot([0.0, 1.0], [1.0, 2.0], [0], 2), *pilot([0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [0], 3)]
    with pytest.raises(ValueError, match="size of the blocks differs"):
        evidence(cases, LATER)


# --- harm ---------------------------------------------------------------------------------------------------


def refusing(random: np.random.Generator, blocks: int, of_old: float, of_new: float) -> list[PilotCase]:
    shares = {"old": of_old, "new": of_new}
    return [
        replace(case, refused=bool(random.random() < shares[case.arm])) if case.end is not None else case
        for case in drawn(random, blocks, 2)
    ]


def test_more_refusals_are_harm_and_fewer_are_none() -> None:
    random = np.random.default_rng(5)
    more, fewer = refusing(random, 300, 0.1, 0.3), refusing(random, 300, 0.3, 0.1)
    assert evidence(more, LATER).verdict == "harmful"
    assert evidence(fewer, LATER).harm["refused"].e < 1
    counted = evidence(more, LATER).harmed["refused"]
    assert counted.new / counted.of_new > 2 * counted.old / counted.of_old


def test_who_refuses_as_many_but_earlier_does_no_harm() -> None:
    """A block tells of refusals only once all its cases are decided."""
    random = np.random.default_rng(7)
    cases = [
        replace(
            case, end=case.end and case.start + (case.end - case.start) * (0.3 if case.arm == "new" else 1)
        )
        for case in refusing(random, 300, 0.3, 0.3)
    ]
    for day in range(0, 500, 20):
        found = evidence(cases, float(day))
        assert found.harm["refused"].e < HARM_GOAL / 3
    assert found.verdict == "better"


def harmed(day: float, **came: float) -> Evidence:
    first, second = pilot([0.0, 1.0], [10.0, 12.0], [1], 2)
    return evidence([first, replace(second, **came)], day)


@pytest.mark.parametrize("harm", ["objected", "complained"])
def test_without_objection_or_complaint_is_who_had_none_for_sixty_days(harm: str) -> None:
    other = {"objected": "complained", "complained": "objected"}[harm]
    for day, events in ((20.0, 0), (10.0 + WINDOW - 0.1, 0), (10.0 + WINDOW, 1)):
        found = harmed(day, **{harm: 20.0})
        assert [found.harm[each].events for each in (harm, other)] == [events, 0]  # type: ignore[index]
    assert found.harm[harm].e > 1  # type: ignore[index]
    assert harmed(19.0, **{harm: 20.0}).harmed[harm].new == 0  # type: ignore[index]
