"""The operator of a run: replays what was refused for the platform's own reasons, and recovers cases."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache

from contracts.terms.errors import PLATFORM_FAULTS, SeamlessError
from deploy.local.stack import environment
from network.broker.dead_letters import list_dead_letters, replay
from network.broker.publisher import Publisher
from workers.process.settings import Settings

EVERY_SECONDS = 5.0
COMMAND = [sys.executable, "-m", "seamless.cli.main"]


async def replay_dead_letters(settings: Settings, tell: Callable[[str], None]) -> None:
    """Replay, until cancelled, every dead letter for which the platform may have been at fault."""
    async with Publisher(settings.broker) as publisher:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                for letter in await list_dead_letters(settings.broker):
                    if letter.state == "waiting" and letter.reason in PLATFORM_FAULTS:
                        await replay(publisher, letter, by="operator")
                        tell(f"the operator replays {letter.id}: {letter.reason}")
            except SeamlessError:  # the broker is away
                continue


@cache
def can_recover() -> bool:
    """Whether there is a command that gives cases their events again after a restore of Temporal."""
    ended = subprocess.run([*COMMAND, "recover", "--help"], capture_output=True, check=False)
    return ended.returncode == 0


def recover(settings: Settings) -> str:
    """Run it; what it says last.

    Raises:
        RuntimeError: it fails.
    """
    ended = subprocess.run(
        [*COMMAND, "recover"],
        env=os.environ | environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"seamless recover ended with {ended.returncode}: {ended.stderr[-400:]}")
    return f"seamless recover: {(ended.stdout.splitlines() or [''])[-1]}"
