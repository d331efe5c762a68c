"""A case that somebody has paused in Temporal is stuck, and goes on once it is unpaused there."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from temporalio import activity
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import (
    PauseActivityRequest,
    PauseWorkflowExecutionRequest,
    UnpauseActivityRequest,
    UnpauseWorkflowExecutionRequest,
)
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from contracts.platform import PUBLISH, Batch, Published
from deploy.local.temporal import TemporalEngine
from seamless.replay.clock import TEMPORAL_CONFIG
from tests.cases.conftest import Cases, Post, case_worker
from tests.cases.test_stuck import Watched, accepted, opened
from workers.process.settings import load_settings
from workers.process.temporal import connect
from workers.watcher.execution import execution_of
from workers.watcher.stuck import StuckCases


async def test_a_case_that_is_paused_as_a_whole(tmp_path: Path) -> None:
    """A server does that only where it is configured to."""
    config = TEMPORAL_CONFIG | {"frontend.WorkflowPauseEnabled": "true"}
    async with TemporalEngine(tmp_path, dynamic_config=config, passing=True) as server:
        client, post = await connect(load_settings(temporal=server.address, namespace="default")), Post()
        async with case_worker(client, post):
            await paused_as_a_whole(await opened(Cases(client, post)))


async def paused_as_a_whole(watched: Watched) -> None:
    service, namespace = watched.case.client.workflow_service, watched.case.client.namespace
    await service.pause_workflow_execution(
        PauseWorkflowExecutionRequest(
            namespace=namespace, workflow_id=watched.case.id, identity="ling", reason="to look at it"
        )
    )
    assert (await watched.is_stuck("paused")).detail == "its workflow is paused by ling: to look at it"
    await service.unpause_workflow_execution(
        UnpauseWorkflowExecutionRequest(namespace=namespace, workflow_id=watched.case.id)
    )
    assert await watched.found() is None
    await watched.case.handle.cancel()
    await watched.case.result()


async def test_a_case_of_which_an_activity_is_paused_is_listed_by_the_server(temporal_client: Client) -> None:
    post = Post()

    @activity.defn(name=PUBLISH)
    async def publish(batch: Batch) -> Published:
        if batch.postings[0].entry.sequence > 1 and fails:
            raise ApplicationError("not now", next_retry_delay=timedelta(seconds=1))
        return await post.publish(batch)

    fails = True
    async with case_worker(temporal_client, post, activities=[publish, post.await_gateway]):
        watched = await opened(Cases(temporal_client, post))
        await accepted(watched)
        about = {
            "namespace": temporal_client.namespace,
            "execution": WorkflowExecution(workflow_id=watched.case.id),
            "type": PUBLISH,
        }
        while not (execution := await execution_of(temporal_client, watched.case.id)) or not execution.busy:
            await asyncio.sleep(0.1)
        await temporal_client.workflow_service.pause_activity(
            PauseActivityRequest(identity="ling", reason="to look at it", **about)
        )
        listed = StuckCases(temporal_client, watched.archive, checks=(), at_most=0)  # type: ignore[arg-type]
        async with asyncio.timeout(30):
            while watched.case.id not in (found := {each.case: each for each in await listed.find()}):
                await asyncio.sleep(0.5)
        assert found[watched.case.id].reason == "paused"
        assert found[watched.case.id].detail == "publish is paused by ling: to look at it"
        fails = False
        await temporal_client.workflow_service.unpause_activity(UnpauseActivityRequest(**about))
        await watched.case.until(lambda: "requested" in watched.case.kinds[2:])
        assert await watched.found() is None
        await watched.case.handle.terminate()
