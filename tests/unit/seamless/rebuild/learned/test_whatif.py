"""What would be is computed from what was known, and told in both languages with what it assumes."""

from __future__ import annotations

from datetime import date

import pytest
from numpy.random import default_rng

from contracts.terms.errors import InvalidInput
from seamless.rebuild.learned.swapped import END, START, Stretch
from seamless.rebuild.learned.whatif import foresee, swap
from seamless.rebuild.learned.whatif_told import PHRASES, told_runs, told_swap
from seamless.rebuild.log import EventLog
from tests.unit.seamless.rebuild.learned.planted import RUN, by_age, by_year, planted, yearly
from tests.unit.seamless.rebuild.logs import case, day, log, step


@pytest.fixture(scope="module")
def whole() -> EventLog:
    random = default_rng(1)
    return planted(random, yearly(random, 60), by_age(150))


def days_of(whole: EventLog) -> list[date]:
    return sorted({s.completed.date() for c in whole.cases for s in c.steps if s.activity == RUN})  # type: ignore[union-attr]


def test_runs_that_were_are_foretold_nearly_as_they_were(whole: EventLog) -> None:
    runs = days_of(whole)
    found = foresee(whole, RUN, runs[6:])
    assert found.learned == tuple(runs[:6])
    for run in found.runs:
        assert run.foretold == pytest.approx(run.went, rel=0.15)
        assert (run.day - run.cutoff).days == pytest.approx(150, abs=12)
    assert found.stay + sum(run.foretold for run in found.runs) == pytest.approx(found.cases)


def test_it_rests_on_nothing_that_came_later(whole: EventLog) -> None:
    runs = days_of(whole)
    seen = whole.as_seen(day(-1) + (day(0) - day(-1)) * ((runs[6] - day(0).date()).days))
    now, then = foresee(whole, RUN, [runs[6]]), foresee(seen, RUN, [runs[6]])
    assert now.learned == then.learned
    assert now.runs[0].foretold == pytest.approx(then.runs[0].foretold)


def test_of_a_run_after_the_log_nobody_knows_who_went(whole: EventLog) -> None:
    found = foresee(whole, RUN, [day(365 * 12 + 100).date()])
    assert found.runs[0].went is None
    assert found.runs[0].foretold > 10
    assert "not known" in told_runs(found, "en").sections[0].rows[0]


def test_where_nothing_could_be_learned_it_says_so(whole: EventLog) -> None:
    with pytest.raises(InvalidInput, match=r"begins on .* no earlier runs"):
        foresee(whole, RUN, [date(1, 1, 1)])
    with pytest.raises(InvalidInput, match="no case had 'collect'"):
        foresee(whole, RUN, [day(30).date()])
    with pytest.raises(InvalidInput, match="--on"):
        foresee(whole, RUN, [])


def test_the_rule_is_told_in_a_sentence(whole: EventLog) -> None:
    by_age_told = told_runs(foresee(whole, RUN, days_of(whole)[8:]), "en").findings[0]
    assert by_age_told.startswith("A case goes in the first run that is at least 15")
    assert by_age_told.endswith("days after check.")
    random = default_rng(2)
    years = planted(random, yearly(random, 40), by_year(100, 50))
    told = told_runs(foresee(years, RUN, days_of(years)[8:]), "zh").findings[0]
    assert told.startswith("每次集中办理check不晚于约06-")


def test_a_swap_is_told_with_what_it_assumes() -> None:
    def group(first: float, took: float) -> EventLog:
        return log(
            [case(first + at, first + at + took + at % 7 + 5, step("send", first + at + took + at % 7))
             for at in range(60)], 900
        )  # fmt: skip

    found = swap(group(0, 100), group(100, 40), Stretch(START, "send"), END)
    assert (found.gain.value, found.own - found.swapped) == (pytest.approx(-60), pytest.approx(60))
    assert found.gain.low < -60 < found.gain.high
    assert (found.cases, found.others, found.reached) == (60, 60, 1)
    english, chinese = told_swap(found, "en"), told_swap(found, "zh")
    assert english.findings[0].startswith("The end would come 60.0 days earlier on average (")
    assert "办结平均会提前60.0天" in chinese.findings[0]
    assert "whenever it begins" in english.sections[0].notes[1]
    same = swap(group(0, 40), group(100, 40), Stretch(START, "send"), END)
    assert "would not measurably move" in told_swap(same, "en").findings[0]
    later = swap(group(0, 40), group(100, 50), Stretch(START, "send"), END)
    assert "days later on average" in told_swap(later, "en").findings[0]


def test_every_phrase_names_the_same_values_in_both_languages() -> None:
    for key, (chinese, english) in PHRASES.items():
        assert sorted(_named(chinese)) == sorted(_named(english)), key


def _named(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}
