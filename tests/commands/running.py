"""Running the command as a user runs it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
REAL_LOGS = ROOT.parent / "shared" / "data"
"""Where real logs are, on machines that have them; they are no part of this repository."""

COMMAND = [sys.executable, "-m", "seamless.cli.main"]


NO_SOURCE = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__", "tests", "docs")


def copy_of_the_code(folder: Path) -> Path:
    """The code of the product in a folder of its own, without what tests and builds leave behind."""
    return shutil.copytree(ROOT, folder / "source", ignore=NO_SOURCE)


def seamless(*arguments: object, timeout: float = 280, source: Path = ROOT) -> tuple[int, dict[str, Any]]:
    """Exit code, and the JSON object in the last line.

    Args:
        source: the folder whose code runs.
    """
    ended = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=source,
        env=_environment(source),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.returncode, json.loads(ended.stdout.splitlines()[-1])


@contextmanager
def running_up(
    data: Path, *, source: Path = ROOT, settings: Mapping[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """A platform that a person has started; the addresses that it printed, and its process id. It ends well
    and leaves nothing running.

    Args:
        source: the folder whose code runs.
        settings: from the environment.
    """
    running = subprocess.Popen(
        [*COMMAND, "up", "--data", str(data), "--json"],
        cwd=source,
        env=_environment(source) | (settings or {}),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout is not None
        yield json.loads(running.stdout.readline()) | {"pid": running.pid}
    finally:
        running.send_signal(signal.SIGINT)
        assert running.wait(150) == 0
        assert left_running(data) == []


def _environment(source: Path) -> dict[str, str]:
    return dict(os.environ) if source == ROOT else os.environ | {"PYTHONPATH": str(source)}


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
