"""Facts: what a party says by itself, given to the wait that wants it."""

from __future__ import annotations

from typing import Unpack

from contracts.platform import Delivered
from contracts.wire.ledger import PART, Kind
from workflows.case.case import Case, Figures, refusal
from workflows.case.deadlines import Wait
from workflows.case.journal import Fact
from workflows.case.outbox import Recorded


def record_fact(
    case: Case, delivered: Delivered, kind: Kind, name: str, *, keep: bool = True, **figures: Unpack[Figures]
) -> tuple[Recorded, Wait | None]:
    """Give a fact to the wait that wants it, or keep it for one that will; record it.

    Raises:
        Refusal: no wait wants it and there is no room to keep it.
    """
    data, fact = delivered.event.data, fact_of(delivered, name)
    wait = case.waits.receive(fact)
    if wait is None and keep and not case.journal.keep(fact):
        raise refusal("too-many-events")
    outcome = PART if wait and wait.step in case.journal.waits else data.get("step")
    return case.record(kind, of=wait, by=delivered, outcome=outcome, **figures), wait


def fact_of(delivered: Delivered, name: str) -> Fact:
    """What an event says, as a fact."""
    return Fact(name=name, cause=delivered.event.key, received=delivered.received, data=delivered.event.data)
