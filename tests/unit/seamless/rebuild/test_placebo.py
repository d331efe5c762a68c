"""What a difference is worth is seen where nothing changed, and not by the ordinary test."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from contracts.terms.errors import InvalidInput
from seamless.rebuild.log import EventLog
from seamless.rebuild.placebo import APART, Compared, Times, apart, compare, placebos
from seamless.rebuild.placebo_told import told_compared
from seamless.rebuild.windows import Length
from tests.unit.seamless.rebuild.logs import case, day, log, step

MONTH = Length(30, "d")


def drifting(
    seed: int, *, days: int = 720, factor: float = 1.0, since: float = 1e9, load: float = 0.5
) -> EventLog:
    """A case a day twice, whose times drift with a backlog; from a day on each is so much of what it was."""
    chance, cases, level = np.random.default_rng(seed), [], 0.0
    for at in np.arange(0, days, 0.5):
        level = 0.97 * level + chance.normal(0, 0.25 * load)
        took = float(chance.gamma(3, 5) * np.exp(level)) * (factor if at >= since else 1.0)
        cases.append(case(float(at), float(at) + took, step("decide", float(at) + took)))
    return log(cases, 5000).as_seen(day(days))


def test_the_figures_are_those_of_a_plain_count() -> None:
    before = [case(at, at + 10, step("a", at + 10)) for at in range(30)]
    after = [case(30 + at, 30 + at + 5, step("a", 35 + at)) for at in range(30)]
    found = compare(log([*before, *after], 200), day(30), length=MONTH)
    assert (found.before.mean.value, found.after.mean.value) == (10, 5)
    assert found.change.value == pytest.approx(-0.5)
    assert (found.placebo, found.verdict) == (None, "not-known")


def test_open_cases_are_counted_and_both_periods_up_to_the_same_horizon() -> None:
    cases = [case(at, at + 20 if at + 20 <= 70 else None, step("a", at)) for at in range(60)]
    found = compare(log(cases, 70), day(30), length=MONTH)
    assert found.before.horizon == found.after.horizon == found.horizon
    assert found.after.open == 9
    assert found.after.mean.value == found.before.mean.value


def test_where_nothing_changes_little_is_called_seldom_and_the_ordinary_test_calls_much_significant() -> None:
    verdicts, significant, places = Counter[str](), 0, 0
    for seed in range(12):
        made = drifting(seed)
        for at in (200, 400, 600):
            found = compare(made, day(at), length=MONTH)
            verdicts[found.verdict] += 1
            significant += found.change.differs
            places += 1
    assert verdicts["seldom"] / places <= 0.1
    assert verdicts["usual"] / places >= 0.8
    assert significant / places > 0.3


def test_a_large_change_is_called_more_than_usual() -> None:
    for seed in range(6):
        found = compare(drifting(seed, load=0.1, factor=0.3, since=360), day(360), length=MONTH)
        assert found.verdict in ("seldom", "largest")
        assert found.placebo is not None
        assert found.placebo.as_large == 0


def test_no_place_holds_the_change() -> None:
    made, span = drifting(1, load=0.01, factor=0.2, since=360), 30.0
    pairs = list(placebos(Times.of(made), span, 60.0, not_at=360.0))
    assert pairs
    assert all(pair.at <= 360 - span or pair.at >= 360 + span for pair in pairs)
    assert max(abs(pair.change.value) for pair in pairs) < 0.5
    assert max(abs(pair.change.value) for pair in placebos(Times.of(made), span, 60.0)) > 0.7


def test_places_that_share_no_case_are_counted_and_bound_what_can_be_said() -> None:
    made = drifting(2, days=360, load=0.05, factor=0.2, since=180)
    pairs = list(placebos(Times.of(made), 30.0, 30.0, not_at=180.0))
    assert apart(pairs, 30.0) == 5, "three before and two after, each of sixty days"
    found = compare(made, day(180), length=MONTH, horizon=30)
    assert found.placebo is not None
    assert (found.placebo.apart, found.placebo.chance, found.verdict) == (5, 1 / 6, "largest")


def test_the_usual_window_leaves_enough_places() -> None:
    for days in (240, 500, 900):
        found = compare(drifting(9, days=days), day(days / 2), horizon=10)
        assert found.placebo is not None
        assert found.placebo.apart >= APART, found.window


def test_with_too_few_places_it_is_not_known_and_it_is_said_in_both_languages() -> None:
    found = compare(drifting(3, days=360), day(180), length=Length(60, "d"))
    assert found.verdict == "not-known"
    assert f"and {APART} are the fewest" in " ".join(told_compared(found, "en").findings)
    assert "不明" in " ".join(told_compared(found, "zh").findings)


def test_the_text_says_that_the_ordinary_test_deceives() -> None:
    found = compare(drifting(4), day(400), length=MONTH)
    assert found.placebo is not None
    text = " ".join(told_compared(found, "en").findings)
    assert (
        f"of the {found.placebo.pairs} places significant, where nothing changed: do not rely on it" in text
    )
    assert "不要依据它" in " ".join(told_compared(found, "zh").findings)


@pytest.mark.parametrize(
    ("at", "length", "cure"),
    [
        (-5, MONTH, "give a day between them"),
        (5000, MONTH, "give a day between them"),
        (10, MONTH, "less than 30d before it"),
        (715, MONTH, "less than 30d after it"),
        (360, Length(3, "d"), "10 are the fewest that say something; give a longer one"),
        (360, Length(3000, "y"), "give a shorter one"),
    ],
)
def test_what_cannot_be_compared_is_told_with_a_remedy(at: float, length: Length, cure: str) -> None:
    with pytest.raises(InvalidInput, match=cure):
        compare(drifting(5), day(at), length=length)


def test_a_log_that_does_not_say_when_a_case_ends_is_told() -> None:
    made = log([case(0, None, step("a", 1))], 9, "unknown")
    with pytest.raises(InvalidInput, match="--end ACTIVITY"):
        compare(made, day(1))


def test_what_is_told_is_what_was_found() -> None:
    found: Compared = compare(drifting(6), day(400), length=MONTH)
    again = Compared.model_validate_json(found.model_dump_json())
    assert again == found
