"""How a case comes to its end: it is decided, and it is closed."""

from __future__ import annotations

from datetime import datetime

from contracts.terms.decisions import Decision, Refuse
from contracts.terms.values import Money
from contracts.wire.messages import CaseClosed
from contracts.wire.notices import CaseClosedNotice, Decided, RefundDue
from workflows.case.case import Case
from workflows.case.clock import turn
from workflows.case.faults import CourseFault
from workflows.case.journal import PAYMENT
from workflows.case.penalty import tell_penalty


def decide(case: Case, decision: Decision, at: datetime | None = None) -> None:
    """Decide a case and tell the applicant. From here on it cannot be withdrawn, and its limits are kept or
    not.

    Args:
        at: since when it is decided; by default when the broker received what the course knows last.

    Raises:
        LookupError: the reason of a refusal is none of the law version.
        CourseFault: the case is decided already, by its course or by the law.
    """
    code = decision.reason if isinstance(decision, Refuse) else None
    told = None if code is None else case.law.reason(code)
    earlier = case.decision or case.journal.silence
    if case.decision is not None or earlier not in (None, decision):
        raise CourseFault(
            f"{case.item.procedure}: its course decides a second time: {decision!r}, after {earlier!r}; "
            "decide once, and catch Lapsed where something is asked after that"
        )
    case.decision, case.journal.decided = decision, True
    step = case.once("decide", decision=decision)
    if step is None:
        return
    at = at or case.moment
    data = {"decision": decision.model_dump(mode="json")}
    turned = turn(case, "stop", at) if case.clock.started is not None else None
    recorded = case.record(
        "decided", step=step, outcome=decision.outcome, reason=code, data=data, turned=turned
    )
    recorded.tell_applicant(Decided(decision=decision, reason=told, ledger_hash=recorded.hash))
    tell_penalty(case, at)


def close(case: Case, decision: Decision) -> None:
    """Stop everything that is open and add the last entry. What comes from now on is refused."""
    case.stop_all("the case is closed")
    for fact in case.journal.facts:
        if fact.name == PAYMENT:
            case.journal.refund(Money.model_validate(fact.data["amount"]))
    for currency, paid in case.journal.refundable.items():
        due = RefundDue(amount=Money(amount=paid, currency=currency))
        case.record("refund-due", fee_refund=due.amount, data=due).tell_applicant(due)
    case.closed = True
    recorded = case.record("closed", outcome=decision.outcome)
    about = {"outcome": decision.outcome, "ledger_hash": recorded.hash}
    for agency in case.journal.involved:
        recorded.tell_agency(agency, CaseClosed.model_validate(about))
    recorded.tell_applicant(CaseClosedNotice.model_validate(about))
