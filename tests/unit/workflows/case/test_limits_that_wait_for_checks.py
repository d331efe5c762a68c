"""A limit that is over and waits for an automated check waits no longer than for that."""

from __future__ import annotations

import asyncio

import pytest

from contracts.terms.clock_rules import TacitGrant
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.limits import working_days
from contracts.terms.requests import refer
from contracts.wire.messages import Answered
from contracts.wire.orders import MoveOrdered
from tests.unit.workflows.case.clocked import ADVISER, HOUSING, Advise, Inspect, Plea, begun, item
from tests.unit.workflows.case.ordering import ADVICE, orders
from tests.unit.workflows.case.running import DAY, VirtualRuntime
from workflows.case import Procedure
from workflows.case.interruptions import Lapsed

pytestmark = pytest.mark.usefixtures("runs")

GRANTS = item(TacitGrant(basis="art. 20"))
LONG = item(statutory=working_days(200), promised=working_days(200))


async def advised(author: Procedure[Plea]) -> Decision:
    await author.accept()
    advice = await author.ask(Advise())
    return await author.decide(Grant() if advice.outcome == "yes" else Refuse(reason="late"))


async def advised_in_a_stage(author: Procedure[Plea]) -> Decision:
    await author.accept()
    try:
        async with (
            author.within(working_days(4), "look", otherwise="stage-over"),
            asyncio.TaskGroup() as group,
        ):
            group.create_task(author.ask(Advise()))
            group.create_task(author.ask(Inspect()))
    except Lapsed:
        return await author.decide(Refuse(reason="stage-over"))
    return await author.decide(Grant())


async def test_the_law_decides_once_an_operator_has_moved_what_the_check_did_not_answer(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Advise, "stand_ins", (HOUSING,))
    carried = await begun(runtime, GRANTS, advised, checks=(ADVISER,))
    await carried.days(12, DAY)
    assert carried.kinds[-1] == "held", "the limit is over, and waits for the check"
    await orders(carried, MoveOrdered, about=ADVICE, agency=HOUSING)
    await carried.days(20, DAY)
    assert carried.kinds[-5:] == ["moved", "overdue", "cancelled", "decided", "closed"]
    assert carried.of("decided")[0].outcome == "granted"
    carried.check_ledger()


async def test_the_law_decides_once_it_refers_what_the_check_did_not_answer(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = Advise.stated.model_copy(
        update={"limit": working_days(12), "overdue": (refer(HOUSING, working_days(5), "silent"),)}
    )
    monkeypatch.setattr(Advise, "stated", terms)
    monkeypatch.setattr(Advise, "versions", (terms,))
    carried = await begun(runtime, item(TacitGrant(basis="art. 20")), advised, checks=(ADVISER,))
    await carried.days(13, DAY)
    assert "referred" in carried.kinds
    await carried.answers("advise", "no", HOUSING)
    await carried.days(20, DAY)
    assert carried.case.closed, carried.kinds
    assert carried.of("decided")[0].outcome == "granted"
    carried.check_ledger()


async def test_a_stage_ends_once_its_check_has_answered(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, LONG, advised_in_a_stage, checks=(ADVISER,))
    await carried.days(6, DAY)
    assert "held" in carried.kinds
    yes = Answered(answer={"outcome": "yes"})
    await carried.hears(yes, f"agency:{ADVISER}", ADVICE, by_check=True)
    await carried.days(1, DAY)
    assert carried.kinds[-6:] == ["answered", "overdue", "cancelled", "stage-ended", "decided", "closed"]
    assert carried.of("decided")[0].reason == "stage-over"
    carried.check_ledger()
