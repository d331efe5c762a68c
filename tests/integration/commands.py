"""Running an operator's command on a stack."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from deploy.local.stack import environment
from workers.process.settings import Settings


async def seamless(settings: Settings, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, the JSON object of standard output, and standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "seamless.cli.main",
        *arguments,
        "--json",
        env=dict(os.environ) | environment(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    assert b"Traceback" not in error, error.decode()
    return int(process.returncode or 0), json.loads(out or b"{}"), error.decode()
