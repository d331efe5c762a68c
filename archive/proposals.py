"""Orders about cases that wait for a second person, as the ledgers show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from archive.reader import entries_of
from archive.tables import cases, ledger
from contracts.terms.identifiers import CaseId
from contracts.wire.ledger import LedgerEntry


class Waiting(NamedTuple):
    """An order that waits to be confirmed: the id of its event, and the entry that proposed it."""

    order: str
    entry: LedgerEntry

    def as_json(self) -> dict[str, Any]:
        """For programs: what is ordered, of which step, when; why, and on whose behalf, where that was not
        erased."""
        said = self.entry.data.content if self.entry.data else {}
        return {
            "order": self.order,
            "lever": self.entry.outcome,
            "step": self.entry.step,
            "proposed": self.entry.recorded.isoformat(),
            "why": said.get("why"),
            "on_behalf_of": said.get("on_behalf_of"),
        }


def waiting_in(entries: Sequence[LedgerEntry]) -> list[Waiting]:
    """The orders that wait to be confirmed, by a case's ledger; none in a case that is closed."""
    found: dict[str, LedgerEntry] = {}
    for entry in entries:
        if entry.kind == "closed":
            return []
        if entry.actor.kind != "operator" or entry.cause is None or entry.kind == "refused":
            continue
        if entry.kind == "proposed":
            found[entry.cause.partition("#")[2]] = entry
        elif entry.data is not None:
            found.pop(entry.data.content.get("confirms", ""), None)
    return [Waiting(order, entry) for order, entry in found.items()]


def waiting_orders(db: Connection) -> list[tuple[CaseId, Waiting]]:
    """All that wait to be confirmed, the oldest first."""
    proposed = (
        select(ledger.c.case)
        .where(ledger.c.kind == "proposed")
        .where(ledger.c.case == cases.c.case, cases.c.status == "open")
        .distinct()
    )
    found = [
        (CaseId(case), each)
        for case in db.scalars(proposed).all()
        for each in waiting_in(entries_of(db, case))
    ]
    return sorted(found, key=lambda each: (each[1].entry.recorded, each[0], each[1].order))
