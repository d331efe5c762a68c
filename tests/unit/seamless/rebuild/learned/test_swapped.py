"""With the times of a step of others, what follows comes as much earlier or later; nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng

from bench.rebuild.whatif import swaps
from contracts.terms.errors import InvalidInput
from seamless.rebuild.learned.swapped import END, START, Stretch, gain, taken
from seamless.rebuild.log import CaseRecord, EventLog
from tests.unit.seamless.rebuild.logs import case, log, step

SENT = Stretch(START, "send")


def sent(start: float, days: float, told: float | None, name: str = "") -> CaseRecord:
    """A case that was sent after so many days, and told so many days later, if at all."""
    steps = [step("create", start), step("send", start + days)]
    if told is not None:
        steps.append(step("told", start + days + told))
    end = None if told is None else start + days + told
    return case(start, end, *steps, reference=f"{name}{start:04}-{days}")


def group(*cases: CaseRecord) -> EventLog:
    return log(cases, 1000)


def test_each_case_gets_the_time_of_the_one_in_its_place() -> None:
    slow = taken(group(sent(0, 100, 5), sent(1, 60, 9), sent(2, 80, 7)), SENT, "told", 365)
    fast = taken(group(sent(0, 10, 50), sent(1, 20, 50), sent(2, 40, 50)), SENT, "told", 365)
    assert slow.mean == pytest.approx((105 + 69 + 87) / 3)
    assert slow.swapped(fast) == pytest.approx((40 + 5 + 10 + 9 + 20 + 7) / 3)
    assert slow.swapped(slow) == pytest.approx(slow.mean)


def test_of_different_numbers_of_cases_the_shares_decide() -> None:
    own = taken(group(*(sent(at, at, 3) for at in range(1, 5))), SENT, "told", 365)
    others = taken(group(sent(0, 10, 1), sent(1, 30, 1)), SENT, "told", 365)
    assert own.swapped(others) == pytest.approx(3 + 20)


def test_who_was_never_told_counts_for_the_step_alone() -> None:
    own = taken(group(sent(0, 20, 5), sent(1, 40, None)), SENT, "told", 365)
    others = taken(group(sent(0, 2, None), sent(1, 4, 100)), SENT, "told", 365)
    assert list(own.reached) == [True, False]
    assert own.swapped(others) == 7  # the faster half of the others, told or not


def test_a_time_counts_up_to_the_horizon_and_only_of_cases_that_could_be_seen_for_so_long() -> None:
    own = taken(log([sent(0, 20, 20), sent(990, 2, 2)], 1000), SENT, "told", 50)
    assert len(own.step) == 1
    assert own.swapped(taken(group(sent(0, 45, 1)), SENT, "told", 50)) == 50


def test_the_milestone_is_one_that_comes_after_the_step() -> None:
    paid_before = case(0, 90, step("pay", 5), step("send", 30), step("pay", 90))
    found = taken(group(paid_before), SENT, "pay", 365)
    assert list(found.whole) == [90]
    assert list(taken(group(paid_before), SENT, END, 365).whole) == [90]
    assert list(taken(group(paid_before), Stretch("pay", "send"), END, 365).step) == [25]


def test_the_interval_of_the_gain_covers_the_true_one() -> None:
    covered = 0
    for seed in range(40):
        random = default_rng(seed)
        slow = [sent(at, random.gamma(4, 20), random.gamma(2, 5), "s") for at in range(150)]
        fast = [sent(at, random.gamma(4, 10), random.gamma(2, 5), "f") for at in range(100)]
        found = gain(
            taken(group(*slow), SENT, "told", 700), taken(group(*fast), SENT, "told", 700), random, 60
        )
        covered += found.low <= -40 <= found.high
    assert covered >= 34


def test_what_the_log_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match=r"no case had 'sent'.*create.*send"):
        taken(group(sent(0, 1, 1)), Stretch(START, "sent"), END, 365)
    with pytest.raises(InvalidInput, match="shorter horizon"):
        taken(group(sent(0, 1, 1)), SENT, "told", 1001)


def test_quarters_that_differ_in_that_step_alone_are_foretold_from_one_another() -> None:
    random = default_rng(3)
    cases = []
    for quarter in range(8):
        for _ in range(100):
            start = quarter * 91.3 + random.uniform(0, 88)
            cases.append(sent(start, random.gamma(9, 4 + 2 * (quarter % 4)), random.gamma(2, 6)))
    goal = next(swaps(log(cases, 2000), SENT, ("told",)))
    off, unchanged = (float(text.split("%")[0].split()[-1]) for text in (goal.measured, goal.beside))
    assert goal.held
    assert off < 8
    assert unchanged > 25


def test_quarters_that_differ_in_what_follows_are_not() -> None:
    random = default_rng(4)
    cases = [
        sent(q * 91.3 + random.uniform(0, 88), random.gamma(9, 4), random.gamma(2, 6) * (1 + 9 * (q % 2)))
        for q in range(8)
        for _ in range(100)
    ]
    assert not next(swaps(log(cases, 2000), SENT, ("told",))).held


def test_drawing_again_keeps_how_many_there_are() -> None:
    own = taken(group(*(sent(at, at, 3) for at in range(1, 30))), SENT, "told", 365)
    drawn = own.drawn(default_rng(1))
    assert len(drawn.step) == len(own.step)
    assert set(drawn.step) < set(own.step)
    assert np.allclose(drawn.whole - drawn.step, 3)
