"""Asking and waiting: asking an agency, waiting for the applicant, for reports and payments.

Each ``open_…`` function takes a step name from the journal first. A step that was opened in an earlier run
of the case is left as it is, so a new run fast-forwards to where the last one was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from contracts.platform import Delivered
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import APPLICANT, Party
from contracts.terms.limits import Limit
from contracts.terms.reports import Report
from contracts.terms.requests import Answer, Request, lapse
from contracts.terms.values import Contract, Money
from contracts.wire.envelope import Event
from contracts.wire.messages import Answered, Paid
from contracts.wire.topics import events_topic
from contracts.wire.tracing import check_ids, traceparent_of
from workflows.case.answering import answer_to
from workflows.case.asking import ask
from workflows.case.case import Case
from workflows.case.deadlines import ScheduledRung, Wait
from workflows.case.facts import count_kept_facts
from workflows.case.interruptions import DecidedBySilence, Lapsed
from workflows.case.journal import PAYMENT, Outcome, mark_of
from workflows.case.ladder import schedule
from workflows.case.returning import in_order
from workflows.case.stages import is_over, stages_here

F = TypeVar("F", bound=Contract)


async def outcome_of(case: Case, step: str) -> Outcome:
    """Wait for the end of a step.

    Raises:
        Withdrawal: the applicant withdrew first.
        Lapsed: the limit of the stage that it belongs to is over.
        DecidedBySilence: the law has decided the case meanwhile.
    """
    if not await in_order(case, [step]):
        await wait_until(case, lambda: step in case.journal.outcomes)
    outcome = case.journal.outcomes[step]
    interrupt_if_broken_off(case, outcome)
    return outcome


def interrupt_if_broken_off(case: Case, outcome: Outcome) -> None:
    """Interrupt the course at a verb whose step did not end by itself. Only there: what a verb before it
    returned, it returns in a new run, too.

    Raises:
        Lapsed: the limit of the stage that it belongs to is over.
        DecidedBySilence: the law has decided the case meanwhile.
    """
    if outcome.how != "broken-off":
        return
    if outcome.value is not None:
        raise Lapsed(outcome.value)
    if case.journal.silence is not None:
        raise DecidedBySilence(case.journal.silence)


async def wait_until(case: Case, condition: Callable[[], bool]) -> None:
    """Wait for a condition.

    Raises:
        Withdrawal: the applicant withdrew, be it first or in the same activation.
    """
    await case.runtime.until(lambda: condition() or case.withdrawn)
    case.interrupt_if_withdrawn()


# --- asking an agency ------------------------------------------------------------------------------------


def open_request(case: Case, request: Request[Any]) -> str:
    """Ask an agency; the step under which its answer will be found.

    Raises:
        TypeError: the service item of the procedure does not list the request.
    """
    case.item.check_lists(request)
    step = case.journal.next_step(request.name)
    mark = mark_of({"request": request})
    begun = case.begun(step, mark)
    if step in case.journal.outcomes or is_over(case, step, mark):
        return step
    case.requests[step] = request
    if not begun:
        _ask(case, step, request, mark)
    if case.journal.waits[step].is_check:  # an activity ends with its run; the next one starts it again
        case.waits.start_check(step, _check(case, step, request))
    return step


def _ask(case: Case, step: str, request: Request[Any], mark: str) -> None:
    terms = case.law.terms(type(request))
    due, rungs = schedule(case.calendar, case.now(), terms.limit, terms.overdue, counting=case.law.counting)
    agency = Party.agency(request.agency)
    wait = Wait(
        step=step,
        holder=agency,
        opened=case.now(),
        began=case.now(),
        ladder=terms.overdue,
        due=due.at,
        provisional=due.provisional,
        rungs=rungs,
        request=request.name,
        limit=terms.limit,
        basis=terms.basis,
        reasons=terms.reasons,
        request_id=case.request_id(step),
        agency=request.agency,
        inlets=() if request.agency in case.opened.checks else (events_topic(agency),),
        said=mark,
        stages=stages_here(),
    )
    case.waits.open(wait)
    ask(case, wait, kind="requested", provisional=due.provisional)


async def _check(case: Case, step: str, request: Request[Any]) -> None:
    """Have a department's worker answer; the answer takes the same way as one from Kafka."""
    agency, request_id = Party.agency(request.agency), case.request_id(step)
    wait = case.journal.waits.get(step)
    traced = wait is not None and wait.trace is not None
    answer = await case.runtime.check(request, request_id, lambda answer: _unfit(case, step, answer))
    event = Event.of(
        Answered(answer=answer.model_dump(mode="json")),
        id=f"{request_id}/answered",
        source=agency.source(case.opened.administration),
        case=case.opened.case,
        time=case.now(),
        request=request_id,
        traceparent=traceparent_of(check_ids(request_id)) if traced else None,
    )
    case.inbox.put(Delivered(event=event, actor=agency, received=case.now(), by_check=True))


def _unfit(case: Case, step: str, answer: Answer) -> str | None:
    """Why a check's answer is none to its request, which operators have to mend; None where it is one."""
    wait = case.journal.waits.get(step)
    if wait is None or not wait.is_check:
        return None  # it crossed whatever ended that, and is kept as such
    try:
        answer_to(case, wait, answer.model_dump(mode="json"), None)
    except Refusal as refusal:
        return refusal.detail if case.runtime.patched("a-check-that-does-not-fit-has-failed") else None
    return None


# --- waiting for something that is brought ---------------------------------------------------------------


def open_applicant(
    case: Case,
    verb: str,
    wanted: str,
    within: Limit,
    begin: Callable[[Wait], None],
    *,
    owed: Money | None = None,
    fields: tuple[str, ...] = (),
    said: Mapping[str, Any] | None = None,
) -> str:
    """Wait for something that the applicant has to bring; the step under which it will be found."""
    inlets = (events_topic(Party.channel(case.opened.channel)),)
    return _open(
        case, verb, APPLICANT, (wanted,), inlets, begin, within=within, owed=owed, fields=fields, said=said
    )


def open_facts(
    case: Case,
    facts: Sequence[type[Contract]],
    within: Limit | None,
    until: date | None,
    holder: Party | None = None,
) -> str:
    """Wait for the first of these reports and payments; the step under which it will be found.

    Raises:
        LookupError: the holder is none of the procedure's parties.
    """
    if holder is not None:
        case.item.check_party(holder)
    words = [fact.step if issubclass(fact, Report) else PAYMENT for fact in facts]
    reporters = [
        Party.agency(agency)
        for fact in facts
        if issubclass(fact, Report)
        for agency in fact.by or (case.item.lead,)
    ]
    inlets = dict.fromkeys(events_topic(agency) for agency in reporters)
    if Paid in facts:
        inlets[events_topic(Party.channel(case.opened.channel))] = None

    def begin(wait: Wait) -> None:
        case.record("waiting", of=wait, due=wait.due, provisional=wait.provisional, data={"reports": words})

    return _open(
        case,
        f"wait-for-{_slug(words[0])}",  # branches that run at the same time need different names
        holder or (reporters[0] if reporters else APPLICANT),
        tuple(_fact_name(word) for word in words),
        tuple(inlets),
        begin,
        within=within,
        until=until,
    )


def read_fact(facts: Sequence[type[F]], fact: Mapping[str, Any]) -> F:
    """The fact that came, as the one of the types waited for that it is.

    Raises:
        LookupError: it is of none of them.
    """
    for kind in facts:
        if issubclass(kind, Report) and fact["name"] == _fact_name(kind.step):
            return kind.model_validate(fact["data"].get("content") or {})
        if kind is Paid and fact["name"] == PAYMENT:
            return kind.model_validate(fact["data"])
    raise LookupError(f"nobody waited for {fact['name']!r}")


def _open(
    case: Case,
    verb: str,
    holder: Party,
    wants: tuple[str, ...],
    inlets: tuple[str, ...],
    begin: Callable[[Wait], None],
    *,
    within: Limit | None = None,
    until: date | None = None,
    owed: Money | None = None,
    fields: tuple[str, ...] = (),
    said: Mapping[str, Any] | None = None,
) -> str:
    """Wait for a fact; the step under which it will be found.

    Args:
        wants: the names of the facts that end it.
        inlets: the topics on which they may come; the fence watches them.
        begin: records the wait and tells whoever has to bring something.
        within: how long from now on; with neither this nor ``until``, without a limit.
        until: the legal day at whose beginning it is too late. It may be past already.
        owed: for payments, how much.
        fields: for a supplement, the fields of the application that it may hold.
        said: what else ``begin`` says, to be compared in a later run.
    """
    step, mark = case.journal.next_step(verb), mark_of({"wants": wants, "owed": owed} | dict(said or {}))
    if case.begun(step, mark) or is_over(case, step, mark):
        return step
    wait = Wait(
        step=step,
        holder=holder,
        opened=case.now(),
        inlets=inlets,
        wants=wants,
        fields=fields,
        owed=owed,
        said=mark,
        stages=stages_here(),
    )
    if until is not None:
        wait.due = case.calendar.begins(until, case.now())
        wait.rungs = [ScheduledRung(at=wait.due, rung=lapse("overdue"))]
    elif within is not None:
        wait.began, wait.limit, wait.ladder = case.now(), within, (lapse("overdue"),)
        due, wait.rungs = schedule(case.calendar, wait.began, within, wait.ladder, counting=case.law.counting)
        wait.due, wait.provisional = due.at, due.provisional
    case.waits.open(wait)
    begin(wait)
    count_kept_facts(case)
    return step


def _fact_name(word: str) -> str:
    return word if word == PAYMENT else f"reported:{word}"


def _slug(word: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")
