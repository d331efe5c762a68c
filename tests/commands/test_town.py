"""``seamless up --simulate``: a town on real servers, run as a user runs it."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.commands.running import COMMAND, ROOT, left_running, replaced, seamless

pytestmark = [pytest.mark.integration, pytest.mark.long]

APPLICATIONS = 40
INTENDED = {"case-closed"}
"""The only dead letters of a town: what crossed the end of its case, and payments that came too late."""


@pytest.mark.timeout(600)  # after a change of the code its procedures are checked first
def test_a_town_ends_once_its_cases_are_closed_and_has_seen_all_kinds_of_ends(tmp_path: Path) -> None:
    manners = tmp_path / "manners.toml"
    manners.write_text("[agency]\nthorough = 1\n[applicants]\nlacks = 0.9\n", "utf-8")
    given = ["--day", "500ms", "--rate", "0.5", "--seed", 33, "--applications", APPLICATIONS]
    given += ["--manners", manners, "--data", tmp_path / "data"]
    code, ended = seamless("up", "--simulate", *given, "--json", timeout=560)
    town = ended["town"]
    assert (code, town["ended"]) == (0, True)
    assert town["handed_in"] == town["opened"] == town["closed"] == APPLICATIONS
    assert (town["open"], town["overdue"]) == (0, {})
    assert len(town["procedures"]) >= 6
    assert {"granted", "refused"} <= town["outcomes"].keys()
    seen = {"requested", "answered", "late", "deemed", "supplemented", "reminded", "reported", "paid"}
    assert seen - town["kinds"].keys() == set()
    assert town["dead_letters"].keys() <= INTENDED
    assert left_running(tmp_path) == []


@contextmanager
def running_town(data: Path, *given: str) -> Iterator[tuple[int, Callable[..., dict[str, Any]]]]:
    """A town that runs until it is interrupted: the process id, and what waits until it has come so far."""
    town = subprocess.Popen(
        [*COMMAND, "up", "--simulate", "--data", str(data), "--json", *given],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert town.stdout is not None
        assert "kafka" in json.loads(town.stdout.readline())
        lines = iter(town.stdout.readline, "")

        def until(reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
            return next(figures for line in lines if reached(figures := json.loads(line)["town"]))

        yield town.pid, until
    finally:
        town.send_signal(signal.SIGINT)
        assert town.wait(150) == 0
        assert left_running(data) == []


@pytest.mark.timeout(600)
async def test_a_town_goes_on_when_its_broker_was_away_and_leaves_out_who_is_excepted(tmp_path: Path) -> None:
    given = ("--day", "500ms", "--rate", "0.5", "--except", "fire-safety", "--except", "parks")
    with running_town(tmp_path, *given) as (pid, until):
        before = until(lambda town: town["closed"] >= 5)
        await replaced(pid, "kafka.Kafka")
        until(lambda town: town["closed"] >= before["closed"] + 10)
        after = until(lambda town: "agency:fire-safety" in town["overdue"])
        assert after["opened"] > before["opened"]
        assert after["dead_letters"].keys() <= INTENDED
