"""While an agency is paused its silence has no consequence, and what it says meanwhile counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from contracts.platform import Fence, FencePassed
from contracts.wire.orders import MoveOrdered, ReleaseOrdered
from tests.unit.workflows.case.clocked import ADVISER, HOUSING, Carried, begun, item
from tests.unit.workflows.case.ordering import ADVICE, advised, orders
from tests.unit.workflows.case.running import DAY, START, SettledRuntime, nothing_left_running

pytestmark = pytest.mark.usefixtures("runs")


class Paused(SettledRuntime):
    """A runtime whose fence holds everything, a day at a time, while the agency is paused."""

    since: datetime | None = START

    async def await_gateway(self, fence: Fence, step: str) -> FencePassed:
        passed = await super().await_gateway(fence, step)
        if self.since is None:
            return passed
        return FencePassed(held_until=max(self.time, fence.deadline) + DAY, paused=self.since)


@pytest.fixture
async def runtime() -> AsyncIterator[Paused]:
    async with nothing_left_running():
        yield Paused()


@pytest.fixture
async def carried(runtime: Paused) -> Carried:
    """A case whose limit is over while its adviser is paused."""
    carried = await begun(runtime, item(), advised)
    await carried.days(11, DAY)
    return carried


async def test_it_is_held_a_while_at_a_time_and_the_ledger_says_since_when(
    carried: Carried, runtime: Paused
) -> None:
    held = carried.of("held")
    assert len(held) == 4, "one a day, since the binding end"
    assert carried.of("deemed") == []
    for entry in held:
        assert entry.data is not None
        assert entry.data.content["paused_since"] == START.isoformat()
        assert entry.due is None, "the pause of an agency moves no limit"
    runtime.since = None  # it is resumed
    await carried.days(2, DAY)
    assert len(carried.of("deemed")) == 1
    carried.check_ledger()


async def test_an_answer_meanwhile_counts(carried: Carried) -> None:
    await carried.answers("advise", "no", ADVISER)
    assert carried.kinds[-1] == "closed"
    assert "answered" in carried.kinds


async def test_a_request_may_be_moved_away_from_it_meanwhile(carried: Carried, runtime: Paused) -> None:
    await orders(carried, MoveOrdered, about=ADVICE, agency=HOUSING)
    assert len(carried.of("moved")) == 1
    await carried.answers("advise", "yes", HOUSING)
    assert carried.kinds[-1] == "closed"
    carried.check_ledger()


async def test_what_is_held_for_it_may_be_released(carried: Carried) -> None:
    await orders(carried, ReleaseOrdered, step=ADVICE)
    await carried.goes_on()
    assert len(carried.of("deemed")) == 1
    carried.check_ledger()
