"""A consequence that is held takes effect when an operator releases it, and not before all is there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contracts.platform import Outage
from contracts.terms.clock_rules import TacitGrant
from contracts.terms.identifiers import OPERATOR
from contracts.terms.service_item import ServiceItem
from contracts.wire.orders import ReleaseOrdered
from tests.unit.workflows.case.clocked import (
    ADVISER,
    HOUSING,
    Carried,
    begun,
    inspected,
    item,
)
from tests.unit.workflows.case.ordering import (
    ADVICE,
    advised,
    orders,
    replies,
)
from tests.unit.workflows.case.running import DAY, VirtualRuntime

pytestmark = pytest.mark.usefixtures("runs")


async def held(runtime: VirtualRuntime, of: ServiceItem, **changes: Any) -> Carried:
    """A case whose adviser was silent over the binding end, in an outage."""
    carried = await begun(runtime, of, advised, **changes)
    end = carried.case.journal.waits[ADVICE].end
    assert end is not None
    runtime.outage = Outage(began=end - timedelta(seconds=1), ended=end + timedelta(seconds=1))
    runtime.grace = 20 * DAY
    await carried.days(9, DAY)
    assert [each.step for each in carried.of("held")] == [ADVICE]
    return carried


async def test_what_an_outage_holds_takes_effect_when_it_is_released(runtime: VirtualRuntime) -> None:
    carried = await held(runtime, item())
    end = carried.case.journal.waits[ADVICE].rungs[-1].at
    await orders(carried, ReleaseOrdered, step=ADVICE)
    await carried.goes_on()
    [released], [deemed] = carried.of("released"), carried.of("deemed")
    assert (released.step, released.agency, released.actor) == (ADVICE, ADVISER, OPERATOR)
    assert deemed.occurred == end, "as if nothing had held it"
    assert carried.kinds[-1] == "closed"
    carried.check_ledger()


async def test_what_is_released_still_waits_for_all_that_was_in_time(runtime: VirtualRuntime) -> None:
    carried = await held(runtime, item())
    end = carried.case.journal.waits[ADVICE].rungs[-1].at
    runtime.gateway_up = False
    await orders(carried, ReleaseOrdered, step=ADVICE)
    assert carried.of("deemed") == []
    await carried.answers("advise", "no", ADVISER, received=end - timedelta(seconds=1))
    assert "answered" in carried.kinds
    assert carried.of("deemed") == []


async def test_what_a_check_did_not_answer_may_be_released(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), advised, checks=(ADVISER,))
    await carried.days(9, DAY)
    [held] = carried.of("held")
    assert held.data is not None
    assert held.data.content == {"unanswered": True}
    await orders(carried, ReleaseOrdered, step=ADVICE)
    await carried.goes_on()
    assert [entry.outcome for entry in carried.of("deemed")] == ["yes"]
    carried.check_ledger()


async def test_a_decision_by_silence_that_a_check_holds_may_be_released(runtime: VirtualRuntime) -> None:
    grants = item(TacitGrant(basis="art. 10"))
    carried = await begun(runtime, grants, inspected, checks=(HOUSING,))
    await carried.days(11, DAY)
    assert carried.kinds[-1] == "held"
    await orders(carried, ReleaseOrdered, step="statutory")
    await carried.goes_on()
    [decided] = carried.of("decided")
    assert decided.outcome == "granted"
    carried.check_ledger()


@pytest.mark.parametrize("step", [ADVICE, "statutory", "no such step"])
async def test_what_is_not_held_cannot_be_released(runtime: VirtualRuntime, step: str) -> None:
    carried = await begun(runtime, item(), advised)
    await orders(carried, ReleaseOrdered, step=step)
    assert [data["reason"] for _, data in replies(carried)] == ["not-possible"]
    assert carried.of("released") == []


async def test_a_limit_that_the_law_moves_after_an_outage_is_not_released(runtime: VirtualRuntime) -> None:
    carried = await held(runtime, item(outage_basis="art. 11"))
    await orders(carried, ReleaseOrdered, step=ADVICE)
    assert [data["reason"] for _, data in replies(carried)] == ["not-possible"]
