"""What the demonstration came to is told in one language."""

from __future__ import annotations

import re

import pytest

from contracts.terms.directory import load_directory
from seamless.cli import demo_views
from seamless.cli.console import Console
from seamless.cli.demo_views import holders, results
from seamless.cli.names import Language, Names
from seamless.demo.report import Report

MADE = Report(
    cases=12,
    outcomes={"granted": 9, "refused": 1, "withdrawn": 1},
    undecided=1,
    ledger_entries=321,
    ledger_broken=2,
    dead_letters=0,
    serial_days=330.0,
    critical_path_days=110.0,
    network_days=165.0,
    held_days={"agency:fire-safety": 33.0, "applicant": 22.0, "system": 1.1, "agency:unknown": 0.5},
)
HAN = re.compile("[一-鿿]")


def told(lang: Language, capsys: pytest.CaptureFixture[str], made: Report = MADE) -> str:
    names = Names(load_directory(), lang)
    Console().print(results(made, names))
    Console().print(holders(made, names))
    return capsys.readouterr().out


def test_in_english_nothing_is_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    said = told("en", capsys)
    assert HAN.findall(said) == []
    for words in ("granted", "undecided", "321, 2 broken", "30.0 days", "10.0 days", "50%", "Fire safety"):
        assert words in said


def test_in_chinese_nothing_is_english_but_ids(capsys: pytest.CaptureFixture[str]) -> None:
    said = told("zh", capsys)
    assert re.findall("[A-Za-z]+", said.replace("agency:unknown", "")) == []
    for words in ("准予", "未决", "321, 2 件损坏", "15.0 天", "消防审验中心", "申请人"):
        assert words in said


def test_a_run_in_which_nothing_was_decided_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = Report(0, {}, 0, 0, 0, 0, 0.0, 0.0, 0.0, {})
    assert "0%" in told("en", capsys, nothing)


def test_every_text_is_there_in_both_languages() -> None:
    texts = [each for each in vars(demo_views).values() if isinstance(each, demo_views.Bilingual)]
    assert texts
    for text in texts:
        assert HAN.search(text.zh)
        assert not HAN.search(text.en)
