"""``seamless up`` goes on when one of its processes dies: the same data, the same addresses."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.applications import application
from tests.commands.running import running_up, seamless
from tests.metrics import until

pytestmark = pytest.mark.integration


@pytest.fixture
def up(tmp_path: Path) -> Iterator[dict[str, Any]]:
    with running_up(tmp_path) as platform:
        yield platform


def child(parent: int, part: str) -> int | None:
    """The process id of a child whose command line has ``part``; None when there is none."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            status = (process / "stat").read_text("utf-8").rpartition(")")[2].split()
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if int(status[1]) == parent and status[0] != "Z" and part in line:
            return int(process.name)
    return None


async def replaced(parent: int, part: str) -> None:
    """Kill a child as a crash would, and return once another one is in its place."""
    before = child(parent, part)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    async with asyncio.timeout(60):
        while child(parent, part) in (None, before):
            await asyncio.sleep(0.1)


async def test_engines_and_workers_that_die_come_back_where_they_were(
    up: dict[str, Any], tmp_path: Path
) -> None:
    servers = ["--kafka", up["kafka"], "--temporal", up["temporal"], "--data", tmp_path]
    file = tmp_path / "application.json"
    file.write_text(application().model_dump_json())
    code, submitted = seamless("submit", file, "--kafka", up["kafka"], "--json")
    assert code == 0

    for engine in ("kafka.Kafka", "server start-dev"):
        await replaced(up["pid"], engine)
    await replaced(up["pid"], "workers.gateway.main")

    for address in up["metrics"].values():
        await until(address, lambda found: found["seamless_ready"] == 1, seconds=120)
    code, found = seamless("doctor", *servers, "--json")
    assert (code, [each for each in found["findings"] if each["result"] != "well"]) == (0, [])
    for _ in range(60):
        _, listed = seamless("case", "list", "--data", tmp_path, "--json")
        if submitted["case"] in {each["case"] for each in listed["cases"]}:
            break
    code, _ = seamless("case", "verify", submitted["case"], *servers[:2], *servers[4:], "--json")
    assert code == 0
