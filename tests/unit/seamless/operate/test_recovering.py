"""Where a recovered case goes on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from temporalio.common import TypedSearchAttributes

from contracts.platform import CANCEL, PUBLISH_CALENDAR, Cancellation
from seamless.operate.remembering import CANCEL_REQUESTED, Message
from seamless.operate.restarting import start_again

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
