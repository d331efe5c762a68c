"""Copies of what a case has taken, told by the entries of its ledger: the case itself is closed, or gone."""

from __future__ import annotations

from contracts.admission import CaseEvent
from contracts.terms.identifiers import OPERATOR
from contracts.wire.contact import Contact
from contracts.wire.envelope import MESSAGES
from contracts.wire.ledger import LedgerEntry, content_digest, recordable


def is_made_of(entry: LedgerEntry, admitted: CaseEvent) -> bool:
    """Whether an entry was made of an event. What was refused and is sent again is another time.

    Once its data is erased it is taken to be so of one that took effect, whose id is used up; and not of one
    that was refused, whose id is free to say it right.
    """
    refused, data = entry.kind == "refused", admitted.event.data
    if (refused and entry.received < admitted.received) or not _may_be_of(entry, admitted):
        return False
    if entry.data is not None:
        return content_digest(entry.data.salt, recordable(data)) == entry.data_digest
    return not refused if entry.data_digest else not recordable(data)


def _may_be_of(entry: LedgerEntry, admitted: CaseEvent) -> bool:
    """Whether what an entry says outside its data is what it would say of an event. The event's type is the
    kind of an entry in which it took effect; who the officer is, no entry says, only whether one was named.
    """
    event = admitted.event
    if admitted.actor != OPERATOR and entry.kind not in (event.type.split(".")[-2], "late", "refused"):
        return False
    if entry.step is not None and MESSAGES[event.type].about == "request":
        named = (event.requestid or "").removeprefix(f"{admitted.case}/")
        if named != entry.step:
            return False
    return (entry.officer is None) == (Contact.stated_in(event.data).officer is None)


def is_of(opening: LedgerEntry, content: dict[str, object], cause: str) -> bool:
    """Whether a case was opened with this content; once the content is erased, whether by this event."""
    if opening.data is None:
        return opening.cause == cause
    return content_digest(opening.data.salt, content) == opening.data_digest
