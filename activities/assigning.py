"""Calling the workflow that assigns new cases to the variants of a pilot.

The gateway asks it in which variant a case is opened; the pilot's own activities begin and end it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from contracts.pilots import (
    ASSIGN,
    ASSIGNING,
    BEGIN,
    END,
    SHOW,
    Assigning,
    Assignment,
    Ending,
    Incoming,
    Plan,
    assigning_id,
)
from contracts.platform import CASES_QUEUE
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.errors import InvalidInput, Unavailable

RPC_TIMEOUT = timedelta(seconds=10)


async def begin_assigning(client: Client, plan: Plan) -> Assigning:
    """Begin a pilot; begun again, it changes nothing.

    Raises:
        InvalidInput: the plan is refused: its variants are not known to its law, or another pilot of the
            procedure is not ended; says what to do.
        Unavailable: no orchestrator has answered; try again.
        RPCError: of Temporal; try again.
    """
    item = CATALOGUE.get(plan.procedure)
    if item is None:
        raise InvalidInput(
            f"procedure: there is no procedure {plan.procedure!r}; there are: {', '.join(CATALOGUE)}"
        )
    try:
        plan.check(item)
    except ValueError as refused:
        raise InvalidInput(str(refused)) from None
    start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        ASSIGNING,
        id=assigning_id(plan.procedure),
        task_queue=CASES_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    try:
        begun: Assigning = await client.execute_update_with_start_workflow(
            BEGIN, plan, start_workflow_operation=start, result_type=Assigning, rpc_timeout=RPC_TIMEOUT
        )
        return begun
    except WorkflowUpdateFailedError as refused:
        raise InvalidInput(str(refused.cause)) from None
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        raise _no_answer(plan.procedure) from None


async def end_assigning(client: Client, procedure: str, ending: Ending) -> Assigning | None:
    """End the assignment by a pilot; None where none rules any more, and the ending names no variant.

    Raises:
        InvalidInput: it is not the pilot that rules; says which one does.
        Unavailable: no orchestrator has answered; try again.
        RPCError: of Temporal; try again.
    """
    handle = _handle(client, procedure)
    try:
        ended: Assigning = await handle.execute_update(
            END, ending, result_type=Assigning, rpc_timeout=RPC_TIMEOUT
        )
        return ended
    except WorkflowUpdateFailedError as refused:
        raise InvalidInput(str(refused.cause)) from None
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        raise _no_answer(procedure) from None
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND or await _runs(handle):
            raise
        if ending.variant is None:
            return None
        raise InvalidInput(f"pilot: no pilot of {procedure} was begun, or it is over; begin one") from None


async def assignment_of(client: Client, procedure: str, incoming: Incoming) -> Assignment | None:
    """In which variant a case is opened; None where no pilot of its procedure rules.

    Asked again, also by another process, it is the same.

    Raises:
        Unavailable: no orchestrator has answered; try again.
        RPCError: of Temporal; try again.
    """
    handle = _handle(client, procedure)
    try:
        assigned: Assignment = await handle.execute_update(
            ASSIGN, incoming, result_type=Assignment, rpc_timeout=RPC_TIMEOUT
        )
        return assigned
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        raise _no_answer(procedure) from None
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND and not await _runs(handle):
            return None
        raise


async def assigning_runs(client: Client, procedure: str) -> bool:
    """Whether there is a workflow that assigns a procedure's cases.

    Raises:
        RPCError: of Temporal; try again.
    """
    return await _runs(_handle(client, procedure))


async def assigning_of(client: Client, procedure: str) -> Assigning | None:
    """How the assignment of a procedure's cases stands; None where no pilot of it rules.

    Raises:
        RPCError: of Temporal, or no orchestrator has answered; try again.
    """
    handle = _handle(client, procedure)
    if not await _runs(handle):
        return None
    shown: Assigning = await handle.query(SHOW, result_type=Assigning, rpc_timeout=RPC_TIMEOUT)
    return shown


def _handle(client: Client, procedure: str) -> WorkflowHandle[Any, Any]:
    return client.get_workflow_handle(assigning_id(procedure))


async def _runs(handle: WorkflowHandle[Any, Any]) -> bool:
    """Whether the workflow runs: between two of its runs it is also answered that it does not."""
    try:
        known = await handle.describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND and "namespace" not in error.message.lower():
            return False
        raise
    return known.status in (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.CONTINUED_AS_NEW)


def _no_answer(procedure: str) -> Unavailable:
    return Unavailable(f"no orchestrator has answered for the pilot of {procedure} yet; try again")
