"""What an agency's events do to a case: those about a request to it, and the steps that it reports."""

from __future__ import annotations

from contracts.platform import Delivered
from contracts.terms.errors import Refusal
from contracts.terms.reports import report_of
from contracts.wire.canonical import sha256
from contracts.wire.contact import Contact, Handling
from contracts.wire.messages import Disowned, NotOurs, Question, Reported
from contracts.wire.notices import Asked, LimitMoved
from workflows.case.answering import answer_to
from workflows.case.asking import STANDS_STILL
from workflows.case.case import Case, refusal
from workflows.case.deadlines import Wait
from workflows.case.facts import record_fact
from workflows.case.journal import QUESTIONS_KEPT, AskedQuestion, Outcome
from workflows.case.replies import keep_late, taken


def answer(case: Case, delivered: Delivered) -> None:
    """Settle the request. An answer that is late, or that crossed a cancellation, is kept as such."""
    step, wait, _ = _asked(case, delivered)
    if wait is None or wait.request is None:
        keep_late(case, delivered, step)
        return
    data = delivered.event.data
    contact = Contact.stated_in(data)
    answer = answer_to(case, wait, data["answer"], contact.officer)
    outcome = Outcome(how="answered", value=answer.model_dump(mode="json"))
    if contact.officer or contact.desk:
        outcome.handling = Handling(officer=contact.officer, desk=contact.desk)
    case.waits.settle(wait.step, outcome, delivered.received)
    recorded = case.record("answered", of=wait, by=delivered, outcome=answer.outcome, reason=answer.reason)
    taken(case, recorded, delivered)


def receive(case: Case, delivered: Delivered) -> None:
    """Record that an officer has the request."""
    step, wait = _open_or_answered(case, delivered)
    case.record("received", by=delivered, of=wait, step=step)


def correct(case: Case, delivered: Delivered) -> None:
    """Keep the correction; by itself it changes nothing."""
    step, wait = _open_or_answered(case, delivered)
    taken(case, case.record("corrected", by=delivered, of=wait, step=step), delivered, late=True)


def ask_applicant(case: Case, delivered: Delivered) -> None:
    """Put the agency's question to the applicant, once however often it is asked."""
    wait = _open(case, delivered)
    text = Question.model_validate(delivered.event.data).text
    mark = sha256(text.model_dump(mode="json"))[:20]
    of_step = [each for each in case.journal.questions.values() if each.step == wait.step]
    asked = [each for each in of_step if each.agency == wait.agency]
    if len(asked) < len(of_step) and not case.runtime.patched("who-is-asked-instead-asks-anew"):
        asked = of_step
    if len(asked) >= QUESTIONS_KEPT:
        raise refusal("too-many-events")
    recorded = case.record("question", of=wait, by=delivered)
    if wait.agency is not None and wait.due is not None and mark not in {each.text for each in asked}:
        question = recorded.entry.id
        case.journal.questions[question] = AskedQuestion(
            step=wait.step, agency=wait.agency, event=delivered.event.id, text=mark
        )
        recorded.tell_applicant(Asked(question=question, agency=wait.agency, text=text, due=wait.due))
        if wait.stands_still and case.runtime.patched("a-question-says-that-time-stands-still"):
            recorded.tell_applicant(LimitMoved(notice="question", questions=(question,), reason=STANDS_STILL))
    taken(case, recorded, delivered)


def disown(case: Case, delivered: Delivered) -> None:
    """Tell the lead agency; the overdue ladder continues, so that the case cannot come to a halt."""
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
    taken(case, recorded, delivered)


def report(case: Case, delivered: Delivered) -> None:
    """Take a report from whoever may report in this procedure, if it is what its type asks for: the gateway
    may be of another build. Of a step without a report type nothing is kept, since no verb can want it."""
    reported = Reported.model_validate(delivered.event.data)
    if not case.item.hears(delivered.actor.id):
        detail = f"{delivered.actor.id!r} does not report in {case.item.procedure!r}"
        raise Refusal("wrong-source", detail, "source")
    report = report_of(reported.step, reported.content, delivered.actor.id)
    name = f"reported:{reported.step}"
    recorded, _ = record_fact(case, delivered, "reported", name, keep=report is not None)
    taken(case, recorded, delivered)


def _asked(case: Case, delivered: Delivered) -> tuple[str, Wait | None, Outcome | None]:
    """The step of the request that an agency speaks about; its wait, while the agency may answer it; and its
    outcome, once it has one.

    Raises:
        Refusal: the case made no such request of this agency.
    """
    request, agency = delivered.event.requestid or "", delivered.actor.id
    step = request.partition("/")[2]
    wait, outcome = case.journal.waits.get(step), case.journal.outcomes.get(step)
    if wait is not None and wait.request_id == request and agency in (wait.agency, *wait.asked_earlier):
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
