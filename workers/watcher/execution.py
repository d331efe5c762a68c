"""What Temporal knows of one case: whether it runs, what it is doing, and what it has published."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import Payloads, WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState, PendingWorkflowTaskState, WorkflowExecutionStatus
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryReverseRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from contracts.platform import PUBLISH
from contracts.wire.ledger import GENESIS
from workers.process.temporal import is_of_namespace

RPC_TIMEOUT = timedelta(seconds=10)
EVENTS_AT_ONCE = 20
RUNNING = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING
PAUSED = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_PAUSED


class Paused(NamedTuple):
    """A pause of Temporal's own, which nothing ends but Temporal's Unpause."""

    since: datetime | None
    by: str
    why: str


class Busy(NamedTuple):
    """An activity that a case waits for.

    Attributes:
        attempt: 1 for the first.
        failure: what its last attempt failed with; empty while none did. ``kind``: the type of that error.
        waiting_since: since when it could run and no worker takes it; None while one runs it, or it waits
            before its next attempt.
        paused: somebody has paused it in Temporal; None: nobody has.
    """

    activity: str
    attempt: int
    failure: str
    kind: str
    waiting_since: datetime | None
    paused: Paused | None = None


class Execution(NamedTuple):
    """The newest run of a case.

    Attributes:
        status: in Temporal's words, in lower case: ``running``, ``terminated``.
        closed: when it ended; None while it runs.
        attempt: of its next step in the orchestrator (Temporal's workflow task); 0 where it has none to take.
            Above 1: the last attempts failed.
        waiting_since: since when that step could be taken and no orchestrator takes it.
        paused: somebody has paused it in Temporal; None: nobody has.
    """

    run: str
    status: str
    closed: datetime | None
    attempt: int
    waiting_since: datetime | None
    busy: tuple[Busy, ...]
    paused: Paused | None = None

    @property
    def runs(self) -> bool:
        """Whether the case goes on."""
        return self.closed is None


class Said(NamedTuple):
    """How far a case has written its ledger, as Temporal's history has it: the last entry that it gave to its
    outbox, whether or not that has published it yet."""

    sequence: int
    head: str


async def execution_of(client: Client, case: str) -> Execution | None:
    """The newest run of a case; None where Temporal knows none.

    Raises:
        RPCError: the server does not answer.
    """
    request = DescribeWorkflowExecutionRequest(
        namespace=client.namespace, execution=WorkflowExecution(workflow_id=case)
    )
    try:
        # The raw call: the SDK's own fails at a status that it does not know, such as that of a paused case.
        found = await client.workflow_service.describe_workflow_execution(request, timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND and not is_of_namespace(error):
            return None
        raise
    return _execution(found)


def _execution(found: DescribeWorkflowExecutionResponse) -> Execution:
    info, task = found.workflow_execution_info, found.pending_workflow_task
    scheduled = task.state == PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED
    return Execution(
        run=info.execution.run_id,
        status=_word(WorkflowExecutionStatus.Name(info.status)),
        closed=None if info.status in (RUNNING, PAUSED) else _instant(info.close_time),
        attempt=task.attempt if found.HasField("pending_workflow_task") else 0,
        waiting_since=_instant(task.scheduled_time) if scheduled else None,
        busy=tuple(map(_busy, found.pending_activities)),
        paused=_paused(found) if info.status == PAUSED else None,
    )


def _paused(found: DescribeWorkflowExecutionResponse) -> Paused:
    said = found.workflow_extended_info.pause_info
    return Paused(_instant(said.paused_time), said.identity, said.reason)


def _word(name: str) -> str:
    return name.removeprefix("WORKFLOW_EXECUTION_STATUS_").lower()


def _busy(pending: PendingActivityInfo) -> Busy:
    scheduled = pending.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
    by_hand = pending.pause_info
    return Busy(
        activity=pending.activity_type.name,
        attempt=pending.attempt,
        failure=_told(pending.last_failure),
        kind=pending.last_failure.application_failure_info.type,
        waiting_since=_instant(pending.scheduled_time) if scheduled and not pending.paused else None,
        paused=Paused(_instant(by_hand.pause_time), by_hand.manual.identity, by_hand.manual.reason)
        if pending.paused
        else None,
    )


async def how_it_ended(client: Client, case: str, execution: Execution) -> str:
    """What Temporal says about the end of a run, such as who terminated it and why; empty where nothing."""
    async for event in backwards(client, case, execution.run):
        terminated = event.workflow_execution_terminated_event_attributes
        failed = event.workflow_execution_failed_event_attributes
        return terminated.reason or _told(failed.failure)
    return ""


async def why_it_fails(client: Client, case: str, execution: Execution) -> str:
    """What the first of the last failures of a case's step said; empty where none is on record."""
    async for event in backwards(client, case, execution.run):
        if event.HasField("workflow_task_failed_event_attributes"):
            return _told(event.workflow_task_failed_event_attributes.failure)
        if event.HasField("workflow_task_completed_event_attributes"):
            break
    return ""


async def said_by(client: Client, case: str, execution: Execution) -> Said:
    """How far a case has written its ledger."""
    async for event in backwards(client, case, execution.run):
        scheduled = event.activity_task_scheduled_event_attributes
        if scheduled.activity_type.name == PUBLISH:
            entry = (await _decoded(client, scheduled.input))["postings"][-1]["entry"]
            return Said(entry["sequence"], entry["hash"])
        if event.HasField("workflow_execution_started_event_attributes"):
            opened = await _decoded(client, event.workflow_execution_started_event_attributes.input)
            carried = opened.get("carried") or {}
            return Said(carried.get("sequence", 0), carried.get("head", GENESIS))
    return Said(0, GENESIS)


async def checks_of(client: Client, case: str, execution: Execution) -> tuple[str, ...]:
    """The agencies that took part by an automated check when a case was opened."""
    found = await client.workflow_service.get_workflow_execution_history(
        GetWorkflowExecutionHistoryRequest(
            namespace=client.namespace,
            execution=WorkflowExecution(workflow_id=case, run_id=execution.run),
            maximum_page_size=1,
        ),
        timeout=RPC_TIMEOUT,
    )
    started = found.history.events[0].workflow_execution_started_event_attributes
    return tuple((await _decoded(client, started.input)).get("checks", ()))


async def backwards(client: Client, case: str, run: str) -> AsyncIterator[HistoryEvent]:
    """The history of a run from its end."""
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=case, run_id=run),
        maximum_page_size=EVENTS_AT_ONCE,
    )
    while True:
        page = await client.workflow_service.get_workflow_execution_history_reverse(
            request, timeout=RPC_TIMEOUT
        )
        for event in page.history.events:
            yield event
        if not page.next_page_token:
            return
        request.next_page_token = page.next_page_token


async def _decoded(client: Client, payloads: Payloads) -> Mapping[str, Any]:
    """The one value of a workflow's or an activity's input, as plain JSON."""
    [value] = await client.data_converter.decode(payloads.payloads, [dict])
    return dict(value)


def _told(failure: Failure) -> str:
    """What a failure says: its innermost cause, which is what went wrong."""
    while failure.HasField("cause"):
        failure = failure.cause
    return failure.message


def _instant(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)
