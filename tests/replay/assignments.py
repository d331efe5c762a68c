"""Recorded runs of the workflow that assigns cases to the variants of a pilot, and what it answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import (
    HandleUpdateInput,
    Interceptor,
    Replayer,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from activities.assigning import assignment_of, begin_assigning, end_assigning
from contracts.pilots import ABSENCE_KEPT_SECONDS, Ending, Incoming, Plan, assigning_id
from contracts.platform import CASES_QUEUE
from contracts.terms.identifiers import ProcedureId, VariantId
from tests.applications import new_case
from tests.replay.replaying import HISTORIES
from workflows import assigning
from workflows.assigning import AssigningCases

NAME = "assigning"
FOLDER = "platform"
"""Within the folder of a version: these are no histories of cases."""

FELLING, LAW = ProcedureId("tree-felling"), "2026"
OLD, NEW = VariantId("standard"), VariantId("added-review")


@contextmanager
def small_runs(updates: int = 8) -> Iterator[UnsandboxedWorkflowRunner]:
    """It goes on in a new run after so few updates; with the runner that sees it, outside the sandbox."""
    with mock.patch.object(assigning, "UPDATES_PER_RUN", updates):
        yield UnsandboxedWorkflowRunner()


def recorded_runs() -> list[WorkflowHistory]:
    """Every run that is recorded, of every release."""
    files = sorted(HISTORIES.glob(f"*/{FOLDER}/{NAME}.*.json"))
    return [WorkflowHistory.from_json(assigning_id(FELLING), each.read_text("utf-8")) for each in files]


async def recorded(client: Client) -> list[WorkflowHistory]:
    """Two pilots, one after the other, on a server: cases are assigned, some asked about twice, and each
    pilot ends, the second one for good; the histories of the runs, in order."""

    async def assign(*cases: Any) -> None:
        for case in cases:
            await assignment_of(client, FELLING, Incoming(case=case, law=LAW))

    pilots = [Plan(pilot=new_case(), procedure=FELLING, old=OLD, new=NEW, block=4, most=50) for _ in "12"]
    with small_runs() as runner:
        async with Worker(client, task_queue=CASES_QUEUE, workflows=[AssigningCases], workflow_runner=runner):
            for plan in pilots:
                await begin_assigning(client, plan)
                await assign(new_case())
                await asyncio.sleep(ABSENCE_KEPT_SECONDS)
                cases = [new_case() for _ in range(14)]
                await assign(*cases, cases[0])
                await end_assigning(client, FELLING, Ending(pilot=plan.pilot, variant=OLD))
                await assign(new_case())
            await end_assigning(client, FELLING, Ending(pilot=pilots[-1].pilot))
            handle = client.get_workflow_handle(assigning_id(FELLING))
            await handle.result()
    query = f"WorkflowId = '{assigning_id(FELLING)}'"
    runs = [each async for each in client.list_workflows(query)]
    return [
        await client.get_workflow_handle(each.id, run_id=each.run_id).fetch_history()
        for each in sorted(runs, key=lambda each: each.start_time)
    ]


def answers(history: WorkflowHistory) -> list[Any]:
    """What the updates of a recorded run were answered, in order."""
    completed = [
        event.workflow_execution_update_completed_event_attributes
        for event in history.events
        if event.HasField("workflow_execution_update_completed_event_attributes")
    ]
    return [json.loads(each.outcome.success.payloads[0].data) for each in completed]


async def replayed(history: WorkflowHistory) -> list[Any]:
    """What the code of today answers in a replay.

    Raises:
        Exception: the SDK's, when the code does not follow the history.
    """
    listener = _Listener()
    with small_runs() as runner:
        replayer = Replayer(
            workflows=[AssigningCases],
            workflow_runner=runner,
            data_converter=pydantic_data_converter,
            interceptors=[listener],
        )
        await replayer.replay_workflow(history)
    return listener.answers


class _Listener(Interceptor):
    """Hears what a replayed run answers."""

    def __init__(self) -> None:
        self.answers: list[Any] = []

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        answers = self.answers

        class Inbound(WorkflowInboundInterceptor):
            async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
                answer = await super().handle_update_handler(input)
                [payload] = pydantic_data_converter.payload_converter.to_payloads([answer])
                answers.append(json.loads(payload.data))
                return answer

        return Inbound
