"""``seamless rebuild``: what to begin with, what a change was worth, how large a pilot has to be."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from bench.rebuild.explored import archive, ledgers
from contracts.terms.directory import load_directory
from tests.unit.seamless.cli.hostile_texts import PASSED, TEXTS, WHOLE, assert_safe
from tests.unit.seamless.cli.running import Said, command

LOG = Path(__file__).with_name("measured.csv")

LATE = "2026-06-01"
"""When the cases of the archive are over."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cases a day for two years; fire protection takes two days or twelve."""
    file = tmp_path_factory.mktemp("log") / "log.csv"
    chance, first = np.random.default_rng(1), datetime(2026, 1, 1, 9, tzinfo=UTC)
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["case_id", "activity", "timestamp", "group", "case:start", "case:end"])
        for number in range(1460):
            start = first + timedelta(hours=12 * number)
            received = start + timedelta(days=chance.uniform(0.1, 0.3))
            reviewed = received + timedelta(days=int(chance.choice([2, 2, 12])))
            decided = reviewed + timedelta(days=chance.uniform(0.5, 2))
            steps = [
                ("receive", received, "intake"),
                ("review", reviewed, "fire"),
                ("decide", decided, "lead"),
            ]
            rows.writerows([number, *step, start, decided] for step in steps)
    return file


def said(*words: object, **settings: str) -> Said:
    found = command("rebuild", *words, **settings)
    assert found.code == 0, found
    return found


def test_rank_tells_the_first_with_its_reason_in_a_sentence(log: Path) -> None:
    out = said("rank", log).out
    first = next(line for line in out.splitlines() if line.startswith("1. "))
    assert "fire" in first
    assert "hours of waiting a month are beyond its best quarter" in first
    assert "how much has to change is not known" in first
    assert "review" in out, "the step within"
    assert "a pilot shows what is gained" in out


def test_rank_in_chinese_and_by_other_targets(log: Path) -> None:
    out = said("rank", log, "--lang", "zh", "--by", "handoff", "--window", "2m").out
    assert out.splitlines()[0] == "log.csv：先改哪里"
    assert "1、intake → fire：每月有" in out
    assert "每个2个月" in out
    found = json.loads(said("rank", log, "--by", "step", "--json").out)
    assert found["targets"][0]["key"] == ["review"]
    assert found["targets"][0]["ease"] is None


def test_rank_of_a_window_in_the_past_knows_nothing_later(log: Path) -> None:
    words = ("rank", log, "--window", "1m", "--until", "2026-09-01", "--json")
    found = json.loads(said(*words).out)
    assert (found["until"][:10], found["windows"]) == ("2026-09-01", 8)


def test_compare_tells_beside_the_difference_what_it_is_worth(log: Path) -> None:
    out = said("compare", log, "--at", "2027-01-01", "--window", "1m").out
    assert "other places of this log, where nothing is known to have changed" in out
    assert "do not rely on it" in out
    zh = said("compare", log, "--at", "2027-01-01", "--window", "1m", "--lang", "zh").out
    assert "不要依据它" in zh
    found = json.loads(said("compare", log, "--at", "2027-01-01", "--window", "1m", "--json").out)
    assert found["placebo"]["pairs"] > found["placebo"]["apart"] > 3
    assert found["verdict"] in ("usual", "largest")


def test_size_tells_cases_and_months_by_design(log: Path) -> None:
    out = said("size", log, "--gain", "20%").out
    assert "Each case at random:" in out
    assert "One at random of 2 consecutive arrivals:" in out
    zh = said("size", log, "--gain", "1/5", "--share", "25%", "--lang", "zh").out
    assert "每4件相继到达的为一组，随机一件" in zh
    found = json.loads(said("size", log, "--gain", "0.2", "--power", "90%", "--json").out)
    assert (found["gain"], found["power"]) == (0.2, 0.9)
    assert [design["way"] for design in found["designs"]] == ["before-after", "individual", "blocks", "pilot"]


def test_on_a_narrow_terminal_nothing_is_cut(log: Path) -> None:
    for words in (["rank"], ["compare", "--at", "2027-01-01"], ["size", "--gain", "20%"]):
        out = said(words[0], log, *words[1:], columns="80").out
        assert "…" not in out
        assert max(len(line) for line in out.splitlines()) <= 80


def test_a_procedure_is_read_from_the_archive_and_ranked_with_what_has_to_change(tmp_path: Path) -> None:
    archive(f"sqlite:///{tmp_path / 'archive.db'}", ledgers("construction-permit", 40, load_directory()))
    out = said(
        "rank", "construction-permit", "--data", tmp_path, "--as-of", "2030-01-01", "--until", LATE
    ).out
    assert "to change: agencies" in out
    zh = said("rank", "construction-permit", "--data", tmp_path, "--lang", "zh", "--until", LATE).out
    assert "需要改动：" in zh


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["rank", "none.csv"], "none.csv"),
        (["rank", "LOG", "--window", "two months"], "write it as 60d, 8w, 2m or 1y"),
        (["rank", "LOG", "--window", "9y"], "less than one window before"),
        (["rank", "LOG", "--until", "soon"], "--until: 'soon' is no day; write it as 2026-12-01"),
        (["rank", "LOG", "--map", "group=", "--by", "agency"], "use --by handoff"),
        (["compare", "LOG"], "--at"),
        (["compare", "LOG", "--at", "soon"], "--at: 'soon' is no day; write it as 2026-12-01"),
        (["compare", "LOG", "--at", "2040-01-01"], "give a day between them"),
        (["compare", "LOG", "--at", "2027-01-01", "--window", "2d"], "10 are the fewest"),
        (["size", "LOG"], "--gain"),
        (["size", "LOG", "--gain", "0"], "--gain: '0' is no part that is more than 0 and less than 1"),
        (["size", "LOG", "--gain", "150%"], "--gain: '150%' is no part"),
        (["size", "LOG", "--gain", "20"], "--gain: '20' is no part"),
        (["size", "LOG", "--gain", "1e-999999999"], "is no part"),
        (["size", "LOG", "--gain", "1/0"], "--gain: '1/0' is no part"),
        (["size", "LOG", "--gain", "20%", "--power", "100%"], "--power: '100%' is no part"),
        (["size", "LOG", "--gain", "20%", "--share", "2/3"], "give one case of a block, 1/2 to 1/20"),
        (["size", "LOG", "--gain", "20%", "--until", "2026-01-04"], "20 are the fewest"),
        (["size", "LOG", "--gain", "20%", "--data", "."], "give neither --data nor --archive"),
        (["size", "construction-permit", "--gain", "20%", "--end", "x"], "say how a file is read"),
    ],
)
def test_what_is_wrong_is_told(log: Path, words: list[str], told: str) -> None:
    found = command("rebuild", *(log if word == "LOG" else word for word in words))
    assert found.code == 2, found
    assert told in " ".join(found.err.split())


def test_an_unknown_procedure_is_told_with_those_that_have_cases(tmp_path: Path) -> None:
    archive(f"sqlite:///{tmp_path / 'archive.db'}", ledgers("tree-felling", 2, load_directory()))
    found = command("rebuild", "rank", "tree-planting", "--data", tmp_path)
    assert found.code == 2, found
    assert "it has cases of: tree-felling" in found.err


@pytest.mark.parametrize("words", [["rank", "--window"], ["compare", "--at"], ["size", "--gain"]])
@settings(max_examples=3, deadline=None, phases=WHOLE)
@given(text=PASSED)
def test_no_text_that_is_given_drives_a_terminal(words: list[str], text: str) -> None:
    found = command("rebuild", words[0], LOG, *words[1:], text)
    assert found.code == 2, found
    assert_safe(found)


@settings(max_examples=3, deadline=None, phases=WHOLE)
@given(activity=TEXTS.filter(str.strip), group=TEXTS.filter(str.strip))
def test_no_text_of_a_log_drives_a_terminal(
    tmp_path_factory: pytest.TempPathFactory, activity: str, group: str
) -> None:
    file = tmp_path_factory.mktemp("log") / "log.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["case", "activity", "timestamp", "group"])
        for at in range(1, 25):
            rows.writerow([at, f"{activity}1", f"2026-03-{at:02}", f"{group}1"])
            rows.writerow([at, f"{activity}2", f"2026-03-{at + at % 4:02}", f"{group}2"])
    for words in (["rank", "--window", "1w"], ["rank", "--by", "handoff", "--window", "8d", "--lang", "zh"]):
        assert_safe(said(words[0], file, *words[1:]))
