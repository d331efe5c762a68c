"""What is ranked first is what was planted, by what was known, with the chance that is so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import create_engine

from bench.rebuild.explored import archive, ledgers
from bench.rebuild.ranked import begins, captured, first_of
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.directory import load_directory
from contracts.terms.errors import InvalidInput
from seamless.rebuild.archived import log_of
from seamless.rebuild.chances import FEWEST_BEFORE
from seamless.rebuild.log import EventLog, StepRecord
from seamless.rebuild.ranking import Ranking, expected, rank
from seamless.rebuild.ranking_told import told_ranking
from seamless.rebuild.targets import Kind, waits
from seamless.rebuild.windows import Length, onward_from
from tests.unit.seamless.rebuild.logs import case, day, log, step

MONTH = Length(30, "d")


def planted(
    seed: int, spread: Mapping[str, tuple[float, float]], months: int = 12, a_month: int = 30
) -> EventLog:
    """Cases that pass every group once; each waits at it between a least and a most of days."""
    chance, cases = np.random.default_rng(seed), []
    for number in range(months * a_month):
        start = at = number * 30 / a_month
        steps = []
        for group, (least, most) in spread.items():
            at += chance.uniform(least, most)
            steps.append(step(f"do-{group}", at, group, resource=f"officer {chance.integers(9)}"))
        cases.append(case(start, at, *steps))
    last = months * 30
    return log(cases, 5000).as_seen(day(last))


def keys(found: Ranking) -> list[str]:
    return [" → ".join(target.key) for target in found.targets]


def test_what_wastes_most_is_first_and_not_what_takes_longest() -> None:
    made = planted(1, {"intake": (1, 1.2), "building": (40, 41), "fire": (1, 9), "water": (1, 4)})
    assert keys(rank(made, length=MONTH))[:2] == ["fire", "water"]


def test_the_hours_a_month_are_those_beyond_the_best_quarter() -> None:
    made = planted(2, {"intake": (0, 0.1), "fire": (0, 8)}, months=4, a_month=900)
    target = rank(made, length=MONTH).targets[0]
    beyond = np.mean(np.clip(np.linspace(0, 8, 9999), 2, 7.2) - 2)
    assert target.key == ("fire",)
    assert target.hours_a_month == pytest.approx(900 * 24 * beyond * (365.25 / 12 / 30), rel=0.05)


@pytest.mark.parametrize("by", ["agency", "step", "handoff"])
def test_the_time_of_applicants_is_told_and_not_ranked(by: Kind) -> None:
    """They are no office that somebody could rebuild."""
    made = planted(5, {"intake": (0, 1), "applicant": (0, 30), "fire": (0, 6)})
    found = rank(made, by=by, length=MONTH)
    assert not [key for key in keys(found) if key.endswith("applicant")]
    assert keys(found)[0].endswith("fire")
    assert found.applicants > found.targets[0].hours_a_month
    assert sum(target.share for target in found.targets) == pytest.approx(1)
    assert "the applicants had the case" in str(told_ranking(found, "en"))


def test_steps_stand_within_their_agencies_and_add_up() -> None:
    found = rank(planted(3, {"fire": (1, 9), "water": (1, 4)}), length=MONTH)
    for target in found.targets:
        assert sum(part.hours_a_month for part in target.steps) == pytest.approx(target.hours_a_month)


def test_what_lasts_is_told_a_higher_chance_than_what_came_once() -> None:
    waste = {"a": (0.0, 9.0), "b": (0.0, 8.0), "c": (0.0, 7.0), "d": (0.0, 1.0), "e": (0.0, 1.0)}
    made = planted(4, waste, months=14)
    late = [
        case(380 + at, 381 + 2 * at, step("do-d", 381 + 2 * at, "d", resource="x"), reference=f"late {at}")
        for at in range(20)
    ]
    found = rank(log([*made.cases, *late], 420), length=MONTH)
    chances = {target.key[0]: target.chance.value or 0 for target in found.targets}
    assert keys(found)[0] == "a"
    assert 0 < chances["d"] < 0.4 < 0.8 < chances["a"]


def test_in_too_few_windows_the_chance_is_not_known_and_it_is_said() -> None:
    made = planted(5, {"a": (0, 9), "b": (0, 8)}, months=FEWEST_BEFORE)
    found = rank(made, length=MONTH)
    assert {target.chance.value for target in found.targets} == {None}
    assert "it is not known whether" in told_ranking(found, "en").findings[0]
    assert "不明" in told_ranking(found, "zh").findings[0]


def test_chances_are_true_on_average() -> None:
    """Of targets that were told a chance, so many were among the first three of a window later."""
    groups = {name: (0.0, 4.0 + at * 0.3) for at, name in enumerate("abcdefgh")}
    told, came = [], []
    for seed in range(6):
        made = planted(seed, groups, months=14, a_month=12)
        found = waits(made, "agency")
        *before, later = onward_from(made.cases[0].start, MONTH, made.as_of - timedelta(days=30))
        ranked = expected(found, before[-9:])
        worth = first_three(made, later.since, later.until)
        for key, each in ranked.items():
            assert each.chance.value is not None
            told.append(each.chance.value)
            came.append(key in worth)
    assert np.mean(told) == pytest.approx(np.mean(came), abs=0.06)
    assert np.corrcoef(told, came)[0, 1] > 0.3


def first_three(made: EventLog, since: object, until: object) -> set[tuple[str, ...]]:
    """By a plain count: what waited most beyond the best quarter of the waits that began in a window."""
    took: dict[str, list[float]] = {}
    for each in made.cases:
        began = each.start
        for one in each.steps:
            assert one.completed is not None
            assert one.group is not None
            if since <= began < until:  # type: ignore[operator]
                took.setdefault(one.group, []).append((one.completed - began) / timedelta(days=1))
            began = one.completed
    worth = {}
    for group, times in took.items():
        ordered = sorted(times)
        low, high = ordered[-(-len(ordered) // 4) - 1], ordered[-(-len(ordered) * 9 // 10) - 1]
        worth[group] = sum(min(each, high) - low for each in ordered if each > low)
    return {(group,) for group in sorted(worth, key=lambda each: -worth[each])[:3]}


# --- nothing that came later is known -----------------------------------------------------------------------


def test_a_ranking_rests_on_nothing_that_came_later() -> None:
    made = planted(6, {"a": (0, 9), "b": (0, 8), "c": (0, 30)})
    until = day(240)
    assert (
        rank(made, length=MONTH, until=until).targets
        == rank(made.as_seen(until), length=MONTH, until=until).targets
    )


def test_the_bench_chooses_as_the_command_does() -> None:
    made = planted(7, {"a": (0, 9), "b": (0, 8), "c": (0, 7), "d": (0, 6)})
    found = waits(made, "agency")
    windows = list(onward_from(begins(found, MONTH), MONTH, day(270)))
    until = windows[-1].until
    assert (
        first_of(expected(found, windows))
        == rank(made.as_seen(until), length=MONTH, until=until).targets[0].key
    )


def test_what_lasts_is_captured() -> None:
    lasting = waits(planted(8, {"a": (0, 20), "b": (0, 2), "c": (0, 2)}), "agency")
    found = list(captured(lasting, MONTH, begins(lasting, MONTH), day(360)))
    assert len(found) > 5
    assert {choice.ours for choice in found} == {1.0}


# --- what has to change, and what has to be taken care of ---------------------------------------------------


@pytest.fixture(scope="module")
def permits(tmp_path_factory: pytest.TempPathFactory) -> EventLog:
    """Construction permits that went every way that they have, one every 31 hours."""
    url = f"sqlite:///{tmp_path_factory.mktemp('archive') / 'archive.db'}"
    archive(url, ledgers("construction-permit", 60, load_directory()))
    with create_engine(url).connect() as db:
        return log_of(db, "construction-permit", None)


def test_of_a_procedure_it_is_read_in_the_code(permits: EventLog) -> None:
    found = rank(permits, item=CATALOGUE["construction-permit"])
    fire = next(target for target in found.targets if target.key == ("agency:fire-safety",))
    assert fire.ease is not None
    assert (fire.ease.agencies, fire.ease.bases) == (2, 1), (
        "it, and housing, which is told when it is overdue"
    )
    assert fire.ease.handoffs > 0
    assert (fire.risk.refusals, fire.risk.binding) == (1, ("deem",))
    assert fire.order_by == pytest.approx(fire.expected / fire.ease.things)
    assert "its silence counts as an answer" in " ".join(told_ranking(found, "en").findings)


def test_what_is_not_known_to_be_easy_is_taken_to_be_as_hard_as_the_hardest(permits: EventLog) -> None:
    def surveyed(step: StepRecord) -> StepRecord:
        its = step.activity == "review-planning"
        return step._replace(activity="survey", group="third:surveyor") if its else step

    cases = [each._replace(steps=tuple(map(surveyed, each.steps))) for each in permits.cases]
    found = rank(replace(permits, cases=tuple(cases)), item=CATALOGUE["construction-permit"])
    most = max(target.ease.things for target in found.targets if target.ease is not None)
    unknown = [target for target in found.targets if target.ease is None]
    assert unknown
    assert all(target.order_by == pytest.approx(target.expected / most) for target in unknown)


def test_of_a_log_from_elsewhere_it_is_not_known_and_the_ranking_says_so() -> None:
    found = rank(planted(9, {"a": (0, 9), "b": (0, 8)}), length=MONTH)
    assert {target.ease for target in found.targets} == {None}
    assert {(target.risk.refusals, target.risk.binding) for target in found.targets} == {(None, None)}
    assert "how much has to change is not known" in told_ranking(found, "en").findings[0]


def test_no_officer_is_in_it() -> None:
    said = rank(planted(10, {"a": (0, 9), "b": (0, 8)}), length=MONTH).model_dump_json()
    assert "officer" not in said


# --- what is wrong ------------------------------------------------------------------------------------------


def test_what_cannot_be_ranked_is_told_with_a_remedy() -> None:
    made = planted(11, {"a": (0, 9), "b": (0, 8)}, months=3)
    with pytest.raises(InvalidInput, match=r"less than one window .* give a shorter one"):
        rank(made, length=Length(1, "y"))
    with pytest.raises(InvalidInput, match="nothing is known to have waited"):
        rank(log([case(0, 9, step("a", 9, "x"))], 30), length=MONTH)
    with pytest.raises(InvalidInput, match="no case started in that time"):
        rank(made.started(since=day(900)))
