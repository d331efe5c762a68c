"""A procedure whose check fails opens no new case on a running platform, whatever else runs there; a setting
opens it all the same."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contracts.procedures.tree_felling import EXAMPLE
from tests.applications import application
from tests.commands.running import COMMAND, ROOT, left_running

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(600)]

NO_SOURCE = (".*", "build", "*.egg-info", "__pycache__", "tests", "docs")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code in which an author has forgotten that a case is accepted, so that its limits run."""
    copy = tmp_path_factory.mktemp("broken") / "source"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NO_SOURCE))
    course = copy / "workflows" / "tree_felling.py"
    sound = course.read_text()
    assert sound.count("        await self.accept()\n") == 1
    course.write_text(sound.replace("        await self.accept()\n", ""))
    return copy


@contextmanager
def up(source: Path, data: Path, settings: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The platform from that code; the addresses that it printed."""
    running = subprocess.Popen(
        [*COMMAND, "up", "--data", str(data), "--json"],
        cwd=source,
        env=os.environ | {"PYTHONPATH": str(source)} | settings,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout is not None
        yield json.loads(running.stdout.readline())
    finally:
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0
        assert left_running(data) == []


def run(source: Path, *arguments: object) -> tuple[int, Any]:
    """Exit code and JSON of a command."""
    ended = subprocess.run(
        [*COMMAND, *map(str, arguments), "--json"],
        cwd=source,
        env=os.environ | {"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.returncode, json.loads(ended.stdout.splitlines()[-1])


def submit(source: Path, platform: Mapping[str, Any], procedure: str, said: str, tmp_path: Path) -> str:
    """Hand in an application; the id of its case."""
    file = tmp_path / f"{procedure}.json"
    file.write_text(said)
    servers = ["--kafka", platform["kafka"]]
    code, submitted = run(source, "submit", file, "--procedure", procedure, *servers)
    assert code == 0
    return str(submitted["case"])


def cases_of(source: Path, data: Path, wanted: str) -> set[str]:
    """The cases that the archive has, once ``wanted`` is one of them."""
    for _ in range(90):
        _, listed = run(source, "case", "list", "--data", data)
        found = {each["case"] for each in listed["cases"]}
        if wanted in found:
            return found
    raise AssertionError(f"{wanted} was not opened")


def gateway_log(data: Path) -> str:
    [log] = data.rglob("gateway*.log")
    return log.read_text()


def test_it_opens_no_case_and_the_others_do(source: Path, tmp_path: Path) -> None:
    with up(source, tmp_path, {}) as platform:
        refused = submit(source, platform, "tree-felling", EXAMPLE.model_dump_json(), tmp_path)
        opened = submit(source, platform, "construction-permit", application().model_dump_json(), tmp_path)
        assert refused not in cases_of(source, tmp_path, opened)
        for _ in range(90):
            _, letters = run(source, "dead-letter", "list", "--kafka", platform["kafka"])
            if letters["dead_letters"]:
                break
        [letter] = letters["dead_letters"]
        assert (letter["reason"], letter["key"]) == ("procedure-not-open", refused)
        assert "clock-never-started" in letter["detail"]
        servers = ("--kafka", platform["kafka"], "--temporal", platform["temporal"], "--data", tmp_path)
        code, doctor = run(source, "doctor", *servers)
        [wrong] = [each for each in doctor["findings"] if each["result"] != "well"]
        assert (code, wrong["check"]) == (1, "procedures")
        assert "tree-felling breaks clock-never-started" in wrong["compared"]
    assert "opens no new cases" in gateway_log(tmp_path)


def test_a_setting_opens_it_all_the_same_and_the_log_says_so(source: Path, tmp_path: Path) -> None:
    with up(source, tmp_path, {"SEAMLESS_UNCHECKED": "tree-felling"}) as platform:
        case = submit(source, platform, "tree-felling", EXAMPLE.model_dump_json(), tmp_path)
        assert case in cases_of(source, tmp_path, case)
    assert "although its check fails" in gateway_log(tmp_path)
