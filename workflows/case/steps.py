"""Opening steps: asking an agency, and waiting for what somebody has to bring.

Each takes a step name from the journal first. A step that was opened in an earlier run of the case is
left as it stands, so a new run fast-forwards to where the last one was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy

from contracts.platform import Delivered, agency_queue
from contracts.terms.limits import Limit
from contracts.terms.requests import Answer, Request, lapse
from contracts.terms.values import Money
from contracts.wire.envelope import Event, agency_source
from contracts.wire.messages import ANSWERED, REQUESTED, Answered, Requested
from contracts.wire.topics import agency_events
from workflows.case.journal import ScheduledRung, Wait
from workflows.case.ladder import schedule
from workflows.case.proceedings import Proceedings


def open_request(case: Proceedings, request: Request[Any]) -> str:
    """Ask an agency; the step under which its answer will stand."""
    step = case.journal.next_step(request.name)
    if step in case.journal.outcomes:
        return step
    check = request.agency in case.opened.checks
    if step not in case.journal.waits:
        _ask(case, step, request, check=check)
    if check:  # an activity does not outlive its run: in a new run the check is made again
        case.start_check(step, _check(case, step, request))
    return step


def _ask(case: Proceedings, step: str, request: Request[Any], *, check: bool) -> None:
    due, rungs = schedule(case.calendar, case.now(), request.limit, request.overdue)
    wait = Wait(
        step=step,
        holder=f"agency:{request.agency}",
        opened=case.now(),
        due=due.at,
        rungs=rungs,
        request=request.name,
        request_id=case.request_id(step),
        agency=request.agency,
        inlets=() if check else (agency_events(request.agency),),
    )
    case.open(wait)
    requested = Requested(
        request=request.name,
        procedure=case.item.procedure,
        due=due.at,
        provisional=due.provisional,
        basis=request.basis,
        outcomes=request.answer.outcomes(),
        content=request.model_dump(mode="json"),
    )
    case.record("requested", of=wait, data=requested.model_dump(mode="json"))
    case.tell_agency(request.agency, REQUESTED)


async def _check(case: Proceedings, step: str, request: Request[Any]) -> None:
    """Have a department's worker answer; the answer takes the same way as one from Kafka."""
    request_id = case.request_id(step)
    answer: Answer = await workflow.execute_activity(
        request.name,
        request,
        task_queue=agency_queue(request.agency),
        activity_id=request_id,
        result_type=request.answer,
        start_to_close_timeout=timedelta(seconds=30),
        retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30)),
        summary=f"{request.agency}: {request.name}",
    )
    event = Event(
        specversion="1.0",
        id=f"{request_id}/answered",
        source=agency_source(case.opened.administration, request.agency),
        type=ANSWERED,
        subject=case.opened.case,
        time=case.now(),
        requestid=request_id,
        data=Answered(answer=answer.model_dump(mode="json")).model_dump(mode="json"),
    )
    case.inbox.append(Delivered(event=event, actor=f"agency:{request.agency}", received=case.now()))


def open_wait(
    case: Proceedings,
    verb: str,
    holder: str,
    wants: tuple[str, ...],
    within: Limit | None,
    *,
    until: date | None = None,
    inlets: tuple[str, ...],
    ask: Callable[[Wait], None] | None = None,
    owed: Money | None = None,
) -> str:
    """Wait for a fact; the step under which it will stand.

    Args:
        wants: the names of the facts that end it.
        within: how long; with neither this nor ``until``, for ever.
        until: the legal day with whose beginning it is too late. It may be past already.
        inlets: the topics on which it may come, which the fence watches.
        ask: tells whoever has to bring it.
        owed: for payments, how much.
    """
    step = case.journal.next_step(verb)
    if step in case.journal.outcomes or step in case.journal.waits:
        return step
    wait = Wait(step=step, holder=holder, opened=case.now(), wants=wants, owed=owed, inlets=inlets)
    if until is not None:
        wait.due = case.calendar.begins(until, case.now())
        wait.rungs = [ScheduledRung(at=wait.due, rung=lapse("overdue"))]
    elif within is not None:
        due, wait.rungs = schedule(case.calendar, case.now(), within, [lapse("overdue")])
        wait.due = due.at
    case.open(wait)
    if ask is not None:
        ask(wait)
    case.offer_kept()
    return step
