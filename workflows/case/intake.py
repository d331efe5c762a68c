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
    ANSWERED,
    CORRECTED,
    NOT_OURS,
    NOTICE_MISSING,
    NOTICE_REFUSED,
    PAID,
    QUESTION,
    RECEIVED,
    REFUSED,
    REMINDED,
    REPORTED,
    SUPPLEMENTED,
    TAKEN,
    WITHDRAWN,
    Missing,
    Question,
    Refused,
    Reminded,
    Reported,
    Taken,
)
from workflows.case.journal import Fact, Outcome, Wait
from workflows.case.proceedings import Proceedings


def in_order(inbox: list[Delivered]) -> list[Delivered]:
    """Events that came in one activation, by the time the broker had them, then by who sent them.

    Signals sent at once arrive in any order; so which of two answers came first is not left to chance.
    """
    return sorted(inbox, key=lambda each: (each.received, each.actor))


def take(case: Proceedings, delivered: Delivered) -> None:
    """Let an event take effect, once. A repeat (same source and id) changes nothing."""
    if not case.journal.is_new(delivered.event):
        return
    case.events += 1
    if case.closed:
        _refuse(case, delivered, "case-closed")
    else:
        _EFFECTS[delivered.event.type](case, delivered)


def _wait_of(case: Proceedings, delivered: Delivered) -> Wait | None:
    """The open request that an agency's event is about, if it is that agency's."""
    for wait in case.journal.waits.values():
        if wait.request_id == delivered.event.requestid and f"agency:{wait.agency}" == delivered.actor:
            return wait
    return None


def _answered(case: Proceedings, delivered: Delivered) -> None:
    wait = _wait_of(case, delivered)
    if wait is None and _step(delivered) not in case.journal.outcomes:
        _refuse(case, delivered, "unknown-request")
        return
    if wait is None or wait.request is None or not wait.in_time(delivered.received):
        _late(case, delivered)
        return
    data = delivered.event.data
    try:
        answer = REQUESTS[wait.request].answer.model_validate(data["answer"])
    except (ValidationError, KeyError):
        # The gateway admits none such; but the worker of a check may be of another build.
        _refuse(case, delivered, "invalid")
        return
    case.settle(wait.step, Outcome(how="answered", value=answer.model_dump(mode="json")))
    case.record("answered", of=wait, by=delivered, outcome=answer.outcome, role=data.get("officer"))
    _taken(case, delivered)


def _late(case: Proceedings, delivered: Delivered) -> None:
    """Keep what came too late, or crossed a cancellation: it changes nothing."""
    case.record("late", by=delivered, step=_step(delivered))
    _taken(case, delivered, late=True)


def _about_request(kind: Kind) -> Callable[[Proceedings, Delivered], None]:
    def effect(case: Proceedings, delivered: Delivered) -> None:
        case.record(kind, by=delivered, of=_wait_of(case, delivered), step=_step(delivered))
        if delivered.event.type != RECEIVED:
            _taken(case, delivered, late=True)  # kept; it changes nothing by itself

    return effect


def _question(case: Proceedings, delivered: Delivered) -> None:
    case.record("question", by=delivered, of=_wait_of(case, delivered), step=_step(delivered))
    case.tell_applicant(NOTICE_MISSING, Missing(items=(Question.model_validate(delivered.event.data).text,)))
    _taken(case, delivered)


def _not_ours(case: Proceedings, delivered: Delivered) -> None:
    """The lead agency is told; the ladder goes on, so that the case cannot stand still."""
    wait = _wait_of(case, delivered)
    case.record("not-ours", by=delivered, of=wait, step=_step(delivered))
    if wait and wait.agency and wait.request and wait.due:
        reminder = Reminded(request=wait.request, agency=wait.agency, due=wait.due, escalated=True)
        case.tell_agency(case.item.lead, REMINDED, reminder)
    _taken(case, delivered)


def _fact(kind: Kind) -> Callable[[Proceedings, Delivered], None]:
    def effect(case: Proceedings, delivered: Delivered) -> None:
        data = delivered.event.data
        name = f"{kind}:{data['step']}" if kind == "reported" else kind
        fact = Fact(name=name, cause=delivered.event.key, received=delivered.received, data=data)
        wait = case.bring(fact)
        case.record(kind, of=wait, by=delivered, outcome=data.get("step"), role=data.get("officer"))
        if kind == "reported":
            _taken(case, delivered)

    return effect


def _reported(case: Proceedings, delivered: Delivered) -> None:
    """Take a report, if it is what its type asks for: the gateway may be of another build."""
    try:
        report_of(Reported.model_validate(delivered.event.data), delivered.actor.partition(":")[2])
    except Refusal as refusal:
        _refuse(case, delivered, refusal.reason, detail=refusal.detail, field=refusal.field)
    else:
        _fact("reported")(case, delivered)


def _withdrawn(case: Proceedings, delivered: Delivered) -> None:
    if not case.item.withdrawable:
        _refuse(case, delivered, "not-withdrawable")
        return
    if case.journal.decided:
        _refuse(case, delivered, "already-decided")
        return
    case.journal.withdrawn = True
    case.record("withdrawn", by=delivered)


def _supplemented(case: Proceedings, delivered: Delivered) -> None:
    """Take what was handed in, if the application is still one with it."""
    try:
        case.supplement(delivered.event.data["application"])
    except ValidationError as error:
        refusal = refusal_of(error, under="data.application")
        _refuse(case, delivered, "invalid", detail=refusal.detail, field=refusal.field)
    else:
        _fact("supplemented")(case, delivered)


def _refuse(
    case: Proceedings,
    delivered: Delivered,
    reason: str,
    *,
    detail: str | None = None,
    field: str | None = None,
) -> None:
    text = REASONS[reason]
    refused = Refused(
        event=delivered.event.id, reason=reason, text=text, detail=detail or text.en, field=field
    )
    case.record("refused", by=delivered, outcome=reason)
    party, _, identifier = delivered.actor.partition(":")
    if party == "agency":
        case.tell_agency(identifier, REFUSED, refused)
    else:
        case.tell_applicant(NOTICE_REFUSED, refused)


def _taken(case: Proceedings, delivered: Delivered, *, late: bool = False) -> None:
    agency = delivered.actor.removeprefix("agency:")
    case.tell_agency(agency, TAKEN, Taken(event=delivered.event.id, late=late))


def _step(delivered: Delivered) -> str | None:
    return delivered.event.requestid.split("/", 1)[1] if delivered.event.requestid else None


_EFFECTS: dict[str, Callable[[Proceedings, Delivered], None]] = {
    RECEIVED: _about_request("received"),
    ANSWERED: _answered,
    QUESTION: _question,
    NOT_OURS: _not_ours,
    CORRECTED: _about_request("corrected"),
    REPORTED: _reported,
    SUPPLEMENTED: _supplemented,
    PAID: _fact("paid"),
    WITHDRAWN: _withdrawn,
}
