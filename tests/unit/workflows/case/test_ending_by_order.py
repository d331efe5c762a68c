"""Operators end cases by order; and where two persons are wanted, one alone does nothing."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.terms.decisions import Ended, Grant
from contracts.terms.identifiers import OPERATOR, Party
from contracts.wire.ledger import faults, pseudonym_of
from contracts.wire.messages import Answered
from contracts.wire.orders import CancelOrdered, MoveOrdered, ResendOrdered
from tests.unit.workflows.case.clocked import (
    HEAD,
    HOUSING,
    begun,
    inspected,
    item,
)
from tests.unit.workflows.case.ordering import (
    ADVICE,
    INSPECTION,
    LING,
    WANG,
    WHY,
    advised,
    orders,
    replies,
    signals,
    wanting_two,
)
from tests.unit.workflows.case.running import SECRET, VirtualRuntime, delivered
from workflows.case.journal import PROPOSALS_KEPT

pytestmark = pytest.mark.usefixtures("runs")


async def test_a_case_is_ended_by_an_order_and_the_ledger_says_by_which(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), inspected)
    came = await orders(carried, CancelOrdered, on_behalf_of="the service hall")
    assert carried.carrying.result().decision == Ended(result="broken-off")
    [broken_off] = carried.of("broken-off")
    assert (broken_off.actor, broken_off.cause) == (OPERATOR, came.event.key)
    assert broken_off.officer == pseudonym_of(SECRET, OPERATOR, LING)
    assert broken_off.data is not None
    assert broken_off.data.content == {"desk": "ops-1", "on_behalf_of": "the service hall", "why": WHY}
    assert replies(carried) == [("order.taken.v1", {"event": came.event.id, "late": False})]
    assert ("notice.broken-off.v1", {"reason": WHY}) in carried.told("channel:portal")
    carried.check_ledger()


async def test_who_orders_the_end_second_is_told_that_it_has_come(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), inspected)
    runtime.broker_up = False
    first = await orders(carried, CancelOrdered, event_id="1")
    signals(carried, first)
    second = await orders(carried, CancelOrdered, officer=WANG, event_id="2")
    runtime.broker_up = True
    await carried.goes_on()
    assert carried.kinds.count("broken-off") == 1
    told = {data["event"]: data.get("reason") for _, data in replies(carried)}
    assert told == {first.event.id: None, second.event.id: "case-closed"}
    assert faults(carried.entries) == []


async def test_an_order_that_meets_the_end_of_its_case_is_refused(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), inspected)
    came = delivered(
        Answered(answer={"outcome": "yes"}), carried.case.opened.case, Party.agency(HOUSING),
        step=INSPECTION, received=runtime.time,
    )  # fmt: skip
    runtime.broker_up = False
    carried.case.inbox.put(came)
    await carried.goes_on()
    await orders(carried, CancelOrdered)
    runtime.broker_up = True
    await carried.goes_on()
    assert carried.carrying.result().decision == Grant()
    assert [data.get("reason") for _, data in replies(carried)] == ["case-closed"]
    carried.check_ledger()


# --- two persons --------------------------------------------------------------------------------------------


async def test_a_second_person_has_to_confirm(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, wanting_two("resend"), advised)
    proposal = await orders(carried, ResendOrdered, about=ADVICE)
    [proposed] = carried.of("proposed")
    assert (proposed.outcome, proposed.step, proposed.cause) == ("resend", ADVICE, proposal.event.key)
    assert carried.of("resent") == []
    assert replies(carried) == [("order.proposed.v1", {"event": proposal.event.id, "lever": "resend"})]
    await orders(
        carried, ResendOrdered, about=ADVICE, officer=WANG, confirms=proposal.event.id, why="So do I."
    )
    [resent] = carried.of("resent")
    assert {proposed.officer, resent.officer} == {
        pseudonym_of(SECRET, OPERATOR, officer) for officer in (LING, WANG)
    }
    assert resent.data is not None
    assert resent.data.content["confirms"] == proposal.event.id
    carried.check_ledger()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"officer": LING}, "same-person"),
        ({"confirms": "another"}, "unknown-order"),
        ({"agency": HEAD}, "not-possible"),
    ],
    ids=["the same person", "an order that was not given", "another order"],
)
async def test_what_confirms_nothing(runtime: VirtualRuntime, change: dict[str, Any], reason: str) -> None:
    carried = await begun(runtime, wanting_two("move"), advised)
    proposal = await orders(carried, MoveOrdered, about=ADVICE, agency=HOUSING)
    confirming = {"officer": WANG, "confirms": proposal.event.id, "agency": HOUSING} | change
    await orders(carried, MoveOrdered, about=ADVICE, **confirming)
    assert [data["reason"] for kind, data in replies(carried) if kind == "order.refused.v1"] == [reason]
    assert carried.of("moved") == []


async def test_an_order_is_confirmed_once(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, wanting_two("resend"), advised)
    proposal = await orders(carried, ResendOrdered, about=ADVICE)
    for _ in range(2):
        await orders(carried, ResendOrdered, about=ADVICE, officer=WANG, confirms=proposal.event.id)
    assert len(carried.of("resent")) == 1
    assert replies(carried)[-1][1]["reason"] == "unknown-order"


async def test_two_persons_end_a_case(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, wanting_two("cancel"), inspected)
    proposal = await orders(carried, CancelOrdered)
    assert carried.kinds[-1] == "proposed"
    await orders(carried, CancelOrdered, confirms=proposal.event.id)
    assert carried.kinds[-1] == "refused"
    await orders(carried, CancelOrdered, officer=WANG, confirms=proposal.event.id)
    assert carried.carrying.result().decision == Ended(result="broken-off")
    [broken_off] = carried.of("broken-off")
    assert broken_off.officer == pseudonym_of(SECRET, OPERATOR, WANG)
    carried.check_ledger()


async def test_orders_that_nobody_confirms_do_not_fill_a_case(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, wanting_two("resend"), advised)
    for _ in range(PROPOSALS_KEPT + 1):
        await orders(carried, ResendOrdered, about=ADVICE)
    assert len(carried.of("proposed")) == PROPOSALS_KEPT
    assert replies(carried)[-1][1]["reason"] == "too-many-events"
