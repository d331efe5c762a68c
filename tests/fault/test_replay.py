"""A replay of fines, with the gateway and the orchestrator killed in the middle of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.commands.counted import count, total
from tests.commands.running import COMMAND, REAL_LOGS, ROOT, left_running

pytestmark = [pytest.mark.fault, pytest.mark.integration, pytest.mark.long]

CASES = 240
REAL_FINES = REAL_LOGS / "traffic_fines.csv.gz"
OWN_FINES = ROOT / "tests" / "commands" / "fines.csv"
KILLS = ("gateway", "orchestrator", "gateway", "orchestrator")
CHANGING = {"seconds", "seconds_verifying", "cases_per_second"}


def worker(name: str, data: Path) -> int | None:
    """The process id of a worker of the stack on a data directory."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().decode().split("\0")
            environment = (process / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if f"workers.{name}.main" in line and f"SEAMLESS_DATA={data}\0" in environment:
            return int(process.name)
    return None


def replayed(log: Path, limit: int, folder: Path, kills: Sequence[str]) -> dict[str, Any]:
    """The figures of a replay during which workers are killed, each when so many more cases are through."""
    folder.mkdir()
    data, findings = folder / "data", folder / "findings.jsonl"
    options = ["--limit", str(limit), "--data", str(data), "--report", str(findings), "--json"]
    with (folder / "progress").open("w") as progress:
        replay = subprocess.Popen(
            [*COMMAND, "replay", str(log), "--procedure", "traffic-fine", *options],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=progress, text=True,
        )  # fmt: skip
        for number, name in enumerate(kills, start=1):
            archive = data / "archive.db-wal"
            grown = number * 1000 * limit  # bytes of the ledger's table: so far the replay has come
            while replay.poll() is None and not (archive.exists() and _size(data) > grown):
                time.sleep(0.2)
            assert replay.poll() is None, f"the replay was through before kill {number}"
            while (pid := worker(name, data)) is None:  # the one that was killed before is not back yet
                assert replay.poll() is None, f"no {name} ran again"
                time.sleep(0.2)
            os.kill(pid, signal.SIGKILL)
        output, _ = replay.communicate(timeout=500)
    assert replay.returncode == 0
    assert left_running(data) == []
    made: dict[str, Any] = json.loads(output.splitlines()[-1])
    return {name: figure for name, figure in made.items() if name not in CHANGING}


def _size(data: Path) -> int:
    return sum(file.stat().st_size for file in data.glob("archive.db"))


def of_our_own(folder: Path) -> Path:
    """Our small log, over and over with other case ids: as many cases."""
    first, *rows = OWN_FINES.read_text("utf-8").splitlines()
    log = folder / "fines.csv"
    log.write_text("\n".join([first, *(f"{n}-{row}" for n in range(CASES // 10) for row in rows)]), "utf-8")
    return log


@pytest.mark.timeout(1200)
def test_kills_in_the_middle_change_no_figure(tmp_path: Path) -> None:
    """Real fines where they are here, otherwise our own."""
    log = REAL_FINES if REAL_FINES.exists() else of_our_own(tmp_path)
    undisturbed = replayed(log, CASES, tmp_path / "undisturbed", [])
    killed = replayed(log, CASES, tmp_path / "killed", KILLS)
    assert killed == undisturbed
    assert (killed["cases"], killed["events_lost"], killed["ledger_broken"]) == (CASES, 0, 0)
    counted = total(count(log, CASES).values())
    for figure in ("events", "paid", "dismissed", "collected", "open"):
        assert killed[figure] == counted[figure], figure
