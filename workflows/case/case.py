"""The state of a running case, and what can happen to it.

Whatever happens goes through :meth:`Case.record`, so that it is in the ledger. What the case waits
for is in :attr:`Case.waits`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from pydantic import BaseModel

from contracts.clock import Turn, clock_of
from contracts.pilots import Arm
from contracts.platform import Delivered, Opened
from contracts.terms.calendar import Calendar, LegalCalendar, calendar_of_case
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.decisions import Decision
from contracts.terms.errors import REASONS, Refusal
from contracts.terms.fees import FeeLine
from contracts.terms.identifiers import PLATFORM, SYSTEM, AgencyId, CaseId, Party, RequestId
from contracts.terms.requests import Request
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Money
from contracts.wire.contact import Contact
from contracts.wire.ledger import Erasable, Kind, LedgerEntry, pseudonym_of, recordable, salt_of
from contracts.wire.messages import Cancelled
from contracts.wire.tracing import Trace, entry_ids, traceparent_of
from workflows.case.deadlines import Deadline, Wait
from workflows.case.inbox import Inbox
from workflows.case.interruptions import Withdrawal
from workflows.case.journal import Journal, Outcome, mark_of, places_of
from workflows.case.outbox import Outbox, Recorded, WouldFork
from workflows.case.runtime import Runtime
from workflows.case.waits import Waits

ASKING = frozenset({"requested", "referred", "asked-applicant", "fee-due", "waiting"})
"""Kinds of entries that open a step. What ends it is linked to them."""


def refusal(reason: str) -> Refusal:
    """The refusal of an event for a reason that needs no more detail."""
    return Refusal(reason, REASONS[reason].en)


class Figures(TypedDict, total=False):
    """What an entry may say outside its ``data`` beside what :meth:`Case.record` names; see
    :class:`contracts.wire.ledger.LedgerEntry`."""

    reason: str | None
    materials: int
    material_codes: tuple[str, ...]
    fee_charged: Money
    fee_paid: Money
    fee_refund: Money
    fee_waived: Money
    fee_counted: Money
    fees: tuple[FeeLine, ...]
    penalty: Money
    first_contact: datetime | None
    linked: CaseId | None
    pilot: str | None
    arm: Arm | None
    block: int | None
    place: int | None
    probability: float | None


class Case:
    """One running case, in one run.

    Attributes:
        opened: the case's input.
        requests: what agencies were asked, by step; every run asks again, from its beginning on.
        item: the service item of its procedure.
        law: the law version that it was opened under, and keeps.
        journal: what the case knows; it is carried into the next run.
        inbox: events that have come and have not taken effect.
        outbox: what leaves the case.
        waits: what it is waiting for.
        calendar: the calendar that it counts its days with.
        clock: its legal clock.
        events, bytes: how many events were taken in this run, repeats among them, and about how large they
            were; continue-as-new depends on it.
        decision: what the course has decided; every run decides again.
        trace: what is recorded now follows from, as far as it is in a trace.
        closed: nothing changes the case any more.
        broken_off: an operator ends it.
        leaving: the blocks of the course whose branches were cancelled, and that wait for their turn to end.
        places: of the steps that ended in earlier runs, in which order; ``returning`` are those whose verbs
            wait to return that, and ``returned`` is how many did.
    """

    def __init__(self, opened: Opened[Any], item: ServiceItem, inbox: Inbox, runtime: Runtime) -> None:
        """
        Raises:
            LookupError: the service item has no such law version; says what to do.
        """
        self.opened = opened
        self.item, self.law = item, item.law(opened.law)
        self.runtime = runtime
        self.journal = Journal.model_validate(opened.carried) if opened.carried else Journal()
        self.inbox = inbox
        self.inbox.restore(self.journal.inbox)
        self.journal.inbox = []
        self.requests: dict[str, Request[Any]] = {}
        self.outbox = Outbox(opened, runtime, self.journal.involved)
        self.waits = Waits(opened.case, self.journal, runtime, self.now, delay_of(opened))
        self.calendar: Calendar = (
            LegalCalendar(self.days) if self.days else calendar_of_case(opened.calendar, opened.received)
        )
        self.clock = clock_of(self.journal.clock)
        self.events = self.bytes = 0
        self.trace = Trace.of(opened.traceparent, opened.tracestate)
        if opened.carried is not None:
            self.follow_time()
        self.decision: Decision | None = None
        self.closed = self.broken_off = False
        self.leaving: set[str] = set()
        self.places = places_of(self.journal.outcomes)
        self.returning: dict[str, int] = {}
        self.returned = 0

    @property
    def holders(self) -> tuple[Party, ...]:
        """Who has the case at this moment."""
        if self.closed:
            return ()
        return tuple(sorted({wait.holder for wait in self.journal.waits.values()})) or (SYSTEM,)

    def now(self) -> datetime:
        """The case's clock, UTC: Temporal's, or the log's time where a log is replayed."""
        return self.runtime.now() - self.opened.behind

    @property
    def days(self) -> CalendarDays | None:
        """The days that it counts with, where they are none of the package's calendars."""
        return self.journal.calendar or self.opened.days

    @property
    def calendar_name(self) -> str:
        """The version of the calendar that it counts with."""
        return self.journal.calendar.name if self.journal.calendar else self.opened.calendar

    @property
    def moment(self) -> datetime:
        """When the broker received what the course knows last. What the course does upon it counts from
        there, so an outage of the platform moves no legal date."""
        return self.journal.moment or self.opened.received

    @property
    def ending(self) -> bool:
        """Whether the course is left for good: what it still does on its way out is not recorded."""
        return self.closed or self.broken_off or self.withdrawn

    def carried(self) -> dict[str, Any]:
        """What the next run has to know, as JSON."""
        journal = self.journal.model_copy(update={"inbox": self.inbox.waiting()})
        return journal.model_dump(mode="json")

    def request_id(self, step: str) -> RequestId:
        """The request id of a step: the same in every run."""
        return RequestId(f"{self.opened.case}/{step}")

    def once(self, verb: str, **said: Any) -> str | None:
        """The step of a verb that has no wait; None where it was done in an earlier run.

        Raises:
            WouldFork: what was said then is not what is ``said`` now.
        """
        step = self.journal.next_step(verb)
        return step if self.do_once(step, mark_of(said)) else None

    def do_once(self, step: str, mark: str) -> bool:
        """Whether a step that has no wait is to be done; false where it was done in an earlier run.

        Raises:
            WouldFork: what was said then has another ``mark``.
        """
        if self.begun(step, mark):
            return False
        self.journal.outcomes[step] = Outcome(how="done", said=mark)
        return True

    def begun(self, step: str, mark: str) -> bool:
        """Whether a step was begun in an earlier run, where history no longer tells what it said.

        Raises:
            WouldFork: what was said then has another ``mark``.
        """
        earlier = self.journal.outcomes.get(step) or self.journal.waits.get(step)
        if earlier is None:
            return False
        if earlier.said not in (None, mark):
            found = f"step {step}: an earlier run said something else"
            raise self.outbox.fail(WouldFork.of(self.opened.case, found))
        return True

    def record(
        self,
        kind: Kind,
        *,
        of: Wait | None = None,
        step: str | None = None,
        by: Delivered | None = None,
        cause: str | None = None,
        occurred: datetime | None = None,
        received: datetime | None = None,
        actor: Party = PLATFORM,
        contact: Contact | None = None,
        outcome: str | None = None,
        due: datetime | None = None,
        due_before: datetime | None = None,
        turned: Turn | None = None,
        provisional: bool = False,
        basis: str | None = None,
        data: BaseModel | Mapping[str, Any] | None = None,
        **figures: Unpack[Figures],
    ) -> Recorded:
        """Add an entry to the ledger and post it; messages are bound to what is returned.

        Args:
            of: the wait that this is about; gives step, request id and agency.
            by: the event that caused it; gives actor, officer, desk, visits, cause, times and, without
                ``data``, the data.
            contact: who acted and where, where no event says so.
            occurred, received: when it happened and when the broker received it, where that is not now.
            due, provisional, basis: of a limit that begins or moves: when it ends, and by which rule.
            due_before: when a limit that moves would have ended.
            turned: what it does to the legal clock of the case, and so to its statutory limit.
            figures: what else the entry says outside its ``data``.
        """
        now = self.now()
        trace = self.trace
        if turned is not None:
            due, due_before, provisional = turned.mark.due, turned.due_before, turned.mark.provisional
        if by is not None:
            actor, cause, contact = by.actor, by.event.key, Contact.stated_in(by.event.data)
            said, link = by.event, of.trace if of else None
            trace = Trace.of(said.traceparent, said.tracestate, link=link)
            data = recordable(by.event.data) if data is None else data
        contact = contact or Contact()
        secret, officer = self.opened.secret, contact.officer
        content = data.model_dump(mode="json") if isinstance(data, BaseModel) else dict(data or {})
        sequence = self.journal.sequence + 1
        erasable = Erasable(salt=salt_of(secret, sequence), content=content) if content else None
        entry = LedgerEntry(
            case=self.opened.case,
            sequence=sequence,
            id=f"{self.opened.case}/{sequence}",
            procedure=self.opened.procedure,
            law=self.opened.law,
            variant=self.opened.variant,
            calendar=self.calendar_name,
            build=self.runtime.build,
            kind=kind,
            step=of.step if of else step,
            request=of.request_id if of else None,
            agency=AgencyId(of.holder.id) if of and of.holder.kind == "agency" else None,
            third_party=of.holder.id if of and of.holder.kind == "third-party" else None,
            due=due,
            due_before=due_before,
            clock=turned.mark if turned else None,
            provisional=provisional,
            basis=basis,
            actor=actor,
            automated=self._automated(actor, contact, by),
            officer=None if officer is None else pseudonym_of(secret, actor, officer),
            desk=contact.desk,
            cause=cause,
            occurred=occurred or (by.event.time if by else now),
            received=received or (by.received if by else now),
            recorded=now,
            holders=self.holders,
            outcome=outcome,
            visits=contact.visits,
            data_digest=erasable.digest() if erasable else None,
            data=erasable,
            previous=self.journal.head,
            **figures,
        ).sealed()
        self.journal.sequence, self.journal.head = sequence, entry.hash
        self.trace = trace
        if of is not None and trace is not None and kind in ASKING:
            of.trace = traceparent_of(entry_ids(trace, entry.case, now, entry.id))
        return self.outbox.post(entry, trace)

    def follow_time(self, deadline: Deadline | None = None) -> None:
        """Note that what is recorded from now on follows from no event: ``deadline`` is due, or an operator
        acts."""
        asked = deadline.trace if isinstance(deadline, Wait) else None
        self.trace = Trace.of(link=asked or self.opened.traceparent)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is recorded meanwhile brings nothing about: what is recorded then follows from what it did
        before."""
        followed = self.trace
        yield
        self.trace = followed

    def _automated(self, actor: Party, contact: Contact, by: Delivered | None) -> bool | None:
        """Whether no person acted; None where that is not known: an agency's own system does not say."""
        if contact.officer is not None:
            return False
        checked = self.opened.is_check(actor) and (by is None or self.is_by_check(by))
        return True if checked or actor == PLATFORM else None

    def is_by_check(self, delivered: Delivered) -> bool:
        """Whether a department's worker has answered, and no system of an agency. A run of 0.2.0 took every
        event of an agency that has such a worker for its answer."""
        if not self.opened.is_check(delivered.actor):
            return False
        return delivered.by_check or not self.runtime.patched("who-has-a-check-is-heard-and-answered")

    # --- what can happen to a case -----------------------------------------------------------------------

    def supplemented(self, handed_in: Mapping[str, Any]) -> dict[str, Any]:
        """All supplements, with what the applicant hands in now.

        Raises:
            ValidationError: with them, it would be no application of this procedure any more.
        """
        supplements = {**self.journal.supplements, **handed_in}
        self.item.application.model_validate(self.opened.application.model_dump(mode="json") | supplements)
        return supplements

    def stop(
        self, step: str, reason: str, outcome: Outcome | None = None, at: datetime | None = None
    ) -> None:
        """End a wait that is no longer needed; an agency that was asked is told to stop.

        Args:
            outcome: of the step, where its verb is not simply passed over.
            at: when it ended, where the course goes on from there.
        """
        wait = self.journal.waits[step]
        self.waits.settle(step, outcome or Outcome(how="stopped"), at)
        if wait.request is not None and wait.agency is not None:
            cancelled = Cancelled(request=wait.request, reason=reason)
            self.record("cancelled", of=wait, data=cancelled).tell_agency(wait.agency, cancelled)
        else:
            self.record("cancelled", of=wait, data={"reason": reason})

    def stop_all(self, reason: str) -> None:
        """End every wait, and tell every agency that was asked."""
        for step in list(self.journal.waits):
            self.stop(step, reason)

    def withdraw(self, by: Delivered) -> Recorded:
        """Take the application back. The course is interrupted at the verb that it waits in, or at its next.

        Raises:
            Refusal: cases of this procedure cannot be withdrawn, or this one is decided.
        """
        if not self.item.withdrawable:
            raise refusal("not-withdrawable")
        if self.journal.decided:
            raise refusal("already-decided")
        self.journal.withdrawn = True
        self.journal.moment = max(self.moment, by.received)
        return self.record("withdrawn", by=by)

    @property
    def withdrawn(self) -> bool:
        """Whether the course has to end because the applicant withdrew. Once it is decided: no more."""
        return self.journal.withdrawn and not self.journal.decided

    def interrupt_if_withdrawn(self) -> None:
        """Interrupt the course that calls this, where the applicant withdrew.

        Raises:
            Withdrawal: the applicant withdrew and the case is not decided.
        """
        if self.withdrawn:
            raise Withdrawal


def delay_of(opened: Opened[Any]) -> timedelta:
    """How long after a limit has ended what follows is taken: all limits of a day end at one midnight, so
    each case has a delay of its own. The legal instant is the midnight nevertheless."""
    return int(hashlib.sha256(opened.case.encode()).hexdigest()[:8], 16) / 2**32 * opened.spread
