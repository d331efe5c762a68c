"""What an author needs to write a procedure: the base class, its verbs, and the decorator."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from datetime import date
from typing import Any, ClassVar, Generic, TypeVar, cast

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RawValue

from contracts.platform import CANCEL, DELIVER, PUBLISH_CALENDAR, Cancellation, Closing, Opened
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.decisions import Decision, Ended, Grant, Refuse, Withdrawn
from contracts.terms.fees import Bill
from contracts.terms.hand_overs import HandOver
from contracts.terms.identifiers import Party, VariantId
from contracts.terms.law import LawVersion
from contracts.terms.limits import Limit
from contracts.terms.requests import Answer, Approval, Request
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Contract, DocumentRef, MissingItem, Money
from contracts.wire.messages import HandedOver
from contracts.wire.notices import DocumentIssued, FeeDue, Missing, Receipt
from workflows.case.answers import Answers
from workflows.case.carrier import carry
from workflows.case.case import Case
from workflows.case.clock import start
from workflows.case.collecting import Waived, open_collection
from workflows.case.deadlines import Wait
from workflows.case.deciding import decide
from workflows.case.extending import check_extension, extend
from workflows.case.faults import CourseFault
from workflows.case.inbox import Inbox
from workflows.case.interruptions import Lapsed
from workflows.case.journal import Outcome
from workflows.case.orderers import Orderer
from workflows.case.returning import in_order
from workflows.case.runtime import Runtime
from workflows.case.silence import wait_for_the_law
from workflows.case.stages import Within
from workflows.case.suspending import Suspended
from workflows.case.waiting import (
    interrupt_if_broken_off,
    open_applicant,
    open_facts,
    open_request,
    outcome_of,
    read_fact,
    wait_until,
)

A = TypeVar("A", bound=BaseModel)
R = TypeVar("R", bound=Answer)
F = TypeVar("F", bound=Contract)
D = TypeVar("D", bound=Grant | Refuse | Withdrawn | Ended)


class Procedure(Generic[A]):
    """One run of a procedure for one applicant, whose application is an ``A``. Its author writes ``course``.

    A procedure awaits only these verbs, keeps no state except what they returned, and reads no clock.
    Until ``decide``, each verb raises :class:`workflows.case.interruptions.Withdrawal` once the applicant
    has withdrawn; the case library then ends the case.

    Attributes:
        item: the procedure's service item.
        variant: the way of working that the class is.
        workflow_type: the Temporal workflow type: the procedure, and the variant unless it is the standard.
    """

    item: ClassVar[ServiceItem]
    variant: ClassVar[VariantId]
    workflow_type: ClassVar[str]

    def __init__(self, runtime: Runtime | None = None) -> None:
        """``runtime`` stands in for Temporal where a procedure is run without it."""
        self._runtime = runtime or Runtime()
        self._inbox = Inbox(self._runtime.read)
        self._case: Case

    @workflow.signal(name=DELIVER, description="An event for this case, from the gateway.")
    def deliver(self, delivered: RawValue) -> None:
        """Take an event in, a :class:`contracts.platform.Delivered`; it takes effect with what came in the
        same activation, in order."""
        self._inbox.put(delivered)

    @workflow.signal(name=CANCEL, description="An operator ends this case, and says why.")
    def cancel(self, cancellation: Cancellation) -> None:
        """End the case where it is, decided or not; the first who says so counts."""
        self._inbox.cancel(cancellation, alone="cancel" not in self.item.two_persons)

    @workflow.signal(
        name=PUBLISH_CALENDAR, description="A new version of the case's calendar, from an operator."
    )
    def publish_calendar(self, days: CalendarDays) -> None:
        """Count the limits that are open by these days; the version that the case has changes nothing."""
        self._inbox.calendars.append(days)

    async def course(self, application: A) -> Decision:
        """What the procedure does, up to its decision. Each procedure defines its own."""
        raise NotImplementedError

    async def carry(self, opened: Opened[A], course: Callable[[A], Coroutine[Any, Any, Decision]]) -> Closing:
        """Run a procedure's ``course`` to its decision, with all that a case needs around it.

        Raises:
            LookupError: the service item has no such law version.
            CourseFault: the course went wrong.
        """
        self._case = Case(opened, self.item, self._inbox, self._runtime)
        return await carry(self._case, course(opened.application))

    @property
    def law(self) -> LawVersion:
        """The law version that the case was opened under: limits, fees, reasons."""
        return self._case.law

    async def ask(self, request: Request[R]) -> R:
        """Ask an agency and wait for its answer, or for what its overdue ladder puts in its place.

        Raises:
            Lapsed: the ladder ended in a ``lapse`` rung.
        """
        self._case.interrupt_if_withdrawn()
        return _answer(request, await outcome_of(self._case, open_request(self._case, request)))

    async def ask_all(self, *requests: Request[R], stop_at: str | None = None) -> Answers[R]:
        """Ask several agencies at the same time and wait for all of them.

        Once an answer has the outcome ``stop_at`` the other requests are stopped: their agencies are
        told, and their answers are not among those returned.

        Raises:
            Lapsed: a ladder ended in a ``lapse`` rung.
            CourseFault: none of these requests can be answered with ``stop_at``.
        """
        self._case.interrupt_if_withdrawn()
        known = dict.fromkeys(word for each in requests for word in each.answer.outcomes())
        if stop_at is not None and stop_at not in known:
            raise CourseFault(f"stop_at={stop_at!r} is no outcome of these requests: {', '.join(known)}")
        outcomes, asked = self._case.journal.outcomes, {open_request(self._case, it): it for it in requests}

        def settled() -> list[str]:
            ended = [step for step in outcomes if step in asked]
            stopped = [step for step in ended if _is(outcomes[step], stop_at)]
            return stopped[:1] or (ended[-1:] if len(ended) == len(asked) else [])

        if not await in_order(self._case, settled()):
            await wait_until(self._case, lambda: not asked or bool(settled()))
        for step in [step for step in asked if step in self._case.journal.waits]:  # never in a set's order
            self._case.stop(step, f"another agency answered: {stop_at}")
        for step in asked:
            if step in outcomes:
                interrupt_if_broken_off(self._case, outcomes[step])
        ended = [(asked[step], each) for step, each in outcomes.items() if step in asked]
        answered = [(each, _answer(each, outcome)) for each, outcome in ended if outcome.how != "stopped"]
        return Answers(requests, answered)

    async def accept(self) -> None:
        """Tell the applicant that the application is complete and accepted. By most laws the limits of the
        case begin with that."""
        self._case.interrupt_if_withdrawn()
        if step := self._case.once("accept"):
            started = self._case.law.starts == "accepted" and self._case.clock.started is None
            turned = start(self._case, self._case.moment) if started else None
            recorded = self._case.record("accepted", step=step, turned=turned)
            recorded.tell_applicant(
                Receipt(stage="accepted", procedure=self.item.procedure, ledger_hash=recorded.hash)
            )

    async def supplement(
        self, application: A, missing: Sequence[MissingItem], within: Limit, otherwise: str
    ) -> A:
        """The application, once the applicant was asked, in one notice, for everything that is missing.

        Only the fields that are asked for can be handed in, in one go; what else comes is refused, and what
        was asked for may still be handed in.

        Raises:
            Lapsed: nothing came in time; ``otherwise`` is the reason.
            LookupError: the application has no such field, or the law version no such reason.
        """
        self.law.reason(otherwise)
        fields = tuple(dict.fromkeys(item.field for item in missing))
        if unknown := [field for field in fields if field not in type(application).model_fields]:
            raise LookupError(f"{type(application).__name__} has no field {', '.join(unknown)}")

        def begin(wait: Wait) -> None:
            due = wait.due or self._case.now()
            notice = Missing(items=tuple(missing), due=due, provisional=wait.provisional)
            recorded = self._case.record(
                "asked-applicant",
                of=wait,
                due=due,
                provisional=wait.provisional,
                materials=len(missing),
                material_codes=fields,
                data=notice,
            )
            recorded.tell_applicant(notice)

        self._case.interrupt_if_withdrawn()
        said = {"missing": [each.model_dump(mode="json") for each in missing]}
        step = open_applicant(
            self._case, "supplement", "supplemented", within, begin, fields=fields, said=said
        )
        outcome = await outcome_of(self._case, step)
        if outcome.how == "lapsed":
            raise Lapsed(otherwise)
        handed_in = outcome.value["data"]["application"]
        return type(application).model_validate(application.model_dump(mode="json") | handed_in)

    async def collect(self, bill: Bill, within: Limit, waived: Sequence[Waived] = ()) -> bool:
        """Collect fees of the catalogue, in any number of instalments; false when they were not paid in full
        in time. What was paid then is to be refunded, and the fees may be asked for again.

        Args:
            bill: which, as ``self.law.fees.of(application)`` has them.
            waived: what of them need not be paid, who said so, and by which rule of the catalogue.

        Raises:
            LookupError: the law version has no such fee or waiver, or has not so much to collect of it for
                this application, with what was collected before.
        """
        self._case.interrupt_if_withdrawn()
        step = open_collection(self._case, bill, within, waived)
        return step is None or (await outcome_of(self._case, step)).how != "lapsed"

    async def notify(self, document: DocumentRef) -> None:
        """Send the applicant the document that was issued."""
        self._case.interrupt_if_withdrawn()
        if step := self._case.once("notify", document=document):
            issued = DocumentIssued(document=document)
            self._case.record("notified", step=step, data=issued).tell_applicant(issued)

    async def hand_over(self, matter: HandOver) -> None:
        """Hand something to an agency for good. It is theirs from then on: no answer is waited for.

        Raises:
            TypeError: the service item does not list it among its hand-overs.
        """
        self._case.interrupt_if_withdrawn()
        self.item.check_lists(matter)
        if step := self._case.once(matter.name, matter=matter):
            handed_over = HandedOver(
                matter=matter.name,
                procedure=self.item.procedure,
                basis=matter.basis,
                content=matter.model_dump(mode="json"),
            )
            recorded = self._case.record("handed-over", step=step, data=handed_over)
            recorded.tell_agency(matter.receiver, handed_over)

    async def charge(self, reason: str, amount: Money, *, since: date, balance: Money) -> None:
        """Set what is owed, as the law says, and tell the applicant.

        Args:
            reason: a reason code of the law version that ``charges``.
            amount: what is owed for that reason, from now on, in the place of what was owed for it before.
            since: the legal day from which it is owed; a past day, where the case was told of it late.
            balance: what is still to be paid in all. If that is nothing, no notice is sent.

        Raises:
            LookupError: the law version has no such reason, charges nothing for it, or takes payments in
                another currency.
        """
        self._case.interrupt_if_withdrawn()
        for money in (amount, balance):
            self.law.check_charge(reason, money.currency)
        if step := self._case.once("charge", reason=reason, amount=amount, balance=balance):
            due = self._case.calendar.begins(since, self._case.now())
            data = {"amount": amount.model_dump(mode="json"), "balance": balance.model_dump(mode="json")}
            recorded = self._case.record(
                "charged", step=step, occurred=due, reason=reason, fee_charged=amount, data=data
            )
            if balance.amount:
                recorded.tell_applicant(FeeDue(amount=balance, due=due))

    async def mark(self, *codes: str) -> None:
        """Mark the case with its status, or with what an officer should look at: codes of the service item.

        Raises:
            LookupError: the service item has no such mark.
        """
        self._case.interrupt_if_withdrawn()
        for code in codes:
            self.item.mark(code)
            if step := self._case.once("mark", code=code):
                self._case.record("marked", step=step, outcome=code)

    async def wait_for(
        self,
        *facts: type[F],
        within: Limit | None = None,
        until: date | None = None,
        holder: Party | None = None,
    ) -> F | None:
        """Wait for the first of these reports and payments; None once the limit is over or the day has come.

        What came before it was waited for counts, once: agencies work in any interleaving.

        Args:
            facts: report types, and :class:`contracts.wire.messages.Paid`.
            within: how long from now on.
            until: the legal day that ends it, from its beginning on. It may be past already.
            holder: who has the case meanwhile, where it is not whoever may report the first of them (the lead
                agency, where that is anybody): the applicant, or a third party of the service item.
        """
        self._case.interrupt_if_withdrawn()
        step = open_facts(self._case, facts, within, until, holder)
        outcome = await outcome_of(self._case, step)
        return None if outcome.how == "lapsed" else read_fact(facts, outcome.value)

    def suspended(self, basis: str, *, by: Orderer | None = None) -> Suspended:
        """Time that does not count: ``async with self.suspended("Awb art. 4:15"): …``.

        It begins with the block and ends when the broker received what ended the block's last wait. A day
        does not count if all of it was suspended. Where the law has the limits of open requests stand still,
        too, their agencies are told so.

        Args:
            basis: of a suspension of the law version.
            by: who ordered it; without, the law itself.

        Raises:
            LookupError: the law version has none with this basis.
        """
        return Suspended(self._case, basis, by)

    def within(self, limit: Limit, stage: str, otherwise: str | None = None) -> Within:
        """A stage with a limit of its own: ``async with self.within(weeks(3), "substance"): …``.

        The lead agency is warned before its end, and told when it is over.

        Args:
            otherwise: a reason. Once the limit is over, the stage is broken off for it: its requests are
                stopped, and the verb in it that waits raises :class:`Lapsed`. Without, it goes on.

        Raises:
            LookupError: the service item has no such reason.
        """
        if otherwise is not None:
            self.law.reason(otherwise)
        return Within(self._case, stage, limit, otherwise)

    async def extend(self, limit: Limit, *, basis: str, approved: Request[Approval]) -> bool:
        """Extend the limits of the case, if who has to approve it does so before the statutory one ends.

        Args:
            limit: by how much, at most what the law version allows.
            basis: of an extension of the law version.
            approved: what is asked of the agency that has to approve it.

        Raises:
            LookupError: the law version has no extension with this basis, or not of this length or so often.
            Lapsed: the ladder of the request ended in a ``lapse`` rung.
        """
        rule = self._case.law.extension(basis)
        check_extension(self._case, rule, limit, approved.agency)
        approval = await self.ask(approved)
        return extend(self._case, rule, limit, approval, type(approved))

    async def decide(self, decision: D) -> D:
        """Decide the case and tell the applicant. From here on it cannot be withdrawn.

        Raises:
            LookupError: the law version has no such reason.
            CourseFault: the decision says what no such decision has, or the case is decided already.
            DecidedBySilence: the statutory limit was over before, and the law has decided otherwise.
        """
        if unknown := decision.model_extra:  # read from elsewhere, it may be a newer build's; not made here
            known = ", ".join(name for name in type(decision).model_fields if name != "outcome")
            raise CourseFault(
                f"{type(decision).__name__} has no {', '.join(unknown)}; it has: {known or 'nothing'}"
            )
        if decision != self._case.journal.silence:
            await wait_for_the_law(self._case)
        decide(self._case, decision)
        return decision

    async def end(self, result: str) -> Ended:
        """End the case without a decision on the application; ``result`` is a word of the procedure."""
        return await self.decide(Ended(result=result))

    def today(self) -> date:
        """The legal day in the authority's zone, as it was when the procedure first read it here."""
        day = self._case.calendar.day(self._case.now())
        return date.fromisoformat(self._case.journal.remember("today", day.isoformat()))


def _answer(request: Request[R], outcome: Outcome) -> R:
    if outcome.how == "lapsed":
        raise Lapsed(outcome.value)
    return cast(R, request.answer.model_validate(outcome.value))


def _is(outcome: Outcome, wanted: str | None) -> bool:
    return wanted is not None and outcome.how in ("answered", "deemed") and outcome.value["outcome"] == wanted
