"""An operator ends a case: it says who did it and why, and tells everybody who is in it."""

from __future__ import annotations

import asyncio

import pytest

from contracts.platform import Cancellation
from contracts.procedures.construction_permit import ReviewFireSafety
from contracts.terms.decisions import Decision, Ended, Grant
from contracts.wire.ledger import faults
from contracts.wire.messages import Answered, Cancelled, CaseClosed
from contracts.wire.notices import BrokenOff, CaseClosedNotice, Decided
from tests.applications import application
from tests.unit.workflows.case.running import FIRE_SAFETY, VirtualRuntime, a_case, delivered
from workflows.case import carrier
from workflows.case.case import Case
from workflows.case.deciding import decide
from workflows.case.waiting import open_request, outcome_of

WHY = "The application was opened twice."
CANCELLATION = Cancellation(by="ling", why=WHY)
REVIEW = "construction-permit.review-fire-safety/1"
CONSENT = Answered(answer={"outcome": "consent"})


async def review(case: Case) -> Decision:
    step = open_request(case, ReviewFireSafety(site=application().site, design=application().design))
    await outcome_of(case, step)
    decide(case, Grant())
    await asyncio.Event().wait()  # nothing will ever come
    return Grant()


async def carried(case: Case) -> asyncio.Task[object]:
    carrying = asyncio.create_task(carrier.carry(case, review(case)))
    assert isinstance(case.runtime, VirtualRuntime)
    await case.runtime.advance()
    return carrying


def sent(runtime: VirtualRuntime) -> list[tuple[str, str, dict[str, object] | None]]:
    letters = [letter for batch in runtime.batches for each in batch.postings for letter in each.letters]
    return [(letter.topic, letter.type, letter.data) for letter in letters]


async def test_the_ledger_says_who_and_why_and_everybody_is_told(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    carrying = await carried(case)
    case.inbox.cancellation = CANCELLATION
    assert (await carrying).decision == Ended(result="broken-off")  # type: ignore[attr-defined]
    assert runtime.kinds[2:] == ["broken-off", "cancelled", "decided", "closed"]
    assert faults(runtime.entries) == []
    broken_off = runtime.entries[2]
    assert broken_off.data is not None
    assert broken_off.data.content == {"by": "ling", "why": WHY}
    told = [(topic, kind) for topic, kind, _ in sent(runtime)[2:]]
    assert told == [
        ("channel.portal.notices", BrokenOff.type),
        ("agency.fire-safety.requests", Cancelled.type),
        ("channel.portal.notices", Decided.type),
        ("agency.fire-safety.requests", CaseClosed.type),
        ("channel.portal.notices", CaseClosedNotice.type),
    ]
    assert sent(runtime)[2][2] == {"reason": WHY}


async def test_a_decided_case_that_cannot_go_on_ends(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    carrying = await carried(case)
    case.inbox.put(delivered(CONSENT, case.opened.case, FIRE_SAFETY, step=REVIEW))
    await runtime.advance()
    assert runtime.kinds[-1] == "decided"
    case.inbox.cancellation = CANCELLATION
    assert (await carrying).decision == Ended(result="broken-off")  # type: ignore[attr-defined]
    assert runtime.kinds[-2:] == ["broken-off", "closed"]  # decided once


async def test_it_goes_before_what_waits_and_a_course_that_would_fail_at_that_does_not(
    runtime: VirtualRuntime,
) -> None:
    async def faulty(case: Case) -> Decision:
        step = open_request(case, ReviewFireSafety(site=application().site, design=application().design))
        await outcome_of(case, step)
        raise ValueError("a bug")

    case = a_case(runtime)
    carrying = asyncio.create_task(carrier.carry(case, faulty(case)))
    await runtime.advance()
    case.inbox.put(delivered(CONSENT, case.opened.case, FIRE_SAFETY, step=REVIEW))
    case.inbox.cancellation = CANCELLATION
    assert (await carrying).decision == Ended(result="broken-off")
    assert runtime.kinds[2:] == ["broken-off", "cancelled", "decided", "late", "closed"]


async def test_a_course_that_failed_already_does_not_keep_the_case_open(runtime: VirtualRuntime) -> None:
    async def faulty(case: Case) -> Decision:
        raise ValueError("a bug")

    case = a_case(runtime)
    case.inbox.cancellation = CANCELLATION
    assert (await carrier.carry(case, faulty(case))).decision == Ended(result="broken-off")
    assert runtime.kinds == ["opened", "broken-off", "decided", "closed"]


async def test_it_is_not_lost_where_a_case_would_go_on_in_a_new_run(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", 1)
    case = a_case(runtime)
    carrying = await carried(case)
    runtime.broker_up = False  # the new run waits for what leaves
    case.inbox.put(delivered(CONSENT, case.opened.case, FIRE_SAFETY, step=REVIEW))
    await runtime.advance()
    case.inbox.cancellation = CANCELLATION
    await runtime.advance()
    runtime.broker_up = True
    assert (await carrying).decision == Ended(result="broken-off")  # type: ignore[attr-defined]
