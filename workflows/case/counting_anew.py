"""Counting a case's limits again, by the days of a calendar version that was published while it runs."""

from __future__ import annotations

from contracts.terms.calendar import Due, LegalCalendar
from contracts.terms.calendar_days import CalendarDays
from contracts.wire.messages import CaseDue
from contracts.wire.notices import LimitMoved
from workflows.case.case import Case
from workflows.case.clock import turn
from workflows.case.deadlines import Deadline, Wait
from workflows.case.ladder import reschedule
from workflows.case.outbox import Recorded
from workflows.case.penalty import count_penalty_anew
from workflows.case.stages import count_stages_anew


def count_anew(case: Case, days: CalendarDays) -> None:
    """Count with these days from now on, from the beginning of whatever is due: the case's own limits, its
    waits, its stages, its penalty payment. Each that moves is recorded, with the old and the new date, and
    reported to whoever was told the old one.

    What has taken effect is not undone: a warning, an end that was reached. An end that was still to come but
    has passed according to these days binds at the end of the next working day, see
    :func:`workflows.case.ladder.move`. A day that was named, and not computed, stays.
    """
    if days.name == case.calendar_name:
        return
    before = {each.step: each.model_copy() for each in case.journal.every_deadline()}
    limits = _limits(case)
    case.journal.calendar, case.calendar = days, LegalCalendar(days)
    turned = turn(case, "count-anew", case.now(), calendar=days.name, days=days)
    recorded = case.record("calendar", outcome=days.name, basis=days.source, turned=turned)
    for name, due in _limits(case).items():
        was = limits[name]
        if due is not None and was is not None and due.at != was.at:
            _tell_of_limit(case, name, due, before[name], recorded)
    for wait in list(case.journal.waits.values()):
        reschedule(case, wait, days.name)
    count_stages_anew(case, days.name)
    count_penalty_anew(case, days.name)
    for each in case.journal.every_deadline():
        _hold(case, each, before[each.step])


def _limits(case: Case) -> dict[str, Due | None]:
    """When the limits of the case itself end."""
    return {"statutory": case.clock.due, "promised": case.clock.promised_due}


def _tell_of_limit(case: Case, name: str, due: Due, before: Deadline, recorded: Recorded) -> None:
    """Tell whoever was told of a limit of the case, by a warning or when it was over, that it has moved."""
    if not before.passed:
        return
    overdue, why = due.at <= case.now(), case.calendar_name
    recorded.tell_agency(case.item.lead, CaseDue(limit=name, due=due.at, overdue=overdue, basis=why))
    if name == "statutory" and before.passed == len(before.rungs):
        recorded.tell_applicant(
            LimitMoved(notice="overdue", due=due.at, provisional=due.provisional, reason=why)
        )


def _hold(case: Case, deadline: Deadline, before: Deadline) -> None:
    """Say of an end that is past by the new days until when it is held. Where an outage of the platform has
    moved an end to the next working day, the fence says again which day that is."""
    if deadline.held_until is None:
        return
    if deadline.held_until == before.held_until:
        if deadline.outage is not None and case.law.outage_basis is not None:
            deadline.held_until = deadline.outage = None
            case.waits.forget(deadline.step)
            case.waits.set_alarm()
        return
    case.record(
        "held",
        of=deadline if isinstance(deadline, Wait) else None,
        step=deadline.step,
        basis=case.calendar_name,
        data={"until": deadline.held_until.isoformat()},
    )
