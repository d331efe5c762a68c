"""The commands that bring up a stack of their own, run as a user runs them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.applications import application, new_case
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


@pytest.mark.long
def test_up_runs_until_it_is_interrupted_and_serves_the_other_commands(tmp_path: Path) -> None:
    up = subprocess.Popen(
        [*COMMAND, "up", "--data", str(tmp_path / "data"), "--day", "1m", "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        umask=0o022,
    )
    file = tmp_path / "application.json"
    tmp_path = tmp_path / "data"
    try:
        assert up.stdout is not None
        addresses = json.loads(up.stdout.readline())
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
        assert_a_case_is_followed(case, servers)
        assert_silence_is_told(file, addresses)
    finally:
        up.send_signal(signal.SIGINT)
        assert up.wait(150) == 0
    assert left_running(tmp_path) == []
    open_to_others = {
        str(path.relative_to(tmp_path)): oct(path.stat().st_mode)
        for path in [tmp_path, *tmp_path.rglob("*")]
        if path.stat().st_mode & 0o077
    }
    assert open_to_others == {}, "they hold personal data"


def assert_a_case_is_followed(case: str, servers: list[str]) -> None:
    """From its first entry on; and one that there is none of ends in an error."""
    follow = [*COMMAND, "case", "timeline", "--follow", *servers]
    known = subprocess.Popen([*follow, case, "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert known.stdout is not None
        assert json.loads(known.stdout.readline())["kind"] == "opened"
    finally:
        known.send_signal(signal.SIGINT)
    assert known.wait(30) == 130
    for unknown, said in (
        ("nosuch", "'nosuch' is neither a case id"),
        (new_case(), "there is no case portal-"),
    ):
        ended = subprocess.run(
            [*follow, unknown], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
        assert (ended.returncode, said in ended.stderr) == (2, True), ended


def assert_silence_is_told(file: Path, addresses: dict[str, str]) -> None:
    """Nobody answers for the agencies: whom the case waits for is told, with the due time."""
    settings = {"SEAMLESS_KAFKA": addresses["kafka"], "SEAMLESS_CALENDAR": "compressed:60.0"}
    waiting = subprocess.Popen(
        [*COMMAND, "submit", str(file), "--wait"],
        cwd=ROOT,
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert waiting.stderr is not None
        told = iter(waiting.stderr.readline, "")
        assert next(told) == "Submitted; waiting for the case to be closed.\n"
        assert next(told).startswith("No news for ")
        assert re.search(
            r" has construction-permit.check-completeness/1, due .* \(UTC\), \d+ working days left$",
            next(told),
        )
    finally:
        waiting.send_signal(signal.SIGINT)
        waiting.stderr.close()
    assert waiting.wait(30) == 130
