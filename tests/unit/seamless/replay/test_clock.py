"""A case's clock comes to where it is moved, once and exactly, whatever becomes of one attempt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast
from unittest import mock

import pytest
from temporalio.api.common.v1 import ActivityType, TimeSkippingFastForwardInfo
from temporalio.api.enums.v1 import FastForwardPollingResult
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionResponse,
    PollWorkflowExecutionTimeSkippingResponse,
)
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from contracts.platform import AWAIT_GATEWAY, PUBLISH
from contracts.terms.errors import SeamlessError
from seamless.replay import clock
from seamless.replay.clock import CAME, FAILED, Clocks

AHEAD = timedelta(days=120)
TIMEOUT = FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_POLL_TIMEOUT


def away(status: RPCStatusCode = RPCStatusCode.UNAVAILABLE) -> RPCError:
    return RPCError("away", status, b"")


class Server:
    """A case's clock as the server keeps it; what it is asked first goes wrong as it is told.

    Args:
        asked: for each time that it is asked for a move: ``"lost"`` on the way there, ``"answer lost"``.
        polled: for each time that it is asked what became of the move: an error, or ``"waits"``; anything
            else: it says that the clock came.
    """

    namespace = identity = "test"

    def __init__(self, asked: tuple[str, ...] = (), polled: tuple[object, ...] = ()) -> None:
        self.workflow_service = self
        self.asked, self.polled = list(asked), list(polled)
        self.status = WorkflowExecutionStatus.RUNNING
        self.ahead = timedelta(0)
        self.move = ""

    def get_workflow_handle(self, case: str) -> Server:
        return self

    async def describe(self) -> Server:
        return self

    async def update_workflow_execution_options(self, request: Any) -> None:
        end = self.asked.pop(0) if self.asked else ""
        if end == "lost":
            raise away()
        move = request.workflow_execution_options.time_skipping_config.fast_forward_config
        self.move, self.ahead = move.id, self.ahead + move.duration.ToTimedelta()
        if end == "answer lost":
            raise away()

    async def poll_workflow_execution_time_skipping(
        self, request: Any
    ) -> PollWorkflowExecutionTimeSkippingResponse:
        end = self.polled.pop(0) if self.polled else ""
        if isinstance(end, Exception):
            raise end
        result = TIMEOUT if end == "waits" else CAME
        if self.status != WorkflowExecutionStatus.RUNNING or request.fast_forward_id != self.move:
            result = FAILED
        return PollWorkflowExecutionTimeSkippingResponse(
            fast_forward_polling_result=result,
            fast_forward_info=TimeSkippingFastForwardInfo(fast_forward_id=self.move),
        )


async def moved(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(clock, "RETRY_SECONDS", 0.001)
    await Clocks(cast(Client, cast(Any, server))).move("case", AHEAD)
    return server


@pytest.mark.parametrize(
    "server",
    [
        Server(),
        Server(asked=("lost", "lost")),
        Server(asked=("answer lost",)),
        Server(polled=("waits", away(), "waits")),
        Server(polled=(away(RPCStatusCode.NOT_FOUND),)),
    ],
    ids=["at once", "lost on the way", "answer lost", "in the end", "not found, though it runs"],
)
async def test_a_clock_is_moved_once_and_exactly(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    await moved(server, monkeypatch)
    assert server.ahead == AHEAD
    assert server.asked == server.polled == []


async def test_an_arrival_that_was_not_stored_is_waited_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker was killed while its task was stored: the server had already told that the clock came."""
    server = Server(polled=("came, not stored", "waits", "waits", "came", "came"))
    await moved(server, monkeypatch)
    assert server.polled == []


async def test_a_case_that_ended_on_the_way_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for asked in ((), ("lost",)):
        server = Server(asked)
        server.status = WorkflowExecutionStatus.COMPLETED
        await moved(server, monkeypatch)


async def test_a_server_without_such_clocks_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SeamlessError, match=r"frontend\.WorkflowTimeSkippingEnabled=true"):
        await moved(Server(polled=(away(RPCStatusCode.UNIMPLEMENTED),)), monkeypatch)


def described(*activities: str, task: bool = False) -> Any:
    said = DescribeWorkflowExecutionResponse(
        pending_activities=[PendingActivityInfo(activity_type=ActivityType(name=each)) for each in activities]
    )
    if task:
        said.pending_workflow_task.attempt = 1
    return mock.Mock(raw_description=said)


async def test_a_case_is_settled_once_neither_task_nor_publication_nor_fence_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What an agency's check takes is its own time, and is not waited for."""
    monkeypatch.setattr(clock, "RETRY_SECONDS", 0.001)
    monkeypatch.setattr(clock, "LOOK_SECONDS", 0.001)
    found = [described(task=True), away(), described(PUBLISH), described("check", AWAIT_GATEWAY)]
    describe = mock.AsyncMock(side_effect=[*found, described("check")])
    client = mock.Mock(get_workflow_handle=mock.Mock(return_value=mock.Mock(describe=describe)))
    await Clocks(client).settled("case")
    assert describe.await_count == len(found) + 1
