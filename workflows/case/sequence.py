"""One sequence by time: what came and what is due take effect by their instants, whenever the case is awake.

An event's instant is when the broker received it, a calendar's when the case was told of it. A rung of a
ladder, a warning, the end of a stage or of a limit has the instant that the law gives it. What binds waits
for its fence, and what is later waits for it: so a case that slept, or whose fence took hours, comes to the
same ledger as one that was awake throughout.
"""

from __future__ import annotations

from collections.abc import Callable

from contracts.platform import Delivered
from contracts.terms.identifiers import OPERATOR
from workflows.case.case import Case, refusal
from workflows.case.counting_anew import count_anew
from workflows.case.deadlines import Deadline, Wait
from workflows.case.inbox import in_order
from workflows.case.intake import hear, take_effect
from workflows.case.journal import Publication
from workflows.case.ladder import take_rung
from workflows.case.overdue import take_limit
from workflows.case.replies import refuse


async def take_in_order(case: Case, ended: Callable[[], bool]) -> None:
    """Let everything take effect that has come and that is due. After each thing the course goes on before
    the next one: what it decides then, it decides without knowing what came later.

    Args:
        ended: the course has come to its end, or must.
    """
    hear_some(case)
    with case.outbox.gathered():
        await _take_all(case, ended)
        for late in case.journal.without_room():
            refuse(case, late, refusal("too-many-events"))
    case.waits.alarm.rang = False
    case.waits.set_alarm()


async def _take_all(case: Case, ended: Callable[[], bool]) -> None:
    goes_on = True  # a new run comes to where the last one was
    while True:
        if goes_on:
            await case.runtime.settle(
                lambda: (case.journal.sequence, case.journal.verbs, len(case.leaving), case.returned)
            )
        if ended() or case.outbox.failed:
            return
        before = _known_to_the_course(case)
        taken = take_next(case)
        if taken is None:
            return
        goes_on = isinstance(taken, Deadline) or before != _known_to_the_course(case)


def take_next(case: Case) -> Delivered | Publication | Deadline | None:
    """Let the next thing take effect, and return it; None where it has to wait, for its time or its fence."""
    due = case.journal.next_due()
    rung = due.next_rung if due else None
    published = next(iter(case.journal.published), None)
    others = [each.at for each in (rung, published) if each is not None]
    for place, delivered in enumerate(case.journal.undecided):
        if all(delivered.received < at for at in others) and not _decided_before(case, delivered):
            del case.journal.undecided[place]
            take_effect(case, delivered)
            return delivered
    if published is not None and (rung is None or published.at < rung.at):
        del case.journal.published[0]
        case.follow_time()
        count_anew(case, published.days)
        return published
    if due is None or rung is None or rung.at > case.now():
        return None
    case.follow_time(due)
    if isinstance(due, Wait):
        take_rung(case, due)
    else:
        take_limit(case, due)
    waits = case.journal.next_due() is due and due.next_rung == rung
    return None if waits else due


def hear_some(case: Case) -> None:
    """Hear of calendars, and of as many of the events that have come as one task may; each takes its place
    in the sequence."""
    for days in case.inbox.take_calendars():
        case.journal.published.append(Publication(at=case.now(), days=days))
    for delivered in case.inbox.take():
        hear(case, delivered)
    case.journal.undecided = in_order(case.journal.undecided)


def take_rest(case: Case) -> None:
    """Let some of the events that have come take effect, although the course has ended: nothing is due."""
    hear_some(case)
    with case.aside():
        while case.journal.undecided:
            take_effect(case, case.journal.undecided.pop(0))


def _known_to_the_course(case: Case) -> tuple[int, bool]:
    return len(case.journal.outcomes), case.journal.withdrawn


def _decided_before(case: Case, delivered: Delivered) -> bool:
    """Whether the law has decided the case before the broker received an event, though that has not taken
    effect since a check of the platform's own still has to answer. Its answer counts whenever it comes, and
    so does what an operator orders then."""
    limit = case.journal.deadlines.get("statutory")
    if limit is None or not limit.unanswered or limit.end is None:
        return False
    orders_or_answers = delivered.actor == OPERATOR or case.opened.is_check(delivered.actor)
    return limit.end <= delivered.received and not orders_or_answers
