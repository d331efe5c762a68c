"""A Reset cannot fork a case: the run that it makes is refused, and nothing leaves it."""

from __future__ import annotations

import asyncio

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from contracts.wire.messages import ApplicantWithdrew
from tests.applications import application
from tests.cases.conftest import Cases, CaseUnderTest
from tests.cases.test_construction_permit import complete, consent

COMPLETED = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
FAILED = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED


async def reset(case: CaseUnderTest, task: int) -> str:
    """Reset a case to its workflow task of that number; the run that this makes."""
    described = await case.client.get_workflow_handle(case.id).describe()
    history = await case.client.get_workflow_handle(case.id, run_id=described.run_id).fetch_history()
    tasks = [event.event_id for event in history.events if event.event_type == COMPLETED]
    response = await case.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=case.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case.id, run_id=described.run_id),
            reason="a test",
            request_id=f"reset-{case.id}-{task}",
            workflow_task_finish_event_id=tasks[task],
        )
    )
    return response.run_id


async def refused(case: CaseUnderTest, run: str) -> str:
    """Wait until the run's task has failed; what it says."""
    async with asyncio.timeout(60):
        while True:
            handle = case.client.get_workflow_handle(case.id, run_id=run)
            failures = [
                event.workflow_task_failed_event_attributes.failure.message
                for event in (await handle.fetch_history()).events
                if event.event_type == FAILED
            ]
            if said := [each for each in failures if "made by a Reset" in each]:
                return said[-1]
            await asyncio.sleep(0.1)


def published(case: CaseUnderTest) -> set[str]:
    """What has left a case. The server makes a publication again that was under way at that task: the same
    records once more, as after any activity whose answer was lost."""
    return {entry.hash for entry in case.entries}


@pytest.mark.parametrize("task", [0, 2, -1])
async def test_a_running_case_that_is_reset_publishes_nothing(cases: Cases, task: int) -> None:
    case = await cases.open("construction-permit", application())
    await complete(case)
    await consent(case, "planning")
    await case.until(lambda: case.kinds.count("answered") == 3)
    before = published(case)
    run = await reset(case, task)
    assert case.id in await refused(case, run)
    await asyncio.sleep(0.5)
    assert published(case) == before
    await case.client.get_workflow_handle(case.id, run_id=run).terminate()


@pytest.mark.parametrize("task", [0, 2, -1])
async def test_a_closed_case_that_is_reset_publishes_nothing(cases: Cases, task: int) -> None:
    case = await cases.open("construction-permit", application())
    await complete(case)
    await case.send("channel:portal", ApplicantWithdrew.type, {})
    await case.result()
    before = published(case)
    run = await reset(case, task)
    assert case.id in await refused(case, run)
    await asyncio.sleep(0.5)
    assert published(case) == before
    await case.client.get_workflow_handle(case.id, run_id=run).terminate()
