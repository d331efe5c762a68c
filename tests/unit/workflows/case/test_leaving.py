"""Branches of a course that are broken off together: in which order they leave must not be chance.

asyncio keeps the tasks of a group in a set, so it cancels them in an order that another process, which
replays the case, does not have.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.terms.clock_rules import TacitGrant
from contracts.terms.decisions import Decision, Grant
from contracts.terms.limits import working_days
from tests.unit.workflows.case.clocked import HEARING, Advise, Inspect, Plea, begun, item
from tests.unit.workflows.case.running import DAY, SettledRuntime
from workflows.case import Lapsed, Procedure

pytestmark = pytest.mark.usefixtures("runs")

BRANCHES = 9


class LastFirst(asyncio.Task):  # type: ignore[type-arg]
    """A task that a set has before those that were made earlier."""

    count = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        LastFirst.count += 1
        self._number = LastFirst.count  # first: asyncio puts a new task in a set at once
        super().__init__(*args, **kwargs)

    def __hash__(self) -> int:
        return 4096 - self._number


@pytest.fixture(autouse=True)
async def last_first() -> AsyncIterator[None]:
    """Let the sets of asyncio have an order that is not that of the branches."""
    loop, LastFirst.count = asyncio.get_running_loop(), 0
    loop.set_task_factory(lambda loop, coro, **kwargs: LastFirst(coro, loop=loop, **kwargs))
    yield
    loop.set_task_factory(None)


async def _inspected(author: Procedure[Plea], number: int) -> None:
    async with author.within(working_days(100), f"stage {number}"), author.suspended(HEARING.basis):
        await author.ask(Inspect(text=f"look at {number}"))


async def _advised(author: Procedure[Plea]) -> None:
    async with author.within(working_days(2), "advice", otherwise="stage-over"):
        await author.ask(Advise())


async def test_stages_and_suspensions_end_in_the_order_in_which_they_began() -> None:
    runtime = SettledRuntime()

    async def course(author: Procedure[Plea]) -> Decision:
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(BRANCHES):
                    group.create_task(_inspected(author, number))
                group.create_task(_advised(author))
        except* Lapsed:
            pass
        return await author.decide(Grant())

    carried = await begun(runtime, item(), course)
    await carried.days(3, DAY)
    assert carried.carrying.done()
    left = [(entry.kind, entry.step) for entry in carried.entries if entry.kind in ("resumed", "stage-ended")]
    first = ("stage-ended", f"within/{BRANCHES + 1}")
    numbers = range(1, BRANCHES + 1)
    assert left[0] == first
    assert [step for kind, step in left if kind == "resumed"] == [f"suspended/{each}" for each in numbers]
    ended = [step for kind, step in left[1:] if kind == "stage-ended"]
    assert ended == [f"within/{each}" for each in numbers]
    carried.check_ledger()


async def test_so_they_do_where_the_law_has_decided_the_case() -> None:
    runtime = SettledRuntime()

    async def inspected(author: Procedure[Plea], number: int) -> None:
        async with author.within(working_days(100), f"stage {number}"):
            await author.ask(Inspect(text=f"look at {number}"))

    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        async with asyncio.TaskGroup() as group:
            for number in range(BRANCHES):
                group.create_task(inspected(author, number))
        return await author.decide(Grant())

    carried = await begun(runtime, item(TacitGrant(basis="art. 20")), course)
    await carried.days(12, DAY)
    assert carried.carrying.done()
    assert [entry.step for entry in carried.of("stage-ended")] == [
        f"within/{number}" for number in range(1, BRANCHES + 1)
    ]
