"""The legal clock of a case while it runs: what happens to it, and the deadlines that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contracts.clock import Turn, turned
from contracts.terms.calendar import Due, Stretch
from contracts.terms.clock_marks import ClockMark, Does
from contracts.terms.limits import Limit
from workflows.case.case import Case
from workflows.case.deadlines import Deadline, Over, ScheduledRung, Warn
from workflows.case.ladder import left_in_place, move


def turn(case: Case, does: Does, at: datetime, **said: Any) -> Turn:
    """Let something happen to the clock; what the entry that records it has to say about that.

    Args:
        at: from when on it holds.
        said: more fields of the :class:`ClockMark`.
    """
    case.clock, turn = turned(case.clock, ClockMark(does=does, at=at, **said))
    case.journal.clock.append(turn.mark)
    _set_deadline(case, "statutory", case.clock.due, case.clock.statutory)
    _set_deadline(case, "promised", case.clock.promised_due, case.clock.promised)
    return turn


def start(case: Case, at: datetime) -> Turn:
    """Begin the limits of the case, as its law has them."""
    law = case.law
    return turn(
        case,
        "start",
        at,
        statutory=law.statutory,
        promised=law.promised,
        counting=law.counting,
        calendar=case.calendar_name,
        days=case.days,
    )


def ladder_of(
    case: Case, start: datetime, limits: Sequence[Limit], due: datetime, stopped: Sequence[Stretch] = ()
) -> list[ScheduledRung]:
    """The rungs of a limit of the case itself: a warning before its end, and the end."""
    shares = [limit.share(case.law.warn_at) for limit in limits]
    warn = case.calendar.due(start, *shares, counting=case.law.counting, stopped=stopped).at
    return [ScheduledRung(at=min(warn, due), rung=Warn()), ScheduledRung(at=due, rung=Over())]


def _set_deadline(case: Case, name: str, due: Due | None, limits: Sequence[Limit]) -> None:
    """Set a deadline to what the clock says. One that is over stays over: time that stands still later brings
    none back."""
    clock, deadlines = case.clock, case.journal.deadlines
    if clock.started is None:
        return
    if clock.stopped is not None:
        deadlines.pop(name, None)
        case.waits.forget(name)
        return
    deadline = deadlines.setdefault(name, Deadline(step=name))
    if deadline.rungs and deadline.passed == len(deadline.rungs):
        return
    case.waits.forget(name)
    deadline.stands_still = due is None
    if due is not None:
        set_limit(case, deadline, due, ladder_of(case, clock.started, limits, due.at, clock.still))
    case.waits.set_alarm()


def set_limit(case: Case, limit: Deadline, due: Due, rungs: list[ScheduledRung]) -> bool:
    """Set a limit of the case itself, or of a stage, to when it is due now; whether that is another time. Who
    was warned is warned again where that is still to come."""
    if left_in_place(case, limit, due, rungs):
        return False
    limit.passed = int(limit.passed > 0 and (limit.due == due.at or rungs[0].at <= case.now()))
    move(case, limit, due, rungs)
    return True
