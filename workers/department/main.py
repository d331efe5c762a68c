"""The worker of one department: its automated checks, on its own task queue."""

from __future__ import annotations

from datetime import timedelta

from temporalio.worker import Worker

from activities.checks import CHECKS
from contracts.platform import agency_queue
from contracts.terms.identifiers import AgencyId
from workers.process.entry import UsageError, until_stopped
from workers.process.settings import Settings
from workers.process.telemetry import set_ready
from workers.process.temporal import connect


async def run_department(settings: Settings, agency: AgencyId) -> int:
    """Run until the process is asked to stop.

    Raises:
        UsageError: this agency has no automated check.
    """
    if agency not in CHECKS:
        raise UsageError(
            f"{agency!r} has no automated check; there are checks of: {', '.join(sorted(CHECKS))}"
        )
    client = await connect(settings)
    async with Worker(
        client,
        task_queue=agency_queue(agency),
        activities=CHECKS[agency],
        max_concurrent_activities=20,
        graceful_shutdown_timeout=timedelta(seconds=5),
    ):
        set_ready()
        await until_stopped()
    return 0
