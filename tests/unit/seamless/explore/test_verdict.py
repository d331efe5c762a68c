"""What a check found is kept for exactly the code and the directory that it was found of."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from contracts.terms.directory import load_directory
from seamless.explore import verdict
from seamless.explore.check import Checked, Finding, LawChecked
from seamless.explore.verdict import keep_checked, kept
from workers.process.verdicts import NoVerdict, verdict_of
from workflows.procedures import PROCEDURES

DIRECTORY = load_directory()
LAW = PROCEDURES[0].item.newest_law


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def found(*rules: str) -> Checked:
    return Checked("tree-felling", [LawChecked(LAW, findings=[Finding(each, "told") for each in rules])])


@pytest.mark.parametrize("rules", [(), ("fence",), ("fence", "promised", "fence")])
def test_what_was_found_is_kept(rules: tuple[str, ...]) -> None:
    assert kept("broken", "tree-felling", DIRECTORY) is None
    keep_checked(found(*rules), DIRECTORY)
    assert kept("broken", "tree-felling", DIRECTORY) == list(dict.fromkeys(rules))


def test_nothing_is_known_of_another_procedure_or_another_directory() -> None:
    keep_checked(found(), DIRECTORY)
    other = DIRECTORY.model_copy(update={"agencies": DIRECTORY.agencies[1:]})
    assert kept("broken", "tree-felling.added-review", DIRECTORY) is None
    assert kept("broken", "tree-felling", other) is None


def test_nothing_is_known_once_a_line_of_the_code_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = tmp_path / "workflows" / "course.py"
    course.parent.mkdir()
    course.write_text("return Grant()\n")
    monkeypatch.setattr(verdict, "ROOT", tmp_path)
    verdict._code.cache_clear()
    keep_checked(found(), DIRECTORY)
    assert kept("broken", "tree-felling", DIRECTORY) == []
    course.write_text("return Grant() \n")
    verdict._code.cache_clear()
    assert kept("broken", "tree-felling", DIRECTORY) is None
    monkeypatch.undo()
    verdict._code.cache_clear()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"broken": 1}', b"\xff", b'{"other": []}'])
def test_a_damaged_file_is_found_again(cache: Path, content: bytes) -> None:
    keep_checked(found(), DIRECTORY)
    [file] = cache.rglob("*.json")
    file.write_bytes(content)
    assert kept("broken", "tree-felling", DIRECTORY) is None


def test_it_is_its_owners_alone_and_nothing_else_is_left(cache: Path) -> None:
    keep_checked(found(), DIRECTORY)
    [file] = [each for each in cache.rglob("*") if each.is_file()]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_where_nothing_can_be_kept_it_is_found_again(cache: Path) -> None:
    (cache / "seamless").write_text("in the way")
    keep_checked(found(), DIRECTORY)
    assert kept("broken", "tree-felling", DIRECTORY) is None


async def test_another_process_is_told_what_was_found(cache: Path) -> None:
    assert (await verdict_of("tree-felling")).broken == ()
    keep_checked(found("promised"), DIRECTORY)
    assert (await verdict_of("tree-felling")).broken == ("promised",)


async def test_what_cannot_be_checked_is_not_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoVerdict, match="there is no procedure 'flying'"):
        await verdict_of("flying")
    monkeypatch.setenv("SEAMLESS_DIRECTORY", os.devnull)
    with pytest.raises(NoVerdict, match=r"tree-felling could not be explored: .*directory"):
        await verdict_of("tree-felling")
