"""Facts: what a party says unasked, given to the wait that expects it."""

from __future__ import annotations

from decimal import Decimal
from typing import Unpack

from contracts.platform import Delivered
from contracts.terms.fees import allocated, total
from contracts.terms.values import Money
from contracts.wire.ledger import PART, Kind
from workflows.case.case import Case, Figures, refusal
from workflows.case.deadlines import Wait
from workflows.case.journal import PAYMENT, Fact
from workflows.case.outbox import Recorded


def record_fact(
    case: Case, delivered: Delivered, kind: Kind, name: str, *, keep: bool = True, **figures: Unpack[Figures]
) -> tuple[Recorded, Wait | None]:
    """Give a fact to the wait that expects it, or keep it for a later one; record it.

    Raises:
        Refusal: no wait expects it and there is no room to keep it.
    """
    data, fact = delivered.event.data, fact_of(delivered, name)
    wait = case.waits.receive(fact)
    if wait is None and keep and not case.journal.keep(fact):
        raise refusal("too-many-events")
    outcome = PART if wait and wait.step in case.journal.waits else data.get("step")
    figures |= _counted(wait, fact)
    recorded = case.record(kind, of=wait, by=delivered, outcome=outcome, **figures)
    if wait is None and keep:
        case.journal.facts[-1].entry = recorded.entry.id
    return recorded, wait


def count_kept_facts(case: Case) -> None:
    """Give the facts that were kept to the waits that are open now, and record which: a step that was opened
    ends in an entry, and a payment goes into one fee."""

    def tell(fact: Fact, wait: Wait) -> None:
        outcome = PART if wait.step in case.journal.waits else fact.data.get("step")
        figures = _counted(wait, fact)
        case.record("counted", of=wait, cause=fact.entry, occurred=fact.received, outcome=outcome, **figures)

    case.waits.offer_kept_facts(tell)


def _counted(wait: Wait | None, fact: Fact) -> Figures:
    """How much of a payment goes into what a wait is for, and into which fees; the wait has it already."""
    if wait is None or fact.name != PAYMENT:
        return {}
    payment = Money.model_validate(fact.data["amount"])
    if wait.owed is None:
        return {"fee_counted": payment}
    before = (wait.paid.amount if wait.paid else Decimal(0)) - payment.amount
    fees = tuple(allocated(wait.fees, before, payment.amount))
    return {"fee_counted": Money(amount=total(fees), currency=payment.currency), "fees": fees}


def fact_of(delivered: Delivered, name: str) -> Fact:
    """What an event says, as a fact."""
    return Fact(name=name, cause=delivered.event.key, received=delivered.received, data=delivered.event.data)
