"""The commands that bring up a stack of their own, run as a user runs them."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.applications import application
from tests.commands.running import COMMAND, ROOT, left_running, seamless

pytestmark = pytest.mark.integration


def test_the_demo_decides_every_case_and_leaves_nothing_running(tmp_path: Path) -> None:
    code, made = seamless("demo", "--cases", 6, "--day", "300ms", "--data", tmp_path, "--json")
    assert code == 0
    assert made["cases"] == 6
    assert made["granted"] + made["refused"] + made["withdrawn"] == 6
    assert (made["undecided"], made["ledger_broken"], made["dead_letters"]) == (0, 0, 0)
    assert 0 < made["critical_path_days"] < made["serial_days"]
    assert made["ledger_entries"] > 6 * 10
    assert left_running(tmp_path) == []


def test_up_runs_until_it_is_interrupted_and_serves_the_other_commands(tmp_path: Path) -> None:
    up = subprocess.Popen(
        [*COMMAND, "up", "--data", str(tmp_path), "--day", "1m", "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert up.stdout is not None
        addresses = json.loads(up.stdout.readline())
        file = tmp_path / "application.json"
        file.write_text(application().model_dump_json())
        servers = ["--kafka", addresses["kafka"]]
        code, submitted = seamless("submit", file, *servers, "--json")
        assert code == 0
        code, listed = seamless("topics", "apply", *servers, "--json")
        assert code == 0
        assert {topic["state"] for topic in listed["topics"]} == {"present"}
        case = submitted["case"]
        for _ in range(60):
            code, listed = seamless("case", "list", "--data", tmp_path, "--json")
            if any(each["case"] == case for each in listed["cases"]):
                break
        code, shown = seamless("case", "show", case, "--data", tmp_path, "--json")
        assert code == 0
        assert shown["status"] == "open"
        code, letters = seamless("dead-letter", "list", *servers, "--json")
        assert (code, letters) == (0, {"dead_letters": []})
    finally:
        up.send_signal(signal.SIGINT)
        assert up.wait(60) == 0
    assert left_running(tmp_path) == []
