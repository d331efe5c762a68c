"""Intake: what each event does to a case."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from contracts.platform import Delivered
from contracts.terms.errors import REASONS, Refusal, refusal_of
from contracts.terms.reports import report_of
from contracts.terms.requests import REQUESTS
from contracts.wire.ledger import Kind
from contracts.wire.messages import (
    Answered,
    ApplicantWithdrew,
    Corrected,
    Missing,
    NotOurs,
    Paid,
    Question,
    Received,
    Refused,
    RefusedNotice,
    Reminded,
    Reported,
    Supplemented,
    Taken,
)
from workflows.case.case import Case, refusal
from workflows.case.journal import PAYMENT, Fact, Outcome, Wait, size_of
from workflows.case.outbox import Recorded


def take(case: Case, delivered: Delivered) -> None:
    """Let an event take effect, once. A repeat (same source and id) changes nothing; but where the broker had
    it before a copy that is still undecided, it takes that one's place: it may be in time.

    Whatever cannot take effect is recorded as refused, and its sender is told why.
    """
    case.events += 1  # a repeat, too: it fills the run's history as much as the first copy did
    case.bytes += size_of(delivered)
    if case.journal.is_new(delivered.event) or case.journal.drop_later_copy(delivered):
        _take_effect(case, delivered)


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
    wait = _wait_of(case, delivered)
    if wait is None and _step(delivered) not in case.journal.outcomes:
        raise refusal("unknown-request")
    if wait is not None and not wait.in_time(delivered.received):
        _set_aside(case, delivered)
        return
    if wait is None or wait.request is None:
        recorded = case.record("late", by=delivered, step=_step(delivered))
        _taken(recorded, delivered, late=True)
        return
    data = delivered.event.data
    try:
        answer = REQUESTS[wait.request].answer.model_validate(data["answer"])
    except (ValidationError, KeyError):
        # The gateway admits none such; but the worker of a check may be of another build.
        raise refusal("invalid") from None
    case.waits.settle(wait.step, Outcome(how="answered", value=answer.model_dump(mode="json")))
    recorded = case.record(
        "answered", of=wait, by=delivered, outcome=answer.outcome, role=data.get("officer")
    )
    _taken(recorded, delivered)


def _received(case: Case, delivered: Delivered) -> None:
    case.record("received", by=delivered, of=_wait_of(case, delivered), step=_step(delivered))


def _corrected(case: Case, delivered: Delivered) -> None:
    """Keep the correction; by itself it changes nothing."""
    recorded = case.record("corrected", by=delivered, of=_wait_of(case, delivered), step=_step(delivered))
    _taken(recorded, delivered, late=True)


def _question(case: Case, delivered: Delivered) -> None:
    """Pass the question on to the applicant."""
    recorded = case.record("question", by=delivered, of=_wait_of(case, delivered), step=_step(delivered))
    recorded.tell_applicant(Missing(items=(Question.model_validate(delivered.event.data).text,)))
    _taken(recorded, delivered)


def _not_ours(case: Case, delivered: Delivered) -> None:
    """Tell the lead agency; the overdue ladder goes on, so that the case cannot come to a halt."""
    wait = _wait_of(case, delivered)
    recorded = case.record("not-ours", by=delivered, of=wait, step=_step(delivered))
    if wait and wait.agency and wait.request and wait.due:
        reminder = Reminded(request=wait.request, agency=wait.agency, due=wait.due, escalated=True)
        recorded.tell_agency(case.item.lead, reminder)
    _taken(recorded, delivered)


def _wait_of(case: Case, delivered: Delivered) -> Wait | None:
    """The open request that an agency's event is about, if it was asked of that agency."""
    for wait in case.journal.waits.values():
        about = wait.request is not None and wait.request_id == delivered.event.requestid
        if about and wait.holder == delivered.actor:
            return wait
    return None


def _step(delivered: Delivered) -> str | None:
    """The step that an event is about: its request id without the case."""
    return delivered.event.requestid.split("/", 1)[1] if delivered.event.requestid else None


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
        _taken(_record_fact(case, delivered, "reported", name, keep=report is not None), delivered)


def _paid(case: Case, delivered: Delivered) -> None:
    if case.waits.undecided(PAYMENT, delivered.received):
        _set_aside(case, delivered)
    else:
        _record_fact(case, delivered, "paid", PAYMENT)


def _supplemented(case: Case, delivered: Delivered) -> None:
    """Take what was handed in, if the application is still one with it."""
    if case.waits.undecided("supplemented", delivered.received):
        _set_aside(case, delivered)
        return
    try:
        supplements = case.supplemented(delivered.event.data["application"])
    except ValidationError as error:
        raise refusal_of(error, under="data.application") from None
    _record_fact(case, delivered, "supplemented", "supplemented")
    case.journal.supplements = supplements


def _withdrawn(case: Case, delivered: Delivered) -> None:
    case.withdraw(delivered)


def _record_fact(case: Case, delivered: Delivered, kind: Kind, name: str, *, keep: bool = True) -> Recorded:
    """Give a fact to the wait that wants it, or keep it for one that will; record it.

    Raises:
        Refusal: no wait wants it and there is no room to keep it.
    """
    data = delivered.event.data
    fact = Fact(name=name, cause=delivered.event.key, received=delivered.received, data=data)
    wait = case.waits.receive(fact)
    if wait is None and keep and not case.journal.keep(fact):
        raise refusal("too-many-events")
    return case.record(kind, of=wait, by=delivered, outcome=data.get("step"), role=data.get("officer"))


# --- what the sender is told -----------------------------------------------------------------------------


def _refuse(case: Case, delivered: Delivered, why: Refusal) -> None:
    recorded = case.record("refused", by=delivered, outcome=why.reason)
    by_agency = delivered.actor.kind == "agency"
    message = (Refused if by_agency else RefusedNotice)(
        event=delivered.event.id,
        reason=why.reason,
        text=REASONS[why.reason],
        detail=why.detail,
        field=why.field,
    )
    if by_agency:
        recorded.tell_agency(delivered.actor.id, message)
    else:
        recorded.tell_applicant(message)


def _taken(recorded: Recorded, delivered: Delivered, *, late: bool = False) -> None:
    recorded.tell_agency(delivered.actor.id, Taken(event=delivered.event.id, late=late))


_EFFECTS: dict[str, Callable[[Case, Delivered], None]] = {
    Answered.type: _answered,
    Received.type: _received,
    Corrected.type: _corrected,
    Question.type: _question,
    NotOurs.type: _not_ours,
    Reported.type: _reported,
    Paid.type: _paid,
    Supplemented.type: _supplemented,
    ApplicantWithdrew.type: _withdrawn,
}
