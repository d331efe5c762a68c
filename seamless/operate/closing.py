"""Closing the ledger of a case whose workflow is gone: what its last entries say, and to whom.

They are what the case itself would say when an operator ends it, made from its ledger alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from archive.state import state_of
from archive.steps import Step
from contracts.payments import refundable
from contracts.platform import Batch, Cancellation, Letter, Posting
from contracts.terms.decisions import Ended
from contracts.terms.identifiers import PLATFORM, SYSTEM, AdministrationId, Party, RequestId
from contracts.terms.values import Money
from contracts.wire.envelope import Message
from contracts.wire.ledger import Erasable, Kind, LedgerEntry
from contracts.wire.messages import Cancelled, CaseClosed
from contracts.wire.notices import BrokenOff, CaseClosedNotice, Decided, RefundDue
from contracts.wire.topics import messages_topic


def closing_of(
    entries: Sequence[LedgerEntry],
    cancellation: Cancellation,
    *,
    administration: AdministrationId,
    checks: Collection[str],
    now: datetime,
) -> Batch:
    """The entries that close a ledger, and the messages that leave with them.

    Args:
        entries: the whole ledger, in order; open.
        checks: the agencies that take part by an automated check, where nobody reads a message.
        now: when the case is ended, UTC.
    """
    state, ended = state_of(entries), Ended(result="broken-off")
    applicant = Party.channel(entries[0].case.channel)
    end = _End(entries, now)
    end.add("broken-off", state.waiting, cancellation.model_dump(mode="json"))
    end.tell(applicant, BrokenOff(reason=cancellation.why))
    open_steps = list(state.waiting)
    for step in state.waiting:
        open_steps.remove(step)
        stop = Cancelled(request=step.request, reason=cancellation.why) if step.request else None
        data = stop.model_dump(mode="json") if stop else {"reason": cancellation.why}
        end.add("cancelled", open_steps, data, of=step)
        if stop and step.agency not in checks:
            end.tell(step.holder, stop)
    if state.decided is None:
        decided = {"decision": ended.model_dump(mode="json")}
        head = end.add("decided", (), decided, step="decide/1", outcome=ended.outcome)
        end.tell(applicant, Decided(decision=ended, ledger_hash=head))
    for refund in refundable([*entries, *end.entries]):
        due = RefundDue(amount=refund)
        end.add("refund-due", (), due.model_dump(mode="json"), refund=refund)
        end.tell(applicant, due)
    head = end.add("closed", None, outcome=ended.outcome)
    about = {"outcome": ended.outcome, "ledger_hash": head}
    for agency in involved(entries):
        if agency.id not in checks:
            end.tell(agency, CaseClosed.model_validate(about))
    end.tell(applicant, CaseClosedNotice.model_validate(about))
    return Batch(administration=administration, postings=tuple(end.postings))


def involved(entries: Iterable[LedgerEntry]) -> list[Party]:
    """The agencies that take part in a case, as its ledger shows them: who was asked, or spoke and was
    heard."""
    found: dict[Party, None] = {}
    for entry in entries:
        if entry.agency:
            found[Party.agency(entry.agency)] = None
        if entry.actor.kind == "agency" and entry.kind != "refused":
            found[entry.actor] = None
    return list(found)


class _End:
    """The entries that follow the last one of a ledger."""

    def __init__(self, entries: Sequence[LedgerEntry], now: datetime) -> None:
        self.postings: list[Posting] = []
        self._last = entries[-1]
        self._now = max(now, self._last.recorded)  # this machine's clock may be behind the case's

    @property
    def entries(self) -> list[LedgerEntry]:
        """Those that were added, in order."""
        return [posting.entry for posting in self.postings]

    def add(
        self,
        kind: Kind,
        waiting: Iterable[Step] | None,
        data: dict[str, Any] | None = None,
        *,
        of: Step | None = None,
        step: str | None = None,
        outcome: str | None = None,
        refund: Money | None = None,
    ) -> str:
        """Add an entry after which the case waits for these steps, or, with None, is closed; its hash."""
        before, sequence = self._last, self._last.sequence + 1
        holders = () if waiting is None else tuple(sorted({each.holder for each in waiting})) or (SYSTEM,)
        erasable = Erasable(salt=secrets.token_hex(16), content=data) if data else None
        self._last = LedgerEntry(
            case=before.case,
            sequence=sequence,
            id=f"{before.case}/{sequence}",
            procedure=before.procedure,
            law=before.law,
            calendar=before.calendar,
            kind=kind,
            step=of.step if of else step,
            request=RequestId(f"{before.case}/{of.step}") if of and of.request else None,
            agency=of.agency if of else None,
            third_party=of.third_party if of else None,
            actor=PLATFORM,
            automated=kind != "broken-off",
            occurred=self._now,
            received=self._now,
            recorded=self._now,
            holders=holders,
            outcome=outcome,
            fee_refund=refund,
            data_digest=erasable.digest() if erasable else None,
            data=erasable,
            previous=before.hash,
        ).sealed()
        self.postings.append(Posting(entry=self._last))
        return self._last.hash

    def tell(self, reader: Party, message: Message) -> None:
        """Send a message with the entry that was added last."""
        letter = Letter(topic=messages_topic(reader), type=message.type, data=message.model_dump(mode="json"))
        posting = self.postings[-1]
        self.postings[-1] = posting.model_copy(update={"letters": (*posting.letters, letter)})
