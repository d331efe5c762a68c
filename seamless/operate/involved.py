"""Which agencies take part in a case: those that it has told something, read from its ledger and its law.

A case notes them as it tells them. Of one that is gone, the ledger says who was asked and who spoke; who is
told beside them, the law says: to whom a request was escalated, who leads, who is handed something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contracts.terms.identifiers import OPERATOR, AgencyId
from contracts.terms.law import LawVersion
from contracts.terms.requests import Escalate
from contracts.terms.service_item import ServiceItem
from contracts.wire.ledger import Kind, LedgerEntry

ASKED: frozenset[Kind] = frozenset({"requested", "referred", "moved"})
"""The agency of the step is told."""

HEARD: frozenset[Kind] = frozenset({"answered", "late", "corrected", "question", "not-ours", "reported"})
"""Where an agency said it, it is told what became of that."""

LEAD_TOLD: frozenset[Kind] = frozenset({"warned", "overdue", "default-noticed", "penalty-begun"})
"""The lead agency is told."""


def involved(entries: Iterable[LedgerEntry], item: ServiceItem, law: LawVersion) -> list[AgencyId]:
    """The agencies that a case has told something, in the order in which they first were.

    Those that take part by an automated check are among them; nothing was sent to them.

    Args:
        entries: its ledger, in order.
    """
    found: dict[AgencyId, None] = {}
    escalations: dict[str, int] = {}
    for entry in entries:
        step = entry.step or ""
        if entry.kind in ASKED:
            escalations[step] = 0
        elif entry.kind == "escalated":
            found |= dict.fromkeys(_escalated_to(entry, escalations.get(step, 0), item, law))
            escalations[step] = escalations.get(step, 0) + 1
        found |= dict.fromkeys(_told(entry, item, law))
    return list(found)


def _told(entry: LedgerEntry, item: ServiceItem, law: LawVersion) -> Iterator[AgencyId]:
    if entry.kind in ASKED and entry.agency is not None:
        yield entry.agency
    elif entry.kind in LEAD_TOLD or (entry.kind == "not-ours" and entry.agency != item.lead):
        yield item.lead
    elif entry.kind == "extended" and entry.actor == OPERATOR and entry.basis and entry.due:
        yield law.extension(entry.basis).approver or item.lead
        yield item.lead
    elif entry.kind == "handed-over":
        yield from _receivers(entry, item)
    if entry.kind in HEARD and entry.actor.kind == "agency":
        yield AgencyId(entry.actor.id)


def _escalated_to(entry: LedgerEntry, earlier: int, item: ServiceItem, law: LawVersion) -> Iterator[AgencyId]:
    """To whom a request is escalated that was ``earlier`` times before, since its agency was asked."""
    name = entry.request.request_type if entry.request else None
    for request in item.requests:
        if request.name == name:
            rungs = [rung.to for rung in law.terms(request).overdue if isinstance(rung, Escalate)]
            yield from rungs[earlier : earlier + 1]


def _receivers(entry: LedgerEntry, item: ServiceItem) -> Iterator[AgencyId]:
    """Who was handed something. Where its own field says so, that can be read until it is erased."""
    name = (entry.step or "").rpartition("/")[0]
    for matter in item.hand_overs:
        if matter.name == name:
            to = matter.agency or (entry.data and entry.data.content.get("content", {}).get("to"))
            if to:
                yield AgencyId(to)
