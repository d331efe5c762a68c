"""Documents: what they name exists, and a newcomer can follow them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(
    r"`((?:activities|archive|bench|contracts|deploy|network|seamless|workers|workflows)/[\w/.-]+\.py)`"
)
WALKS = re.split(r"^## ", (ROOT / "docs" / "architecture.md").read_text("utf-8"), flags=re.MULTILINE)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a document, without its code blocks."""
    inside = False
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("```"):
            inside = not inside
        elif not inside:
            yield line


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_link_leads_somewhere(path: Path) -> None:
    for line in lines_of(path):
        for target in LINK.findall(line):
            if not re.match(r"[a-z]+:|#", target):
                assert (path.parent / target.split("#")[0]).exists(), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_lines_are_short_enough_to_read(path: Path) -> None:
    assert [line for line in lines_of(path) if len(line) > 110] == []


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_a_readme_is_read_in_a_few_minutes(name: str) -> None:
    assert len((ROOT / name).read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize(
    "walk", [part for part in WALKS if part.startswith("Walk")], ids=lambda each: each[:6]
)
def test_a_walk_names_files_that_exist_and_none_twice(walk: str) -> None:
    files = PATH.findall(walk)
    assert len(files) >= 9
    assert [file for file in files if not (ROOT / file).exists()] == []
    assert sorted(files) == sorted(set(files))


def test_every_guarantee_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "guarantees.md").read_text("utf-8")
    tests = "\n".join(path.read_text("utf-8") for path in ROOT.glob("tests/**/test_*.py"))
    named = re.findall(r"`(test_\w+)`", text)
    assert named
    assert [name for name in named if f"def {name}(" not in tests] == []
    assert [path for path in re.findall(r"`(tests/[\w/.]+)`", text) if not (ROOT / path).exists()] == []
