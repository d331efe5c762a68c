"""``seamless measure``: a table, JSON or a page, in either language; and what is wrong, with a cure."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.chains import chain, records
from tests.unit.seamless.cli.running import Said, command
from workers.archive.store import ArchiveStore


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Forty cases of two desks; the last two are open."""
    file, first = tmp_path / "log.csv", date(2026, 3, 2)
    rows = ["case_id,activity,timestamp,group,case:end"]
    for at in range(40):
        start = first + timedelta(days=at)
        end = "" if at > 37 else start + timedelta(days=3)
        rows.append(f"{at},receive,{start},intake,{end}")
        rows.append(f"{at},review,{start + timedelta(days=2)},planning,{end}")
    file.write_text("\n".join(rows), "utf-8")
    return file


def measured(*words: object, **settings: str) -> Said:
    said = command("measure", *words, **settings)
    assert said.code == 0, said
    return said


def test_the_whole_time_is_told_first_and_open_cases_are_counted(log: Path) -> None:
    said = measured(log, "--by", "agency").out
    first = next(line for line in said.splitlines() if "waits" in line)
    assert "An applicant waits 3 days on average" in first
    assert "2 of 40 cases are open, and counted" in first
    assert "planning" in said
    assert "Not known, since the log does not tell it: working time" in said


def test_it_is_told_in_chinese(log: Path) -> None:
    said = measured(log, "--lang", "zh").out
    assert "申请人平均等待3天" in said
    assert "数据没有记录、因此不明：办理与等待各占多少" in said


def test_on_a_narrow_terminal_nothing_is_cut(log: Path) -> None:
    said = measured(log, "--lang", "zh", "--by", "agency", columns="80").out
    assert "…" not in said
    assert max(len(line) for line in said.splitlines()) <= 80


def test_json_has_every_figure(log: Path) -> None:
    found = json.loads(measured(log, "--json", "--by", "step").out)
    assert found["whole"]["mean"]["value"] == pytest.approx(3)
    assert [row["key"] for row in found["rows"]] == [["review"], ["receive"]]
    assert found["by_law"] is None


def test_a_page_needs_nothing_else(log: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    measured(log, "--html", page, "--lang", "zh")
    text = page.read_text("utf-8")
    assert '<html lang="zh-Hans">' in text
    assert text.count("<svg") >= 3
    assert [word for word in ("<script", "http", "src=", "url(") if word in text] == []


def test_a_part_of_the_cases_another_horizon_and_another_split(log: Path) -> None:
    words = ("--since", "2026-03-05", "--until", "2026-03-20", "--split", "2026-03-10", "--horizon", "2")
    found = json.loads(measured(log, *words, "--json").out)
    assert (found["cases"], found["horizon"], found["whole"]["mean"]["value"]) == (15, 2, 2)
    assert found["halves"]["first"]["cases"] == 5


def test_as_it_was_known_on_a_day(log: Path) -> None:
    found = json.loads(measured(log, "--as-of", "2026-03-06", "--json").out)
    assert (found["cases"], found["open"]) == (5, 3)


def test_a_procedure_is_measured_from_the_archive(tmp_path: Path) -> None:
    asked = {"kind": "requested", "step": "construction-permit.review-planning/1", "agency": "planning"}
    answered = {"kind": "answered", "step": asked["step"], "agency": "planning", "outcome": "consent"}
    store = ArchiveStore(f"sqlite:///{tmp_path / 'archive.db'}")
    store.prepare()
    store.write(records(chain({"kind": "opened"}, asked, answered, {"kind": "closed", "holders": ()})))
    store.close()
    said = measured("construction-permit", "--data", tmp_path, "--by", "step", "--lang", "zh").out
    assert "申请人平均等待3小时" in said
    found = json.loads(measured("construction-permit", "--data", tmp_path, "--json").out)
    assert [part["name"] for part in found["holders"]] == [None, "agency:planning"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["none.csv"], "none.csv"),
        (["LOG", "--by", "handoff", "--map", "group=desk"], "there is no such column"),
        (["LOG", "--since", "yesterday"], "write it as 2026-12-01"),
        (["LOG", "--since", "2030-01-01"], "no case started in that time"),
        (["LOG", "--end", "grant"], "no such activity; there are: receive, review"),
        (["LOG", "--map", "group=group", "--map", "resource=group"], "officers are not compared"),
        (["LOG", "--html", "/nowhere/page.html"], "cannot write /nowhere/page.html"),
        (["LOG", "--horizon", "nan"], "Invalid value for '--horizon'"),
        (["LOG", "--horizon", "0"], "Invalid value for '--horizon'"),
        (["LOG", "--data", "."], "give neither --data nor --archive"),
        (["construction-permit", "--end", "x"], "say how a file is read"),
    ],
)
def test_what_is_wrong_is_told(log: Path, words: list[str], told: str) -> None:
    said = command("measure", *(log if word == "LOG" else word for word in words))
    assert said.code == 2, said
    assert told in " ".join(said.err.split())
