"""Closing the ledger of a case whose workflow is gone: what its last entries say, and to whom.

They are what the case itself would say when an operator ends it, made from its ledger and its law: whatever
is computed in them, the case computes with the same code of ``contracts``.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from archive.state import state_of
from archive.steps import Step
from contracts.clock import Turn, clock_of, marks_of, turned
from contracts.payments import refundable
from contracts.penalties import PENALTY, penalty_due
from contracts.platform import Batch, Letter, Posting
from contracts.terms.calendar import Calendar, LegalCalendar, calendar_of_case
from contracts.terms.clock_marks import ClockMark
from contracts.terms.clock_rules import PenaltyPayment
from contracts.terms.decisions import Ended
from contracts.terms.identifiers import OPERATOR, PLATFORM, SYSTEM, AdministrationId, Party, RequestId
from contracts.terms.law import LawVersion
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Money
from contracts.wire.contact import Contact
from contracts.wire.envelope import Event, Message
from contracts.wire.ledger import Erasable, Kind, LedgerEntry, pseudonym_of, recordable
from contracts.wire.messages import Cancelled, CaseClosed
from contracts.wire.notices import BrokenOff, CaseClosedNotice, Decided, PenaltyDue, RefundDue
from contracts.wire.orders import CancelOrdered, OrderTaken
from contracts.wire.topics import messages_topic
from seamless.operate.involved import involved


def closing_of(
    entries: Sequence[LedgerEntry],
    order: Event,
    *,
    item: ServiceItem,
    administration: AdministrationId,
    checks: Collection[str],
    now: datetime,
) -> Batch:
    """The entries that close a ledger, and the messages that leave with them.

    Args:
        entries: the whole ledger, in order; open.
        order: to end the case. Its officer has a pseudonym here that is as good as any, since the case's
            secret is gone with its workflow.
        item: the service item of its procedure.
        checks: the agencies that take part by an automated check, where nobody reads a message.
        now: when the case is ended, UTC.

    Raises:
        LookupError: the service item does not have its law version; says what to do.
    """
    law = item.law(entries[0].law)
    state, ended = state_of(entries), Ended(result="broken-off")
    applicant = Party.channel(entries[0].case.channel)
    end, why = _End(entries, now), CancelOrdered.model_validate(order.data).why
    end.begin(order, state.waiting)
    end.tell(OPERATOR, OrderTaken(event=order.id))
    end.tell(applicant, BrokenOff(reason=why))
    open_steps = list(state.waiting)
    for step in state.waiting:
        open_steps.remove(step)
        stop = Cancelled(request=step.request, reason=why) if step.request else None
        data = stop.model_dump(mode="json") if stop else {"reason": why}
        end.add("cancelled", open_steps, data, of=step)
        if stop and step.agency not in checks:
            end.tell(step.holder, stop)
    if state.decided is None:
        decided = {"decision": ended.model_dump(mode="json")}
        stopped = _stopped(entries, end.now)
        head = end.add("decided", (), decided, step="decide/1", outcome=ended.outcome, turned=stopped)
        end.tell(applicant, Decided(decision=ended, ledger_hash=head))
        if owed := _penalty(entries, law, end.now):
            end.add("penalty-due", (), owed.model_dump(mode="json"), basis=owed.basis, penalty=owed.amount)
            end.tell(applicant, owed)
    for refund in refundable([*entries, *end.entries]):
        due = RefundDue(amount=refund)
        end.add("refund-due", (), due.model_dump(mode="json"), refund=refund)
        end.tell(applicant, due)
    head = end.add("closed", None, outcome=ended.outcome)
    about = {"outcome": ended.outcome, "ledger_hash": head}
    for agency in involved(entries, item, law):
        if agency not in checks:
            end.tell(Party.agency(agency), CaseClosed.model_validate(about))
    end.tell(applicant, CaseClosedNotice.model_validate(about))
    return Batch(administration=administration, postings=tuple(end.postings))


def _stopped(entries: Sequence[LedgerEntry], at: datetime) -> Turn | None:
    """What a decision then does to the clock of the case; nothing where it has not begun."""
    clock = clock_of(marks_of(entries))
    return None if clock.started is None else turned(clock, ClockMark(does="stop", at=at))[1]


def _penalty(entries: Sequence[LedgerEntry], law: LawVersion, at: datetime) -> PenaltyDue | None:
    """What the authority owes for a decision then, after notice of default, where that was not told."""
    begins: datetime | None = None
    begun = told = False
    for entry in entries:
        if entry.kind == "penalty-begun":
            begins, begun = entry.occurred, True
        elif entry.kind == "default-noticed" or (entry.kind == "rescheduled" and entry.outcome == PENALTY):
            begins = begins if begun else entry.due
        told = told or entry.kind == "penalty-due"
    if begins is None or told or not isinstance(law.late, PenaltyPayment):
        return None
    return penalty_due(law.late, _calendar(entries), begins, at)


def _calendar(entries: Sequence[LedgerEntry]) -> Calendar:
    """What the case counts with now."""
    published = [mark.days for mark in marks_of(entries) if mark.days is not None]
    if published:
        return LegalCalendar(published[-1])
    return calendar_of_case(entries[0].calendar or "", entries[0].received)


class _End:
    """The entries that follow the last one of a ledger.

    Attributes:
        now: when they are added.
    """

    def __init__(self, entries: Sequence[LedgerEntry], now: datetime) -> None:
        self.postings: list[Posting] = []
        self._last = entries[-1]
        self.now = max(now, self._last.recorded)  # this machine's clock may be behind the case's

    @property
    def entries(self) -> list[LedgerEntry]:
        """Those that were added, in order."""
        return [posting.entry for posting in self.postings]

    def begin(self, order: Event, waiting: Iterable[Step]) -> None:
        """Add the entry that says who ended the case, and why."""
        contact = Contact.stated_in(order.data)
        self.add("broken-off", waiting, recordable(order.data))
        officer = contact.officer and pseudonym_of(secrets.token_hex(32), OPERATOR, contact.officer)
        said = {"actor": OPERATOR, "officer": officer, "desk": contact.desk, "cause": order.key}
        self._last = self._last.model_copy(
            update=said | {"occurred": order.time, "automated": False if officer else None}
        ).sealed()
        self.postings[-1] = Posting(entry=self._last)

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
        penalty: Money | None = None,
        basis: str | None = None,
        turned: Turn | None = None,
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
            variant=before.variant,
            calendar=before.calendar,
            kind=kind,
            step=of.step if of else step,
            request=RequestId(f"{before.case}/{of.step}") if of and of.request else None,
            agency=of.agency if of else None,
            third_party=of.third_party if of else None,
            due=turned.mark.due if turned else None,
            due_before=turned.due_before if turned else None,
            clock=turned.mark if turned else None,
            provisional=turned.mark.provisional if turned else False,
            basis=basis,
            actor=PLATFORM,
            automated=True,
            occurred=self.now,
            received=self.now,
            recorded=self.now,
            holders=holders,
            outcome=outcome,
            fee_refund=refund,
            penalty=penalty,
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
