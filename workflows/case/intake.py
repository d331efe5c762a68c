"""Intake: what each event does to a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from contracts.platform import Delivered
from contracts.terms.errors import REASONS, Refusal, refusal_of
from contracts.terms.reports import report_of
from contracts.terms.requests import REQUESTS
from contracts.terms.values import Money
from contracts.wire.ledger import Kind, sha256
from contracts.wire.messages import (
    Answered,
    ApplicantReplied,
    ApplicantWithdrew,
    Asked,
    Corrected,
    Disowned,
    NotOurs,
    Paid,
    Question,
    Received,
    Refused,
    RefusedNotice,
    Replied,
    Reported,
    Supplemented,
    Taken,
    TakenNotice,
    refusal_id,
)
from workflows.case.case import Case, refusal
from workflows.case.journal import PAYMENT, QUESTIONS_KEPT, AskedQuestion, Fact, Outcome, Wait, size_of
from workflows.case.outbox import Recorded


def take(case: Case, delivered: Delivered) -> None:
    """Let an event take effect, once. A repeat (same source and id) changes nothing; but where the broker had
    it before a copy that is still undecided, it takes that one's place: it may be in time.

    Whatever cannot take effect is recorded as refused, and its sender is told why. So is what has the id of
    another event that took effect.
    """
    case.events += 1  # a repeat, too: it fills the run's history as much as the first copy did
    case.bytes += size_of(delivered)
    match case.journal.hear(delivered.event):
        case "new":
            _take_effect(case, delivered)
        case "copy":
            if case.journal.drop_later_copy(delivered):
                _take_effect(case, delivered)
        case "other":
            _refuse(case, delivered, refusal("id-reused"))


def take_undecided(case: Case) -> None:
    """Let the events take effect of which it is known by now whether they are late."""
    undecided, case.journal.undecided = case.journal.undecided, []
    for delivered in undecided:
        _take_effect(case, delivered)


def _take_effect(case: Case, delivered: Delivered) -> None:
    try:
        if case.closed:
            raise refusal("case-closed")
        _EFFECTS[delivered.event.type](case, delivered)
    except Refusal as why:
        _refuse(case, delivered, why)


def _set_aside(case: Case, delivered: Delivered) -> None:
    """Keep an event until the fence of the wait that it came too late for says whether it counts.

    Raises:
        Refusal: too many wait already.
    """
    if not case.journal.set_aside(delivered):
        raise refusal("too-many-events")


# --- from an agency, about a request ---------------------------------------------------------------------


def _answered(case: Case, delivered: Delivered) -> None:
    """Settle the request. An answer that is late, or that crossed a cancellation, is kept as such."""
    step, wait, _ = _asked(case, delivered)
    if wait is None or wait.request is None:
        _late(case, delivered, step)
        return
    if not wait.in_time(delivered.received):
        _set_aside(case, delivered)
        return
    data = delivered.event.data
    # The gateway admits none that does not fit; but the worker of a check may be of another build.
    answer = REQUESTS[wait.request].answer_from(data["answer"])
    case.waits.settle(wait.step, Outcome(how="answered", value=answer.model_dump(mode="json")))
    recorded = case.record(
        "answered", of=wait, by=delivered, outcome=answer.outcome, role=data.get("officer")
    )
    _taken(recorded, delivered)


def _received(case: Case, delivered: Delivered) -> None:
    step, wait = _open_or_answered(case, delivered)
    case.record("received", by=delivered, of=wait, step=step)


def _corrected(case: Case, delivered: Delivered) -> None:
    """Keep the correction; by itself it changes nothing."""
    step, wait = _open_or_answered(case, delivered)
    _taken(case.record("corrected", by=delivered, of=wait, step=step), delivered, late=True)


def _question(case: Case, delivered: Delivered) -> None:
    """Put the agency's question to the applicant, once however often it is asked."""
    wait = _open(case, delivered)
    text = Question.model_validate(delivered.event.data).text
    mark = sha256(text.model_dump(mode="json"))[:20]
    asked = [each for each in case.journal.questions.values() if each.step == wait.step]
    if len(asked) >= QUESTIONS_KEPT:
        raise refusal("too-many-events")
    recorded = case.record("question", of=wait, by=delivered)
    if wait.agency is not None and wait.due is not None and mark not in {each.text for each in asked}:
        question = recorded.entry.id
        case.journal.questions[question] = AskedQuestion(
            step=wait.step, agency=wait.agency, event=delivered.event.id, text=mark
        )
        recorded.tell_applicant(Asked(question=question, agency=wait.agency, text=text, due=wait.due))
    _taken(recorded, delivered)


def _not_ours(case: Case, delivered: Delivered) -> None:
    """Tell the lead agency; the overdue ladder goes on, so that the case cannot come to a halt."""
    wait = _open(case, delivered)
    said = NotOurs.model_validate(delivered.event.data)
    recorded = case.record("not-ours", of=wait, by=delivered)
    if wait.request is not None and wait.agency is not None and wait.due is not None:
        disowned = Disowned(
            request=wait.request,
            agency=wait.agency,
            due=wait.due,
            reason=said.reason,
            belongs_to=said.belongs_to,
        )
        if wait.agency != case.item.lead:
            recorded.tell_agency(case.item.lead, disowned)
    _taken(recorded, delivered)


def _asked(case: Case, delivered: Delivered) -> tuple[str, Wait | None, Outcome | None]:
    """The step of the request that an agency speaks about; its wait, while the agency may answer it; and its
    outcome, once it has one.

    Raises:
        Refusal: the case made no such request of this agency.
    """
    request, agency = delivered.event.requestid or "", delivered.actor.id
    step = request.partition("/")[2]
    wait, outcome = case.journal.waits.get(step), case.journal.outcomes.get(step)
    if wait is not None and wait.request_id == request and agency in (wait.agency, wait.referred_by):
        return step, wait if wait.agency == agency else None, None
    if outcome is not None and request == case.request_id(step) and agency in outcome.asked:
        return step, None, outcome
    raise refusal("unknown-request")


def _open(case: Case, delivered: Delivered) -> Wait:
    """The wait of the open request that an agency speaks about.

    Raises:
        Refusal: the case made no such request of this agency, or it is no longer open.
    """
    _, wait, _ = _asked(case, delivered)
    if wait is None:
        raise refusal("request-closed")
    return wait


def _open_or_answered(case: Case, delivered: Delivered) -> tuple[str, Wait | None]:
    """The step of the request that an agency speaks about, which is open, or which it has answered.

    Raises:
        Refusal: the case made no such request of this agency, or it has ended in another way.
    """
    step, wait, outcome = _asked(case, delivered)
    answered = outcome is not None and outcome.how == "answered" and outcome.asked[-1] == delivered.actor.id
    if wait is None and not answered:
        raise refusal("request-closed")
    return step, wait


# --- reports, and what comes through the channel ---------------------------------------------------------


def _reported(case: Case, delivered: Delivered) -> None:
    """Take a report from whoever may report in this procedure, if it is what its type asks for: the gateway
    may be of another build. Of a step without a report type nothing is kept, since no verb can want it."""
    reported = Reported.model_validate(delivered.event.data)
    if not case.item.hears(delivered.actor.id):
        detail = f"{delivered.actor.id!r} does not report in {case.item.procedure!r}"
        raise Refusal("wrong-source", detail, "source")
    report = report_of(reported.step, reported.content, delivered.actor.id)
    name = f"reported:{reported.step}"
    if case.waits.undecided(name, delivered.received):
        _set_aside(case, delivered)
    else:
        recorded, _ = _record_fact(case, delivered, "reported", name, keep=report is not None)
        _taken(recorded, delivered)


def _paid(case: Case, delivered: Delivered) -> None:
    """Count a payment, once by its reference, towards what is owed, and say how much of it was too much."""
    paid = Paid.model_validate(delivered.event.data)
    if not paid.amount.amount:
        place = "data.amount.amount"
        raise Refusal("invalid", f"{place}: nothing was paid", place)
    if paid.amount.currency != case.item.fees.currency:
        place, wanted = "data.amount.currency", case.item.fees.currency
        raise Refusal("wrong-currency", f"{place}: the case takes payments in {wanted}", place)
    if case.waits.undecided(PAYMENT, delivered.received):
        _set_aside(case, delivered)
        return
    if not case.journal.pay(paid.reference):
        raise Refusal("payment-known", REASONS["payment-known"].en, "data.reference")
    recorded, wait = _record_fact(case, delivered, "paid", PAYMENT)
    _taken(recorded, delivered, excess=wait.excess if wait else None)


def _supplemented(case: Case, delivered: Delivered) -> None:
    """Take what was asked for and handed in, if the application is still one with it.

    Raises:
        Refusal: nothing was asked for, or something else; what was asked for may still be handed in.
    """
    handed_in = Supplemented.model_validate(delivered.event.data).application
    waits = [wait for wait in case.journal.waits.values() if wait.fields]
    if not waits:
        if not any(each.how == "lapsed" and each.fields for each in case.journal.outcomes.values()):
            raise refusal("not-asked")
        _late(case, delivered)
        return
    if case.waits.undecided("supplemented", delivered.received):
        _set_aside(case, delivered)
        return
    wait = _wait_that_asked_for(handed_in, waits)
    try:
        supplements = case.supplemented(handed_in)
    except ValidationError as error:
        raise refusal_of(error, under="data.application") from None
    case.journal.supplements = supplements
    fact = _fact(delivered, "supplemented")
    case.waits.settle(wait.step, Outcome(how="answered", value=fact.model_dump(mode="json")))
    _taken(case.record("supplemented", of=wait, by=delivered), delivered)


def _wait_that_asked_for(handed_in: Mapping[str, Any], waits: Sequence[Wait]) -> Wait:
    """The wait that asked for what is handed in: all of it, and each of it something.

    Raises:
        Refusal: none did.
    """
    for wait in waits:
        if handed_in and all(field in wait.fields and handed_in[field] is not None for field in handed_in):
            return wait
    asked = list(dict.fromkeys(field for wait in waits for field in wait.fields))
    wrong = [field for field, value in handed_in.items() if field not in asked or value is None]
    place = ".".join(["data.application", *wrong[:1]])
    raise Refusal("invalid", f"{place}: what was asked for, and may not be empty: {', '.join(asked)}", place)


def _replied(case: Case, delivered: Delivered) -> None:
    """Give the applicant's reply to the agency that asked."""
    reply = ApplicantReplied.model_validate(delivered.event.data)
    asked = case.journal.questions.get(reply.question)
    if asked is None:
        raise Refusal("unknown-question", REASONS["unknown-question"].en, "data.question")
    wait = case.journal.waits.get(asked.step)
    if wait is None or wait.agency != asked.agency:
        _late(case, delivered, asked.step)
        return
    recorded = case.record("replied", of=wait, by=delivered)
    recorded.tell_agency(
        asked.agency, Replied(question=asked.event, text=reply.text, documents=reply.documents)
    )
    _taken(recorded, delivered)


def _withdrawn(case: Case, delivered: Delivered) -> None:
    _taken(case.withdraw(delivered), delivered)


def _record_fact(
    case: Case, delivered: Delivered, kind: Kind, name: str, *, keep: bool = True
) -> tuple[Recorded, Wait | None]:
    """Give a fact to the wait that wants it, or keep it for one that will; record it.

    Raises:
        Refusal: no wait wants it and there is no room to keep it.
    """
    data, fact = delivered.event.data, _fact(delivered, name)
    wait = case.waits.receive(fact)
    if wait is None and keep and not case.journal.keep(fact):
        raise refusal("too-many-events")
    outcome = "part" if wait and wait.step in case.journal.waits else data.get("step")
    return case.record(kind, of=wait, by=delivered, outcome=outcome, role=data.get("officer")), wait


def _fact(delivered: Delivered, name: str) -> Fact:
    return Fact(name=name, cause=delivered.event.key, received=delivered.received, data=delivered.event.data)


# --- what the sender is told -----------------------------------------------------------------------------


def _refuse(case: Case, delivered: Delivered, why: Refusal) -> None:
    event = delivered.event
    case.journal.refuse(event)
    refused = (Refused if delivered.actor.kind == "agency" else RefusedNotice)(
        event=event.id, reason=why.reason, text=REASONS[why.reason], detail=why.detail, field=why.field
    )
    recorded = case.record("refused", by=delivered, outcome=why.reason)
    recorded.refuse(delivered.actor, refused, refusal_id(event.source, event.id, sha256(event.said)))


def _late(case: Case, delivered: Delivered, step: str | None = None) -> None:
    """Keep what came too late; it changes nothing."""
    _taken(case.record("late", by=delivered, step=step), delivered, late=True)


def _taken(
    recorded: Recorded, delivered: Delivered, *, late: bool = False, excess: Money | None = None
) -> None:
    if delivered.actor.kind == "agency":
        recorded.tell_agency(delivered.actor.id, Taken(event=delivered.event.id, late=late))
    else:
        recorded.tell_applicant(TakenNotice(event=delivered.event.id, late=late, excess=excess))


_EFFECTS: dict[str, Callable[[Case, Delivered], None]] = {
    Answered.type: _answered,
    Received.type: _received,
    Corrected.type: _corrected,
    Question.type: _question,
    NotOurs.type: _not_ours,
    Reported.type: _reported,
    Paid.type: _paid,
    Supplemented.type: _supplemented,
    ApplicantReplied.type: _replied,
    ApplicantWithdrew.type: _withdrawn,
}
