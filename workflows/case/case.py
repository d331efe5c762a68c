"""The base of every procedure: the verbs it is written with, and how it is carried."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import date
from typing import Any, ClassVar, Generic, TypeVar, cast

from pydantic import BaseModel
from temporalio import workflow

from contracts.platform import DELIVER, Closing, Delivered, Opened, opening_content
from contracts.terms.decisions import Decision, Ended, Grant, Refuse, Withdrawn
from contracts.terms.hand_overs import HandOver
from contracts.terms.limits import Limit
from contracts.terms.requests import Answer, Request
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, Contract, DocumentRef, Money
from contracts.wire.messages import (
    HANDED_OVER,
    NOTICE_DECIDED,
    NOTICE_FEE_DUE,
    NOTICE_ISSUED,
    NOTICE_MISSING,
    NOTICE_RECEIVED,
    Decided,
    DocumentIssued,
    FeeDue,
    HandedOver,
    Missing,
    Receipt,
)
from contracts.wire.topics import channel_events
from workflows.case.answers import Answers
from workflows.case.facts import open_facts, read
from workflows.case.intake import in_order, take
from workflows.case.interruptions import Lapsed, Withdrawal, interruption
from workflows.case.journal import Outcome, Wait
from workflows.case.ladder import climb
from workflows.case.proceedings import Proceedings
from workflows.case.steps import open_request, open_wait

EVENTS_PER_RUN = 1000
"""After so many events a case goes on in a new run, far below what Temporal allows for one."""

CARRIED_EVENTS = 500
"""More events than these are taken first: what one run hands to the next has to stay small."""

A = TypeVar("A", bound=BaseModel)
R = TypeVar("R", bound=Answer)
F = TypeVar("F", bound=Contract)
D = TypeVar("D", Grant, Refuse, Withdrawn, Ended)


class Case(Generic[A]):
    """One run of a procedure for one applicant.

    A procedure awaits nothing but these verbs, keeps no state but what they returned, and reads no
    clock. Each verb raises :class:`Withdrawal` once the applicant has withdrawn, until ``decide``.
    """

    item: ClassVar[ServiceItem]

    def __init__(self) -> None:
        self._inbox: list[Delivered] = []
        self._case: Proceedings

    @workflow.signal(name=DELIVER, description="An event for this case, from the gateway.")
    def deliver(self, delivered: Delivered) -> None:
        """Take an event in; it takes effect in :meth:`carry`, in the order in which the broker had it."""
        self._inbox.append(delivered)

    # --- carrying ----------------------------------------------------------------------------------------

    async def carry(self, opened: Opened[A], course: Callable[[A], Coroutine[Any, Any, Decision]]) -> Closing:
        """Run a procedure's ``course`` to its decision, with all that a case needs around it."""
        self._case = case = Proceedings(opened, self.item, self._inbox)
        sending = asyncio.create_task(case.outbox.run())
        if opened.carried is None:
            self._open(opened)
        case.set_alarm()
        running = asyncio.create_task(self._run(course(opened.application)))
        try:
            await self._follow(running)
            decision = running.result()
        except asyncio.CancelledError:
            running.cancel()
            decision = await self._break_off()
        self._close(decision)
        await _to_the_end(asyncio.create_task(self._drain()))
        sending.cancel()
        return Closing(
            case=opened.case,
            decision=decision,
            entries=case.journal.sequence,
            ledger_hash=case.journal.head,
        )

    def _open(self, opened: Opened[A]) -> None:
        content = opening_content(opened.procedure, opened.application)
        documents = sum(isinstance(value, DocumentRef) for _, value in opened.application)
        entry = self._case.record(
            "opened",
            actor=f"channel:{opened.channel}",
            cause=opened.cause,
            occurred=opened.occurred,
            received=opened.received,
            materials=documents,
            data=content,
        )
        self._case.tell_applicant(
            NOTICE_RECEIVED, Receipt(stage="registered", procedure=opened.procedure, ledger_hash=entry.hash)
        )

    async def _follow(self, running: asyncio.Task[Decision]) -> None:
        """Let events and due times take effect until the course has ended."""
        case = self._case
        while True:
            await workflow.wait_condition(
                lambda: bool(
                    self._inbox
                    or case.alarm.rang
                    or running.done()
                    or not case.fenced.isdisjoint(case.journal.waits)
                )
            )
            self._take_inbox()
            climb(case)
            workflow.set_current_details("; ".join(self._who_holds()))
            if running.done():
                return
            if case.events >= EVENTS_PER_RUN:
                await case.outbox.drain()  # signals wait in the inbox meanwhile; every verb waits for us
                if not running.done() and len(self._inbox) <= CARRIED_EVENTS:
                    case.journal.inbox = list(self._inbox)
                    workflow.continue_as_new(
                        case.opened.model_copy(update={"carried": case.journal.model_dump(mode="json")})
                    )

    def _take_inbox(self) -> None:
        inbox = in_order(self._inbox)
        self._inbox.clear()
        for delivered in inbox:
            take(self._case, delivered)

    def _who_holds(self) -> Iterator[str]:
        for wait in self._case.journal.waits.values():
            due = f", due {wait.due:%Y-%m-%d %H:%M} UTC" if wait.due else ""
            yield f"{wait.holder}: {wait.step}{due}"

    async def _run(self, course: Coroutine[Any, Any, Decision]) -> Decision:
        try:
            return await course
        except BaseException as error:
            ended = interruption(error)
            if ended is None:
                raise
        if isinstance(ended, Lapsed):
            self._stop_all("the application is refused")
            return await self.decide(Refuse(reason=ended.reason))
        self._stop_all("the applicant withdrew")
        return await self.decide(Withdrawn())

    async def _break_off(self) -> Decision:
        """An operator's Cancel: the case ends, and says so."""
        self._stop_all("the case is broken off")
        return Ended(result="broken-off") if self._case.journal.decided else await self.end("broken-off")

    def _close(self, decision: Decision) -> None:
        """Close the ledger; at once, so that it leaves with what brought the decision about."""
        self._take_inbox()  # what has come by now still belongs to the open case
        self._stop_all("the case is closed")
        self._case.closed = True
        self._case.record("closed", outcome=decision.outcome)

    async def _drain(self) -> None:
        """Publish everything; what comes meanwhile is refused, and that is published, too."""
        await self._case.outbox.drain()
        while self._inbox:
            self._take_inbox()
            await self._case.outbox.drain()

    def _stop_all(self, reason: str) -> None:
        """Tell everybody who was asked to stop; before the decision goes out."""
        for step in list(self._case.journal.waits):
            self._case.stop(step, reason)

    # --- verbs -------------------------------------------------------------------------------------------

    async def ask(self, request: Request[R]) -> R:
        """Ask an agency and wait for its answer, or for what its overdue ladder puts in its place.

        Raises:
            Lapsed: the ladder ended in a ``lapse`` rung.
        """
        self._heed()
        step = open_request(self._case, request)
        await self._until(lambda: step in self._outcomes)
        return self._answer(request, self._outcomes[step])

    async def ask_all(self, *requests: Request[R], stop_at: str | None = None) -> Answers[R]:
        """Ask several agencies at the same time and wait for all of them.

        Once an answer has the outcome ``stop_at`` the other requests are stopped: their agencies are
        told, and their answers are not among those returned.

        Raises:
            Lapsed: a ladder ended in a ``lapse`` rung.
        """
        self._heed()
        asked = {open_request(self._case, request): request for request in requests}

        def settled() -> bool:
            ended = [outcome for step, outcome in self._outcomes.items() if step in asked]
            return len(ended) == len(asked) or any(_answers(each, stop_at) for each in ended)

        await self._until(settled)
        for step in [step for step in asked if step in self._case.journal.waits]:  # never in a set's order
            self._case.stop(step, f"another agency answered: {stop_at}")
        ended = [(asked[step], outcome) for step, outcome in self._outcomes.items() if step in asked]
        return Answers(
            [self._answer(request, outcome) for request, outcome in ended if outcome.how != "stopped"]
        )

    async def accept(self) -> None:
        """Tell the applicant that the application is complete and accepted."""
        self._heed()
        if step := self._once("accept"):
            entry = self._case.record("accepted", step=step)
            receipt = Receipt(stage="accepted", procedure=self.item.procedure, ledger_hash=entry.hash)
            self._case.tell_applicant(NOTICE_RECEIVED, receipt)

    async def supplement(
        self, application: A, missing: Sequence[Bilingual], within: Limit, otherwise: str
    ) -> A:
        """Ask the applicant for everything that is missing, at once; the application as supplemented.

        Raises:
            Lapsed: nothing came in time; ``otherwise`` is the reason.
        """

        def ask(wait: Wait) -> None:
            notice = Missing(items=tuple(missing), due=wait.due)
            data = notice.model_dump(mode="json")
            self._case.record("asked-applicant", of=wait, materials=len(missing), data=data)
            self._case.tell_applicant(NOTICE_MISSING)

        outcome = await self._applicant("supplement", "supplemented", within, ask)
        if outcome.how == "lapsed":
            raise Lapsed(otherwise)
        handed_in = outcome.value["data"]["application"]
        return type(application).model_validate(application.model_dump(mode="json") | handed_in)

    async def collect(self, fee: Money, within: Limit) -> bool:
        """Collect a fee, in any number of instalments; false when it was not paid in full in time."""

        def ask(wait: Wait) -> None:
            notice = FeeDue(amount=fee, due=wait.due or self._case.now())
            self._case.record("fee-due", of=wait, data=notice.model_dump(mode="json"))
            self._case.tell_applicant(NOTICE_FEE_DUE)

        return not fee.amount or (await self._applicant("collect", "paid", within, ask, fee)).how != "lapsed"

    async def notify(self, document: DocumentRef) -> None:
        """Send the applicant the document that was issued."""
        self._heed()
        if step := self._once("notify"):
            issued = DocumentIssued(document=document)
            self._case.record("notified", step=step, data=issued.model_dump(mode="json"))
            self._case.tell_applicant(NOTICE_ISSUED)

    async def hand_over(self, matter: HandOver) -> None:
        """Hand something to an agency for good. It is theirs from then on: no answer is waited for."""
        self._heed()
        if step := self._once(matter.name):
            handed_over = HandedOver(
                matter=matter.name,
                procedure=self.item.procedure,
                basis=matter.basis,
                content=matter.model_dump(mode="json"),
            )
            self._case.record("handed-over", step=step, data=handed_over.model_dump(mode="json"))
            self._case.tell_agency(matter.agency, HANDED_OVER)

    async def charge(self, reason: str, amount: Money, *, since: date, balance: Money) -> None:
        """Set what is owed, as the law says, and tell the applicant.

        Args:
            reason: a reason code of the service item.
            amount: what it is for that reason, from now on.
            since: the legal day that brought it; it may lie behind, where the case heard of it late.
            balance: what is still to be paid, of everything. Nobody is told that they owe nothing.
        """
        self._heed()
        self.item.reason(reason)
        if step := self._once("charge"):
            due = self._case.calendar.begins(since, self._case.now())
            data = {"amount": amount.model_dump(mode="json"), "balance": balance.model_dump(mode="json")}
            self._case.record("charged", step=step, occurred=due, outcome=reason, data=data)
            if balance.amount:
                self._case.tell_applicant(NOTICE_FEE_DUE, FeeDue(amount=balance, due=due))

    async def mark(self, *codes: str) -> None:
        """Mark the case with where it stands, or what an officer should look at: codes of the catalogue."""
        self._heed()
        for code in codes:
            self.item.mark(code)
            if step := self._once("mark"):
                self._case.record("marked", step=step, outcome=code)

    async def wait_for(
        self, *facts: type[F], within: Limit | None = None, until: date | None = None
    ) -> F | None:
        """Wait for the first of these reports and payments; None once the limit is over or the day has come.

        What came before it was waited for counts, once: agencies work in any interleaving. The case is held
        by whoever may report the first of them, the lead agency where that is anybody.

        Args:
            facts: report types, and :class:`contracts.wire.messages.Paid`.
            within: how long from now on.
            until: the legal day that ends it, from its beginning on. It may be past already.
        """
        self._heed()
        step = open_facts(self._case, facts, within, until)
        await self._until(lambda: step in self._outcomes)
        outcome = self._outcomes[step]
        return None if outcome.how == "lapsed" else read(facts, outcome.value)

    async def decide(self, decision: D) -> D:
        """Decide the case and tell the applicant. From here on it cannot be withdrawn."""
        self._case.journal.decided = True  # before anything else: the window is shut
        if step := self._once("decide"):
            self._announce(step, decision)
        return decision

    async def end(self, result: str) -> Ended:
        """End the case without a decision on the application; ``result`` is a word of the procedure."""
        return await self.decide(Ended(result=result))

    def today(self) -> date:
        """The legal day in the authority's zone, as it was when the procedure first read it here."""
        step = self._case.journal.next_step("today")
        day = self._case.calendar.day(self._case.now())
        return date.fromisoformat(
            self._outcomes.setdefault(step, Outcome(how="done", value=day.isoformat())).value
        )

    # --- what the verbs are made of ----------------------------------------------------------------------

    @property
    def _outcomes(self) -> dict[str, Outcome]:
        return self._case.journal.outcomes

    def _heed(self) -> None:
        if self._case.journal.withdrawn and not self._case.journal.decided:
            raise Withdrawal

    async def _until(self, condition: Callable[[], bool]) -> None:
        journal = self._case.journal
        await workflow.wait_condition(lambda: condition() or (journal.withdrawn and not journal.decided))
        self._heed()

    def _once(self, verb: str) -> str | None:
        """The step of a verb that has no wait, unless it was done in an earlier run."""
        step = self._case.journal.next_step(verb)
        if step in self._outcomes:
            return None
        self._outcomes[step] = Outcome(how="done")
        return step

    def _answer(self, request: Request[R], outcome: Outcome) -> R:
        if outcome.how == "lapsed":
            raise Lapsed(outcome.value)
        return cast(R, request.answer.model_validate(outcome.value))

    async def _applicant(
        self, verb: str, wanted: str, within: Limit, ask: Callable[[Wait], None], owed: Money | None = None
    ) -> Outcome:
        """Wait for something that the applicant has to bring."""
        self._heed()
        inlets = (channel_events(self._case.opened.channel),)
        step = open_wait(self._case, verb, "applicant", (wanted,), within, inlets=inlets, ask=ask, owed=owed)
        await self._until(lambda: step in self._outcomes)
        return self._outcomes[step]

    def _announce(self, step: str, decision: Decision) -> None:
        data = {"decision": decision.model_dump(mode="json")}
        entry = self._case.record("decided", step=step, outcome=decision.outcome, data=data)
        reason = self.item.reason(decision.reason) if isinstance(decision, Refuse) else None
        self._case.tell_applicant(
            NOTICE_DECIDED, Decided(decision=decision, reason=reason, ledger_hash=entry.hash)
        )


def _answers(outcome: Outcome, wanted: str | None) -> bool:
    return wanted is not None and outcome.how in ("answered", "deemed") and outcome.value["outcome"] == wanted


async def _to_the_end(task: asyncio.Task[None]) -> None:
    """Await a task whatever is cancelled meanwhile: what was recorded has to be published."""
    while True:
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.done():
                raise
