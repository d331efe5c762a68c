"""Draw the dashboards: ``make pictures`` runs a town for some minutes and shows what they would show.

Everything is real but the town: the stack, Debian's Prometheus, its answers. Days last seconds, and some of
the agencies are late, one is silent, one sends what is refused.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from contracts.wire.envelope import Event
from deploy.grafana.dashboards import DASHBOARDS
from deploy.local.stack import Stack
from network.broker.publisher import Record
from tests.applications import new_case
from tests.integration.town import Town, consent
from tests.watching.picture import Asked, answers, drawn
from tests.watching.servers import Prometheus, prometheus
from workers.process.settings import load_settings

FOLDER = Path(__file__).parents[2] / "docs" / "dashboards"
CHOSEN = {"agency": "fire-safety", "procedure": "construction-permit"}
DAY_SECONDS = 4.0
APPLY_EVERY_SECONDS = 2.0
SILENT = "civil-air-defence"


def main() -> None:
    """Run a town, then draw what Prometheus has seen of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.watching", description=__doc__)
    parser.add_argument("--minutes", type=float, default=4.0, help="how long the town runs")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where the pictures go")
    given = parser.parse_args()
    pictures = asyncio.run(_pictures(given.minutes * 60))
    given.out.mkdir(exist_ok=True)
    for name, picture in pictures.items():
        (given.out / f"{name}.svg").write_text(picture, "utf-8")


async def _pictures(seconds: float) -> dict[str, str]:
    async with _watched_town() as source:
        began = time.time()
        await asyncio.sleep(seconds)
        now = time.time()
        asked = Asked(now=now, seconds=now - began, step=max(1.0, (now - began) / 150))
        return {
            each.uid: drawn(each, await answers(source, each, CHOSEN, asked), CHOSEN, asked)
            for each in DASHBOARDS
        }


@contextlib.asynccontextmanager
async def _watched_town() -> AsyncIterator[Prometheus]:
    with tempfile.TemporaryDirectory(prefix="seamless-watching-") as name:
        folder = Path(name)
        settings = load_settings(
            data=folder / "stack",
            calendar=f"compressed:{DAY_SECONDS}",
            heartbeat_seconds=0.5,
            watch_seconds=3.0,
        )
        (folder / "prometheus").mkdir()
        async with (
            Stack(settings, passing=True) as stack,
            prometheus(folder / "prometheus", stack) as source,
            Town(stack.settings, reply=_answer) as town,
        ):
            life = asyncio.create_task(_live(town))
            yield source
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)


def _answer(requested: Event) -> dict[str, Any] | None:
    """What an agency says, if anything: some are refused, some are late, one agency is silent."""
    chance = random.Random(requested.requestid).random()
    answer = consent(requested)
    if SILENT in str(requested.data["request"]) or chance > 0.95:
        return None
    if chance < 0.05 and answer == {"outcome": "consent"}:
        return {"outcome": "refuse", "reason": requested.data["reasons"][0]}
    return answer


async def _live(town: Town) -> None:
    """Applications as they come, and now and then a message that is none."""
    while True:
        await town.apply()
        if random.Random(len(town.cases)).random() < 0.2:
            case = new_case()
            await town.publish(Record("agency.planning.events", case, b'{"specversion": "0.3"}'))
        await asyncio.sleep(APPLY_EVERY_SECONDS)


if __name__ == "__main__":
    main()
