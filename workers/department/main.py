"""A department's process: its automated checks, on its own task queue."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio.worker import Worker

from activities.checks import CHECKS
from activities.pilot_office import ARCHIVE
from archive.reader import ArchiveReader
from contracts.platform import agency_queue
from contracts.terms.errors import InvalidInput
from workers.process.attendance import attended
from workers.process.identity import department_process
from workers.process.metrics import set_ready
from workers.process.run import run_process
from workers.process.settings import Settings
from workers.process.temporal import await_temporal


async def run(settings: Settings) -> None:
    """Run the checks of the agency in the settings until cancelled, once all that concerns Temporal is well.

    Raises:
        InvalidInput: this agency has no automated check, or the directory does not fit the procedures.
    """
    agency = settings.agency
    if agency not in CHECKS:
        known = ", ".join(sorted(CHECKS))
        raise InvalidInput(f"{agency or 'no agency'!r} has no automated check; there are checks of: {known}")
    archive = ArchiveReader(settings.archive_url)
    ARCHIVE.set(archive)
    try:
        async with attended(settings, "temporal"):
            client = await await_temporal(settings, department_process(agency))
            async with Worker(
                client,
                task_queue=agency_queue(agency),
                activities=CHECKS[agency],
                max_concurrent_activities=20,
                graceful_shutdown_timeout=timedelta(seconds=5),
            ):
                set_ready()
                await asyncio.Event().wait()
    finally:
        await archive.close()


if __name__ == "__main__":
    run_process("department", run)
