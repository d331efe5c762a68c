"""What becomes of an event that did not simply take effect, and what the sender of any event is told."""

from __future__ import annotations

from contracts.platform import Delivered
from contracts.terms.errors import REASONS, Refusal
from contracts.terms.values import Money
from contracts.wire.messages import Taken, refusal_id
from contracts.wire.notices import TakenNotice
from contracts.wire.orders import LEVERS, REFUSED_AS, OrderTaken
from workflows.case.case import Case
from workflows.case.outbox import Recorded


def taken(
    case: Case, recorded: Recorded, delivered: Delivered, *, late: bool = False, excess: Money | None = None
) -> None:
    """Tell the sender that its event took effect, or that it was ``late`` and changed nothing."""
    event = delivered.event.id
    match delivered.actor.kind:
        case "agency" if case.is_by_check(delivered):
            pass
        case "agency" if case.opened.is_check(delivered.actor):
            recorded.answer(delivered.actor, Taken(event=event, late=late))
        case "agency":
            recorded.tell_agency(delivered.actor.id, Taken(event=event, late=late))
        case "operator":
            recorded.tell_operator(OrderTaken(event=event, late=late))
        case _:
            recorded.tell_applicant(TakenNotice(event=event, late=late, excess=excess))


def keep_late(case: Case, delivered: Delivered, step: str | None = None) -> None:
    """Keep what came too late; it changes nothing."""
    with case.aside():
        taken(case, case.record("late", by=delivered, step=step), delivered, late=True)


def refuse(case: Case, delivered: Delivered, why: Refusal) -> None:
    """Record that an event was refused, of an order which lever, and tell its sender why."""
    event = delivered.event
    case.journal.refuse(delivered)
    refused = REFUSED_AS[delivered.actor.kind](
        event=event.id, reason=why.reason, text=REASONS[why.reason], detail=why.detail, field=why.field
    )
    with case.aside():
        recorded = case.record("refused", by=delivered, reason=why.reason, outcome=LEVERS.get(event.type))
    if not case.is_by_check(delivered):
        refusal = refusal_id(event.source, event.id, event.digest, why.reason)
        recorded.answer(delivered.actor, refused, refusal)
