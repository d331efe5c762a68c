"""The archive's process: writes the ledger into its table."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from archive.reader import ArchiveReader
from workers.archive.counting import Counting
from workers.archive.lag import Lag
from workers.archive.writer import ArchiveWriter
from workers.process.attendance import attended
from workers.process.run import run_process
from workers.process.settings import Settings


async def run(settings: Settings) -> None:
    """Archive the ledger until cancelled, once all checks of Kafka pass. Waits for a database that is away.

    Raises:
        InvalidInput: a check failed that only other settings can fix.
        Unavailable: the archive was written from another topic.
    """
    async with attended(settings, "kafka"):
        await _archive(settings)


async def _archive(settings: Settings) -> None:
    """Archive until cancelled.

    A kill at any moment loses and doubles nothing: how far the topic was read is written in the
    transaction of what was read.
    """
    stopping = asyncio.get_running_loop().create_future()
    lag = Lag()
    writing = asyncio.ensure_future(ArchiveWriter(settings, stopping, lag=lag).run())
    try:
        async with _counting(settings, lag):
            await asyncio.shield(writing)
    finally:  # what was read is written before the process ends
        if not stopping.done():
            stopping.set_result(None)
        await writing


@contextlib.asynccontextmanager
async def _counting(settings: Settings, lag: Lag) -> AsyncIterator[None]:
    """Count the cases for the metrics meanwhile."""
    if settings.virtual_time:  # a log is replayed, on clocks of its own: nobody operates it
        yield
        return
    reader = ArchiveReader(settings.archive_url)
    counting = Counting(reader, settings.directory, lag)
    task = asyncio.create_task(counting.keep_counting(settings.watch_seconds))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await reader.close()


if __name__ == "__main__":
    run_process("archive", run)
