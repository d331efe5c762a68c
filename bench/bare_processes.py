"""The processes of the bare program: ``python -m bench.bare_processes cases|agencies [APART_SECONDS]``.

Two, as the platform has an orchestrator and agencies: one runs the workflows, the other takes the
requests and answers them by signal.
"""

from __future__ import annotations

import asyncio
import sys

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from bench.answers import CONSENT, Json, Pace, answer_to
from bench.bare import AGENCIES_QUEUE, ANSWER, CASES_QUEUE, CHECK_DRAINAGE, SEND, BarePermit
from workers.orchestrator.sandbox import sandbox
from workers.process.metrics import set_ready
from workers.process.run import run_process
from workers.process.settings import Settings


class BareAgencies:
    """Takes requests and answers them."""

    def __init__(self, client: Client, pace: Pace) -> None:
        self._client = client
        self._pace = pace
        self._answering: set[asyncio.Task[None]] = set()

    @activity.defn(name=SEND)
    async def send(self, ask: Json) -> None:
        """Take a request; its answer comes later, by signal."""
        task = asyncio.create_task(self._answer(ask["case"], ask["request"]))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    @activity.defn(name=CHECK_DRAINAGE)
    async def check_drainage(self, drainage: Json) -> Json:
        """Answer immediately."""
        return CONSENT

    async def _answer(self, case: str, request: str) -> None:
        await self._pace.turn(case)
        await self._client.get_workflow_handle(case).signal(ANSWER, args=[request, answer_to(request)])


async def run(settings: Settings, role: str, apart_seconds: float) -> None:
    """Run one process until cancelled."""
    client = await Client.connect(settings.temporal, namespace=settings.namespace)
    if role == "cases":
        # In the platform's own sandbox: what that costs is no part of the comparison.
        worker = Worker(client, task_queue=CASES_QUEUE, workflows=[BarePermit], workflow_runner=sandbox())
    else:
        agencies = BareAgencies(client, Pace(apart_seconds))
        worker = Worker(
            client, task_queue=AGENCIES_QUEUE, activities=[agencies.send, agencies.check_drainage]
        )
    async with worker:
        set_ready()
        await asyncio.Event().wait()


if __name__ == "__main__":
    role, apart = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 0
    run_process(f"bare-{role}", lambda settings: run(settings, role, apart))
