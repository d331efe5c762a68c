"""Logging what happens in cases, in words: one line for each ledger entry of certain kinds.

A line is written once the broker has the entry. One process logs an entry once, however often it is
published. If a process ends before it has logged an entry, the entry is published again by the next one,
which logs it; if it ends after that and before Temporal knows, the next one logs it again. So no line is
lost, and one may appear twice, with the same case and the same number.

A line has ids and codes, and no text that a party or an officer has written: that is in the ledger, where
it can be erased.
"""

from __future__ import annotations

import structlog

from activities.orders import count_entry
from contracts.terms.errors import REASONS
from contracts.wire.ledger import Kind, LedgerEntry

log = structlog.get_logger(__name__)

REMEMBERED = 10_000
"""How many entries are remembered as logged."""

WORDS: dict[Kind, str] = {
    "opened": "a case was opened",
    "reminded": "an agency was reminded of a request",
    "warned": "a limit of the case runs out",
    "extended": "the limit of the case was extended",
    "escalated": "an overdue request was escalated",
    "deemed": "silence counts as the answer to a request",
    "lapsed": "what was waited for did not come in time",
    "referred": "another agency is asked in the place of one that did not answer",
    "held": "the consequence of a deadline is held",
    "overdue": "a limit of the case is over",
    "penalty-begun": "the authority owes a penalty payment from now on",
    "refused": "the case refused an event",
    "broken-off": "an operator ended the case",
    "proposed": "an operator's order about the case waits for another person",
    "resent": "an operator had a request sent again",
    "moved": "an operator gave a request to another agency",
    "released": "an operator let a held consequence take effect",
    "decided": "the case was decided",
    "closed": "the case was closed",
}
"""The kinds of entries that are logged."""

DECIDED_BY_SILENCE = "the case was decided by silence"
HELD_FOR_CHECK = "the consequence of a deadline is held: an automated check has not answered"
HELD_FOR_PAUSE = "the consequence of a deadline is held: an agency is paused"
HELD_FOR_OUTAGE = "the consequence of a deadline is held: the platform was away"


class Happenings:
    """Logs ledger entries for operators, each once."""

    def __init__(self) -> None:
        self._told: dict[str, None] = {}

    def tell(self, entry: LedgerEntry) -> None:
        """Write the line of an entry that was published, where its kind has one and it was not told before;
        and count what it says of an order."""
        words = words_of(entry)
        if words is None or entry.hash in self._told:
            return
        count_entry(entry)
        self._told[entry.hash] = None
        if len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]
        tell = log.warning if entry.kind == "held" else log.info  # a person may have to see to what is held
        tell(words, **_said(entry))


def words_of(entry: LedgerEntry) -> str | None:
    """The log line of an entry; None if it has none."""
    content = entry.data.content if entry.data else {}
    if entry.kind == "held" and content.get("unanswered"):
        return HELD_FOR_CHECK
    if entry.kind == "held" and "paused_since" in content:
        return HELD_FOR_PAUSE
    if entry.kind == "held" and "outage_began" in content:
        return HELD_FOR_OUTAGE
    if entry.kind == "decided" and content.get("decision", {}).get("deemed"):
        return DECIDED_BY_SILENCE
    return WORDS.get(entry.kind)


def _said(entry: LedgerEntry) -> dict[str, str]:
    refused = entry.kind == "refused"
    said = {
        "case": entry.case,
        "entry": entry.sequence,
        "procedure": entry.procedure,
        "kind": entry.kind,
        "step": entry.step,
        "agency": entry.agency,
        "sender": entry.actor if refused else None,
        "outcome": entry.outcome,
        "reason": entry.reason,
        "why": REASONS[entry.reason].en if refused and entry.reason in REASONS else None,
        "due": entry.due.isoformat() if entry.due else None,
    }
    return {name: str(value) for name, value in said.items() if value is not None}
