"""A new procedure in a checkout of Seamless: contract, workflow, example, test, and its place in lists."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from contracts.terms.directory import load_directory
from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import ProcedureId
from seamless.authoring.lists import with_import, with_member
from seamless.authoring.names import Names, check_free, names_of, title_of
from seamless.authoring.templates import CONTRACT, TEST, WORKFLOW

CATALOGUE = Path("contracts/procedures/catalogue.py")
PROCEDURES = Path("workflows/procedures.py")
DIRECTORY = Path("contracts/terms/directory.toml")


class Scaffolded(NamedTuple):
    """What was written.

    Attributes:
        names: what the procedure is called where.
        new, changed: files, from the checkout's root.
        formatted: they were brought into the order that ``make lint`` asks for.
    """

    names: Names
    new: tuple[Path, ...]
    changed: tuple[Path, ...]
    formatted: bool


def scaffold(
    root: Path,
    name: str,
    *,
    title_zh: str | None = None,
    title_en: str | None = None,
    agency: str | None = None,
) -> Scaffolded:
    """Write a new procedure. Nothing is written where anything is wrong.

    Args:
        root: of the checkout.
        title_zh, title_en: its name in the catalogue; without them, ``name`` in words.
        agency: its lead; the first one of the directory that has a system of its own.

    Raises:
        InvalidInput: there is such a procedure, or a file of its; it cannot have this name; there is no such
            agency; or ``root`` is no checkout.
    """
    names = names_of(name)
    titles = title_of(title_zh, names.title), title_of(title_en, names.title)
    _check_root(root)
    lists = {path: (root / path).read_text("utf-8") for path in (CATALOGUE, PROCEDURES)}
    new = _rendered(names, _lead(root, agency), *titles)
    _check_new(root, names, new)
    check_free(names, _of_the_templates() | _names_in(list(lists.values())))
    contract, workflow = f"contracts.procedures.{names.module}", f"workflows.{names.module}"
    catalogue = with_import(lists[CATALOGUE], contract, names.constant)
    procedures = with_import(lists[PROCEDURES], workflow, names.cls)
    changed = {
        CATALOGUE: with_member(catalogue, "CATALOGUE", names.constant, str(CATALOGUE)),
        PROCEDURES: with_member(procedures, "PROCEDURES", names.cls, str(PROCEDURES)),
    }
    try:
        for path, text in {**new, **changed}.items():
            (root / path).write_text(text, "utf-8")
    except OSError as error:
        _take_back(root, new, lists)
        raise InvalidInput(f"{error.filename} cannot be written: {error.strerror}") from None
    return Scaffolded(names, tuple(new), tuple(changed), _format(root, [*new, *changed]))


def _check_root(root: Path) -> None:
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["name"]
    except (OSError, ValueError, KeyError):
        project = None
    needed = [CATALOGUE, PROCEDURES, DIRECTORY, Path("tests/cases/conftest.py")]
    if project != "seamless" or not all((root / each).is_file() for each in needed):
        raise InvalidInput(f"{root} is not a checkout of Seamless: run it in one, or name one with --folder")


def _lead(root: Path, agency: str | None) -> str:
    """The lead agency: it has to have a system of its own, since nothing answers by a check yet."""
    known = [each.id for each in load_directory(root / DIRECTORY).agencies if each.participation == "system"]
    if agency is not None and agency not in known:
        raise InvalidInput(
            f"there is no agency {agency!r} with a system of its own; there are: {', '.join(known)}. "
            f"A new one is added to {DIRECTORY}"
        )
    return agency or known[0]


def _rendered(names: Names, agency: str, title_zh: str, title_en: str) -> dict[Path, str]:
    said = {
        **names._asdict(),
        "agency": agency,
        "title_zh": json.dumps(title_zh, ensure_ascii=False),
        "title_en": json.dumps(title_en, ensure_ascii=False),
    }
    return {
        Path("contracts/procedures") / f"{names.module}.py": CONTRACT.substitute(said),
        Path("workflows") / f"{names.module}.py": WORKFLOW.substitute(said),
        Path("tests/cases") / f"test_{names.module}.py": TEST.substitute(said),
    }


def _check_new(root: Path, names: Names, new: Mapping[Path, str]) -> None:
    for path in new:
        for there in (path, path.with_suffix("")):
            if (root / there).exists():
                raise InvalidInput(f"{there} is there already: choose another name than {names.name!r}")
    for path in (root / "contracts/procedures").glob("*.py"):
        if f'ProcedureId("{names.name}")' in path.read_text("utf-8"):
            raise InvalidInput(f"there is a procedure {names.name!r} already, in {path.relative_to(root)}")


def _of_the_templates() -> set[str]:
    """The names that every procedure has, whatever it is called."""
    placeholder = Names(ProcedureId("placeholder"), "placeholder", "Placeholder", "PLACEHOLDER", "")
    return _names_in(list(_rendered(placeholder, "lead", "", "").values())) - {"Placeholder", "PLACEHOLDER"}


def _names_in(sources: Sequence[str]) -> set[str]:
    """Every name that sources define, import or read."""
    found: set[str] = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        match node:
            case ast.Name(id=name) | ast.ClassDef(name=name) | ast.alias(name=name):
                found.add(name)
    return found


def _take_back(root: Path, new: Mapping[Path, str], lists: Mapping[Path, str]) -> None:
    for path in new:
        (root / path).unlink(missing_ok=True)
    for path, text in lists.items():
        (root / path).write_text(text, "utf-8")


def _format(root: Path, paths: Sequence[Path]) -> bool:
    """Have ruff order imports and break lines, where it is installed; a long name breaks lines elsewhere."""
    files = [str(each) for each in paths]
    commands = (["check", "--quiet", "--select", "I", "--fix"], ["format", "--quiet"])
    ran = [
        subprocess.run(
            [sys.executable, "-m", "ruff", *command, *files], cwd=root, capture_output=True, check=False
        )
        for command in commands
    ]
    return all(each.returncode == 0 for each in ran)
