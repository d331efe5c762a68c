"""The pause of an agency holds what follows from its own silence, and nothing of what is asked of others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.paused import held_by_pauses
from contracts.platform import Fence, FencePassed
from contracts.standing import Standing
from contracts.terms.clock_rules import TacitGrant
from contracts.terms.decisions import Decision, Grant
from contracts.terms.identifiers import AgencyId, Party, ProcedureId
from contracts.terms.limits import working_days
from contracts.terms.requests import Request, deem, lapse
from contracts.terms.service_item import ServiceItem
from contracts.wire.orders import PauseOrdered, ResumeOrdered
from tests.unit.contracts.test_standing import an_order
from tests.unit.workflows.case.clocked import ADVISER, HEAD, Advice, Carried, Plea, begun, item
from tests.unit.workflows.case.running import DAY, SettledRuntime, nothing_left_running
from workflows.case import Procedure

pytestmark = pytest.mark.usefixtures("runs")

GRACE = DAY / 24


class Weigh(Request[Advice], agency=ADVISER, limit=working_days(3), basis="art. 10", overdue=[deem("yes")]):
    pass


class Measure(Request[Advice], agency=HEAD, limit=working_days(4), basis="art. 11", overdue=[deem("no")]):
    pass


class Count(Request[Advice], agency=HEAD, limit=working_days(7), basis="art. 12", overdue=[deem("yes")]):
    pass


class Wait(
    Request[Advice], agency=ADVISER, limit=working_days(90), basis="art. 13", overdue=[lapse("silent")]
):
    pass


class Look(Request[Advice], agency=HEAD, limit=working_days(90), basis="art. 13", overdue=[lapse("silent")]):
    pass


NAME = ProcedureId("pause-test")
LAW = ServiceItem(**dict(item()) | {"procedure": NAME, "requests": (Weigh, Measure, Count, Wait, Look)})
GRANTING = LAW.model_copy(update={"laws": item(TacitGrant(basis="art. 14")).laws})


async def weighed_and_measured(author: Procedure[Plea]) -> Decision:
    """Two agencies at the same time, and another request of the second one after its first."""
    await author.accept()

    async def measured() -> None:
        await author.ask(Measure())
        await author.ask(Count())

    async with asyncio.TaskGroup() as group:
        group.create_task(author.ask(Weigh()))
        group.create_task(measured())
    return await author.decide(Grant())


class Operated(SettledRuntime):
    """A runtime whose fence knows the pauses that were ordered."""

    def __init__(self) -> None:
        super().__init__()
        self.standing = Standing()

    def order(self, kind: Any, agency: AgencyId) -> None:
        elapsed = (self.time - datetime(2026, 3, 2, tzinfo=self.time.tzinfo)).total_seconds()
        self.standing.take(an_order(kind, Party.agency(agency), at=elapsed))

    async def await_gateway(self, fence: Fence, step: str) -> FencePassed:
        await super().await_gateway(fence, step)
        return held_by_pauses(self.standing, fence.silent, fence.deadline, GRACE, self.time)


@pytest.fixture
async def runtime() -> AsyncIterator[Operated]:
    async with nothing_left_running():
        yield Operated()


def told_of(carried: Carried, *agencies: AgencyId) -> list[tuple[str, str | None, datetime]]:
    """What the ledger says of what was asked of these agencies, and when it happened."""
    return [
        (e.kind, e.step, e.occurred) for e in carried.entries if e.agency in agencies and e.kind != "held"
    ]


async def test_what_others_are_asked_has_its_consequences_at_their_time(runtime: Operated) -> None:
    runtime.order(PauseOrdered, ADVISER)
    carried = await begun(runtime, LAW, weighed_and_measured)
    await carried.days(14, DAY)
    others = ["pause-test.measure/1", "pause-test.count/1"]
    assert [entry.step for entry in carried.of("deemed")] == others
    held = {entry.step for entry in carried.of("held")}
    assert held == {"pause-test.weigh/1"}
    runtime.order(ResumeOrdered, ADVISER)
    await carried.days(20, DAY)  # within as long as the pause has lasted
    assert [entry.step for entry in carried.of("deemed")] == [*others, "pause-test.weigh/1"]
    assert carried.kinds[-1] == "closed"
    carried.check_ledger()


async def test_a_stage_is_broken_off_although_somebody_is_paused_outside_it(runtime: Operated) -> None:
    async def staged(author: Procedure[Plea]) -> Decision:
        await author.accept()

        async def measured() -> None:
            async with author.within(working_days(2), "measuring", otherwise="stage-over"):
                await author.ask(Measure())

        async with asyncio.TaskGroup() as group:
            group.create_task(author.ask(Weigh()))
            group.create_task(measured())
        return await author.decide(Grant())

    runtime.order(PauseOrdered, ADVISER)
    carried = await begun(runtime, LAW, staged)
    await carried.days(7, DAY)
    assert "cancelled" in [entry.kind for entry in carried.entries if entry.step == "pause-test.measure/1"]
    carried.check_ledger()


@pytest.mark.parametrize("asked", [Wait, Look])
async def test_what_the_law_makes_of_everybodys_silence_waits_for_whoever_is_paused(
    runtime: Operated, asked: type[Request[Advice]]
) -> None:
    """A case that is granted since nobody has decided is so by the silence of each that was asked."""

    async def waiting(author: Procedure[Plea]) -> Decision:
        await author.accept()
        await author.ask(asked())
        return await author.decide(Grant())

    runtime.order(PauseOrdered, asked.agency)
    carried = await begun(runtime, GRANTING, waiting)
    await carried.days(20, DAY)
    assert carried.of("decided") == []
    assert {entry.step for entry in carried.of("held")} == {"statutory"}
    runtime.order(ResumeOrdered, asked.agency)
    await carried.days(20, DAY)  # within as long as the pause has lasted
    assert len(carried.of("decided")) == 1


MOMENTS = st.floats(0, 12).map(lambda days: round(days * 2) / 2)


async def lived(pauses: list[tuple[float, float]]) -> list[tuple[str, str | None, datetime]]:
    """What was told of the agency that is not paused, in a case over 22 days."""
    async with nothing_left_running():
        runtime = Operated()
        carried = await begun(runtime, LAW, weighed_and_measured)
        for half in range(44):
            for began, length in pauses:
                if half / 2 == began:
                    runtime.order(PauseOrdered, ADVISER)
                if half / 2 == began + length:
                    runtime.order(ResumeOrdered, ADVISER)
            await carried.goes_on(DAY / 2)
        carried.check_ledger()
        return told_of(carried, HEAD)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(MOMENTS, MOMENTS), max_size=3))
async def test_however_an_agency_is_paused_others_are_treated_as_if_it_were_not(
    pauses: list[tuple[float, float]],
) -> None:
    """To the instant, and in their order; the ledger stays whole."""
    assert await lived(pauses) == await lived([])
