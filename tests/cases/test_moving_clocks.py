"""Moving a clock by little while something is under way: it goes so far, and not to the next timer."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from seamless.replay.clock import Clocks


@activity.defn
async def under_way(seconds: float) -> None:
    await asyncio.sleep(seconds)


@workflow.defn(sandboxed=False)
class Waits:
    """Has something under way, and a timer that is due in twenty days."""

    @workflow.run
    async def run(self, seconds: float) -> None:
        timer = asyncio.create_task(workflow.sleep(timedelta(days=20)))
        await workflow.execute_activity(under_way, seconds, start_to_close_timeout=timedelta(minutes=1))
        await timer

    @workflow.query
    def began(self) -> datetime:
        return workflow.info().start_time


@pytest.mark.parametrize("ahead", [0.4, 1.5, 4])
async def test_a_small_move_goes_no_farther_whatever_is_under_way(temporal: Client, ahead: float) -> None:
    queue = f"clocks-{uuid4()}"

    async def moved(seconds: float) -> bool:
        case = await temporal.start_workflow(Waits.run, seconds, id=f"{queue}-{seconds}", task_queue=queue)
        await case.query(Waits.began)
        await Clocks(temporal).move(case.id, timedelta(seconds=ahead))
        await asyncio.sleep(ahead + 2)  # what is under way has come to its end
        status = (await case.describe()).status
        if status == WorkflowExecutionStatus.RUNNING:
            await case.terminate()
        return status == WorkflowExecutionStatus.RUNNING

    async with Worker(
        temporal,
        task_queue=queue,
        workflows=[Waits],
        activities=[under_way],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        seconds = [ahead * number / 10 for number in range(2, 20)]
        went_no_farther = dict(zip(seconds, await asyncio.gather(*map(moved, seconds)), strict=True))
    assert all(went_no_farther.values()), went_no_farther
