"""The town that the pictures show: a whole stack, and everybody around it simulated.

Days last seconds. One agency is silent, and another now and then sends what is no event.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from contracts.terms.identifiers import AgencyId
from deploy.local.stack import Stack
from network.broker.publisher import Publisher, Record
from seamless.town.scenario import Scenario
from seamless.town.town import Town
from workers.process.settings import load_settings

DAY = timedelta(seconds=8)
SILENT = AgencyId("civil-air-defence")
GARBLED = "agency.planning.events"
GARBLED_EVERY_SECONDS = 10.0
WARM_UP_SECONDS = 300.0


@contextlib.asynccontextmanager
async def watched_town(folder: Path) -> AsyncIterator[Stack]:
    """The stack, once applications come in.

    Args:
        folder: where its data go.
    """
    settings = load_settings(
        data=folder,
        calendar=f"compressed:{DAY.total_seconds()}",
        heartbeat_seconds=0.5,
        watch_seconds=3.0,
    )
    async with Stack(settings, passing=True) as stack:
        town = Town(stack.settings, Scenario(day=DAY, apart=frozenset({SILENT})))
        living = [asyncio.create_task(town.run()), asyncio.create_task(_garble(town, stack))]
        try:
            async with asyncio.timeout(WARM_UP_SECONDS):  # the procedures are checked first
                while not town.handed_in:
                    await asyncio.sleep(0.1)
            yield stack
        finally:
            for each in living:
                each.cancel()
            await asyncio.gather(*living, return_exceptions=True)


async def _garble(town: Town, stack: Stack) -> None:
    async with Publisher(stack.settings.broker) as publisher:
        while True:
            await asyncio.sleep(GARBLED_EVERY_SECONDS)
            if town.handed_in:
                await publisher.publish([Record(GARBLED, town.handed_in[-1], b'{"specversion": "0.3"}')])
