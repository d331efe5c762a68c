"""A new procedure passes every check at once: style, types, imports, its exploration, its test."""

from __future__ import annotations

import os
import random
import shutil
import string
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.terms.errors import InvalidInput
from seamless.authoring.names import names_of
from tests.commands.running import COMMAND, ROOT

DRAWN = random.Random(19)
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".ruff_cache", ".seamless", "*.egg-info")

UNIT = ["tests/unit/workflows/test_procedures.py", "tests/unit/seamless/cli/test_procedure.py"]
"""Tests that go through the catalogue."""


def drawn() -> str:
    """A name that nobody chose."""
    while True:
        words = [
            "".join(DRAWN.choices(string.ascii_lowercase + string.digits, k=DRAWN.randint(1, 12)))
            for _ in range(DRAWN.randint(1, 5))
        ]
        try:
            return names_of("-".join(words)).name
        except InvalidInput:  # it begins with a digit, or is too long
            continue


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("seamless") / "checkout"
    shutil.copytree(ROOT, root, ignore=LEFT_OUT)
    return root


def passes(root: Path, *command: str) -> str:
    """What a command says that runs in the checkout, by the code there."""
    environment = os.environ | {"PYTHONPATH": str(root), "COLUMNS": "100"}
    ran = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=280, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.long
def test_a_new_procedure_passes_every_check_at_once(checkout: Path) -> None:
    names = [names_of(each) for each in (drawn(), "a-" + "very-" * 7 + "dog")]
    for each in names:
        passes(checkout, *COMMAND, "procedure", "new", each.name, "--title-zh", "新事项")
    modules = [each.module for each in names]
    files = [
        path.format(module)
        for path in ("contracts/procedures/{}.py", "workflows/{}.py", "tests/cases/test_{}.py")
        for module in modules
    ]
    passes(checkout, sys.executable, "-m", "ruff", "check", ".")
    passes(checkout, sys.executable, "-m", "ruff", "format", "--check", ".")
    passes(checkout, sys.executable, "-m", "mypy", *(each for each in files if not each.startswith("tests")))
    passes(checkout, str(Path(sys.executable).with_name("lint-imports")))
    for each in names:
        assert "well" in passes(checkout, *COMMAND, "procedure", "check", each.name, "--paths", "20")
    passes(checkout, sys.executable, "-m", "tests.replay.record", *(f"{each.name}.silent" for each in names))
    tests = [each for each in files if each.startswith("tests")]
    tests += ["tests/replay/test_histories.py", *UNIT]
    passes(checkout, sys.executable, "-m", "pytest", *tests)
