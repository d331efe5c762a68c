"""Where a recovered case goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio.common import TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

from contracts.platform import CANCEL, PUBLISH_CALENDAR, Cancellation
from seamless.operate import recovering
from seamless.operate.recovering import Recovery
from seamless.operate.reliving import Relived
from seamless.operate.remembering import CANCEL_REQUESTED, Message
from seamless.operate.restarting import start_again
from tests.applications import new_case
from workers.process.settings import load_settings
from workers.watcher.stuck import StuckCase

ENDS = Message(CANCEL, Cancellation(by="li", why="Filed twice."))
FIRST, SECOND = Message(PUBLISH_CALENDAR, "cn-2026.2"), Message(PUBLISH_CALENDAR, "cn-2026.3")


class _Server:
    """A client, and the handle of whatever it starts.

    Attributes:
        told: what reached the new run, in order.
    """

    def __init__(self) -> None:
        self.told: list[Any] = []

    async def start_workflow(self, workflow_type: str, *args: Any, **said: Any) -> _Server:
        if said["start_signal"] is not None:
            self.told.append(("with its start", said["start_signal"], *said["start_signal_args"]))
        return self

    async def signal(self, name: str, value: Any, **_: Any) -> None:
        self.told.append((name, value))

    async def cancel(self, **_: Any) -> None:
        self.told.append(CANCEL_REQUESTED)


async def going_on(*unsaid: Message) -> list[Any]:
    """What the new run of a case is told of what Temporal had for it, and its ledger does not show."""

    async def nothing() -> None:
        return None

    server = _Server()
    known = SimpleNamespace(
        id="portal-1",
        workflow_type="construction-permit",
        memo=nothing,
        static_summary=nothing,
        typed_search_attributes=TypedSearchAttributes.empty,
    )
    await start_again(cast(Any, server), cast(Any, known), {}, unsaid)
    return server.told


async def test_nothing_is_told_where_the_ledger_shows_all() -> None:
    assert await going_on() == []


async def test_the_first_thing_comes_with_the_start_and_the_rest_in_order() -> None:
    assert await going_on(ENDS, FIRST, SECOND) == [
        ("with its start", CANCEL, ENDS.value),
        (PUBLISH_CALENDAR, FIRST.value),
        (PUBLISH_CALENDAR, SECOND.value),
    ]


async def test_temporals_cancel_is_asked_for_again() -> None:
    assert await going_on(Message(CANCEL_REQUESTED)) == [CANCEL_REQUESTED]
    told = await going_on(FIRST, Message(CANCEL_REQUESTED))
    assert told == [("with its start", PUBLISH_CALENDAR, FIRST.value), CANCEL_REQUESTED]


class _Run:
    """The workflow of a case that fell back.

    Attributes:
        ended: why it was terminated.
    """

    def __init__(self) -> None:
        self.ended = ""

    def get_workflow_handle(self, case: str, **_: Any) -> _Run:
        return self

    async def describe(self, **_: Any) -> Any:
        return SimpleNamespace(run_id="1", workflow_type="construction-permit")

    async def fetch_history(self) -> None:
        return None

    async def terminate(self, *, reason: str, **_: Any) -> None:
        if self.ended:
            raise RPCError("workflow execution already completed", RPCStatusCode.NOT_FOUND, b"")
        self.ended = reason


async def test_a_recovery_that_was_broken_off_after_it_had_ended_a_run_starts_the_case_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case, run, away, started = new_case(), _Run(), [True], []

    async def nothing(*_: Any) -> list[Any]:
        return []

    async def no_events(*_: Any) -> AsyncIterator[Any]:
        return
        yield

    async def starting(*_: Any) -> None:
        if away:
            away.clear()
            raise RPCError("Temporal is away", RPCStatusCode.UNAVAILABLE, b"")
        started.append(case)

    def relived(*_: Any) -> Relived:
        return Relived({"carried": {"sequence": 7}}, ())

    monkeypatch.setattr(recovering, "Publisher", lambda _: nullcontext())
    monkeypatch.setattr(recovering, "proven", nothing)
    monkeypatch.setattr(recovering, "events_again", no_events)
    monkeypatch.setattr(recovering, "start_again", starting)
    monkeypatch.setattr(Recovery, "_relive", relived)
    recovery = Recovery(load_settings(), cast(Any, run), cast(Any, None))
    fell = StuckCase(case=case, reason="fell-back", detail="its ledger has 7 entries")
    with pytest.raises(RPCError):
        await recovery.recover([fell], [], really=True)
    gone = StuckCase(case=case, reason="workflow-gone", detail=f"its workflow is terminated: {run.ended}")
    [found] = await recovery.recover([gone], [], really=True)
    assert (found.fate, started) == ("goes-on", [case])
