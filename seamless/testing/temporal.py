"""A Temporal server for tests, on which each case has its own clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from temporalio.client import Client

from deploy.local.temporal import TemporalEngine
from seamless.replay.clock import TEMPORAL_CONFIG
from workers.process.settings import load_settings
from workers.process.temporal import connect


@asynccontextmanager
async def local_temporal() -> AsyncIterator[Client]:
    """A client of a server that is started for it, up within two seconds. One serves all tests of a run."""
    with TemporaryDirectory(prefix="seamless-test-") as folder:
        async with TemporalEngine(Path(folder), dynamic_config=TEMPORAL_CONFIG, passing=True) as server:
            yield await connect(load_settings(temporal=server.address, namespace="default"))
            await asyncio.sleep(0.1)  # the SDK's last calls come back before the loop ends
