"""Whatever operators order, and when: each order is answered once, and the ledger of the case is whole."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.platform import Outage
from contracts.terms.identifiers import AgencyId
from contracts.terms.limits import working_days
from contracts.wire.orders import (
    CancelOrdered,
    ExtendOrdered,
    MoveOrdered,
    Order,
    ReleaseOrdered,
    ResendOrdered,
)
from tests.unit.workflows.case.clocked import (
    ADVISER,
    HEAD,
    HOUSING,
    LONGER,
    SUPPLEMENT,
    advised_and_supplemented,
    begun,
)
from tests.unit.workflows.case.ordering import ADVICE, LING, WANG, orders, replies, wanting_two
from tests.unit.workflows.case.running import DAY, SettledRuntime, VirtualRuntime, nothing_left_running

pytestmark = pytest.mark.usefixtures("runs")

LEVERS = ("cancel", "resend", "move", "extend", "release")
STEPS = (ADVICE, "clock-test.advise/2", "supplement/1", "statutory", "promised", "x")
AGENCIES = (ADVISER, HOUSING, HEAD, AgencyId("police"))
assert SUPPLEMENT.requests, "a request that stands still is among what is tried"


@pytest.fixture
async def runtime() -> AsyncIterator[VirtualRuntime]:
    """Quick enough for so many cases."""
    async with nothing_left_running():
        yield SettledRuntime()


def drawn(draw: random.Random) -> tuple[type[Order], dict[str, Any]]:
    """An order of any kind, sensible or not."""
    kind: type[Any] = draw.choices(
        (CancelOrdered, ResendOrdered, MoveOrdered, ExtendOrdered, ReleaseOrdered), (1, 6, 6, 4, 4)
    )[0]
    what: dict[str, Any] = {"about": draw.choice(STEPS)} if kind.about == "request" else {}
    if kind is MoveOrdered:
        what |= {"agency": draw.choice(AGENCIES)}
    if kind is ReleaseOrdered:
        what |= {"step": draw.choice(STEPS)}
    if kind is ExtendOrdered:
        what |= {
            "basis": draw.choice((LONGER.basis, "art. 99")),
            "limit": working_days(draw.randint(1, 7)),
            "approver": draw.choice((HEAD, HOUSING)),
            "approval": "1",
        }
    return kind, what


@pytest.mark.parametrize("seed", range(25))
async def test_each_order_is_answered_once_and_the_ledger_is_whole(
    runtime: VirtualRuntime, seed: int
) -> None:
    draw = random.Random(seed)
    two = wanting_two(*draw.sample(LEVERS, draw.randint(0, 2)))
    checks = (ADVISER,) if draw.random() < 0.3 else ()
    carried = await begun(runtime, two, advised_and_supplemented, checks=checks)
    given: list[tuple[type[Order], dict[str, Any], str]] = []
    for number in range(draw.randint(3, 14)):
        if carried.carrying.done():
            break
        if draw.random() < 0.5:
            end = runtime.time + DAY * draw.random()
            runtime.outage = Outage(began=runtime.time, ended=end) if draw.random() < 0.4 else None
            await carried.days(draw.randint(1, 6) / 2, DAY)
        kind, what = drawn(draw)
        if given and draw.random() < 0.3:
            kind, what, confirms = draw.choice(given)
            what = what | {"confirms": confirms}
        came = await orders(
            carried, kind, officer=draw.choice((LING, WANG)), event_id=f"order-{number}", **what
        )
        given.append((kind, {name: each for name, each in what.items() if name != "confirms"}, came.event.id))
        await carried.goes_on()
    while not carried.carrying.done() and carried.case.journal.waits:
        await carried.days(10, DAY)
    assert not carried.carrying.done() or carried.carrying.exception() is None
    told = Counter(data["event"] for _, data in replies(carried))
    assert told == Counter(order for _, _, order in given)
    carried.check_ledger()
