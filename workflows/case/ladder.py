"""Overdue ladders: what happens, and when, while an answer is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from contracts.terms.calendar import Calendar, Due
from contracts.terms.limits import Limit
from contracts.terms.requests import Deem, End, Escalate, Lapse, Refer, Remind, lapse
from contracts.wire.messages import Expired, Reminded
from workflows.case.asking import ask
from workflows.case.case import Case
from workflows.case.journal import Outcome, ScheduledRung, Wait


def schedule(
    calendar: Calendar, start: datetime, limit: Limit, overdue: Sequence[Remind | Escalate | End]
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


def take_due_rungs(case: Case) -> None:
    """Take every rung that is due by now, and set the alarm to the next one.

    A rung that ends a wait has to wait for its fence; it stays due and is taken once the fence is passed.
    """
    now = case.now()
    for wait in list(case.journal.waits.values()):
        while wait.step in case.journal.waits and (rung := wait.next_rung) and rung.at <= now:
            if not _take(case, wait, rung):
                break
    case.waits.alarm.rang = False
    case.waits.set_alarm()


def _take(case: Case, wait: Wait, scheduled: ScheduledRung) -> bool:
    """Take a rung; false when it has to wait for its fence."""
    rung = scheduled.rung
    if isinstance(rung, Remind | Escalate):
        wait.passed += 1
        _remind(case, wait, rung)
    elif not _is_silence(case, wait, rung):
        wait.unanswered = True
        case.record("held", of=wait, data={"unanswered": True})
    elif _may_bind(case, wait):
        _end(case, wait, rung, scheduled.at)
    else:
        return False
    return True


def _is_silence(case: Case, wait: Wait, rung: End) -> bool:
    """Whether an end may follow from there being no answer.

    An automated check is the platform's own. That it does not answer is a fault, which an operator mends, and
    from which nothing follows; but another agency may answer in its place, if it has a system to be asked by.
    """
    if isinstance(rung, Refer):
        return rung.to not in case.opened.checks
    return not wait.is_check


def _end(case: Case, wait: Wait, rung: End, at: datetime) -> None:
    """Let the end of a wait take effect, and tell the agency that did not answer."""
    silent, request = wait.agency, wait.request
    match rung:
        case Deem(outcome=outcome):
            case.waits.settle(wait.step, Outcome(how="deemed", value={"outcome": outcome, "deemed": True}))
            recorded = case.record("deemed", of=wait, occurred=at, outcome=outcome)
            expired = {"outcome": outcome}
        case Lapse(reason=reason):
            case.waits.settle(wait.step, Outcome(how="lapsed", value=reason))
            recorded = case.record("lapsed", of=wait, occurred=at, reason=reason)
            expired = {"reason": reason}
        case Refer(to=to):
            last_instant = (wait.end or at) - timedelta(microseconds=1)  # its limit follows the first one's
            due, rungs = schedule(case.calendar, last_instant, rung.within, [lapse(rung.otherwise)])
            case.waits.refer(wait, to, due.at, rungs)
            recorded = ask(case, wait, kind="referred", provisional=due.provisional)
            expired = {"referred_to": to}
    if silent is not None and request is not None:
        recorded.tell_agency(silent, Expired(request=request, **expired))


def _may_bind(case: Case, wait: Wait) -> bool:
    """Whether the end of a wait may take effect now: there was silence, and nobody was kept from speaking.

    After an outage of the platform it is held, and an entry says so, once for each outage.
    """
    found = case.waits.fence(wait)
    if found is None:
        return False
    until, outage = found.held_until, found.outage
    if until is None or wait.end is None or until <= wait.end:
        return True
    case.waits.hold(wait, until)
    began = outage.began if outage else until
    if began != wait.outage:
        wait.outage = began
        data = {"until": until.isoformat()}
        if outage:
            data |= {"outage_began": outage.began.isoformat(), "outage_ended": outage.ended.isoformat()}
        case.record("held", of=wait, data=data)
    return False


def _remind(case: Case, wait: Wait, rung: Remind | Escalate) -> None:
    """Remind the agency, or tell the one to which the ladder escalates."""
    if wait.agency is None or wait.request is None or wait.due is None:
        return
    escalated = isinstance(rung, Escalate)
    told = rung.to if isinstance(rung, Escalate) else wait.agency
    reminder = Reminded(request=wait.request, agency=wait.agency, due=wait.due, escalated=escalated)
    recorded = case.record("escalated" if escalated else "reminded", of=wait, data=reminder)
    recorded.tell_agency(told, reminder)
