"""Overdue ladders: what happens, and when, while an answer is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from contracts.terms.calendar import Calendar, Due
from contracts.terms.limits import Limit
from contracts.terms.requests import Deem, Escalate, Lapse, Remind
from contracts.wire.messages import REMINDED, Reminded
from workflows.case.journal import Outcome, ScheduledRung, Wait
from workflows.case.proceedings import Proceedings


def schedule(
    calendar: Calendar, start: datetime, limit: Limit, overdue: Sequence[Remind | Escalate | Deem | Lapse]
) -> tuple[Due, list[ScheduledRung]]:
    """When a limit that begins at ``start`` is due, and the ladder's rungs at their absolute times."""
    due = calendar.due(start, limit)
    deadline = due.at
    rungs: list[ScheduledRung] = []
    for rung in overdue:
        if isinstance(rung, Remind):
            rungs.append(ScheduledRung(at=calendar.due(start, limit.share(rung.at)).at, rung=rung))
        else:
            rungs.append(ScheduledRung(at=deadline, rung=rung))
        if isinstance(rung, Escalate):
            last_instant = deadline - timedelta(microseconds=1)  # the grace follows the limit's last day
            deadline = calendar.due(last_instant, rung.grace).at
    return due, sorted(rungs, key=lambda each: each.at)


def climb(case: Proceedings) -> None:
    """Take every rung that is due by now."""
    now = case.now()
    for wait in list(case.journal.waits.values()):
        while wait.step in case.journal.waits and (rung := wait.next_rung) and rung.at <= now:
            if not _take(case, wait, rung):
                break
    case.alarm.rang = False
    case.set_alarm()


def _take(case: Proceedings, wait: Wait, scheduled: ScheduledRung) -> bool:
    """Take a rung; false when it has to wait for its fence."""
    match scheduled.rung:
        case Remind() | Escalate() as rung:
            wait.passed += 1
            _remind(case, wait, rung)
        case Deem(outcome=outcome):
            if not case.fence(wait):
                return False
            case.settle(wait.step, Outcome(how="deemed", value={"outcome": outcome, "deemed": True}))
            case.record("deemed", of=wait, occurred=scheduled.at, outcome=outcome)
        case Lapse(reason=reason):
            if not case.fence(wait):
                return False
            case.settle(wait.step, Outcome(how="lapsed", value=reason))
            case.record("lapsed", of=wait, occurred=scheduled.at, outcome=reason)
    return True


def _remind(case: Proceedings, wait: Wait, rung: Remind | Escalate) -> None:
    if wait.agency is None or wait.request is None or wait.due is None:
        return
    escalated = isinstance(rung, Escalate)
    told = rung.to if isinstance(rung, Escalate) else wait.agency
    reminder = Reminded(request=wait.request, agency=wait.agency, due=wait.due, escalated=escalated)
    case.record("escalated" if escalated else "reminded", of=wait, data=reminder.model_dump(mode="json"))
    case.tell_agency(told, REMINDED)
