"""Running the command as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
REAL_LOGS = ROOT.parent / "shared" / "data"
"""Where real logs are, on machines that have them; they are no part of this repository."""

COMMAND = [sys.executable, "-m", "seamless.cli.main"]


def seamless(*arguments: object, timeout: float = 280) -> tuple[int, dict[str, Any]]:
    """Exit code, and the JSON object in the last line."""
    ended = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
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
