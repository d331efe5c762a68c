"""The archive's process: writes the ledger into its table."""

from __future__ import annotations

import asyncio

from workers.archive.writer import ArchiveWriter
from workers.process.attendance import attended
from workers.process.run import run_process
from workers.process.settings import Settings


async def run(settings: Settings) -> None:
    """Archive the ledger until cancelled, once all checks of Kafka pass. Waits for a database that is away.

    Raises:
        InvalidInput: a check failed that only other settings can mend.
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
    writing = asyncio.ensure_future(ArchiveWriter(settings, stopping).run())
    try:
        await asyncio.shield(writing)
    finally:  # what was read is written before the process ends
        if not stopping.done():
            stopping.set_result(None)
        await writing


if __name__ == "__main__":
    run_process("archive", run)
