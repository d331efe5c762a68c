"""The base of every procedure: the verbs it is written with, and how it is carried."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar, Generic, TypeVar, cast

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy

from contracts.base import Bilingual, DocumentRef, Money
from contracts.case import DELIVER, Closing, Delivered, Opened, agency_queue, opening_content
from contracts.decisions import Decision, Ended, Grant, Refuse, Withdrawn
from contracts.dialogue import (
    ANSWERED,
    NOTICE_DECIDED,
    NOTICE_FEE_DUE,
    NOTICE_ISSUED,
    NOTICE_MISSING,
    NOTICE_RECEIVED,
    REQUESTED,
    Answered,
    Decided,
    DocumentIssued,
    FeeDue,
    Missing,
    Receipt,
    Requested,
)
from contracts.envelope import Event, agency_source
from contracts.limits import Limit
from contracts.requests import Answer, Request, lapse
from contracts.service_item import ServiceItem
from contracts.topics import agency_events, channel_events
from workflows.case.intake import in_order, take
from workflows.case.interruptions import Lapsed, Withdrawal, is_withdrawal
from workflows.case.journal import Outcome, Wait
from workflows.case.ladder import climb, schedule
from workflows.case.proceedings import Proceedings

EVENTS_PER_RUN = 1000
"""After so many events a case goes on in a new run, far below what Temporal allows for one."""

CARRIED_EVENTS = 500
"""More events than these are taken first: what one run hands to the next has to stay small."""

A = TypeVar("A", bound=BaseModel)
R = TypeVar("R", bound=Answer)
D = TypeVar("D", Grant, Refuse, Withdrawn, Ended)


class Answers(Sequence[R]):
    """The answers that came to several requests, in the order in which they took effect."""

    def __init__(self, answers: Sequence[R]) -> None:
        self._answers = tuple(answers)

    def __len__(self) -> int:
        return len(self._answers)

    def __getitem__(self, index: Any) -> Any:
        return self._answers[index]

    def __iter__(self) -> Iterator[R]:
        return iter(self._answers)

    def first(self, outcome: str) -> R | None:
        """The first answer with this outcome."""
        return next((answer for answer in self._answers if answer.outcome == outcome), None)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that were set, by all."""
        return tuple(text for answer in self._answers for text in getattr(answer, "conditions", ()))


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
        self._case = case = Proceedings(opened, self.item)
        self._inbox[:0] = case.journal.inbox
        case.journal.inbox = []
        sending = asyncio.create_task(case.outbox.run())
        if opened.carried is None:
            self._open(opened)
        case.set_alarm()
        running = asyncio.create_task(self._run(course(opened.application)))
        await self._follow(running)
        decision = running.result()
        for step in list(case.journal.waits):
            case.stop(step, "the case is closed")
        case.closed = True
        entry = case.record("closed", outcome=decision.outcome)
        while True:
            await case.outbox.drain()
            if not self._inbox:
                break
            self._take_inbox()
        sending.cancel()
        return Closing(case=opened.case, decision=decision, entries=entry.sequence, ledger_hash=entry.hash)

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
                    case.journal.inbox = self._inbox
                    workflow.continue_as_new(
                        case.opened.model_copy(update={"carried": case.journal.model_dump(mode="json")})
                    )

    def _take_inbox(self) -> None:
        inbox, self._inbox = self._inbox, []
        for delivered in in_order(inbox):
            take(self._case, delivered)

    def _who_holds(self) -> Iterator[str]:
        for wait in self._case.journal.waits.values():
            due = f", due {wait.due:%Y-%m-%d %H:%M} UTC" if wait.due else ""
            yield f"{wait.holder}: {wait.step}{due}"

    async def _run(self, course: Coroutine[Any, Any, Decision]) -> Decision:
        try:
            return await course
        except Lapsed as lapsed:
            return await self.decide(Refuse(reason=lapsed.reason))
        except BaseException as error:
            if not is_withdrawal(error):
                raise
        for step in list(self._case.journal.waits):
            self._case.stop(step, "the applicant withdrew")
        return await self.decide(Withdrawn())

    # --- verbs -------------------------------------------------------------------------------------------

    async def ask(self, request: Request[R]) -> R:
        """Ask an agency and wait for its answer, or for what its overdue ladder puts in its place.

        Raises:
            Lapsed: the ladder ended in a ``lapse`` rung.
        """
        step = self._request(request)
        await self._until(lambda: step in self._outcomes)
        return self._answer(request, self._outcomes[step])

    async def ask_all(self, *requests: Request[R], stop_at: str | None = None) -> Answers[R]:
        """Ask several agencies at the same time and wait for all of them.

        Once an answer has the outcome ``stop_at`` the other requests are stopped: their agencies are
        told, and their answers are not among those returned.

        Raises:
            Lapsed: a ladder ended in a ``lapse`` rung.
        """
        asked = {self._request(request): request for request in requests}

        def settled() -> bool:
            ended = [outcome for step, outcome in self._outcomes.items() if step in asked]
            return len(ended) == len(asked) or any(_answers(each, stop_at) for each in ended)

        await self._until(settled)
        for step in asked.keys() & self._case.journal.waits.keys():
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
            notice = FeeDue(amount=fee, due=wait.due or workflow.now())
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

    async def wait_for(self, *reports: str, within: Limit | None = None) -> str | None:
        """Wait until an agency reports one of these steps: which one, or None when the limit has passed.

        A report that came before it was waited for counts, once: agencies work in any interleaving.
        """
        wants = tuple(f"reported:{report}" for report in reports)
        name = re.sub(r"[^a-z0-9]+", "-", reports[0].lower()).strip(
            "-"
        )  # branches side by side need names apart
        step = self._wait(f"wait-for-{name}", f"agency:{self.item.lead}", wants, within)
        await self._until(lambda: step in self._outcomes)
        outcome = self._outcomes[step]
        return None if outcome.how == "lapsed" else str(outcome.value["data"]["step"])

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
        day = self._case.calendar.day(workflow.now())
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

    def _request(self, request: Request[Any]) -> str:
        """Ask, unless it was asked in an earlier run; the step under which the answer will stand."""
        self._heed()
        case, agency = self._case, request.agency
        step = case.journal.next_step(request.name)
        if step in self._outcomes:
            return step
        check = agency in case.opened.checks
        if step not in case.journal.waits:
            due, rungs = schedule(case.calendar, workflow.now(), request.limit, request.overdue)
            wait = Wait(
                step=step,
                holder=f"agency:{agency}",
                opened=workflow.now(),
                due=due.at,
                rungs=rungs,
                request=request.name,
                request_id=case.request_id(step),
                agency=agency,
                inlets=() if check else (agency_events(agency),),
            )
            case.open(wait)
            requested = Requested(
                request=request.name,
                procedure=self.item.procedure,
                due=due.at,
                provisional=due.provisional,
                basis=request.basis,
                outcomes=request.answer.outcomes(),
                content=request.model_dump(mode="json"),
            )
            case.record("requested", of=wait, data=requested.model_dump(mode="json"))
            case.tell_agency(agency, REQUESTED)
        if check:  # an activity does not outlive its run: in a new run the check is made again
            case.start_check(step, self._check(step, request))
        return step

    async def _check(self, step: str, request: Request[Any]) -> None:
        """Have a department's worker answer; the answer takes the same way as one from Kafka."""
        case, request_id = self._case, self._case.request_id(step)
        answer: Answer = await workflow.execute_activity(
            request.name,
            request,
            task_queue=agency_queue(request.agency),
            activity_id=request_id,
            result_type=request.answer,
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30)),
            summary=f"{request.agency}: {request.name}",
        )
        event = Event(
            specversion="1.0",
            id=f"{request_id}/answered",
            source=agency_source(case.opened.administration, request.agency),
            type=ANSWERED,
            subject=case.opened.case,
            time=workflow.now(),
            requestid=request_id,
            data=Answered(answer=answer.model_dump(mode="json")).model_dump(mode="json"),
        )
        self._inbox.append(Delivered(event=event, actor=f"agency:{request.agency}", received=workflow.now()))

    def _answer(self, request: Request[R], outcome: Outcome) -> R:
        if outcome.how == "lapsed":
            raise Lapsed(outcome.value)
        return cast(R, request.answer.model_validate(outcome.value))

    async def _applicant(
        self, verb: str, wanted: str, within: Limit, ask: Callable[[Wait], None], owed: Money | None = None
    ) -> Outcome:
        """Wait for something that the applicant has to bring."""
        step = self._wait(verb, "applicant", (wanted,), within, ask, owed)
        await self._until(lambda: step in self._outcomes)
        return self._outcomes[step]

    def _wait(
        self,
        verb: str,
        holder: str,
        wants: tuple[str, ...],
        within: Limit | None,
        ask: Callable[[Wait], None] | None = None,
        owed: Money | None = None,
    ) -> str:
        """Wait for a fact, unless it was waited for in an earlier run; the step under which it will stand."""
        self._heed()
        case = self._case
        step = case.journal.next_step(verb)
        if step in self._outcomes or step in case.journal.waits:
            return step
        wait = Wait(step=step, holder=holder, opened=workflow.now(), wants=wants, owed=owed)
        if within is not None:
            due, wait.rungs = schedule(case.calendar, workflow.now(), within, [lapse("overdue")])
            wait.due = due.at
        if holder == "applicant":
            wait.inlets = (channel_events(case.opened.channel),)
        case.open(wait)
        if ask is not None:
            ask(wait)
        case.offer_kept()
        return step

    def _announce(self, step: str, decision: Decision) -> None:
        data = {"decision": decision.model_dump(mode="json")}
        entry = self._case.record("decided", step=step, outcome=decision.outcome, data=data)
        reason = self.item.reason(decision.reason) if isinstance(decision, Refuse) else None
        self._case.tell_applicant(
            NOTICE_DECIDED, Decided(decision=decision, reason=reason, ledger_hash=entry.hash)
        )


def _answers(outcome: Outcome, wanted: str | None) -> bool:
    return wanted is not None and outcome.how in ("answered", "deemed") and outcome.value["outcome"] == wanted
