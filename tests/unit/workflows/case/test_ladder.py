"""Overdue ladders: when each rung is due, and what it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contracts.platform import Outage
from contracts.procedures.construction_permit import ReviewDrainage, ReviewEnvironment, ReviewFireSafety
from contracts.terms.calendar import calendar
from contracts.terms.identifiers import AgencyId, Party
from contracts.terms.limits import AS_IT_FALLS, Counting, working_days
from contracts.terms.requests import deem, escalate, lapse, remind
from contracts.wire.messages import Answered, Reminded, Requested
from tests.applications import application
from tests.unit.workflows.case.running import (
    DAY,
    FIRE_SAFETY,
    HOUSING,
    START,
    VirtualRuntime,
    a_case,
    checks,
    delivered,
    letters,
    next_run,
    posted,
    take,
)
from workflows.case.case import Case
from workflows.case.ladder import schedule
from workflows.case.waiting import open_request

STEP = "construction-permit.review-fire-safety/1"
CONSENT = Answered(answer={"outcome": "consent"})
LEGAL_DAYS = calendar("cn-2026.1")


def ask_fire_safety(case: Case) -> str:
    return open_request(case, ReviewFireSafety(site=application().site, design=application().design))


def midnight(month: int, day: int) -> datetime:
    """The beginning of a day of 2026 in Beijing."""
    return datetime(2026, month, day, tzinfo=UTC) - timedelta(hours=8)


def test_rungs_are_at_their_share_of_the_limit_at_its_end_and_after_the_grace() -> None:
    ladder = (remind(at=0.8), escalate(to=AgencyId("housing"), grace=working_days(3)), deem("consent"))
    due, rungs = schedule(LEGAL_DAYS, START, working_days(10), ladder)
    assert (due.at, due.provisional) == (midnight(3, 17), False)  # ten working days from Monday the 2nd
    assert [(each.rung.rung, each.at) for each in rungs] == [
        ("remind", midnight(3, 13)),  # eight of the ten days
        ("escalate", midnight(3, 17)),
        ("deem", midnight(3, 20)),  # three more working days, the limit's last day not among them
    ]


def test_without_a_grace_the_ladder_ends_with_the_limit() -> None:
    due, (end,) = schedule(LEGAL_DAYS, START, working_days(10), [lapse("overdue")])
    assert end.at == due.at


@pytest.mark.parametrize("counting", [AS_IT_FALLS, Counting(basis="law", first_day="same")])
def test_a_grace_has_all_its_days_however_the_law_counts_the_day_of_an_event(counting: Counting) -> None:
    ladder = (escalate(to=AgencyId("housing"), grace=working_days(1)), lapse("overdue"))
    due, (_, end) = schedule(LEGAL_DAYS, START, working_days(1), ladder, counting=counting)
    assert end.at == LEGAL_DAYS.due(START, working_days(1), working_days(1), counting=counting).at > due.at


def test_a_limit_that_reaches_past_the_published_years_is_provisional() -> None:
    due, _ = schedule(LEGAL_DAYS, datetime(2026, 12, 28, tzinfo=UTC), working_days(10), [deem("consent")])
    assert due.provisional


async def test_an_agency_is_reminded_then_the_lead_agency_is_told(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    step = ask_fire_safety(case)
    for days in (7.9, 8, 10):
        runtime.time = START + days * DAY
        take(case)
    assert [entry.kind for entry in posted(case)] == ["requested", "reminded", "escalated"]
    assert {entry.step for entry in posted(case)} == {step}
    (_, (kind, reminder)) = letters(case, FIRE_SAFETY)
    assert (kind, reminder["escalated"]) == (Reminded.type, False)
    ((kind, escalation),) = letters(case, HOUSING)
    assert (kind, escalation["agency"], escalation["escalated"]) == (Reminded.type, "fire-safety", True)


async def test_a_case_that_slept_through_several_rungs_takes_them_in_order(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    ask_fire_safety(case)
    runtime.time = START + 100 * DAY
    take(case)
    assert [entry.kind for entry in posted(case)] == ["requested", "reminded", "escalated"]
    await runtime.advance()  # the fence is passed
    take(case)
    assert posted(case)[-1].kind == "deemed"


async def test_silence_counts_only_once_the_gateway_has_passed_the_deadline(runtime: VirtualRuntime) -> None:
    runtime.gateway_up = False
    case = a_case(runtime)
    step = ask_fire_safety(case)
    deadline = case.journal.waits[step].rungs[-1].at
    assert deadline == START + 13 * DAY - timedelta(microseconds=1)
    runtime.time = deadline + DAY
    for _ in range(3):
        take(case)
        await runtime.advance()
    assert step in case.journal.waits
    ((fence),) = runtime.fences  # asked once
    assert (fence.deadline, fence.topics) == (
        deadline,
        ("channel.portal.events", "agency.fire-safety.events"),
    )

    runtime.gateway_up = True
    await runtime.advance()
    assert case.waits.fence_passed
    take(case)
    assert case.journal.outcomes[step].value == {"outcome": "consent", "deemed": True}
    deemed = posted(case)[-1]
    assert (deemed.kind, deemed.outcome, deemed.occurred, deemed.recorded) == (
        "deemed", "consent", deadline, deadline + DAY,
    )  # fmt: skip


async def take_all_due(case: Case, runtime: VirtualRuntime) -> None:
    """Also what waits for a fence."""
    for _ in range(3):
        take(case)
        await runtime.advance()


async def test_nothing_follows_from_a_check_that_does_not_answer_and_its_answer_counts_whenever_it_comes(
    runtime: VirtualRuntime,
) -> None:
    """It is the platform's own: a crash is no consent, and no refusal."""
    case = a_case(runtime, checks=checks("fire-safety"))
    ask_fire_safety(case)
    runtime.time = START + 30 * DAY
    await take_all_due(case, runtime)
    assert [entry.kind for entry in posted(case)] == ["requested", "reminded", "escalated", "held"]
    assert runtime.fences == []
    take(case, delivered(CONSENT, case.opened.case, FIRE_SAFETY, step=STEP, received=runtime.time))
    assert case.journal.outcomes[STEP].value["outcome"] == "consent"


async def test_where_nothing_is_presumed_the_lead_agency_answers_for_a_check_that_does_not(
    runtime: VirtualRuntime,
) -> None:
    case = a_case(runtime, checks=checks("drainage"))
    step = open_request(case, ReviewDrainage(site=application().site, sewage=application().sewage))
    runtime.time = START + 5 * DAY
    await take_all_due(case, runtime)
    ((kind, asked),) = [each for each in letters(case, HOUSING) if each[0] == Requested.type]
    assert (kind, asked["instead_of"], asked["content"]["sewage"]) == (Requested.type, "drainage", "40")
    refuse = Answered(answer={"outcome": "refuse", "reason": "sewer-capacity"})
    take(case, delivered(refuse, case.opened.case, HOUSING, step=step, received=runtime.time))
    assert case.journal.outcomes[step].value["outcome"] == "refuse"


async def test_where_the_lead_agency_is_silent_too_the_application_fails(runtime: VirtualRuntime) -> None:
    case = a_case(runtime, checks=checks("drainage"))
    step = open_request(case, ReviewDrainage(site=application().site, sewage=application().sewage))
    for days in (5, 4, 1):
        runtime.time += days * DAY
        await take_all_due(case, runtime)
        assert (step in case.journal.outcomes) == (runtime.time >= START + 10 * DAY)
    assert (case.journal.outcomes[step].how, case.journal.outcomes[step].value) == ("lapsed", "not-reviewed")
    assert [entry.kind for entry in posted(case)] == ["requested", "escalated", "referred", "lapsed"]


async def test_a_request_that_was_referred_is_the_other_agencys_in_the_next_run_too(
    runtime: VirtualRuntime,
) -> None:
    case = a_case(runtime)
    review = ReviewEnvironment(site=application().site)
    step = open_request(case, review)
    runtime.time = START + 15 * DAY
    await take_all_due(case, runtime)
    later = next_run(case, runtime)
    assert open_request(later, review) == step
    end = later.journal.waits[step].end
    assert later.holders == (HOUSING,)
    assert end is not None
    assert abs(end - (START + 20 * DAY)) < timedelta(milliseconds=1)


async def test_a_stand_in_that_the_platform_asks_late_has_its_whole_limit(runtime: VirtualRuntime) -> None:
    """No orchestrator ran for days: what it is asked is no limit that has passed."""
    case = a_case(runtime)
    step = open_request(case, ReviewEnvironment(site=application().site))
    runtime.time = START + 30 * DAY
    await take_all_due(case, runtime)
    assert [entry.kind for entry in posted(case)] == ["requested", "reminded", "escalated", "referred"]
    assert case.journal.waits[step].end == START + 35 * DAY
    runtime.time += 5 * DAY
    await take_all_due(case, runtime)
    assert case.journal.outcomes[step].how == "lapsed"


async def test_a_checks_fence_waits_for_the_applicant_and_for_the_grace_after_an_outage(
    runtime: VirtualRuntime,
) -> None:
    """Its answer does not come through the gateway, but Temporal may have been away over its limit."""
    case = a_case(runtime, checks=checks("drainage"))
    open_request(case, ReviewDrainage(site=application().site, sewage=application().sewage))
    runtime.time = end = START + 5 * DAY
    runtime.outage = Outage(began=end - DAY, ended=end)
    await take_all_due(case, runtime)
    assert case.holders == (Party.agency("drainage"),)
    await runtime.advance(runtime.grace)
    await take_all_due(case, runtime)
    assert {fence.topics for fence in runtime.fences} == {("channel.portal.events",)}
    assert case.holders == (HOUSING,)
    assert [entry.kind for entry in posted(case)] == ["requested", "escalated", "held", "referred"]


@pytest.mark.parametrize("days", [8, 10])
async def test_a_rung_is_taken_once(runtime: VirtualRuntime, days: int) -> None:
    case = a_case(runtime)
    ask_fire_safety(case)
    runtime.time = START + days * DAY
    take(case)
    before = len(posted(case))
    take(case)
    assert len(posted(case)) == before
    assert letters(case, FIRE_SAFETY)[0][0] == Requested.type
