"""What becomes of an event that did not simply take effect, and what the sender of any event is told."""

from __future__ import annotations

from contracts.platform import Delivered
from contracts.terms.errors import REASONS, Refusal
from contracts.terms.values import Money
from contracts.wire.messages import Refused, Taken, refusal_id
from contracts.wire.notices import RefusedNotice, TakenNotice
from workflows.case.case import Case
from workflows.case.outbox import Recorded


def taken(
    recorded: Recorded, delivered: Delivered, *, late: bool = False, excess: Money | None = None
) -> None:
    """Tell the sender that its event took effect, or that it was ``late`` and changed nothing."""
    if delivered.actor.kind == "agency":
        recorded.tell_agency(delivered.actor.id, Taken(event=delivered.event.id, late=late))
    else:
        recorded.tell_applicant(TakenNotice(event=delivered.event.id, late=late, excess=excess))


def keep_late(case: Case, delivered: Delivered, step: str | None = None) -> None:
    """Keep what came too late; it changes nothing."""
    with case.aside():
        taken(case.record("late", by=delivered, step=step), delivered, late=True)


def refuse(case: Case, delivered: Delivered, why: Refusal) -> None:
    """Record that an event was refused, and tell its sender why."""
    event = delivered.event
    case.journal.refuse(event)
    refused = (Refused if delivered.actor.kind == "agency" else RefusedNotice)(
        event=event.id, reason=why.reason, text=REASONS[why.reason], detail=why.detail, field=why.field
    )
    with case.aside():
        recorded = case.record("refused", by=delivered, reason=why.reason)
    recorded.refuse(delivered.actor, refused, refusal_id(event.source, event.id, event.digest, why.reason))
