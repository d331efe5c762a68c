"""The commands that bring up a stack of their own, run as a user runs them."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.applications import application

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
REAL_LOG = ROOT.parent / "shared" / "data" / "wabo_receipt.csv.gz"
COMMAND = [sys.executable, "-m", "workers.cli.main"]


def seamless(*arguments: object) -> tuple[int, dict[str, Any]]:
    """Exit code, and the JSON object in the last line."""
    ended = subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.returncode, json.loads(ended.stdout.splitlines()[-1])


def left_running(data: Path) -> list[str]:
    """The command lines of processes that still work on a data directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(data) in line and int(process.name) != os.getpid():
            found.append(line)
    return found


def test_the_demo_decides_every_case_and_leaves_nothing_running(tmp_path: Path) -> None:
    code, made = seamless("demo", "--cases", 6, "--day", "300ms", "--data", tmp_path, "--json")
    assert code == 0
    assert made["cases"] == 6
    assert made["granted"] + made["refused"] + made["withdrawn"] == 6
    assert (made["undecided"], made["ledger_broken"], made["dead_letters"]) == (0, 0, 0)
    assert 0 < made["critical_path_days"] < made["serial_days"]
    assert made["ledger_entries"] > 6 * 10
    assert left_running(tmp_path) == []


def test_the_real_permit_log_is_relived_without_loss(tmp_path: Path) -> None:
    if not REAL_LOG.exists():
        pytest.skip("the real permit log is not here (data folder absent)")
    code, made = seamless(
        "replay", REAL_LOG, "--procedure", "permit-receipt", "--limit", 60, "--data", tmp_path, "--json"
    )
    assert code == 0
    assert made["cases"] == 60
    assert made["events"] == sum(len(steps) for steps in _cases(REAL_LOG)[:60])
    assert (made["events_lost"], made["ledger_broken"]) == (0, 0)


def test_a_small_log_of_our_own_is_relived(tmp_path: Path) -> None:
    log = ROOT / "tests" / "commands" / "permit_log.csv"
    code, made = seamless("replay", log, "--procedure", "permit-receipt", "--data", tmp_path, "--json")
    assert code == 0
    assert (made["cases"], made["events"], made["closed"], made["events_lost"]) == (3, 10, 2, 0)


def _cases(log: Path) -> list[list[dict[str, str]]]:
    cases: dict[str, list[dict[str, str]]] = {}
    with gzip.open(log, "rt", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            cases.setdefault(row["case:concept:name"], []).append(row)
    return list(cases.values())


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
