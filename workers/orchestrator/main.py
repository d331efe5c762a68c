"""The orchestrator: runs the cases and the platform's own activities."""

from __future__ import annotations

from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker

from activities.fence import FenceActivity
from activities.outbox import OutboxActivity
from contracts.platform import CASES_QUEUE
from network.broker.publisher import Publisher
from workers.orchestrator.sandbox import sandbox
from workers.process.entry import until_stopped
from workers.process.settings import Settings
from workers.process.telemetry import set_ready
from workers.process.temporal import connect
from workflows.construction_permit import ConstructionPermit
from workflows.permit_receipt import PermitReceipt
from workflows.traffic_fine import TrafficFine

PROCEDURES = (ConstructionPermit, PermitReceipt, TrafficFine)
"""Every procedure's workflow class. A new procedure is named here."""


def case_worker(client: Client, outbox: OutboxActivity, fence: FenceActivity) -> Worker:
    """A worker for cases and for what they send."""
    return Worker(
        client,
        task_queue=CASES_QUEUE,
        workflows=PROCEDURES,
        activities=[outbox.publish, fence.await_gateway],
        workflow_runner=sandbox(),
        graceful_shutdown_timeout=timedelta(seconds=5),
    )


async def run_orchestrator(settings: Settings) -> int:
    """Run until the process is asked to stop."""
    client = await connect(settings)
    skew = timedelta(seconds=settings.clock_skew_seconds)
    async with (
        Publisher(settings.kafka, prefix=settings.topic_prefix) as publisher,
        FenceActivity(
            settings.kafka, prefix=settings.topic_prefix, group=settings.gateway_group, clock_skew=skew
        ) as fence,
        case_worker(client, OutboxActivity(publisher), fence),
    ):
        set_ready()
        await until_stopped()
    return 0
