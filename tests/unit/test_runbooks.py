"""Runbooks: every alert has its page, and every page ends in commands that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.documented import BLOCK, commands, mentioned, misuse, queries
from tests.editions import CHINESE
from tests.watching.rules import RULES, Rule

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "runbooks"
PAGES = sorted(each for each in FOLDER.glob("*.md") if not each.name.endswith(("README.md", CHINESE)))
CONTENTS = (FOLDER / "README.md").read_text("utf-8")
ALERTS = [rule for rule in RULES if rule.kind == "alert"]
NAMES = {rule.name for rule in ALERTS}


def name_of(path: Path) -> str:
    return path.stem


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    assert NAMES
    assert {page.stem for page in PAGES} == NAMES


@pytest.mark.parametrize("alert", ALERTS, ids=lambda each: f"{each.name}-{each.severity}")
def test_every_alert_leads_to_its_page(alert: Rule) -> None:
    assert re.findall(r"^ +runbook_url: (\S+)$", alert.text, re.MULTILINE) == [
        f"docs/runbooks/{alert.name}.md"
    ]


def test_the_contents_name_every_page_with_its_severity() -> None:
    listed = dict(re.findall(r"^- \[\w+\]\((\w+)\.md\) \((\w+)\):$", CONTENTS, re.MULTILINE))
    assert listed.keys() == NAMES
    assert listed.items() <= {(alert.name, alert.severity) for alert in ALERTS}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_says_what_it_means_how_to_confirm_and_how_to_mend(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.findall(r"^# (.+)$", BLOCK.sub("", text), re.MULTILINE) == [page.stem]
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert heads == ["What it means for applicants", "Confirm", "Mend"]
    assert queries(text.split("## Confirm")[1].split("## Mend")[0]), "a query by which it is confirmed"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_ends_in_commands(page: Path) -> None:
    text = page.read_text("utf-8")
    *_, last = BLOCK.finditer(text)
    assert text[last.end() :].strip() == ""
    assert last[1] == "sh"
    assert len(commands(last[0])) == len(last[2].splitlines())


@pytest.mark.parametrize("page", [*PAGES, FOLDER / "README.md"], ids=name_of)
def test_every_command_is_one_that_there_is(page: Path) -> None:
    text = page.read_text("utf-8")
    wrong = {" ".join(words): misuse(words) for words in commands(text)}
    assert {each: why for each, why in wrong.items() if why} == {}
    assert [words for words in mentioned(text) if not known(words)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_variable_of_a_command_is_explained(page: Path) -> None:
    used = set(re.findall(r"\$(\w+)", " ".join(" ".join(each) for each in commands(page.read_text("utf-8")))))
    assert used <= set(re.findall(r"^\| `([A-Z]+)` \|", CONTENTS, re.MULTILINE))


def known(words: list[str]) -> bool:
    """Whether a command that is named in a sentence exists, be it without what it has to be given."""
    return misuse([*words, "--help"]) is None


def test_a_command_that_there_is_not_is_found_out() -> None:
    text = "```sh\nseamless case mend X | head\nseamless case list --wrong\nseamless case list # all\n```\n"
    assert [misuse(each) is None for each in commands(text)] == [False, False, True]
    assert not known(["seamless", "mend"])
