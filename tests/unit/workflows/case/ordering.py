"""Orders of operators, as tests give them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contracts.platform import Cancellation, Delivered
from contracts.terms.decisions import Decision, Grant
from contracts.terms.identifiers import OPERATOR
from contracts.terms.service_item import ServiceItem
from contracts.wire.orders import CancelOrdered, Order
from tests.unit.workflows.case.clocked import Advise, Carried, Plea, item
from tests.unit.workflows.case.running import delivered
from workflows.case import Procedure

LING, WANG = "ling", "wang"
WHY = "A test needs it."


def said(kind: type[Order], officer: str = LING, **what: Any) -> Any:
    """An order of this kind."""
    return kind(**({"officer": officer, "desk": "ops-1", "why": WHY} | what))


async def orders(
    carried: Carried,
    kind: type[Order],
    *,
    officer: str = LING,
    about: str | None = None,
    event_id: str | None = None,
    at: datetime | None = None,
    **what: Any,
) -> Delivered:
    """An operator orders something now, and the case takes what it can."""
    came = delivered(
        said(kind, officer, **what),
        carried.case.opened.case,
        OPERATOR,
        step=about,
        received=at or carried.runtime.time,
        event_id=event_id,
    )
    if kind is CancelOrdered:
        signals(carried, came)
    else:
        carried.case.inbox.put(came)
    await carried.goes_on()
    return came


def signals(carried: Carried, came: Delivered) -> None:
    """The gateway brings an order to end the case, by its own signal."""
    order = CancelOrdered.model_validate(came.event.data)
    carried.author.cancel(Cancellation(by=order.officer, why=order.why, order=came))


def replies(carried: Carried) -> list[tuple[str, dict[str, Any]]]:
    """What the operators were told."""
    return [
        (letter.type.split(".", 2)[2], letter.data or {})
        for batch in carried.runtime.batches
        for posting in batch.postings
        for letter in posting.letters
        if letter.topic == "operator.replies"
    ]


ADVICE, INSPECTION = "clock-test.advise/1", "clock-test.inspect/1"


async def advised(author: Procedure[Plea]) -> Decision:
    """A course: it is advised, and granted."""
    await author.accept()
    await author.ask(Advise())
    return await author.decide(Grant())


def wanting_two(*levers: str) -> ServiceItem:
    """A service item that requires two persons for these levers."""
    return item().model_copy(update={"two_persons": levers})
