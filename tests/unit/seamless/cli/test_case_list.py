"""Which requests are overdue at which agency, who holds what, what is stuck: asked as an operator would."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from contracts.terms.case_number import number_of
from contracts.terms.identifiers import CaseId, ProcedureId
from tests.chains import chain, records
from tests.unit.seamless.cli.running import Said, command
from tests.unit.seamless.cli.test_width import assert_fits
from workers.archive.store import ArchiveStore
from workers.watcher.stuck import StuckCase

NOW = datetime.now(UTC)
OPENED = {"kind": "opened"}


def requested(agency: str, due: datetime) -> dict[str, Any]:
    step = f"construction-permit.review-{agency}/1"
    return {"kind": "requested", "step": step, "agency": agency, "due": due, "holders": (f"agency:{agency}",)}


DEEMED = {
    "kind": "deemed",
    "step": "construction-permit.review-planning/1",
    "agency": "planning",
    "outcome": "consent",
}
DECIDED = {"kind": "decided", "outcome": "granted"}
WABO = {"procedure": ProcedureId("environmental-permit"), "law": "wabo-2010"}
TACIT = ({"kind": "opened"}, {"kind": "overdue", "outcome": "statutory"}, DECIDED)

LATE = chain(OPENED, requested("fire-safety", NOW - timedelta(days=3)))
SOON = chain(OPENED, requested("fire-safety", NOW + timedelta(days=3)))
PLANNED = chain(OPENED, requested("planning", datetime(2026, 3, 16, 16, tzinfo=UTC)))
"""Its last day is 2026-03-16 in Shanghai."""
BY_SILENCE = chain(OPENED, requested("planning", NOW - timedelta(days=9)), DEEMED, DECIDED)
REPEALED = chain(OPENED | {"procedure": ProcedureId("repealed")})
"""Of a procedure that has left the code."""
BY_LAW = chain(*(WABO | step for step in TACIT))
EVERY = (LATE, SOON, PLANNED, BY_SILENCE, BY_LAW, REPEALED)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    store = ArchiveStore(f"sqlite:///{folder / 'archive.db'}")
    store.prepare()
    for entries in EVERY:
        store.write(records(entries))
    store.close()
    return folder


def listed(data: Path, *options: str) -> set[CaseId]:
    said = command("case", "list", *options, "--data", data, "--json")
    assert said.code == 0, said
    return {CaseId(each["case"]) for each in json.loads(said.out)["cases"]}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--overdue"], [LATE, PLANNED]),
        (["--overdue", "--holder", "fire-safety"], [LATE]),
        (["--holder", "agency:fire-safety"], [LATE, SOON]),
        (["--holder", "fire-safety", "--procedure", "traffic-fine"], []),
        (["--procedure", "repealed"], [REPEALED]),
        (["--due-before", "2026-03-17"], [PLANNED]),
        (["--due-before", "2026-03-16"], []),
        (["--due-before", "2026-03-17", "--overdue", "--status", "open"], [PLANNED]),
        (["--holder", "system"], [BY_SILENCE, BY_LAW, REPEALED]),
        (["--holder", "applicant"], []),
        (["--holder", "agency:dissolved"], []),
    ],
    ids=lambda each: " ".join(each) if each and isinstance(each[0], str) else "",
)
def test_what_is_overdue_and_who_has_it_can_be_asked(
    data: Path, options: list[str], expected: list[Any]
) -> None:
    assert listed(data, *options) == {entries[0].case for entries in expected}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--holder", "fire"], "there is no 'fire'; there are: housing, planning, fire-safety"),
        (["--holder", "agency:"], "there is no 'agency:'"),
        (["--holder", "platform"], "there is no 'platform'"),
        (["--procedure", "nosuch"], "there is no procedure 'nosuch'; there are: construction-permit"),
        (["--procedure", "nosuch", "--by", "agency"], "there is no procedure 'nosuch'"),
        (["--due-before", "tomorrow"], "'tomorrow' is not a day; write it as 2026-12-01"),
        (["--due-before", "2026-02-30"], "is not a day"),
        (["--due-before", "0001-01-01"], "is not a day"),
        (["--by", "agency", "--limit", "3"], "give neither --limit nor --stuck"),
    ],
)
def test_what_cannot_be_is_reported(data: Path, options: list[str], told: str) -> None:
    said = command("case", "list", *options, "--data", data)
    assert (said.code, told in said.err) == (2, True), said


def test_a_summary_by_agency(data: Path) -> None:
    said = command("case", "list", "--by", "agency", "--data", data, columns="80")
    assert said.code == 0
    assert_fits(said.out, 80)
    header, fire, planning = (line.split() for line in said.out.splitlines())
    assert header == ["who", "cases", "overdue", "oldest", "due", "waiting"]
    assert (fire[:4], planning[:4]) == (["Fire", "safety", "2", "1"], ["Planning", "1", "1", "2026-03-16"])
    chinese = command("case", "list", "--by", "agency", "--lang", "zh", "--data", data)
    assert "消防审验中心" in chinese.out
    counted = json.loads(command("case", "list", "--by", "agency", "--overdue", "--data", data, "--json").out)
    assert {each["holder"]: each["overdue"] for each in counted["holders"]} == {
        "agency:fire-safety": 1,
        "agency:planning": 1,
    }
    none = command("case", "list", "--by", "agency", "--procedure", "traffic-fine", "--data", data)
    assert none.out == "Nobody has anything to do in such cases.\n"


# --- what silence caused -----------------------------------------------------------------------------


def test_what_was_granted_by_silence_is_shown_wherever_the_decision_is(data: Path) -> None:
    found = json.loads(command("case", "list", "--data", data, "--json").out)["cases"]
    rows = {each["case"]: each for each in found}
    assert [(rows[each[0].case]["by_silence"], rows[each[0].case]["deemed"]) for each in EVERY] == [
        *[(False, 0)] * 3,
        (False, 1),
        (True, 0),
        (False, 0),
    ]
    shown = command("case", "list", "--data", data).out
    assert "granted, 1 by silence" in shown
    assert "granted by silence" in shown
    one, other = (command("case", "show", each[0].case, "--data", data).out for each in (BY_SILENCE, BY_LAW))
    assert "Planning: consent, Review planning" in one
    assert "granted by silence" in other
    assert "granted by silence" not in one
    line = command("case", "timeline", BY_LAW[0].case, "--data", data).out.splitlines()[-1]
    assert "granted: by silence" in line
    as_json = json.loads(command("case", "show", BY_LAW[0].case, "--data", data, "--json").out)
    assert as_json["by_silence"] is True


# --- numbers ------------------------------------------------------------------------------------------------


def said_of(data: Path, case: str) -> list[Said]:
    commands = (["show", case], ["timeline", case], ["clock", case], ["verify", case])
    away = mock.AsyncMock(side_effect=OSError("away"))
    with mock.patch("seamless.cli.case_completeness._asked", away):
        return [command("case", *words, "--data", data, "--json") for words in commands]


def test_every_command_takes_a_case_by_its_id_or_its_number(data: Path) -> None:
    case = LATE[0].case
    by_id = said_of(data, case)
    assert {each.code for each in by_id} == {0}
    for number in (number_of(case), number_of(case).replace("-", "").lower()):
        assert [each.out for each in said_of(data, number)] == [each.out for each in by_id]
    assert number_of(case) in command("case", "list", "--data", data, columns="80").out
    assert number_of(case) in command("case", "show", case, "--data", data).out


@pytest.mark.parametrize("words", [["show"], ["timeline"], ["timeline", "--follow"], ["clock"], ["verify"]])
def test_a_number_that_no_case_has_or_that_is_mistyped_is_reported(data: Path, words: list[str]) -> None:
    number = number_of(LATE[0].case)
    mistyped = number[:-1] + ("0" if number[-1] != "0" else "1")
    unknown = ("000-000-012", "no case 000-000-012")
    for text, told in ((mistyped, "is mistyped"), unknown, ("x", "'x' is neither a case id")):
        said = command("case", words[0], text, *words[1:], "--data", data)
        assert (said.code, told in said.err) == (2, True), said


def test_two_cases_of_one_number_are_both_named(tmp_path: Path) -> None:
    store = ArchiveStore(f"sqlite:///{tmp_path / 'archive.db'}")
    store.prepare()
    case = LATE[0].case
    twin = CaseId(f"counter-0199a1b2-0000-7000-8000-00{case[-10:]}")
    for each in (case, twin):
        store.write(records(chain(OPENED, case=each)))
    store.close()
    said = command("case", "show", number_of(case), "--data", tmp_path)
    assert said.code == 2
    assert f"2 cases have the number {number_of(case)}" in said.err
    assert case in said.err
    assert twin in said.err


# --- stuck --------------------------------------------------------------------------------------------------


def test_stuck_cases_are_chosen_like_any_others(data: Path) -> None:
    stuck = [
        StuckCase(case=each[0].case, reason="task-failing", detail="it fails") for each in (LATE, PLANNED)
    ]

    @asynccontextmanager
    async def nobody(settings: object) -> AsyncIterator[None]:
        yield None

    with (
        mock.patch("seamless.cli.with_temporal.asking", nobody),
        mock.patch("workers.watcher.stuck.StuckCases.find", mock.AsyncMock(return_value=stuck)),
    ):
        for options, expected in (
            ([], [LATE, PLANNED]),
            (["--holder", "fire-safety"], [LATE]),
            (["--overdue", "--holder", "planning"], [PLANNED]),
            (["--status", "closed"], []),
            (["--limit", "1"], [LATE]),
        ):
            said = command("case", "list", "--stuck", *options, "--data", data, "--json")
            found = json.loads(said.out)["stuck"]
            assert [each["case"] for each in found] == [each[0].case for each in expected]
            assert [each["number"] for each in found] == [number_of(each[0].case) for each in expected]
        shown = command("case", "list", "--stuck", "--data", data, columns="80")
        assert_fits(shown.out, 80, LATE[0].case)
        assert "it fails" in shown.out
        none = command("case", "list", "--stuck", "--status", "closed", "--data", data)
        assert none.out.startswith("No such case is stuck in sqlite:///")
