"""Overdue ladders: what happens, and when, while an answer is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from contracts.terms.calendar import Calendar, Due, Stretch
from contracts.terms.limits import AS_IT_FALLS, Counting, Limit, working_days
from contracts.terms.requests import Deem, End, Escalate, Lapse, Refer, Remind, lapse
from contracts.wire.messages import CaseDue, Expired, Reminded, Rescheduled
from contracts.wire.notices import LimitMoved
from workflows.case.asking import ask
from workflows.case.case import Case
from workflows.case.deadlines import Deadline, ScheduledRung, Stage, Wait
from workflows.case.journal import Outcome
from workflows.case.outbox import Recorded


def schedule(
    calendar: Calendar,
    start: datetime,
    limit: Limit,
    ladder: Sequence[Remind | Escalate | End],
    *,
    counting: Counting = AS_IT_FALLS,
    stopped: Sequence[Stretch] = (),
) -> tuple[Due, list[ScheduledRung]]:
    """When a limit that begins at ``start`` is due, and the ladder's rungs at their absolute times.

    Args:
        counting: how the law counts.
        stopped: the intervals that do not count.
    """
    due = calendar.due(start, limit, counting=counting, stopped=stopped)
    deadline = due.at
    rungs: list[ScheduledRung] = []
    for rung in ladder:
        if isinstance(rung, Remind):
            remind = calendar.due(start, limit.share(rung.at), stopped=stopped).at
            rungs.append(ScheduledRung(at=min(remind, due.at), rung=rung))
        else:
            rungs.append(ScheduledRung(at=deadline, rung=rung))
        if isinstance(rung, Escalate):
            since = _following(deadline, rung.grace, counting)
            deadline = calendar.due(since, rung.grace, counting=counting, stopped=stopped).at
    return due, sorted(rungs, key=lambda each: each.at)


def _following(end: datetime, limit: Limit, counting: Counting) -> datetime:
    """From when a limit counts that follows one that ends then: the first day of it is the next one, whether
    or not the law counts the day of an event."""
    first_day = (limit.counting or counting).first_day
    return end if first_day == "same" else end - timedelta(microseconds=1)


def reschedule(case: Case, wait: Wait, why: str, *, resumed: bool = False) -> None:
    """Compute again when a wait is due, since time stood still for it or its calendar has changed; and say so
    where that has moved it, or lets it run again.

    Args:
        why: the rule, or the calendar version.
        resumed: time stood still for it and no longer does.
    """
    if wait.limit is None or wait.began is None or wait.stands_still:
        return
    due, rungs = schedule(
        case.calendar,
        wait.began,
        wait.limit,
        wait.ladder,
        counting=case.law.counting,
        stopped=wait.still,
    )
    if not resumed and left_in_place(case, wait, due, rungs):
        return
    moved_from = wait.due
    move(case, wait, due, rungs)
    tell_of_move(case, wait, why, moved_from)


def left_in_place(case: Case, deadline: Deadline, due: Due, rungs: list[ScheduledRung]) -> bool:
    """Whether a deadline is due when it was, and binds when it did: it has not moved then, and a hold stands.
    Its reminders and warnings come at their new times."""
    if (deadline.due, deadline.provisional) != (due.at, due.provisional):
        return False
    if deadline.rungs == rungs:
        return True
    ends = [[each for each in ladder if each.rung.rung not in BEFORE] for ladder in (deadline.rungs, rungs)]
    if ends[0] != ends[1] or not case.runtime.patched(WHAT_MOVES):
        return False
    deadline.rungs = rungs
    case.waits.set_alarm()
    return True


BEFORE = ("remind", "warn")
"""The rungs from which nothing follows."""

WHAT_MOVES = "a-limit-moves-if-its-end-does"


def move(case: Case, deadline: Deadline, due: Due, rungs: list[ScheduledRung]) -> None:
    """Let a deadline be due at another time.

    Where its end was still to come and by the new count is past, it binds with the end of the next working
    day: whom it binds hears of it before. An end that only an outage of the platform holds has come.
    """
    end, now = deadline.end, case.now()
    if deadline.outage is not None and not deadline.stands_still and case.runtime.patched(WHAT_MOVES):
        end = deadline.rungs[-1].at
    deadline.move(due, rungs)
    if end is not None and deadline.end is not None and deadline.end <= now < end:
        deadline.held_until = case.calendar.due(now, working_days(1)).at
    case.waits.forget(deadline.step)
    case.waits.set_alarm()


def tell_of_move(case: Case, wait: Wait, why: str, moved_from: datetime | None) -> None:
    """Record that a wait is due at another time, or stands still, and tell everybody who was told its due
    time."""
    due, end = (None, None) if wait.stands_still else (wait.due, wait.end)
    provisional = wait.provisional and due is not None
    recorded = case.record(
        "rescheduled", of=wait, due=due, due_before=moved_from, provisional=provisional, basis=why
    )
    _tell_wait_moved(case, wait, recorded, due, end, why, provisional=provisional)


def _tell_wait_moved(
    case: Case,
    wait: Wait,
    recorded: Recorded,
    due: datetime | None,
    end: datetime | None,
    why: str,
    *,
    provisional: bool = False,
) -> None:
    """Tell everybody who was told when a wait is due: the agency that has it and the one to which it was
    escalated, or the applicant, who was also told it with each question of the agency."""
    if wait.agency is not None and wait.request is not None:
        moved = Rescheduled(
            request=wait.request, due=due, binding_end=end, provisional=provisional, reason=why
        )
        passed = [each.rung for each in wait.rungs[: wait.passed]]
        escalated = [rung.to for rung in passed if isinstance(rung, Escalate)]
        for agency in dict.fromkeys([wait.agency, *escalated]):
            recorded.tell_agency(agency, moved)
    asked = case.journal.questions.items()
    questions = tuple(
        each for each, question in asked if question.step == wait.step and question.agency == wait.agency
    )
    if wait.notice is not None or questions:
        recorded.tell_applicant(
            LimitMoved(
                notice=wait.notice or "question",
                questions=questions,
                due=due,
                binding_end=end,
                provisional=provisional,
                reason=why,
            )
        )


def take_rung(case: Case, wait: Wait) -> None:
    """Take the rung of a wait that is due; one that ends it stays due until its fence is passed."""
    scheduled = wait.next_rung
    rung = scheduled.rung if scheduled else None
    if isinstance(rung, Remind | Escalate):
        wait.passed += 1
        _remind(case, wait, rung)
    elif isinstance(rung, End) and not _is_silence(case, wait, rung):
        wait.unanswered = True
        case.record("held", of=wait, data={"unanswered": True})
    elif isinstance(rung, End) and scheduled is not None and may_bind(case, wait):
        _end(case, wait, rung, scheduled.at)


def _is_silence(case: Case, wait: Wait, rung: End) -> bool:
    """Whether an end may follow from there being no answer.

    An automated check is the platform's own. That it does not answer is a fault, which an operator fixes, and
    from which nothing follows, unless an operator has ordered it; but another agency may answer in its place,
    if it has a system to be asked by.
    """
    if isinstance(rung, Refer):
        return rung.to not in case.opened.checks
    return wait.released or not wait.is_check


def _end(case: Case, wait: Wait, rung: End, at: datetime) -> None:
    """Let the end of a wait take effect, and tell the agency that did not answer."""
    silent, request = wait.agency, wait.request
    match rung:
        case Deem(outcome=outcome):
            deemed = {"outcome": outcome, "deemed": True}
            case.waits.settle(wait.step, Outcome(how="deemed", value=deemed), at)
            recorded = case.record("deemed", of=wait, occurred=at, outcome=outcome)
            expired = {"outcome": outcome}
        case Lapse(reason=reason):
            case.waits.settle(wait.step, Outcome(how="lapsed", value=reason), at)
            recorded = case.record("lapsed", of=wait, occurred=at, reason=reason)
            expired = {"reason": reason}
        case Refer(to=to):
            since = _asked_since(case, wait.end or at, rung.within)
            wait.began, wait.limit, wait.ladder = since, rung.within, (lapse(rung.otherwise),)
            due, rungs = schedule(case.calendar, since, wait.limit, wait.ladder, counting=case.law.counting)
            case.waits.refer(wait, to, due, rungs)
            recorded = ask(case, wait, kind="referred", provisional=due.provisional)
            expired = {"referred_to": to}
    if silent is not None and request is not None:
        recorded.tell_agency(silent, Expired(request=request, **expired))


def _asked_since(case: Case, end: datetime, within: Limit) -> datetime:
    """From when the limit of a stand-in counts: it follows the first one, so that no day is lost while the
    fence is passed. Where the platform asks on a later day, or the limit is in hours, from when it asks: the
    stand-in has its whole limit."""
    now = case.now()
    at_once = within.unit != "hours" and case.calendar.day(now) == case.calendar.day(end)
    return _following(end, within, case.law.counting) if at_once else now


def may_bind(case: Case, deadline: Deadline) -> bool:
    """Whether what follows from a deadline may take effect now: there was silence, and nobody was kept from
    speaking.

    After an outage of the platform it is held, and while an agency is paused, and an entry says so, once for
    each outage. Where the law names a basis for an outage, the limit itself ends later: with the next working
    day after the return.
    """
    found = case.waits.fence(deadline)
    if found is None or case.inbox:  # something in time may be among what waits there
        return False
    until, outage, basis = found.held_until, found.outage, case.law.outage_basis
    if until is None or deadline.released or deadline.end is None or until <= deadline.end:
        return True
    if outage is not None and basis is not None:
        until = max(until, case.calendar.due(outage.ended, working_days(1)).at)
    case.waits.hold(deadline, until)
    began = outage.began if outage else until
    if began != deadline.outage:
        deadline.outage = began
        data = {"until": until.isoformat()}
        if outage:
            data |= {"outage_began": outage.began.isoformat(), "outage_ended": outage.ended.isoformat()}
        if found.paused:
            data["paused_since"] = found.paused.isoformat()
        moved_by = basis if outage is not None else None
        recorded = case.record(
            "held",
            of=deadline if isinstance(deadline, Wait) else None,
            step=deadline.step,
            due=until if moved_by else None,
            due_before=deadline.due if moved_by else None,
            basis=moved_by,
            data=data,
        )
        if moved_by and case.runtime.patched("an-outage-that-moves-a-limit-is-told"):
            _tell_moved_by_outage(case, deadline, recorded, until, moved_by)
    return False


def _tell_moved_by_outage(
    case: Case, deadline: Deadline, recorded: Recorded, until: datetime, basis: str
) -> None:
    """Tell whoever was told when it ends, of a limit of the case itself by a warning, that it ends later."""
    if isinstance(deadline, Wait):
        _tell_wait_moved(case, deadline, recorded, until, until, basis)
    elif deadline.passed:
        name = deadline.name if isinstance(deadline, Stage) else deadline.step
        recorded.tell_agency(case.item.lead, CaseDue(limit=name, due=until, overdue=False, basis=basis))


def _remind(case: Case, wait: Wait, rung: Remind | Escalate) -> None:
    """Remind the agency, or tell the one to which the ladder escalates."""
    if wait.agency is None or wait.request is None or wait.due is None:
        return
    escalated = isinstance(rung, Escalate)
    told = rung.to if isinstance(rung, Escalate) else wait.agency
    reminder = Reminded(request=wait.request, agency=wait.agency, due=wait.due, escalated=escalated)
    recorded = case.record("escalated" if escalated else "reminded", of=wait, data=reminder)
    recorded.tell_agency(told, reminder)
