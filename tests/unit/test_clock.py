"""A case's clock comes to where it is moved, whatever becomes of one attempt."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from workers.entry import UsageError
from workers.replay import clock
from workers.replay.clock import Clocks

OPENED = datetime(2007, 3, 19, 11, tzinfo=UTC)
STARTED = datetime(2026, 11, 24, 8, tzinfo=UTC)
TO = OPENED + timedelta(days=120)


class Server:
    """A case's clock as the server keeps it; each attempt to move it ends as it is told."""

    def __init__(self, *ends: object) -> None:
        self.ends = list(ends)
        self.now = STARTED
        self.status = WorkflowExecutionStatus.RUNNING
        self.start_time = STARTED

    def get_workflow_handle(self, case: str) -> Server:
        return self

    async def describe(self) -> Server:
        return self

    async def get_current_time(self, handle: object) -> datetime:
        return self.now

    async def fast_forward(self, handle: object, ahead: timedelta) -> bool:
        end = self.ends.pop(0)
        if end == "silence":
            await asyncio.sleep(60)
        if isinstance(end, Exception):
            raise end
        if end == "moved, and the answer is lost":
            self.now += ahead
            raise RPCError("connection lost", RPCStatusCode.UNAVAILABLE, b"")
        if end:
            self.now += ahead
        return bool(end)


async def moved(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(clock, "TimeSkipper", lambda client: server)
    monkeypatch.setattr(clock, "RETRY_SECONDS", 0.001)
    monkeypatch.setattr(clock, "NUDGE_SECONDS", 0.02)
    monkeypatch.setattr(clock, "FIRING_SECONDS", 0.001)
    await Clocks(cast(Client, cast(Any, server))).move("case", opened=OPENED, now=OPENED, to=TO)
    return server


@pytest.mark.parametrize(
    "ends",
    [
        (True,),
        (False, True),
        ("silence", True, True),  # a little first, so that a timer that was missed fires on its day
        (RPCError("away", RPCStatusCode.UNAVAILABLE, b""), True),
        (RPCError("not found, though it runs", RPCStatusCode.NOT_FOUND, b""), True),
        ("moved, and the answer is lost",),
    ],
    ids=["at once", "given up by the server", "silence", "server away", "not found", "answer lost"],
)
async def test_a_clock_comes_exactly_to_where_it_is_moved(
    ends: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await moved(Server(*ends), monkeypatch)
    assert server.now == STARTED + timedelta(days=120)
    assert server.ends == []


async def test_a_case_that_closed_on_the_way_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for end in (False, RPCError("already completed", RPCStatusCode.NOT_FOUND, b"")):
        server = Server(end)
        server.status = WorkflowExecutionStatus.COMPLETED
        assert (await moved(server, monkeypatch)).now == STARTED


async def test_a_server_without_such_clocks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"frontend\.WorkflowTimeSkippingEnabled=true"):
        await moved(Server(RPCError("disabled", RPCStatusCode.UNIMPLEMENTED, b"")), monkeypatch)
