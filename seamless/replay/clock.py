"""Moving a case's clock: each case has its own on the real server, and a replay drives it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import structlog
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import FastForwardConfig, TimeSkippingConfig, WorkflowExecution
from temporalio.api.enums.v1 import FastForwardPollingResult
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import (
    PollWorkflowExecutionTimeSkippingRequest,
    PollWorkflowExecutionTimeSkippingResponse,
    UpdateWorkflowExecutionOptionsRequest,
)
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from contracts.platform import AWAIT_GATEWAY, PUBLISH
from contracts.terms.errors import Unavailable

TEMPORAL_CONFIG = {
    "frontend.WorkflowTimeSkippingEnabled": "true",
    "history.queueReaderStuckCriticalAttempts": "0",
    "history.timerTaskBatchSize": "1000",
    "history.timerProcessorUpdateAckInterval": '"5s"',
}
"""The dynamic configuration of a Temporal server that lets a case have a clock of its own.

The timer queue calls itself stuck when it has read three pages of one second and sees more, and gives that
second to a reader that comes when it can: its timers fire half a minute late. A replay has so many timers in
a second, and a case's own clock stands still meanwhile. Timers that have fired are let go every half minute,
and gone through for every new one till then: a fourteenth of the server's time; every five seconds, little.
"""

BRIEF = timedelta(seconds=5)
"""Time that is not skipped but left to pass.

Where the end of a move goes by while something is under way, this server (1.32.0) ignores that end until it
has run its timer for it, and may skip to the next timer of the case, which may be weeks away; its later code
does not. What is under way, and that timer, take less time than this.
"""

RETRY_SECONDS = 0.5
LOOK_SECONDS = 0.05
CAME = FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_COMPLETED
FAILED = FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_FAILED

log = structlog.get_logger(__name__)


class Clocks:
    """The clocks of the cases on one server.

    A clock goes with the time there is until it is moved. No case is started with one that runs ahead by
    itself: that would pass a deadline before what comes from outside, in time, is there.

    ``temporalio.testing.TimeSkipper`` moves clocks, too, but forgets a move whose answer is lost. Here a move
    has an id of ours, by which the server is asked what became of it, as often as it takes.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def move(self, case: str, ahead: timedelta) -> None:
        """Move a case's clock ahead; return when all that falls due on the way has taken effect.

        A case that has ended has no clock. While the server is away it is tried again.

        Raises:
            Unavailable: the server has no such clocks.
        """
        if ahead <= BRIEF:
            await asyncio.sleep(max(ahead.total_seconds(), 0.0))
            return
        move, asked = str(uuid4()), False
        while True:
            try:
                if not asked:
                    asked = True  # also when the answer is lost; then it is asked what became of the move
                    await self._ask(case, move, ahead)
                answer = await self._what_became_of(case, move)
                if answer.fast_forward_polling_result == CAME:
                    # It may tell of a state that was not stored in the end, because the worker that brought
                    # it about was killed. What is said a second time has been read from the store.
                    answer = await self._what_became_of(case, move)
                if answer.fast_forward_polling_result == CAME:
                    return
                if answer.fast_forward_polling_result == FAILED:
                    asked = answer.fast_forward_info.fast_forward_id == move
                    log.debug("a clock was not moved", case=case, reason=answer.failed_reason)
            except RPCError as error:
                if error.status in (RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.INVALID_ARGUMENT):
                    raise Unavailable(
                        f"this Temporal server gives cases no clocks of their own ({error.message}); "
                        "start it with the dynamic configuration frontend.WorkflowTimeSkippingEnabled=true"
                    ) from None
                log.debug("a clock could not be moved", case=case, error=error.message)
            await asyncio.sleep(RETRY_SECONDS)
            if await self._has_ended(case):
                return

    async def settled(self, case: str) -> None:
        """Return when what is due has taken effect: no task, fence or publication of the case is under way.

        A case that has ended has nothing under way. While the server is away it is tried again.
        """
        while True:
            try:
                said = (await self._client.get_workflow_handle(case).describe()).raw_description
            except RPCError as error:
                log.debug("a case could not be described", case=case, error=error.message)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            pending = {each.activity_type.name for each in said.pending_activities}
            if pending.isdisjoint({PUBLISH, AWAIT_GATEWAY}) and not said.HasField("pending_workflow_task"):
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def _ask(self, case: str, move: str, ahead: timedelta) -> None:
        """Ask for a move, once: asked for twice, it would go twice as far."""
        duration = Duration()
        duration.FromTimedelta(ahead)
        config = TimeSkippingConfig(
            enabled=True, fast_forward_config=FastForwardConfig(id=move, duration=duration)
        )
        await self._client.workflow_service.update_workflow_execution_options(
            UpdateWorkflowExecutionOptionsRequest(
                namespace=self._client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=case),
                workflow_execution_options=WorkflowExecutionOptions(time_skipping_config=config),
                update_mask=FieldMask(paths=["time_skipping_config"]),
                identity=self._client.identity,
            )
        )

    async def _what_became_of(self, case: str, move: str) -> PollWorkflowExecutionTimeSkippingResponse:
        """Wait until a move has come to its end, or the server has waited long enough."""
        return await self._client.workflow_service.poll_workflow_execution_time_skipping(
            PollWorkflowExecutionTimeSkippingRequest(
                namespace=self._client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=case),
                fast_forward_id=move,
            )
        )

    async def _has_ended(self, case: str) -> bool:
        try:
            described = await self._client.get_workflow_handle(case).describe()
        except RPCError:
            return False
        return described.status != WorkflowExecutionStatus.RUNNING
