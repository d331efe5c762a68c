"""Extending the limits of a case, with an approval."""

from __future__ import annotations

from contracts.terms.clock_rules import Extension
from contracts.terms.identifiers import AgencyId
from contracts.terms.limits import Limit
from contracts.terms.requests import Approval, Request
from workflows.case.case import Case
from workflows.case.clock import turn
from workflows.case.journal import mark_of
from workflows.case.orderers import ordered_by


def check_extension(case: Case, rule: Extension, limit: Limit, approver: AgencyId) -> None:
    """Return if a law allows an extension by ``limit`` that this agency approves.

    Raises:
        LookupError: it does not.
    """
    if limit.unit != rule.limit.unit or limit.count > rule.limit.count:
        raise LookupError(f"{rule.basis} allows an extension by {rule.limit} at most, and not by {limit}")
    wanted = rule.approver or case.item.lead
    if approver != wanted:
        raise LookupError(f"an extension by {rule.basis} is approved by {wanted!r}, and not by {approver!r}")


def extensions_by(case: Case, rule: Extension) -> int:
    """How often the limits were extended by a rule, by the course or by an operator's order."""
    return sum(each.value == [rule.basis] for each in case.journal.outcomes.values())


def extend(
    case: Case, rule: Extension, limit: Limit, approval: Approval, approved: type[Request[Approval]]
) -> bool:
    """Extend the limits if it was approved before the statutory one ended and the law still allows it;
    returns whether they were extended.

    An approval that comes later extends nothing: a limit that has passed cannot be extended.
    """
    step = case.journal.next_step("extend")
    mark = mark_of({"basis": rule.basis, "limit": limit, "outcome": approval.outcome})
    if case.do_once(step, mark):
        due, moment = case.clock.due, case.moment
        in_time = case.clock.started is not None and (due is None or moment < due.at)
        if approval.outcome == "approved" and in_time and extensions_by(case, rule) < rule.times:
            case.journal.outcomes[step].value = [rule.basis]
            turned, by = turn(case, "extend", moment, limit=limit), ordered_by(case, approved)
            case.record(
                "extended",
                step=step,
                received=moment,
                actor=by.actor,
                contact=by.contact,
                basis=rule.basis,
                outcome=approval.outcome,
                turned=turned,
            )
    return case.journal.outcomes[step].value is not None
