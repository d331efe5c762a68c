"""What an entry follows from, as traces have it: the event that caused it, never an earlier one's."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest

from contracts.procedures.construction_permit import (
    CheckCompleteness,
    ReviewDrainage,
    ReviewFireSafety,
)
from contracts.terms.decisions import Decision, Grant
from contracts.terms.identifiers import Party
from contracts.wire.envelope import Message
from contracts.wire.messages import Answered, ApplicantWithdrew, Received
from contracts.wire.tracing import Trace, check_ids, entry_ids, step_ids, trace_id, traceparent_of
from tests.applications import application
from tests.unit.workflows.case.running import (
    DAY,
    FIRE_SAFETY,
    HOUSING,
    PORTAL,
    NextRun,
    VirtualRuntime,
    a_case,
    checks,
    delivered,
)
from workflows.case import carrier
from workflows.case.case import Case
from workflows.case.deciding import decide
from workflows.case.inbox import Inbox
from workflows.case.waiting import open_request, outcome_of

SITE = application().site
FIRST, FIRE = "construction-permit.check-completeness/1", "construction-permit.review-fire-safety/1"
COMPLETE, CONSENT = Answered(answer={"outcome": "complete"}), Answered(answer={"outcome": "consent"})


def context(number: int, trace: int | None = None) -> str:
    """The context of an event, in a trace of its own unless another one is named."""
    return f"00-{(trace or number):032x}-{number:016x}-01"


async def course(case: Case) -> Decision:
    """First one question, then another, then the decision."""
    await outcome_of(case, open_request(case, CheckCompleteness(application=application())))
    await outcome_of(case, open_request(case, ReviewFireSafety(site=SITE, design=application().design)))
    decide(case, Grant())
    return Grant()


async def carried(case: Case, course: Coroutine[Any, Any, Decision]) -> asyncio.Task[Any]:
    task = asyncio.create_task(carrier.carry(case, course))
    assert isinstance(case.runtime, VirtualRuntime)
    await case.runtime.advance()
    return task


async def says(
    case: Case,
    message: Message,
    sender: Party,
    step: str | None = None,
    *,
    trace: str | None,
    state: str = "",
) -> None:
    """An event takes effect that was sent in a trace."""
    assert isinstance(case.runtime, VirtualRuntime)
    sent = delivered(message, case.opened.case, sender, step=step, received=case.runtime.time)
    traced = sent.event.model_copy(update={"traceparent": trace, "tracestate": state or None})
    case.inbox.put(sent.model_copy(update={"event": traced}))
    await case.runtime.advance()


def followed(runtime: VirtualRuntime) -> dict[str, Trace | None]:
    """What each entry follows from; of several of one kind, the last."""
    return {each.entry.kind: each.trace for batch in runtime.batches for each in batch.postings}


def context_of(runtime: VirtualRuntime, number: int) -> str:
    """The context of an entry, by its number."""
    (posting,) = (
        each for batch in runtime.batches for each in batch.postings if each.entry.sequence == number
    )
    entry = posting.entry
    return traceparent_of(entry_ids(posting.trace, entry.case, entry.recorded, entry.id))


async def test_what_an_event_brings_about_follows_from_it_and_not_from_the_application(
    runtime: VirtualRuntime,
) -> None:
    case = a_case(runtime, traceparent=context(1), tracestate="portal=1")
    await carried(case, course(case))
    asked = context_of(runtime, 2)
    await says(case, COMPLETE, HOUSING, FIRST, trace=context(2), state="housing=2")
    asked_again = context_of(runtime, 4)
    await says(case, CONSENT, FIRE_SAFETY, FIRE, trace=context(3))
    application_ = Trace(parent=context(1), state="portal=1")
    first = Trace(parent=context(2), state="housing=2", link=asked)
    second = Trace(parent=context(3), link=asked_again)
    postings = [posting for batch in runtime.batches for posting in batch.postings]
    assert [(each.entry.kind, each.trace) for each in postings] == [
        ("opened", application_),
        ("requested", application_),
        ("answered", first),
        ("requested", first),
        ("answered", second),
        ("decided", second),
        ("closed", second),
    ]


async def test_where_nobody_traces_a_case_stores_nothing_of_it(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    await carried(case, course(case))
    await says(case, COMPLETE, HOUSING, FIRST, trace=None)
    assert set(followed(runtime).values()) == {None}
    assert "trace" not in str(case.carried())
    assert "trace" not in runtime.batches[0].model_dump_json()


async def test_what_time_brings_about_is_linked_to_the_request_and_begins_a_trace(
    runtime: VirtualRuntime,
) -> None:
    case = a_case(runtime, traceparent=context(1))
    await carried(case, course(case))
    await says(case, COMPLETE, HOUSING, FIRST, trace=context(2))
    asked = context_of(runtime, 4)
    for _ in range(10):
        await runtime.advance(2 * DAY)
    found = followed(runtime)
    for kind in ("reminded", "escalated", "deemed", "decided"):
        trace = found[kind]
        assert trace == Trace(link=asked)
        assert trace is not None
        assert trace.begins
    traces = {
        step_ids(each.trace, each.entry.case, each.entry.recorded).trace
        for batch in runtime.batches
        for each in batch.postings
        if each.entry.kind in ("reminded", "escalated", "deemed", "decided")
    }
    assert len(traces) == 3  # a reminder, an escalation, and silence with the decision that it caused
    assert trace_id(context(2)) not in traces


async def test_an_agency_that_goes_on_in_the_trace_of_its_request_makes_no_trace_of_months(
    runtime: VirtualRuntime,
) -> None:
    case = a_case(runtime, traceparent=context(1))
    await carried(case, course(case))
    await says(case, COMPLETE, HOUSING, FIRST, trace=context(2, trace=1))
    trace = followed(runtime)["answered"]
    assert trace is not None
    assert trace.begins
    assert followed(runtime)["requested"] == trace


async def test_an_event_without_a_trace_is_linked_to_what_it_answers(runtime: VirtualRuntime) -> None:
    case = a_case(runtime, traceparent=context(1))
    await carried(case, course(case))
    asked = context_of(runtime, 2)
    await says(case, COMPLETE, HOUSING, FIRST, trace=None)
    assert followed(runtime)["answered"] == Trace(link=asked)


async def test_what_changes_nothing_is_followed_by_nothing(runtime: VirtualRuntime) -> None:
    """A refused event has a trace of its own; what the case does next has that of what caused it."""
    case = a_case(runtime, traceparent=context(1))
    await carried(case, course(case))
    answer = delivered(COMPLETE, case.opened.case, HOUSING, step=FIRST)
    wrong = delivered(CONSENT, case.opened.case, FIRE_SAFETY, step=FIRE)
    for each, trace in ((wrong, context(9)), (answer, context(2)), (wrong, context(9))):
        case.inbox.put(
            each.model_copy(update={"event": each.event.model_copy(update={"traceparent": trace})})
        )
    await runtime.advance()
    found = followed(runtime)
    assert found["refused"] == Trace(parent=context(9))
    assert found["requested"] == found["answered"]
    assert found["answered"] is not None
    assert found["answered"].parent == context(2)
    await says(case, Received(), HOUSING, FIRST, trace=context(8))
    await says(case, CONSENT, FIRE_SAFETY, FIRE, trace=context(3))
    found = followed(runtime)
    assert found["received"] == Trace(parent=context(8))
    assert found["closed"] is not None
    assert found["closed"].parent == context(3)


async def test_what_still_comes_when_the_case_ends_does_not_become_the_cause_of_its_end(
    runtime: VirtualRuntime,
) -> None:
    case = a_case(runtime, traceparent=context(1))
    await carried(case, course(case))
    withdrawn = delivered(ApplicantWithdrew(), case.opened.case, PORTAL)
    late = delivered(
        COMPLETE, case.opened.case, HOUSING, step=FIRST, received=runtime.time + timedelta(seconds=1)
    )
    for each, trace in ((withdrawn, context(2)), (late, context(9))):
        case.inbox.put(
            each.model_copy(update={"event": each.event.model_copy(update={"traceparent": trace})})
        )
    await runtime.advance()
    found = followed(runtime)
    assert found["late"] == Trace(parent=context(9))
    assert {found[kind] for kind in ("withdrawn", "decided", "closed")} == {Trace(parent=context(2))}


async def test_an_answer_of_an_automated_check_follows_from_the_check(runtime: VirtualRuntime) -> None:
    async def drained(case: Case) -> Decision:
        await outcome_of(case, open_request(case, ReviewDrainage(site=SITE, sewage=40)))
        decide(case, Grant())
        return Grant()

    case = a_case(runtime, traceparent=context(1), checks=checks("drainage"))
    await carried(case, drained(case))
    runtime.answers[ReviewDrainage.name] = ReviewDrainage.answer(outcome="consent")
    await runtime.advance()
    request = f"{case.opened.case}/{ReviewDrainage.name}/1"
    check = traceparent_of(check_ids(request))
    assert followed(runtime)["answered"] == Trace(parent=check, link=context_of(runtime, 2))


async def test_a_new_run_knows_the_contexts_of_what_is_open(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", 1)
    case = a_case(runtime, traceparent=context(1))
    carrying = await carried(case, course(case))
    asked = context_of(runtime, 2)
    await says(case, Received(), HOUSING, FIRST, trace=context(2))
    with pytest.raises(NextRun) as ended:
        await carrying
    following = Case(ended.value.opened, case.item, Inbox(runtime.read), runtime)
    await carried(following, course(following))
    await says(following, COMPLETE, HOUSING, FIRST, trace=context(3))
    assert followed(runtime)["answered"] == Trace(parent=context(3), link=asked)
