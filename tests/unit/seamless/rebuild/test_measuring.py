"""What is measured is what was planted; and whatever the log, the parts of the time are the whole of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.rebuild.foretold import foretell
from contracts.terms.errors import InvalidInput
from seamless.rebuild.durations import halves, middle
from seamless.rebuild.figures import BYS, By
from seamless.rebuild.log import CaseRecord, EventLog
from seamless.rebuild.measuring import horizon_for, measure
from seamless.rebuild.page import page
from seamless.rebuild.telling import told
from tests.unit.seamless.rebuild.logs import case, day, log, step

# --- the whole and its parts --------------------------------------------------------------------------------


def test_phases_and_holders_of_a_log_of_completions() -> None:
    one = case(0, 10, step("receive", 2, "intake"), step("review", 6, "planning"))
    found = measure(log([one], 10), horizon=100)
    assert {part.name: part.days_per_case for part in found.phases} == {
        "before": 2,
        "recorded": 4,
        "after": 4,
    }
    assert {part.name: part.days_per_case for part in found.holders} == {
        "intake": 2,
        "planning": 4,
        None: 4,
    }


def test_those_who_have_a_case_at_the_same_time_have_equal_parts() -> None:
    one = case(0, 6, step("a", 4, "fire", queued=0), step("b", 6, "water", queued=2))
    found = measure(log([one], 6), horizon=100)
    assert {part.name: part.days_per_case for part in found.holders} == {"fire": 3, "water": 3}


def test_an_open_step_holds_the_case_until_now() -> None:
    one = case(0, None, step("a", 1, "fire", queued=0), step("b", None, "water", queued=1))
    found = measure(log([one], 9), horizon=100)
    assert {part.name: part.days_per_case for part in found.holders} == {"fire": 1, "water": 8}
    assert [part.name for part in found.phases] == ["recorded"]


def test_nothing_counts_beyond_the_horizon() -> None:
    one = case(0, 50, step("a", 1, "fire"), step("b", 40, "water"))
    found = measure(log([one], 50), horizon=10)
    assert sum(part.days_per_case for part in found.phases) == 10
    assert {part.name: part.days_per_case for part in found.holders} == {"fire": 1, "water": 9}


def test_work_is_told_from_waiting_only_where_its_beginning_is_recorded() -> None:
    known = case(0, 4, step("a", 4, queued=0, started=3))
    assert measure(log([known], 4)).working is not None
    working = measure(log([known], 4)).working
    assert working is not None
    assert working.value == 0.25
    unknown = measure(log([case(0, 4, step("a", 4))], 4))
    assert unknown.working is None
    assert "working-time" in unknown.not_known


# --- how it goes round --------------------------------------------------------------------------------------


def test_handoffs_rework_and_ping_pong() -> None:
    there = case(0, 4, step("a", 1, "x"), step("b", 2, "y"), step("a", 3, "x"), step("c", 4, "x"))
    straight = case(1, 4, step("a", 2, "x"), step("b", 3, "y"))
    found = measure(log([there, straight], 4)).handoffs
    assert (found.between, found.per_case.value) == ("groups", 1.5)
    assert [(pair.before, pair.after, pair.count, pair.median) for pair in found.pairs] == [
        ("x", "y", 2, 1),
        ("y", "x", 1, 1),
    ]
    assert (found.rework.value, found.ping_pong.value) == (0.5, 0.5)
    assert [(each.activity, each.cases) for each in found.repeated] == [("a", 1)]


def test_what_was_stopped_was_not_done_again() -> None:
    one = case(0, 4, step("a", 1, "x", how="stopped"), step("a", 3, "y"))
    assert measure(log([one], 4)).handoffs.rework.value == 0


def test_a_parallel_step_follows_on_what_had_ended_when_it_was_asked_for() -> None:
    one = case(0, 9, step("in", 1, "desk"), step("a", 5, "fire", queued=1), step("b", 6, "water", queued=1))
    pairs = measure(log([one], 9)).handoffs.pairs
    assert {(pair.before, pair.after) for pair in pairs} == {("desk", "fire"), ("desk", "water")}


def test_a_step_that_moves_many_cases_on_few_days_is_a_batch_and_its_waiting_is_told() -> None:
    cases = [
        case(at, 100 * (at // 100 + 1), step("make", at), step("collect", 100 * (at // 100 + 1)))
        for at in range(0, 900, 3)
    ]
    found = measure(log(cases, 1000))
    [batch] = found.batches
    assert (batch.activity, batch.cases, batch.days) == ("collect", 300, 8)
    assert batch.waiting == pytest.approx(50, abs=12)
    assert batch.share > 0.7


def test_what_comes_every_day_is_no_batch() -> None:
    cases = [case(at / 4, at / 4 + 3, step("make", at / 4), step("send", at / 4 + 3)) for at in range(900)]
    assert measure(log(cases, 300)).batches == ()


# --- what came of it ----------------------------------------------------------------------------------------


def test_in_time_late_overdue_and_not_yet_due() -> None:
    cases = [
        case(0, 5, step("a", 5), due=6),
        case(1, 6, step("a", 6), due=6),
        case(2, 9, step("a", 9), due=8),
        case(3, None, step("a", 4), due=9),
        case(4, None, step("a", 5), due=90),
        case(5, 9, step("a", 6)),
    ]
    found = measure(log(cases, 10)).by_law
    assert found is not None
    assert (found.in_time, found.late, found.overdue_open, found.early_open) == (2, 1, 1, 1)
    assert found.share is not None
    assert found.share.value == 0.5


def test_what_silence_ended_was_not_done_in_time() -> None:
    steps = [step("a", 3, how="deemed", due=3), step("b", 3, how="answered", due=3)]
    found = measure(log([case(0, 3, *steps, step("c", 3, how="stopped", due=2))], 5)).steps_in_time
    assert found is not None
    assert (found.in_time, found.late) == (1, 1)


def test_silence_is_told_with_what_it_counted_as() -> None:
    cases = [
        case(0, 5, step("a", 3, how="deemed", outcome="consent"), step("b", 5, how="answered"), silent=True),
        case(1, 5, step("a", 3, how="stopped"), silent=False),
    ]
    found = measure(log(cases, 5)).silence
    assert found is not None
    assert (found.steps, found.of_steps, found.outcomes, found.cases) == (1, 2, {"consent": 1}, 1)


def test_what_a_log_does_not_tell_is_not_known_and_not_zero() -> None:
    cases = [case(0, 5, step("a", 5), numbers={"visits": 2}), case(1, 5, step("a", 5))]
    found = measure(log(cases, 5))
    assert [(count.name, count.cases, count.mean) for count in found.counts] == [("visits", 1, 2)]
    assert set(found.not_known) >= {"limit-by-law", "silence", "cost", "satisfaction", "who-held"}
    assert "visits" not in found.not_known


# --- the halves ---------------------------------------------------------------------------------------------


def deceiving(chance: np.random.Generator) -> EventLog:
    """The recorded steps take a fifth in the later half; the applicant waits as before."""
    cases = []
    for at in range(600):
        waits, recorded = chance.gamma(4, 15), chance.exponential(5 if at < 300 else 1)
        first = max(0.0, waits - recorded) * 0.4
        steps = [step("a", at + first, "x"), step("b", at + first + recorded, "y")]
        end = at + max(waits, first + recorded)
        cases.append(case(at, end if end < 640 else None, *(s for s in steps if s.completed < day(640))))
    return log(cases, 640)


def test_faster_steps_are_told_apart_from_what_applicants_have_of_them() -> None:
    found = measure(deceiving(np.random.default_rng(3)))
    assert found.halves is not None
    assert found.halves.recorded is not None
    assert found.halves.whole is not None
    assert (found.halves.recorded.differs, found.halves.whole.differs) == (True, False)
    assert found.halves.recorded.value < -0.5
    text = " ".join(told(found, "en").findings)
    assert "an improvement that applicants do not have" in text


def test_where_nothing_changes_a_change_is_seldom_told() -> None:
    chance, seen = np.random.default_rng(5), 0
    for _ in range(60):
        waits = chance.gamma(3, 10, 160)
        cases = [case(at, at + took, step("a", at + took)) for at, took in enumerate(waits)]
        cases = [each._replace(end=None, steps=()) if each.end > day(170) else each for each in cases]
        made = log(cases, 170)
        found = halves(made, horizon_for(made), middle(made))
        seen += bool(found and found.whole and found.whole.differs)
    assert seen <= 8, "3 are expected of 60"


def test_a_month_whose_cases_were_not_seen_for_long_is_counted_up_to_what_was_seen() -> None:
    cases = [case(at, at + 20 if at + 20 <= 90 else None, step("a", at)) for at in range(90)]
    rows = measure(log(cases, 90), horizon=30).months
    horizons = [row.duration.horizon for row in rows]
    assert horizons[0] == 30
    assert horizons[-1] < 30


def test_a_forecast_from_open_cases_is_near_where_the_average_of_finished_ones_is_not() -> None:
    chance = np.random.default_rng(17)
    cases = [case(at / 4, at / 4 + took) for at, took in enumerate(chance.exponential(120, 2000))]
    made = log(cases, 900)
    forecast = foretell(made.as_seen(day(700)), day(250))
    assert forecast.error < 0.1
    assert forecast.average_error > 0.25


# --- what explains it ---------------------------------------------------------------------------------------


def test_what_explains_the_time_is_found_and_what_does_not_is_not() -> None:
    chance = np.random.default_rng(9)
    cases = []
    for at in range(500):
        channel, colour = chance.choice(["desk", "post"]), chance.choice(["red", "blue", "green"])
        took = chance.exponential(10 if channel == "desk" else 40)
        attributes = {"channel": channel, "colour": colour, "number": str(at)}
        end = at + took if at + took < 520 else None
        cases.append(case(at, end, attributes=attributes))
    found = {each.name: each.share for each in measure(log(cases, 520)).explained}
    assert found["channel"].low > 0.05
    assert found["colour"].low == 0
    assert found["colour"].value < 0.02
    assert "number" not in found or found["number"].low == 0


# --- any log ------------------------------------------------------------------------------------------------

NAMES = st.sampled_from("abcd")


@st.composite
def any_case(draw: st.DrawFn) -> CaseRecord:
    start = draw(st.integers(0, 50))
    ends = sorted(draw(st.lists(st.integers(start, 100), max_size=6)))
    steps = [
        step(
            draw(NAMES),
            end,
            draw(st.none() | NAMES),
            resource=draw(st.none() | NAMES),
            **({"queued": draw(st.integers(0, end))} if draw(st.booleans()) else {}),
            **({"due": draw(st.integers(0, 120))} if draw(st.booleans()) else {}),
        )
        for end in ends
    ]
    if draw(st.booleans()):
        steps.append(step(draw(NAMES), None, draw(st.none() | NAMES), queued=draw(st.integers(0, 100))))
    end = draw(st.none() | st.integers(start, 100))
    more = {"due": draw(st.integers(0, 120))} if draw(st.booleans()) else {}
    attributes = {"<channel>": draw(NAMES)}
    return case(start, end, *steps, attributes=attributes, variant=draw(st.none() | NAMES), **more)


def grouped(made: EventLog) -> bool:
    return any(each.group for one in made.cases for each in one.steps)


@settings(deadline=None, max_examples=60)
@given(st.lists(any_case(), min_size=1, max_size=40), st.sampled_from(BYS), st.booleans())
def test_of_any_log_the_parts_are_the_whole_and_everything_can_be_told(
    cases: list[CaseRecord], by: By, known: bool
) -> None:
    made = log([each if known else each._replace(end=None) for each in cases], 100)
    if not known:
        made = log([each._replace(end=None) for each in cases], 100, "unknown")
    found = measure(made, by=by if by == "step" or (known and grouped(made)) else None)
    for parts in (found.phases, found.holders):
        assert sum(part.share for part in parts) == pytest.approx(1) or not parts
    if found.whole is not None:
        assert 0 <= found.whole.mean.low <= found.whole.mean.value <= found.whole.mean.high
        assert found.whole.mean.value <= found.horizon + 1e-9
    for language in ("en", "zh"):
        written = page(found, language)  # type: ignore[arg-type]
        assert "<script" not in written
        assert "http" not in written
        assert "<channel>" not in written


def test_a_time_without_a_case_is_told() -> None:
    with pytest.raises(InvalidInput, match="no case started in that time; choose another"):
        measure(log([case(0, 1, step("a", 1))], 2).started(since=day(5)))


@pytest.mark.parametrize(("by", "cure"), [("agency", "--map group=COLUMN"), ("month", "--end ACTIVITY")])
def test_a_breakdown_that_a_log_does_not_allow_is_told_with_a_cure(by: By, cure: str) -> None:
    with pytest.raises(InvalidInput, match=cure):
        measure(log([case(0, None, step("a", 1))], 2, "unknown"), by=by)
