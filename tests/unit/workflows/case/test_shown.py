"""What operators see of a case in Temporal: details, search attributes, summaries."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from contracts import attributes
from contracts.procedures.construction_permit import CheckCompleteness, ReviewFireSafety, ReviewPlanning
from contracts.terms.decisions import Decision, Grant
from contracts.terms.limits import working_days
from contracts.terms.requests import Request
from contracts.wire.messages import Answered
from tests.applications import application
from tests.unit.workflows.case.running import (
    DAY,
    FIRE_SAFETY,
    START,
    NextRun,
    VirtualRuntime,
    a_case,
    delivered,
    next_run,
)
from workflows.case import carrier
from workflows.case.carrier import carry
from workflows.case.case import Case
from workflows.case.deciding import decide
from workflows.case.runtime import publishing
from workflows.case.shown import STAGE, show
from workflows.case.stages import Within
from workflows.case.waiting import open_request, outcome_of

FIRE = ReviewFireSafety(site=application().site, design=application().design)
PLANNING = ReviewPlanning(site=application().site, plan=application().plan)
COMPLETE = CheckCompleteness(application=application())
REVIEW = "construction-permit.review-fire-safety/1"
CONSENT = Answered(answer={"outcome": "consent"})
AT_FIRST = TypedSearchAttributes([SearchAttributePair(STAGE, attributes.OPENED)])


@pytest.fixture
def listed(runtime: VirtualRuntime) -> VirtualRuntime:
    """A runtime of a case that was opened with search attributes."""
    runtime.listed = AT_FIRST
    return runtime


def by_name(runtime: VirtualRuntime) -> dict[str, Any]:
    """The search attributes of the case, without its prefix."""
    return {key.name.removeprefix("Seamless"): value for key, value in runtime.listed}


async def asks(case: Case, requests: Sequence[Request[Any]]) -> Decision:
    """A course: requests, all at once, and the decision."""
    for step in [open_request(case, request) for request in requests]:
        await outcome_of(case, step)
    decide(case, Grant())
    return Grant()


async def begun(runtime: VirtualRuntime, *requests: Request[Any]) -> tuple[Case, asyncio.Task[Any]]:
    """A case that waits for requests."""
    case = a_case(runtime)
    task = asyncio.create_task(carry(case, asks(case, requests)))
    await runtime.advance()
    return case, task


def answer(case: Case) -> None:
    case.inbox.put(delivered(CONSENT, case.opened.case, FIRE_SAFETY, step=REVIEW))


async def test_a_case_is_listed_by_whom_it_waits_for_and_the_first_due_time(listed: VirtualRuntime) -> None:
    await begun(listed, FIRE, PLANNING, COMPLETE)
    assert by_name(listed) == {
        "Stage": "opened",
        "WaitingFor": ["fire-safety", "housing", "planning"],
        "Due": START + 5 * DAY,
    }
    assert listed.listings == 1


async def test_the_details_are_a_list_of_who_has_what_until_when(runtime: VirtualRuntime) -> None:
    """The UI takes them for Markdown: without the list all would be one paragraph."""
    await begun(runtime, FIRE, COMPLETE)
    assert runtime.shown.splitlines() == [
        "- fire-safety: construction-permit.review-fire-safety/1, due 2026-03-02 01:01 UTC",
        "- housing: construction-permit.check-completeness/1, due 2026-03-02 01:00 UTC",
    ]


async def test_what_is_published_says_of_whom_it_is(listed: VirtualRuntime) -> None:
    case, task = await begun(listed, FIRE, PLANNING, COMPLETE)
    answer(case)
    await listed.advance()
    assert [publishing(batch) for batch in listed.batches] == [
        "publish 4 entries: opened, requested (fire-safety, planning, housing)",
        "publish 1 entry: answered (fire-safety)",
    ]
    task.cancel()


async def test_what_is_published_fits_its_summary_however_many_are_asked(listed: VirtualRuntime) -> None:
    await begun(listed, *[FIRE, PLANNING] * 40)
    assert attributes.summary(publishing(listed.batches[0])) == (
        "publish 81 entries: opened, requested (fire-safety, planning)"
    )


async def test_what_has_not_changed_is_not_said_again(listed: VirtualRuntime) -> None:
    case, _ = await begun(listed, FIRE)
    case.record("marked", outcome="unusual")
    await listed.advance()
    assert len(listed.batches) == 2
    assert listed.listings == 1


async def test_an_end_is_one_change(listed: VirtualRuntime) -> None:
    case, task = await begun(listed, FIRE)
    answer(case)
    await task
    assert by_name(listed) == {"Stage": "closed", "Outcome": "granted"}
    assert listed.listings == 2


async def test_an_agency_whose_time_is_over_is_listed_as_that_once_it_has_followed(
    listed: VirtualRuntime,
) -> None:
    await begun(listed, FIRE, PLANNING)
    await listed.advance(9 * DAY)
    assert "Overdue" not in by_name(listed)
    await listed.advance(1 * DAY)
    assert by_name(listed)["Overdue"] == ["fire-safety", "planning"]
    assert by_name(listed)["Due"] == START + 10 * DAY, "and it stays, so it can be asked by"


async def test_the_stage_is_the_authors_word_or_one_of_ours(listed: VirtualRuntime) -> None:
    case = a_case(listed)
    seen = []

    def now() -> str:
        show(case)
        return str(listed.listed[STAGE])

    seen.append(now())
    case.do_once("accept/1", "")
    seen.append(now())
    async with Within(case, "substance", working_days(5), None):
        async with Within(case, "site visit", working_days(1), None):
            seen.append(now())
        seen.append(now())
        decide(case, Grant())
        seen.append(now())
    seen.append(now())
    case.closed = True
    seen.append(now())
    assert seen == ["opened", "accepted", "site visit", "substance", "substance", "decided", "closed"]


async def test_a_stage_that_an_author_calls_oddly_can_be_listed(listed: VirtualRuntime) -> None:
    case = a_case(listed)
    async with Within(case, "实质\n审查 " * 1000, working_days(5), None):
        show(case)
    assert by_name(listed)["Stage"] == ("实质 审查 " * 1000)[: attributes.LONGEST]


async def test_a_case_that_was_opened_without_attributes_gets_none(runtime: VirtualRuntime) -> None:
    """Its history, under an earlier build, has no event for them: a replay would fail."""
    case, task = await begun(runtime, FIRE)
    answer(case)
    await task
    assert runtime.listings == 0
    assert "construction-permit" in runtime.shown or runtime.shown == ""


async def test_a_new_run_is_listed_as_the_last_one_was(
    listed: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", 1)
    case, task = await begun(listed, FIRE, PLANNING)
    answer(case)
    with pytest.raises(NextRun):
        await task
    before, listings = listed.listed, listed.listings
    assert by_name(listed)["WaitingFor"] == ["planning"]
    following = next_run(case, listed)
    carrying = asyncio.create_task(carry(following, asks(following, [FIRE, PLANNING])))
    await listed.advance()
    assert (listed.listed, listed.listings) == (before, listings)
    assert not carrying.done()
    assert listed.shown.startswith("- planning: construction-permit.review-planning/1, due ")


async def test_a_run_that_begins_otherwise_is_listed_anew(
    listed: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does that an operator recovers: Temporal lists it by what it knew when it fell back."""
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", 1)
    case, task = await begun(listed, FIRE, PLANNING)
    answer(case)
    with pytest.raises(NextRun):
        await task
    now, listed.listed = listed.listed, AT_FIRST
    following = next_run(case, listed)
    carrying = asyncio.create_task(carry(following, asks(following, [FIRE, PLANNING])))
    await listed.advance()
    assert listed.listed == now
    assert not carrying.done()


async def test_timers_say_what_happens_when_they_fire(runtime: VirtualRuntime) -> None:
    await begun(runtime, FIRE)
    for _ in range(13):
        await runtime.advance(timedelta(days=0) + DAY)
    step = "construction-permit.review-fire-safety/1"
    assert [each.rpartition(", ")[0] for each in runtime.summaries] == [
        f"reminder of {step}",
        f"escalation of {step}",
        f"binding end of {step}",
    ]
    assert runtime.summaries[0].endswith(" 01:01 UTC")
