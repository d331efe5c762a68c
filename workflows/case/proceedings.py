"""The proceedings: one case under way. Journal, ledger, outbox, timer and fence in one hand.

Whatever happens in a case goes through :meth:`Proceedings.record`; whatever it waits for through
:meth:`Proceedings.open` and :meth:`Proceedings.settle`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy

from contracts.platform import AWAIT_GATEWAY, Delivered, Fence, Letter, Opened
from contracts.terms.calendar import Calendar, calendar
from contracts.terms.identifiers import RequestId
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Money
from contracts.wire.ledger import Erasable, Kind, LedgerEntry
from contracts.wire.messages import CANCELLED, Cancelled
from contracts.wire.topics import agency_requests, channel_notices
from workflows.case.alarm import Alarm
from workflows.case.journal import Fact, Journal, Outcome, Wait
from workflows.case.outbox import Outbox


class Proceedings:
    """One case under way.

    Attributes:
        journal: what the case knows.
        inbox: events that have come and have not taken effect.
        events: how many events this run took; continue-as-new goes by it.
        fenced: the steps whose deadline the gateway has passed, so that their binding end may take effect.
        closed: nothing changes the case any more.
    """

    def __init__(self, opened: Opened[Any], item: ServiceItem, inbox: list[Delivered]) -> None:
        self.opened = opened
        self.item = item
        self.journal = Journal.model_validate(opened.carried) if opened.carried else Journal()
        self.inbox = inbox
        self.inbox[:0] = self.journal.inbox  # what the last run left came before what this one got
        self.journal.inbox = []
        self.outbox = Outbox(opened.administration, opened.traceparent)
        self.alarm = Alarm(self.now)
        self.calendar: Calendar = calendar(opened.calendar)
        self.events = 0
        self.fenced: set[str] = set()
        self.closed = False
        self._fences: dict[str, asyncio.Task[None]] = {}
        self._checks: dict[str, asyncio.Task[None]] = {}

    @property
    def holders(self) -> tuple[str, ...]:
        """Who has the case at this moment."""
        if self.closed:
            return ()
        return tuple(sorted({wait.holder for wait in self.journal.waits.values()})) or ("system",)

    def now(self) -> datetime:
        """The case's clock. Where a log is relived it shows the log's time, otherwise the time there is."""
        return workflow.now() - self.opened.behind

    # --- recording ---------------------------------------------------------------------------------------

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
        actor: str = "platform",
        outcome: str | None = None,
        materials: int = 0,
        role: str | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> LedgerEntry:
        """Add an entry to the ledger and post it.

        Args:
            of: the wait that this is about; gives step and request id.
            by: the event that brought it about; gives actor, cause, times and data.
            occurred, received: when it happened and when the broker had it, where that is not now.
        """
        now = self.now()
        if by is not None:
            cause, data = by.event.key, by.event.data if data is None else data
        erasable = None
        if data:
            erasable = Erasable(salt=f"{workflow.random().getrandbits(128):032x}", content=dict(data))
        sequence = self.journal.sequence + 1
        entry = LedgerEntry(
            case=self.opened.case,
            sequence=sequence,
            id=f"{self.opened.case}/{sequence}",
            procedure=self.opened.procedure,
            law=self.opened.law,
            kind=kind,
            step=of.step if of else step,
            request=of.request_id if of else None,
            actor=by.actor if by else actor,
            role=role,
            cause=cause,
            occurred=occurred or (by.event.time if by else now),
            received=received or (by.received if by else now),
            recorded=now,
            holders=self.holders,
            outcome=outcome,
            materials=materials,
            data_digest=erasable.digest() if erasable else None,
            data=erasable,
            previous=self.journal.head,
        ).sealed()
        self.journal.sequence, self.journal.head = sequence, entry.hash
        self.outbox.post(entry)
        return entry

    def tell_agency(self, agency: str, event_type: str, data: BaseModel | None = None) -> None:
        """Send a message to an agency's own system, with the entry recorded last.

        Without ``data`` the message carries the entry's. An agency that takes part by an automated check
        has no system that could read it.
        """
        if agency not in self.opened.checks:
            self._attach(agency_requests(agency), event_type, data)

    def tell_applicant(self, event_type: str, data: BaseModel | None = None) -> None:
        """Send a notice through the case's channel, with the entry recorded last."""
        self._attach(channel_notices(self.opened.channel), event_type, data)

    def _attach(self, topic: str, event_type: str, data: BaseModel | None) -> None:
        content = None if data is None else data.model_dump(mode="json")
        self.outbox.attach(Letter(topic=topic, type=event_type, data=content))

    # --- waiting -----------------------------------------------------------------------------------------

    def open(self, wait: Wait) -> None:
        """Begin to wait. The caller records why."""
        self.journal.waits[wait.step] = wait
        self.set_alarm()

    def settle(self, step: str, outcome: Outcome) -> None:
        """A step has ended; its verb goes on. The caller records how."""
        self.journal.waits.pop(step, None)
        self.journal.outcomes[step] = outcome
        for tasks in (self._fences, self._checks):
            if task := tasks.pop(step, None):
                task.cancel()

    def stop(self, step: str, reason: str) -> None:
        """End a wait that is no longer needed; an agency that was asked is told to stop."""
        wait = self.journal.waits[step]
        self.settle(step, Outcome(how="stopped"))
        if wait.request is not None and wait.agency is not None:
            cancelled = Cancelled(request=wait.request, reason=reason)
            self.record("cancelled", of=wait, data=cancelled.model_dump(mode="json"))
            self.tell_agency(wait.agency, CANCELLED)

    def bring(self, fact: Fact) -> Wait | None:
        """A fact has come: it goes to the wait that wants it, or is kept for one that will; to which."""
        for wait in self.journal.waits.values():
            if fact.name in wait.wants and wait.in_time(fact.received):
                wait.owed = wait.owed and _less(wait.owed, fact)
                if not (wait.owed and wait.owed.amount):
                    self.settle(wait.step, Outcome(how="answered", value=fact.model_dump(mode="json")))
                return wait
        self.journal.keep(fact)
        return None

    def offer_kept(self) -> None:
        """Offer the facts that were kept to the waits that are open now."""
        kept, self.journal.facts = self.journal.facts, []
        for fact in kept:
            self.bring(fact)

    def supplement(self, handed_in: Mapping[str, Any]) -> None:
        """Add to the application what the applicant handed in.

        Raises:
            ValidationError: it would be no application of this procedure any more.
        """
        supplements = {**self.journal.supplements, **handed_in}
        self.item.application.model_validate(self.opened.application.model_dump(mode="json") | supplements)
        self.journal.supplements = supplements

    def set_alarm(self) -> None:
        """Ring at the earliest thing due. A rung that waits for its fence is woken by the fence."""
        rungs = [wait.next_rung for wait in self.journal.waits.values() if wait.step not in self._fences]
        if due := [rung.at for rung in rungs if rung]:
            self.alarm.set(min(due))

    def fence(self, wait: Wait) -> bool:
        """Whether the gateway has passed a wait's deadline; if not, begin to wait for that.

        A dead gateway grants no permits: what the broker had in time counts, also if it is carried later.
        """
        if wait.step in self.fenced or not wait.inlets:
            return True
        if wait.step not in self._fences:
            self._fences[wait.step] = asyncio.create_task(self._pass_fence(wait))
        return False

    async def _pass_fence(self, wait: Wait) -> None:
        await workflow.execute_activity(
            AWAIT_GATEWAY,
            Fence(case=self.opened.case, deadline=wait.rungs[-1].at, topics=wait.inlets),
            start_to_close_timeout=timedelta(seconds=60),
            retry_policy=RetryPolicy(
                initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=10)
            ),
            summary=f"everything in time for {wait.step} has arrived",
        )
        self.fenced.add(wait.step)

    def start_check(self, step: str, check: Coroutine[Any, Any, None]) -> None:
        """Run an automated check; it is cancelled when its step ends another way."""
        self._checks[step] = asyncio.create_task(check)

    def request_id(self, step: str) -> RequestId:
        """The request id of a step: the same in every run."""
        return RequestId(f"{self.opened.case}/{step}")


def _less(owed: Money, payment: Fact) -> Money:
    paid = Money.model_validate(payment.data["amount"])
    if paid.currency != owed.currency:  # recorded, and for the cashier to sort out; it settles nothing here
        return owed
    return Money(amount=max(Decimal(0), owed.amount - paid.amount), currency=owed.currency)
