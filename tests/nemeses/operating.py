"""The operator of a run: replays what was refused for the platform's own reasons, and recovers cases."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime

from contracts.terms.errors import PLATFORM_FAULTS, SeamlessError
from contracts.wire.dead_letter import Place
from deploy.local.stack import environment
from network.broker.dead_letters import list_dead_letters, replay
from network.broker.publisher import Publisher
from workers.process.settings import Settings

EVERY_SECONDS = 5.0
CANCELLED_AT_MOST = 3
COMMAND = [sys.executable, "-m", "seamless.cli.main"]


async def replay_dead_letters(settings: Settings, tell: Callable[[str], None]) -> None:
    """Replay, until cancelled, every dead letter for which the platform may have been at fault."""
    told: set[tuple[Place, str]] = set()
    async with Publisher(settings.broker) as publisher:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                for letter in await list_dead_letters(settings.broker):
                    if letter.state == "waiting" and letter.reason in PLATFORM_FAULTS:
                        await replay(publisher, letter, by="operator")
                        if (letter.place, letter.reason) not in told:  # it may be refused each time
                            told.add((letter.place, letter.reason))
                            tell(f"the operator replays {letter.place}: {letter.reason}")
            except SeamlessError:  # the broker is away
                continue


def recover(settings: Settings, backup: datetime) -> list[dict[str, str]]:
    """Recover the cases after Temporal was put back to a backup, as docs/operating.md says to do it.

    Gateways and orchestrators have to be away. What cannot be recovered is cancelled once they are back, see
    :func:`cancel`.

    Returns:
        Each ``case`` that fell back or is gone, with its ``fate`` (``goes-on``, ``ended`` or ``left``) and a
        ``detail``.

    Raises:
        RuntimeError: the command fails.
    """
    ended = _seamless("recover", "--backup", backup.isoformat(), "--json", settings=settings)
    if not ended.stdout:
        raise RuntimeError(f"seamless recover ended with {ended.returncode}: {ended.stderr[-400:]}")
    found: list[dict[str, str]] = json.loads(ended.stdout)["cases"]
    return found


def cancel(settings: Settings, case: str) -> None:
    """End a case that cannot go on. The command says when its end is on its way and not published yet; it is
    run once more then, as the guide says.

    Raises:
        RuntimeError: the command fails.
    """
    why = "Temporal was restored"
    for _ in range(CANCELLED_AT_MOST):
        ended = _seamless("case", "cancel", case, "--why", why, "--force", settings=settings)
        if ended.returncode == 0 or "is closed already" in ended.stderr:
            return
    raise RuntimeError(f"seamless case cancel ended with {ended.returncode}: {ended.stderr[-400:]}")


def _seamless(*arguments: str, settings: Settings | None = None) -> subprocess.CompletedProcess[str]:
    ours = environment(settings) if settings else {}
    return subprocess.run(
        [*COMMAND, *arguments], env=os.environ | ours, capture_output=True, text=True, check=False
    )
