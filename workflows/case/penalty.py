"""The penalty payment that an authority owes an applicant for a late decision, after notice of default.

Dutch law: Algemene wet bestuursrecht art. 4:17 to 4:18.
"""

from __future__ import annotations

from datetime import datetime

from contracts.penalties import PENALTY, end_of_days, penalty_due, rates_of
from contracts.platform import Delivered
from contracts.terms.calendar import Due
from contracts.terms.clock_rules import PenaltyPayment
from contracts.wire.messages import CaseDue
from workflows.case.case import Case, refusal
from workflows.case.deadlines import Deadline, Default, Over, ScheduledRung
from workflows.case.replies import taken


def notice_default(case: Case, delivered: Delivered) -> None:
    """Take the applicant's notice of default: from a stated time on a penalty payment is owed.

    Raises:
        Refusal: the law has none here, the decision is not late, or there is one; or notice was given before.
    """
    late, due = case.law.late, case.clock.due
    if not isinstance(late, PenaltyPayment):
        raise refusal("no-penalty")
    if case.journal.decided:
        raise refusal("already-decided")
    if case.journal.default is not None:
        raise refusal("already-noticed")
    if (delivered.received < due.at) if due else not _is_over(case):
        raise refusal("not-overdue")
    begins = _beginning(case, late, delivered.received)
    case.journal.default = Default(noticed=delivered.received, begins=begins.at)
    _set(case, begins)
    recorded = case.record(
        "default-noticed", by=delivered, due=begins.at, provisional=begins.provisional, basis=late.basis
    )
    recorded.tell_agency(case.item.lead, CaseDue(limit=PENALTY, due=begins.at, basis=late.basis))
    taken(case, recorded, delivered)


def _is_over(case: Case) -> bool:
    """Whether the statutory limit was over before time stood still, and does not begin again after that."""
    limit = case.journal.deadlines.get("statutory")
    if limit is None or not limit.rungs or limit.passed < len(limit.rungs) or case.clock.interrupting:
        return False
    return case.runtime.patched("what-was-over-stays-over-while-time-stands-still")


def take_penalty(case: Case, limit: Deadline) -> None:
    """The penalty payment begins, or grows no more."""
    default, late = case.journal.default, case.law.late
    if default is None or not isinstance(late, PenaltyPayment):
        raise TypeError("a penalty payment without notice of default, or by a law that has none")
    if default.begun:
        tell_penalty(case, limit.due or case.now())
        return
    default.begun = True
    end = _end_of(case, default, late)
    _set(case, end)
    recorded = case.record(
        "penalty-begun",
        occurred=default.begins,
        due=end.at,
        provisional=end.provisional,
        basis=late.basis,
    )
    told = CaseDue(limit=PENALTY, due=end.at, overdue=True, basis=late.basis)
    recorded.tell_agency(case.item.lead, told)


def count_penalty_anew(case: Case, why: str) -> None:
    """Compute again when the penalty payment begins, or grows no more, since the calendar has changed; where
    that has moved it, say so and tell the lead agency. One that has begun began when it did."""
    default, late = case.journal.default, case.law.late
    before = case.journal.deadlines.get(PENALTY)
    if default is None or before is None or not isinstance(late, PenaltyPayment):
        return
    if default.begun:
        due = _end_of(case, default, late)
    else:
        due = _beginning(case, late, default.noticed)
        default.begins = due.at
    if (before.due, before.provisional) == due:
        return
    _set(case, due)
    recorded = case.record(
        "rescheduled",
        outcome=PENALTY,
        due=due.at,
        due_before=before.due,
        provisional=due.provisional,
        basis=why,
    )
    if due.at != before.due:
        told = CaseDue(limit=PENALTY, due=due.at, overdue=default.begun, basis=why)
        recorded.tell_agency(case.item.lead, told)


def tell_penalty(case: Case, at: datetime) -> None:
    """Say what the authority owes, once: when the case is decided at ``at``, or when it grows no more."""
    default, late = case.journal.default, case.law.late
    if default is None or default.told or not isinstance(late, PenaltyPayment):
        return
    case.journal.deadlines.pop(PENALTY, None)
    default.told = True
    if due := penalty_due(late, case.calendar, default.begins, at):
        case.record("penalty-due", basis=late.basis, penalty=due.amount, data=due).tell_applicant(due)


def _beginning(case: Case, late: PenaltyPayment, noticed: datetime) -> Due:
    """When it begins to be owed after notice of default."""
    return case.calendar.due(noticed, late.after, counting=case.law.counting)


def _end_of(case: Case, default: Default, late: PenaltyPayment) -> Due:
    """When it grows no more."""
    days = rates_of(late, case.calendar, default.begins).days
    return end_of_days(case.calendar, default.begins, days)


def _set(case: Case, due: Due) -> None:
    case.journal.deadlines[PENALTY] = limit = Deadline(step=PENALTY)
    limit.move(due, [ScheduledRung(at=due.at, rung=Over())])
    case.waits.set_alarm()
