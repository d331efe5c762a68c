"""What people read fits their terminal, and an id can be copied whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest
from rich.cells import cell_len

from contracts.terms.identifiers import CaseId, ChannelId
from contracts.wire.dead_letter import DeadLetter, Place
from contracts.wire.ledger import LedgerEntry
from network.broker.topics import TopicReport
from tests.applications import application, new_case
from tests.chains import chain, records
from tests.unit.seamless.cli.running import command
from workers.archive.store import ArchiveStore

LONGEST = CaseId(f"{'c' * ChannelId.longest}-{new_case()[-36:]}")
ALL = ("agency:planning", "agency:fire-safety", "agency:civil-air-defence", "agency:environment")
PROJECT = "杭州市西湖区建设路一号第三中学教学楼及附属地下停车场新建工程（二期）扩初设计调整" * 3


def entries(case: CaseId) -> list[LedgerEntry]:
    content = application(project=PROJECT).model_dump(mode="json")
    opened = {"kind": "opened", "content": {"application": content}}
    requested = {
        "kind": "requested",
        "step": "construction-permit.review-civil-air-defence/1",
        "holders": ALL,
    }
    requested |= {"content": {"due": "2026-03-16T16:00:00Z"}}
    answered = {
        "kind": "answered",
        "step": "construction-permit.review-environment/1",
        "outcome": "refuse",
        "holders": ALL,
    }
    return chain(
        opened, requested, answered | {"actor": "agency:environment", "officer": "reviewer-0815"}, case=case
    )


HEAD = entries(LONGEST)[-1].hash


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    store = ArchiveStore(f"sqlite:///{folder / 'archive.db'}")
    store.prepare()
    for offset, case in enumerate((new_case(), LONGEST)):
        store.write(records(entries(case), offset=10 * offset))
    store.close()
    return folder


def assert_fits(out: str, columns: int, *ids: str) -> None:
    lines = [line.rstrip() for line in out.splitlines()]
    too_wide = [line for line in lines if cell_len(line) > columns]
    assert [line for line in too_wide if len(line.split()) > 1 or not line.isascii()] == []
    for each in ids:
        assert any(each in line for line in lines), f"{each} is cut or broken"


@pytest.mark.parametrize("columns", [40, 80, 132])
def test_cases_fit(data: Path, columns: int) -> None:
    for words, ids in (
        (["list"], [LONGEST]),
        (["show", LONGEST], [LONGEST, HEAD, "urn:document:shelter-plan", f"{1:064}"]),
        (["timeline", LONGEST], []),
    ):
        said = command("case", *words, "--data", data, columns=str(columns))
        assert said.code == 0
        assert_fits(said.out, columns, *ids)


@pytest.mark.parametrize("columns", [40, 80])
def test_dead_letters_and_topics_fit(columns: int) -> None:
    place = Place(f"agency.{'a' * 63}.events", 2, 123_456_789)
    now = datetime(2026, 3, 2, 1, tzinfo=UTC)
    letter = DeadLetter(
        id=str(place),
        place=place,
        received=now,
        refused=now,
        reason="unknown-procedure",
        detail=f"data.application.项目名称: {PROJECT}",
        field="data.application",
        key=LONGEST.encode(),
        value=PROJECT.encode(),
        headers=(("ce_id", b"0" * 36),),
    )
    report = TopicReport(place.topic, "changed", 3, {"retention.ms": ("604800000", "7776000000")})
    with (
        mock.patch("network.broker.dead_letters.list_dead_letters", mock.AsyncMock(return_value=[letter])),
        mock.patch("network.broker.topics.apply_topics", mock.AsyncMock(return_value=[report])),
    ):
        for words, ids in (
            (["dead-letter", "list"], [letter.id]),
            (["dead-letter", "show", letter.id], [letter.id, LONGEST, "0" * 36]),
            (["topics", "apply"], [place.topic]),
        ):
            said = command(*words, columns=str(columns))
            assert said.code == 0
            assert_fits(said.out, columns, *(each for each in ids if len(each) > 36 or columns > 60))


@pytest.mark.parametrize(
    ("calendar", "opened"),
    [("cn-2026.1", "2026-03-02 10:00:00 (Asia/Shanghai)"), ("compressed:60", "2026-03-02 02:00:00 (UTC)")],
)
def test_when_a_case_was_opened_is_reported_in_the_zone_of_its_administration(
    data: Path, calendar: str, opened: str
) -> None:
    """As its due days are, wherever the command runs; a program reads UTC."""
    settings = {"SEAMLESS_CALENDAR": calendar, "TZ": "America/New_York"}
    shown = command("case", "show", LONGEST, "--data", data, columns="80", **settings)
    assert opened in " ".join(shown.out.split())
    assert_fits(shown.out, 80, LONGEST)
    listed = command("case", "list", "--data", data, columns="80", **settings)
    moment, zone = opened.rsplit(" ", 1)
    assert f"opened {zone} {moment}" in " ".join(listed.out.split())
    assert_fits(listed.out, 80, LONGEST)
    wide = command("case", "list", "--data", data, **settings).out.splitlines()
    assert f"opened {zone}" in wide[0]
    assert moment in wide[1]
    as_json = command("case", "show", LONGEST, "--data", data, "--json", **settings)
    assert json.loads(as_json.out)["opened"] == "2026-03-02T02:00:00Z"


def test_where_there_is_room_each_case_is_one_line(data: Path) -> None:
    said = command("case", "list", "--data", data)
    assert len(said.out.splitlines()) == 3
    assert command("case", "list", "--data", data, columns="80").out.count("held by") == 2


@pytest.mark.parametrize("columns", ["", "0", "²", "-5", "x", "9" * 30])
def test_a_width_that_is_none_is_passed_over(data: Path, columns: str) -> None:
    assert LONGEST in command("case", "list", "--data", data, columns=columns).out


def test_a_list_of_nothing_says_so(tmp_path: Path) -> None:
    store = ArchiveStore(f"sqlite:///{tmp_path / 'archive.db'}")
    store.prepare()
    store.close()
    assert command("case", "list", "--data", tmp_path).out.startswith("No cases yet in sqlite:///")
    chosen = command("case", "list", "--status", "open", "--data", tmp_path)
    assert (chosen.code, chosen.out.startswith("No such cases in sqlite:///")) == (0, True)
    with mock.patch("network.broker.dead_letters.list_dead_letters", mock.AsyncMock(return_value=[])):
        assert command("dead-letter", "list").out == "No dead letters wait.\n"
        assert command("dead-letter", "list", "--reason", "invalid").out == "No such dead letters.\n"
