"""Carrying a case: from its opening, through every run, to its closing.

The course is the procedure's code. Around it is what every case needs: events and due times take effect in
order, a case with many events goes on in a new run, and everything that was recorded is published before the
case ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from contracts.pilots import Assignment
from contracts.platform import Closing, opening_content
from contracts.terms.decisions import Decision, Ended
from contracts.terms.identifiers import Party
from contracts.terms.values import DocumentRef
from contracts.wire.contact import Contact
from contracts.wire.notices import BrokenOff, Receipt
from workflows.case.case import Case
from workflows.case.clock import start
from workflows.case.course import run_course
from workflows.case.deciding import close, decide
from workflows.case.faults import CourseFault
from workflows.case.outbox import WouldFork
from workflows.case.replies import taken
from workflows.case.sequence import take_in_order, take_rest
from workflows.case.shown import show

EVENTS_PER_RUN = 1000
BYTES_PER_RUN = 2_000_000
"""After how many events, or bytes of them, a case goes on in a new run, far below what Temporal allows for
one: 10,000 signals and 50 MB of history, in which an event stands twice or three times."""

BROKEN_OFF_BY_TEMPORAL = "the case is broken off"
"""Why what is open is stopped where Temporal's Cancel ends a case, which says no reason."""

ENDED_AT_ITS_ORDER = "ended-at-its-order"
"""The change by which a case that is broken off is decided when that was ordered. Until 0.2.0 it was when the
course last knew something."""

RUN_INPUT = 1_000_000
"""Bytes of what a case carries into a new run. While events that wait would make it more, they are taken
first. A case that carries more without any warns: Temporal takes 2 MB."""


async def carry(case: Case, course: Coroutine[Any, Any, Decision]) -> Closing:
    """Run a course to its decision, and close the case.

    Ends this run by continue-as-new instead where it has had enough events.

    Raises:
        CourseFault: the course went wrong; the case is as it was before this task.
    """
    try:
        case.outbox.check()
    except WouldFork:
        course.close()
        raise
    sending = asyncio.create_task(case.outbox.run(lambda: show(case)))
    if case.opened.carried is None:
        _open(case)
    else:
        show(case)
    case.waits.set_alarm()
    running = asyncio.create_task(run_course(case, course))
    try:
        await _follow(case, running)
    except asyncio.CancelledError:
        decision = _break_off(case, running)
    else:
        decision = _break_off(case, running) if _is_broken_off(case, running) else _decision(case, running)
    case.inbox.close(broken_off=case.broken_off)
    case.stop_all("the case is closed")
    take_rest(case)  # what has come by now still belongs to the open case
    if case.inbox:
        await _finish(asyncio.create_task(_take_rest(case)))
    close(case, decision)  # immediately, so that it leaves with what caused the decision
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
    assigned = opened.assigned or Assignment()
    documents = tuple(name for name, value in opened.application if isinstance(value, DocumentRef))
    recorded = case.record(
        "opened",
        actor=Party.channel(opened.channel),
        cause=opened.cause,
        occurred=opened.occurred,
        received=opened.received,
        basis=opened.variant_basis,
        contact=opened.intake,
        materials=len(documents),
        material_codes=documents,
        first_contact=opened.intake.contacted,
        linked=opened.intake.linked,
        pilot=assigned.pilot or opened.intake.pilot,
        arm=assigned.arm,
        block=assigned.block,
        place=assigned.place,
        probability=assigned.probability,
        data=opening_content(opened.procedure, opened.application),
        turned=start(case, opened.received) if case.law.starts == "opened" else None,
    )
    recorded.tell_applicant(
        Receipt(stage="registered", procedure=opened.procedure, ledger_hash=recorded.hash)
    )


def _decision(case: Case, running: asyncio.Task[Decision]) -> Decision:
    """What the course has decided.

    Raises:
        CourseFault: it went wrong.
    """
    if running.cancelled():
        raise CourseFault(
            f"{case.item.procedure}: its course was cancelled from inside. It cancelled its own task, or "
            "awaited one that it had cancelled: leave the waiting to asyncio.TaskGroup"
        )
    return running.result()


async def _follow(case: Case, running: asyncio.Task[Decision]) -> None:
    """Let events and due times take effect until the course has ended, or an operator ends the case."""

    def ended() -> bool:
        return running.done() or case.inbox.cancellation is not None

    def something_to_do() -> bool:
        due = case.waits.alarm.rang or case.waits.fence_passed
        came = bool(case.inbox) or bool(case.inbox.calendars)
        return came or due or ended() or case.outbox.failed

    while True:
        await case.runtime.until(something_to_do)
        case.outbox.check()
        if case.inbox.cancellation is not None:
            return
        await take_in_order(case, ended)
        if ended():
            return
        full = case.events >= EVENTS_PER_RUN or case.bytes >= BYTES_PER_RUN
        if full or case.inbox:
            await case.outbox.drain()  # meanwhile signals wait in the inbox and every verb waits for us
        if full and not ended() and not case.inbox.calendars:  # one that came meanwhile is not carried over
            _continue_in_a_new_run(case)


def _continue_in_a_new_run(case: Case) -> None:
    """End this run, unless too much waits in the inbox."""
    if case.inbox.bytes > RUN_INPUT:
        return
    following = case.opened.model_copy(update={"carried": case.carried()})
    size = len(to_json(following))
    if size > RUN_INPUT:
        if case.inbox:
            return
        case.runtime.warn("the case carries much into its new run; Temporal takes 2 MB", bytes=size)
    case.runtime.continue_as_new(following)


def _is_broken_off(case: Case, running: asyncio.Task[Decision]) -> bool:
    """Whether an operator has ended the case before its course came to an end; a fault is none."""
    reached_its_end = running.done() and not running.cancelled() and running.exception() is None
    return case.inbox.cancellation is not None and not reached_its_end


def _break_off(case: Case, running: asyncio.Task[Decision]) -> Decision:
    """An operator ends the case, by our signal, which says who and why, or by Temporal's Cancel."""
    running.cancel()
    case.broken_off = True
    case.follow_time()
    why = BROKEN_OFF_BY_TEMPORAL
    if said := case.inbox.cancellation:
        if said.order is not None:
            case.journal.hear(said.order)  # a copy of it changes nothing
            recorded = case.record("broken-off", by=said.order)
            taken(case, recorded, said.order)
        else:
            recorded = case.record("broken-off", contact=Contact(officer=said.by), data=said)
        recorded.tell_applicant(BrokenOff(reason=said.why))
        why = said.why
    case.stop_all(why)
    ended = Ended(result="broken-off")
    if not case.journal.decided:
        decide(case, ended, _broken_off_at(case))
    return ended


def _broken_off_at(case: Case) -> datetime | None:
    """Since when a case is decided that an operator ends: when the broker received the order, or since now.
    What the course knows last says nothing about that: until then time counts, and a penalty payment grows.
    """
    if not case.runtime.patched(ENDED_AT_ITS_ORDER):
        return None
    order = case.inbox.cancellation.order if case.inbox.cancellation else None
    return max(case.moment, order.received) if order else case.now()


async def _take_rest(case: Case) -> None:
    while case.inbox:
        await case.outbox.drain()
        take_rest(case)


async def _drain(case: Case) -> None:
    """Publish everything; what comes meanwhile is refused, and that is published, too."""
    await case.outbox.drain()
    while case.inbox:
        take_rest(case)
        await case.outbox.drain()


async def _finish(task: asyncio.Task[None]) -> None:
    """Await a task to its end, even if this run is cancelled meanwhile: what was recorded has to leave."""
    while True:
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.done():
                raise
