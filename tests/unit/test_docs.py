"""Documents: what they name exists, and a newcomer can follow them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
PICTURES = sorted(path for path in ROOT.glob("docs/**/*") if path.suffix in (".svg", ".png"))
LARGEST_PICTURE = 200_000
OURS = re.compile(r"http://(www\.w3\.org/2000/svg|127\.0\.0\.1\b.*)")
"""The addresses that a picture may have: the name of its format, and those of this machine."""
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


def test_every_picture_is_shown_in_a_document() -> None:
    shown = {
        (document.parent / target).resolve()
        for document in DOCUMENTS
        for line in lines_of(document)
        for target in LINK.findall(line)
    }
    assert PICTURES
    assert [name_of(path) for path in PICTURES if path not in shown] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_picture_is_told_to_those_who_do_not_see_it(path: Path) -> None:
    assert [line for line in lines_of(path) if re.search(r"!\[\s*\]", line)] == []


@pytest.mark.parametrize("path", PICTURES, ids=name_of)
def test_a_picture_is_small_and_needs_nobody_else(path: Path) -> None:
    content = path.read_bytes()
    assert len(content) <= LARGEST_PICTURE
    if path.suffix == ".svg":
        addresses = re.findall(r"\w+://[^\s\"'<)]+", content.decode())
        assert [each for each in addresses if each.startswith("http") and not OURS.fullmatch(each)] == []
    else:
        assert content.startswith(b"\x89PNG")


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
