"""What an operator orders, and what it does to a case.

Each order says first what is in its way, and is refused for that. Where the service item requires two persons
for it, it is then recorded as proposed, and takes effect once another person has confirmed it.
"""

from __future__ import annotations

from contracts.platform import Cancellation, Delivered
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import OPERATOR
from contracts.terms.requests import Refer, end_of, lapse
from contracts.wire.ledger import pseudonym_of
from contracts.wire.messages import CaseDue, Expired
from contracts.wire.orders import (
    CancelOrdered,
    ExtendOrdered,
    MoveOrdered,
    OrderProposed,
    ReleaseOrdered,
    order_of,
    ordered,
)
from workflows.case.asking import ask
from workflows.case.case import Case, refusal
from workflows.case.clock import turn
from workflows.case.deadlines import Deadline, Wait
from workflows.case.extending import check_extension, extensions_by
from workflows.case.journal import PROPOSALS_KEPT, Outcome, Proposal
from workflows.case.ladder import schedule
from workflows.case.replies import taken


def cancel(case: Case, delivered: Delivered) -> None:
    """End the case; it ends where it is, before anything else takes effect."""
    order = CancelOrdered.model_validate(delivered.event.data)
    if case.inbox.over:
        raise refusal("case-closed")
    if _agreed(case, delivered):
        cancellation = Cancellation(by=order.officer, why=order.why, order=delivered)
        case.inbox.cancellation = case.inbox.cancellation or cancellation


def resend(case: Case, delivered: Delivered) -> None:
    """Send an open request to its agency again."""
    wait = _open_request(case, delivered)
    if wait.is_check:
        raise _impossible("requestid", f"{wait.agency!r} has an automated check, and no system to send it to")
    if _agreed(case, delivered, wait):
        taken(case, ask(case, wait, kind="resent", provisional=wait.provisional, by=delivered), delivered)


def move(case: Case, delivered: Delivered) -> None:
    """Give an open request to another agency. Its limit begins again, with the ladder that it has; or, where
    the law would have referred it to this agency, with that of the referral."""
    wait = _open_request(case, delivered)
    to = MoveOrdered.model_validate(delivered.event.data).agency
    if to == wait.agency:
        raise _impossible("data.agency", f"{to!r} has the request")
    if to in case.opened.checks:
        raise _impossible("data.agency", f"{to!r} has an automated check, and no system to be asked by")
    if not case.requests[wait.step].may_be_answered_by(to):
        raise _impossible("data.agency", f"{to!r} is none of the agencies that may answer {wait.request!r}")
    if wait.limit is None or not _agreed(case, delivered, wait):
        return
    before, request, now = wait.agency, wait.request, case.now()
    end = end_of(wait.ladder)
    if isinstance(end, Refer) and end.to == to:
        wait.limit, wait.ladder = end.within, (lapse(end.otherwise),)
    wait.began = now  # also where the order came long before: the agency has its whole limit
    wait.suspended = {step: max(since, now) for step, since in wait.suspended.items()}
    due, rungs = schedule(case.calendar, now, wait.limit, wait.ladder, counting=case.law.counting)
    case.waits.refer(wait, to, due, rungs)
    recorded = ask(case, wait, kind="moved", provisional=due.provisional, by=delivered)
    if before is not None and request is not None:
        recorded.tell_agency(before, Expired(request=request, referred_to=to))
    taken(case, recorded, delivered)


def extend(case: Case, delivered: Delivered) -> None:
    """Extend the limits of the case, as its law allows and the agency has approved that its law names."""
    order = ExtendOrdered.model_validate(delivered.event.data)
    try:
        rule = case.law.extension(order.basis)
        check_extension(case, rule, order.limit, order.approver)
    except LookupError as error:
        raise _impossible("data", str(error)) from None
    if case.journal.decided:
        raise refusal("already-decided")
    due = case.clock.due
    if due is None:
        raise _impossible("data", "the limits of the case have not begun, or time does not count at present")
    if delivered.received >= due.at:
        raise _impossible("data", "the statutory limit is over; what is over cannot be made longer")
    if extensions_by(case, rule) >= rule.times:
        raise _impossible("data.basis", f"it was extended by {rule.basis} as often as the law allows")
    if not _agreed(case, delivered):
        return
    turned = turn(case, "extend", delivered.received, limit=order.limit)
    step = f"extend-ordered/{case.journal.sequence + 1}"
    case.journal.outcomes[step] = Outcome(how="done", value=[rule.basis])
    recorded = case.record(
        "extended", step=step, by=delivered, basis=rule.basis, outcome="approved", turned=turned
    )
    if turned.mark.due is not None:
        told = CaseDue(limit="statutory", due=turned.mark.due, basis=rule.basis)
        for agency in dict.fromkeys((order.approver, case.item.lead)):
            recorded.tell_agency(agency, told)
    taken(case, recorded, delivered)


def release(case: Case, delivered: Delivered) -> None:
    """Let the consequence of a limit take effect that is held since the platform was away, or since an
    automated check has not answered. What the fence waits for it waits for nevertheless."""
    step = ReleaseOrdered.model_validate(delivered.event.data).step
    deadline = next((each for each in case.journal.every_deadline() if each.step == step), None)
    if deadline is None:
        known = ", ".join(each.step for each in case.journal.every_deadline() if _is_held(each)) or "none"
        raise _impossible("data.step", f"the case has no limit {step!r}; of those it has, held are: {known}")
    if not _is_held(deadline):
        raise _impossible("data.step", f"what follows from {step!r} is not held")
    if deadline.held_until is not None and case.law.outage_basis is not None:
        raise _impossible("data.step", f"the law moves the limit: {case.law.outage_basis}")
    wait = deadline if isinstance(deadline, Wait) else None
    if not _agreed(case, delivered, wait, step):
        return
    deadline.held_until, deadline.unanswered, deadline.released = None, False, True
    case.waits.forget(step)
    case.waits.set_alarm()
    taken(case, case.record("released", of=wait, step=step, by=delivered), delivered)


def _is_held(deadline: Deadline) -> bool:
    """Whether the platform's own doing holds it. One that was counted again binds later so that whom it binds
    hears of it before."""
    return deadline.unanswered or (deadline.held_until is not None and deadline.outage is not None)


def _open_request(case: Case, delivered: Delivered) -> Wait:
    """The wait of the request that an order is about.

    Raises:
        Refusal: the case made no such request, or it is no longer open.
    """
    request = delivered.event.requestid or ""
    step = request.partition("/")[2]
    wait = case.journal.waits.get(step)
    if wait is not None and wait.request is not None:
        return wait
    raise refusal("request-closed" if case.journal.is_known(step) else "unknown-request")


def _agreed(case: Case, delivered: Delivered, of: Wait | None = None, step: str | None = None) -> bool:
    """Whether an order takes effect now. If another person has to confirm it, it is recorded as proposed.

    Args:
        of, step: what it is about.

    Raises:
        Refusal: it confirms what was not ordered, or what the same person has ordered.
    """
    order, proposals = order_of(delivered.event), case.journal.proposals
    officer, said = pseudonym_of(case.opened.secret, OPERATOR, order.officer), ordered(delivered.event)
    if order.confirms is not None:
        proposal = proposals.get(order.confirms)
        if proposal is None or proposal.ordered != said:
            raise refusal("unknown-order")
        if proposal.officer == officer:
            raise refusal("same-person")
        del proposals[order.confirms]
        return True
    if order.lever not in case.item.two_persons:
        return True
    if len(proposals) >= PROPOSALS_KEPT:
        raise refusal("too-many-events")
    proposals[delivered.event.id] = Proposal(ordered=said, officer=officer)
    recorded = case.record("proposed", of=of, step=step, by=delivered, outcome=order.lever)
    recorded.tell_operator(OrderProposed(event=delivered.event.id, lever=order.lever))
    return False


def _impossible(field: str, detail: str) -> Refusal:
    return Refusal("not-possible", f"{field}: {detail}", field)
