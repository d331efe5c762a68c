"""Chinese editions: a page and its translation say the same, so that neither falls behind unseen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.editions import CHINESE, ITEM, anchors, differences, english

ROOT = Path(__file__).parents[2]
EDITIONS = sorted([*ROOT.glob(f"*{CHINESE}"), *ROOT.glob(f"docs/**/*{CHINESE}")])
LEVERS = ROOT / "docs" / "levers.md"


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def compared(page: Path, text: str) -> list[str]:
    """How a page that said ``text`` would differ from its translation."""
    other = page.with_name(page.stem + CHINESE)
    return differences(page, text, other, other.read_text("utf-8"))


@pytest.mark.parametrize("edition", EDITIONS, ids=name_of)
def test_both_editions_have_the_same_sections_code_tables_pictures_links_and_figures(edition: Path) -> None:
    page = english(edition)
    assert compared(page, page.read_text("utf-8")) == []


@pytest.mark.parametrize("edition", EDITIONS, ids=name_of)
def test_each_edition_links_to_the_other_before_its_text(edition: Path) -> None:
    page = english(edition)
    assert f"[English]({page.name})" in edition.read_text("utf-8").split("\n\n## ")[0]
    assert f"[中文]({edition.name})" in page.read_text("utf-8").split("\n\n## ")[0]


@settings(deadline=None, max_examples=25)
@given(st.data())
def test_what_one_edition_alone_says_is_found(data: st.DataObject) -> None:
    """Whichever heading, row, list item, line of code, link or figure the other edition does not have."""
    lines = LEVERS.read_text("utf-8").splitlines()
    code = False
    structure = []
    for at, line in enumerate(lines):
        code ^= line.startswith("```")
        if (code and not line.startswith("```")) or re.match(r"#|\|", line) or ITEM.match(line):
            structure.append(at)
    at = data.draw(st.sampled_from(structure))
    assert compared(LEVERS, "\n".join([*lines[:at], *lines[at + 1 :]])) != []
    assert compared(LEVERS, "\n".join([*lines[:at], lines[at], *lines[at:]])) != []


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("20 seconds", "21 seconds"),
        ("`--dry-run`", "`--really`"),
        ("(operating.md#stuck-cases)", "(operating.md#restoring-temporal)"),
        ("(operating.md#stuck-cases)", "(operating.md)"),
    ],
)
def test_a_figure_a_name_or_a_link_that_was_changed_is_found(said: str, instead: str) -> None:
    text = LEVERS.read_text("utf-8")
    assert said in text
    assert compared(LEVERS, text.replace(said, instead)) != []


def test_a_comment_in_code_may_be_translated() -> None:
    both = "```sh\nseamless up  # {}\n```\n", "```sh\nseamless up  # {}\n```\n"
    assert differences(LEVERS, both[0].format("start"), LEVERS, both[1].format("启动")) == []
    assert differences(LEVERS, both[0].format("start"), LEVERS, both[1].replace("  # {}", "")) != []


def test_a_link_to_a_heading_that_there_is_not_is_found() -> None:
    with pytest.raises(LookupError, match=r"no heading levers\.md#nothing"):
        differences(LEVERS, "[a](levers.md#nothing)", LEVERS, "")


def test_anchors_are_github_s() -> None:
    text = "# 办件 `a b`？\n## Two, words\n## Two words more\n## Two words\n"
    assert anchors(text) == ["办件-a-b", "two-words", "two-words-more", "two-words-1"]
