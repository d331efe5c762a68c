"""Carrying a case: from its opening, through every run, to its closing.

The course is the procedure's own code. Around it stands what every case needs: events and due times take
effect in order, a case with many events goes on in a new run, and everything that was recorded is published
before the case ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from contracts.platform import Closing, opening_content
from contracts.terms.decisions import Decision, Ended, Refuse, Withdrawn
from contracts.terms.identifiers import Party
from contracts.terms.values import DocumentRef
from contracts.wire.messages import Receipt
from workflows.case.case import Case
from workflows.case.intake import take, take_undecided
from workflows.case.interruptions import Lapsed, interruption
from workflows.case.ladder import take_due_rungs
from workflows.case.outbox import WouldFork

EVENTS_PER_RUN = 1000
"""After so many events a case goes on in a new run, far below what Temporal allows for one."""

CARRIED_EVENTS = 500
"""While more events than these wait, they are taken before a new run begins: its input has to stay small."""


async def carry(case: Case, course: Coroutine[Any, Any, Decision]) -> Closing:
    """Run a course to its decision, and close the case.

    Ends this run by continue-as-new instead where it has had enough events.
    """
    try:
        case.outbox.check()
    except WouldFork:
        course.close()
        raise
    sending = asyncio.create_task(case.outbox.run())
    if case.opened.carried is None:
        _open(case)
    case.waits.set_alarm()
    running = asyncio.create_task(_run(case, course))
    try:
        await _follow(case, running)
        decision = running.result()
    except asyncio.CancelledError:
        running.cancel()
        decision = _break_off(case)
    _take_inbox(case)  # what has come by now still belongs to the open case
    case.stop_all("the case is closed")
    take_undecided(case)
    case.close(decision)  # at once, so that it leaves with what brought the decision about
    await _finish(asyncio.create_task(_drain(case)))
    sending.cancel()
    return Closing(
        case=case.opened.case,
        decision=decision,
        entries=case.journal.sequence,
        ledger_hash=case.journal.head,
    )


def _open(case: Case) -> None:
    opened = case.opened
    recorded = case.record(
        "opened",
        actor=Party.channel(opened.channel),
        cause=opened.cause,
        occurred=opened.occurred,
        received=opened.received,
        materials=sum(isinstance(value, DocumentRef) for _, value in opened.application),
        data=opening_content(opened.procedure, opened.application),
    )
    recorded.tell_applicant(
        Receipt(stage="registered", procedure=opened.procedure, ledger_hash=recorded.hash)
    )


async def _run(case: Case, course: Coroutine[Any, Any, Decision]) -> Decision:
    """The course's decision; or the one that an interruption, which the course did not catch, stands for."""
    decision: Decision
    try:
        return await course
    except BaseException as error:
        interrupted = interruption(error)
        if interrupted is None:
            raise
    if isinstance(interrupted, Lapsed):
        case.stop_all("the application is refused")
        decision = Refuse(reason=interrupted.reason)
    else:
        case.stop_all("the applicant withdrew")
        decision = Withdrawn()
    case.decide(decision)
    return decision


async def _follow(case: Case, running: asyncio.Task[Decision]) -> None:
    """Let events and due times take effect until the course has ended."""

    def something_to_do() -> bool:
        due = case.waits.alarm.rang or case.waits.any_fence_passed
        return bool(case.inbox) or due or running.done() or case.outbox.failed

    while True:
        await case.runtime.until(something_to_do)
        case.outbox.check()
        _take_inbox(case)
        take_due_rungs(case)
        take_undecided(case)
        case.runtime.show("; ".join(str(wait) for wait in case.journal.waits.values()))
        if running.done():
            return
        if case.events >= EVENTS_PER_RUN:
            await case.outbox.drain()  # meanwhile signals wait in the inbox and every verb waits for us
            if not running.done() and len(case.inbox) <= CARRIED_EVENTS:
                _continue_in_a_new_run(case)


def _continue_in_a_new_run(case: Case) -> None:
    case.journal.inbox = case.inbox.waiting()
    carried = case.journal.model_dump(mode="json")
    case.runtime.continue_as_new(case.opened.model_copy(update={"carried": carried}))


def _take_inbox(case: Case) -> None:
    for delivered in case.inbox.take():
        take(case, delivered)


def _break_off(case: Case) -> Decision:
    """An operator's Cancel: the case ends, and says so."""
    case.stop_all("the case is broken off")
    ended = Ended(result="broken-off")
    if not case.journal.decided:
        case.decide(ended)
    return ended


async def _drain(case: Case) -> None:
    """Publish everything; what comes meanwhile is refused, and that is published, too."""
    await case.outbox.drain()
    while case.inbox:
        _take_inbox(case)
        await case.outbox.drain()


async def _finish(task: asyncio.Task[None]) -> None:
    """Await a task to its end, even if this run is cancelled meanwhile: what was recorded has to leave."""
    while True:
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.done():
                raise
