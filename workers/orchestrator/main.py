"""The orchestrator's process: runs the cases and publishes what they send."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig, WorkflowRunner

from activities.fence import FenceActivity
from activities.outbox import OutboxActivity, begin_at_zero
from archive.reader import ArchiveReader
from contracts.platform import CASES_QUEUE
from contracts.wire.topics import messages_topic
from network.broker.publisher import Publisher
from network.broker.standing import StandingOrders
from workers.orchestrator.proven import leave_sandbox
from workers.orchestrator.sandbox import sandbox
from workers.process.attendance import attended
from workers.process.metrics import set_ready
from workers.process.run import run_process
from workers.process.settings import Settings
from workers.process.temporal import await_temporal
from workflows.assigning import AssigningCases
from workflows.case.ledger_closing import LedgerClosing
from workflows.procedures import PROCEDURES

DEPLOYMENT = "seamless"
"""What Temporal calls the deployment whose builds the orchestrators are."""

Proof = Callable[[Sequence[type[Any]], set[str]], Awaitable[None]]
"""Adds to a set the workflow types that may leave the sandbox, such as :func:`leave_sandbox`."""


def deployed(build: str) -> WorkerDeploymentConfig:
    """Have Temporal record with each workflow task which build executed it.

    Without worker versioning: that would give a case to no worker until an operator sets the current version,
    or bind it to the build under which it began. Any worker may run a case, which moves on with the code.
    """
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(DEPLOYMENT, build), use_worker_versioning=False
    )


def case_worker(
    client: Client,
    activities: Sequence[Callable[..., Any]],
    *,
    build: str | None = None,
    procedures: Sequence[type] = PROCEDURES,
    queue: str = CASES_QUEUE,
    runner: WorkflowRunner | None = None,
    without_sandbox: Collection[str] = (),
) -> Worker:
    """A worker for cases and for what they send.

    Args:
        activities: the outbox and the fence.
        build: under which its entries are in the ledger; without one, under none.
        procedures, queue, runner: which procedures it runs, and how; in tests, other ones.
        without_sandbox: the workflow types that run outside the SDK's sandbox; may grow while cases run.
    """
    return Worker(
        client,
        task_queue=queue,
        workflows=[*procedures, LedgerClosing, AssigningCases],
        activities=activities,
        workflow_runner=runner or sandbox(without_sandbox),
        deployment_config=deployed(build) if build else None,
        graceful_shutdown_timeout=timedelta(seconds=5),
    )


async def run(settings: Settings) -> None:
    """Run cases until cancelled, once all checks of Kafka and Temporal pass.

    Raises:
        InvalidInput: a check failed that only other settings can fix.
    """
    await run_cases(settings, leave_sandbox if settings.sandbox == "unproven" else None)


async def run_cases(settings: Settings, prove: Proof | None) -> None:
    """Run cases until cancelled; ``prove`` names meanwhile the workflow types that leave the sandbox."""
    begin_at_zero(messages_topic(party) for party in settings.directory.parties)
    archive = ArchiveReader(settings.archive_url)
    try:
        async with attended(settings, "kafka", "temporal"):
            client = await await_temporal(settings, "orchestrator")
            without: set[str] = set()
            async with (
                Publisher(settings.broker) as publisher,
                _fence(settings) as fence,
                case_worker(
                    client,
                    [OutboxActivity(publisher, archive).publish, fence.await_gateway],
                    build=settings.build,
                    without_sandbox=without,
                ),
            ):
                set_ready()
                if prove is not None:
                    await prove(PROCEDURES, without)
                await asyncio.Event().wait()
    finally:
        await archive.close()


def _fence(settings: Settings) -> FenceActivity:
    return FenceActivity(
        settings.broker,
        group=settings.gateway_group,
        clock_skew=timedelta(seconds=settings.clock_skew_seconds),
        outage_after=timedelta(seconds=settings.outage_after_seconds),
        grace=timedelta(seconds=settings.outage_grace_seconds),
        virtual_time=settings.virtual_time,
        orders=None if settings.virtual_time else StandingOrders(settings.broker, settings.directory),
    )


if __name__ == "__main__":
    run_process("orchestrator", run)
