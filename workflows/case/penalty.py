"""The penalty payment that an authority owes an applicant for a late decision, after notice of default.

Dutch law: Algemene wet bestuursrecht art. 4:17 to 4:18.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from contracts.platform import Delivered
from contracts.terms.clock_rules import PenaltyPayment
from contracts.terms.limits import calendar_days
from contracts.wire.messages import CaseDue
from contracts.wire.notices import PenaltyDue
from workflows.case.case import Case, refusal
from workflows.case.deadlines import Deadline, Default, Over, ScheduledRung
from workflows.case.replies import taken

PENALTY = "penalty"
"""The name of its deadline: first when it begins to be owed, then when it grows no more."""


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
    if due is None or delivered.received < due.at:
        raise refusal("not-overdue")
    begins = case.calendar.due(delivered.received, late.after, counting=case.law.counting).at
    case.journal.default = Default(noticed=delivered.received, begins=begins)
    _set(case, begins)
    recorded = case.record("default-noticed", by=delivered, due=begins, basis=late.basis)
    recorded.tell_agency(case.item.lead, CaseDue(limit=PENALTY, due=begins, basis=late.basis))
    taken(recorded, delivered)


def take_penalty(case: Case, limit: Deadline) -> bool:
    """The penalty payment begins, or grows no more."""
    default, late = case.journal.default, case.law.late
    if default is None or not isinstance(late, PenaltyPayment):
        raise TypeError("a penalty payment without notice of default, or by a law that has none")
    if default.begun:
        tell_penalty(case, limit.due or case.now())
        return True
    default.begun = True
    rates = late.rates_on(case.calendar.day(default.begins))
    end = _end_of(case, default, rates.days)
    _set(case, end)
    recorded = case.record("penalty-begun", occurred=default.begins, due=end, basis=late.basis)
    recorded.tell_agency(case.item.lead, CaseDue(limit=PENALTY, due=end, overdue=True, basis=late.basis))
    return True


def tell_penalty(case: Case, at: datetime) -> None:
    """Say what the authority owes, once: when the case is decided at ``at``, or when it grows no more.

    Each day counts that is over by then; so the day of the decision does not.
    """
    default, late = case.journal.default, case.law.late
    if default is None or default.told or not isinstance(late, PenaltyPayment):
        return
    case.journal.deadlines.pop(PENALTY, None)
    default.told = True
    if not default.begun:
        return
    rates = late.rates_on(case.calendar.day(default.begins))
    days = sum(_end_of(case, default, number) <= at for number in range(1, rates.days + 1))
    if days:
        due = PenaltyDue(amount=rates.owed(days), days=days, basis=late.basis)
        case.record("penalty-due", basis=late.basis, penalty=due.amount, data=due).tell_applicant(due)


def _end_of(case: Case, default: Default, days: int) -> datetime:
    """When so many days of it are over."""
    last_instant = default.begins - timedelta(microseconds=1)
    return case.calendar.due(last_instant, calendar_days(days)).at


def _set(case: Case, at: datetime) -> None:
    case.journal.deadlines[PENALTY] = Deadline(
        step=PENALTY, due=at, rungs=[ScheduledRung(at=at, rung=Over())]
    )
    case.waits.set_alarm()
