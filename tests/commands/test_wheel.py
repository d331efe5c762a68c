"""It installs: a wheel in an empty environment, outside the checkout, has all that the commands need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.commands.running import ROOT, copy_of_the_code

pytestmark = [pytest.mark.integration, pytest.mark.long]

QUIET = ("--quiet", "--disable-pip-version-check")


def clean_environment() -> Mapping[str, str]:
    """No path into the checkout, no settings of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("SEAMLESS_", "PYTHON"))}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``seamless`` command of an environment that has the wheel and its locked dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", *QUIET, "--no-deps", "--no-build-isolation"]
    # From a copy: a build leaves files behind, and takes what an earlier one has left.
    source = copy_of_the_code(folder)
    subprocess.run([*build, "--wheel-dir", str(folder), str(source)], check=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "environment", with_pip=True)
    bin = folder / "environment" / "bin"
    install = [str(bin / "python"), "-m", "pip", "install", *QUIET]
    locked = ["--require-hashes", "-r", str(ROOT / "requirements.lock")]
    for wanted in (locked, ["--no-deps", str(wheel)]):
        subprocess.run([*install, *wanted], check=True, cwd=folder, env=clean_environment())
    return bin / "seamless"


@pytest.mark.timeout(600)
def test_the_demo_runs_from_a_wheel(installed: Path, tmp_path: Path) -> None:
    demo = [str(installed), "demo", "--cases", "2", "--day", "300ms", "--json"]
    ended = subprocess.run(
        demo, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, timeout=280, check=False
    )
    assert ended.returncode == 0, ended.stderr
    made = json.loads(ended.stdout.splitlines()[-1])
    assert (made["cases"], made["undecided"], made["ledger_broken"]) == (2, 0, 0)
