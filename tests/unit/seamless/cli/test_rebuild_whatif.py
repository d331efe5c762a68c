"""``seamless rebuild runs`` and ``swap``: tables or JSON, in either language; what is wrong, with a cure."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.unit.seamless.cli.running import command


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A case a day for four years. On each 1 July those are collected that were checked by 1 April; in each
    second year, it takes three times as long until they are checked."""
    file, first = tmp_path / "log.csv", date(2020, 1, 1)
    rows = ["case_id,activity,timestamp"]
    for at in range(4 * 365):
        start = first + timedelta(days=at)
        checked = start + timedelta(days=30 if start.year % 2 else 10)
        rows += [f"{at},open,{start}", f"{at},check,{checked}"]
        year = checked.year + (checked > date(checked.year, 4, 1))
        if year < 2024:
            rows.append(f"{at},collect,{date(year, 7, 1)}")
    file.write_text("\n".join(rows), "utf-8")
    return file


def test_later_runs_are_foretold_beside_what_happened(log: Path) -> None:
    said = command("rebuild", "runs", log, "--of", "collect", "--on", "2022-07-01", "--on", "2023-07-01")
    assert said.code == 0, said
    assert "learned from 2 runs, 2020-07-01 to 2021-07-01" in said.out
    rows = {line.split()[0]: line.split() for line in said.out.splitlines() if line.strip().startswith("202")}
    for name in ("2022-07-01", "2023-07-01"):
        assert float(rows[name][2]) == pytest.approx(float(rows[name][-1]), rel=0.03)


def test_runs_are_told_in_chinese_and_as_json(log: Path) -> None:
    words = ("rebuild", "runs", log, "--of", "collect", "--on", "2023-07-01")
    assert "的集中办理" in command(*words, "--lang", "zh").out
    found = json.loads(command(*words, "--json").out)
    assert found["after"] == "check"
    assert found["runs"][0]["cutoff"] in ("2023-04-01", "2023-04-02")


def test_a_swap_says_what_would_be(log: Path) -> None:
    words = ("rebuild", "swap", log, "--from", "open", "--step", "check", "--milestone", "check")
    periods = ("--cases", "2021-01-01..2021-04-01", "--with", "2022-01-01..2022-04-01")
    said = command(*words, *periods)
    assert said.code == 0, said
    assert "Check would come 20 days earlier on average" in said.out
    found = json.loads(command(*words, *periods, "--json").out)
    assert (found["own"], found["swapped"], found["others_own"]) == (30, 10, 10)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("runs", "--of", "check", "--on", "2023-07-01"), "does not come in runs"),
        (("runs", "--of", "pay", "--on", "2023-07-01"), "no case had 'pay' in that time; there are: check"),
        (("runs", "--of", "collect", "--on", "July"), "--on: 'July' is no day"),
        (("runs", "--of", "collect", "--on", "2019-07-01"), "begins on 2020-01-01"),
        (
            ("swap", "--step", "check", "--cases", "2021", "--with", "2021-01-01..2022-01-01"),
            "--cases: '2021'",
        ),
        (
            (
                "swap",
                "--step",
                "check",
                "--cases",
                "2021-01-01..2022-01-01",
                "--with",
                "2030-01-01..2031-01-01",
            ),
            "--with: no case of log.csv started in 2030-01-01..2031-01-01; it has some from 2020-01-01",
        ),
        (
            (
                "swap",
                "--step",
                "send",
                "--cases",
                "2021-01-01..2022-01-01",
                "--with",
                "2022-01-01..2023-01-01",
            ),
            "no case had 'send'; there are: check, collect, end, open, start",
        ),
    ],
)
def test_what_is_wrong_is_told_with_a_cure(log: Path, words: tuple[str, ...], told: str) -> None:
    said = command("rebuild", words[0], log, *words[1:])
    assert said.code == 2
    assert told in said.err
