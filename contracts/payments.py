"""How much of the payments of a case is to be paid back, from its ledger; ``data`` is not read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from contracts.terms.values import LARGEST_SUM, Money
from contracts.wire.ledger import PART, LedgerEntry


def refundable(entries: Iterable[LedgerEntry]) -> list[Money]:
    """What was paid and was neither used for a fee that was paid in full, nor for anything else by the
    course, nor announced as a refund before; by currency, in the order of the first payments.

    Args:
        entries: the ledger of a case that has ended, or ends now, in order.
    """
    left: defaultdict[str, Decimal] = defaultdict(Decimal)
    into: defaultdict[tuple[str | None, str], Decimal] = defaultdict(Decimal)
    fees: set[str | None] = set()
    whole: set[str | None] = set()
    for entry in entries:
        if paid := entry.fee_paid:
            left[paid.currency] += paid.amount
        if told := entry.fee_refund:
            left[told.currency] -= told.amount
        if entry.kind == "fee-due":
            fees.add(entry.step)
        if counted := entry.fee_counted:
            into[entry.step, counted.currency] += counted.amount
            if entry.outcome != PART:
                whole.add(entry.step)
    for (step, currency), amount in into.items():
        if step in whole or step not in fees:
            left[currency] -= amount
    return [
        Money(amount=min(amount, LARGEST_SUM), currency=currency)
        for currency, amount in left.items()
        if amount > 0
    ]
