"""The construction permit reads as its law does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from activities.checks import CHECKS
from contracts.platform import FencePassed, Outage
from contracts.terms.decisions import Ended, Grant, Refuse, Withdrawn
from contracts.wire.messages import (
    ApplicantWithdrew,
    Cancelled,
    CaseClosed,
    Expired,
    Paid,
    Reminded,
    Reported,
    Supplemented,
    Taken,
)
from contracts.wire.notices import CaseClosedNotice, Decided, DocumentIssued, Missing, Receipt, RefusedNotice
from tests.applications import application, document
from tests.cases.conftest import Cases, CaseUnderTest, requested

REVIEWS = {
    "planning": "construction-permit.review-planning/1",
    "fire-safety": "construction-permit.review-fire-safety/1",
    "civil-air-defence": "construction-permit.review-civil-air-defence/1",
    "environment": "construction-permit.review-environment/1",
}
FEE = {"amount": "210010.00", "currency": "CNY"}


async def complete(case: CaseUnderTest) -> None:
    await case.asked("construction-permit.check-completeness/1")
    await case.answer("housing", "construction-permit.check-completeness/1", outcome="complete")
    await case.asked("construction-permit.review-drainage/1")


async def pay(case: CaseUnderTest, amount: str = FEE["amount"], reference: str = "bank-1") -> None:
    money = {"amount": amount, "currency": "CNY"}
    await case.send("channel:portal", Paid.type, {"amount": money, "reference": reference})


async def consent(case: CaseUnderTest, *agencies: str, received: datetime | None = None) -> None:
    for agency in agencies or REVIEWS:
        await case.answer(agency, REVIEWS[agency], received=received, outcome="consent")


def at_once(case: CaseUnderTest) -> datetime:
    """The moment after the reviews were asked for: where days are short, a busy machine answers too late."""
    asked = max(entry.recorded for entry in case.entries if entry.kind == "requested")
    return asked + timedelta(milliseconds=1)


def told(case: CaseUnderTest, agency: str) -> list[str]:
    """The types of what an agency was told."""
    return [kind for kind, _ in case.letters(f"agency.{agency}.requests")]


async def hand_over(case: CaseUnderTest) -> None:
    await case.asked("construction-permit.issue-permit/1")
    permit = document("permit").model_dump(mode="json")
    await case.answer("housing", "construction-permit.issue-permit/1", outcome="issued", document=permit)
    await case.asked("construction-permit.deliver-permit/1")
    await case.answer("service-hall", "construction-permit.deliver-permit/1", outcome="delivered")


async def test_granted_when_all_consent_and_the_fee_is_paid(cases: Cases) -> None:
    case = await cases.open("construction-permit", application())
    await complete(case)
    await consent(case)
    await case.until(lambda: "fee-due" in case.kinds)
    await pay(case, "200000.00")
    await pay(case, "10010.00", "bank-2")
    await hand_over(case)
    closing = await case.result()
    assert closing.decision == Grant()
    notices = [kind for kind, _ in case.letters("channel.portal.notices")]
    assert notices[:2] == [Receipt.type, Receipt.type]
    assert notices[-3:] == [Decided.type, DocumentIssued.type, CaseClosedNotice.type]
    assert requested(case, "drainage") == []  # an automated check: nothing went to Kafka for it
    answered = [entry for entry in case.entries if entry.kind == "answered"]
    assert {entry.actor for entry in answered if entry.step == "construction-permit.review-drainage/1"} == {
        "agency:drainage"
    }
    assert case.entries[-1].holders == ()
    decided = next(data for kind, data in case.letters("channel.portal.notices") if kind == Decided.type)
    assert decided["ledger_hash"] in {entry.hash for entry in case.entries}


async def test_reviews_run_at_the_same_time(cases: Cases) -> None:
    case = await cases.open("construction-permit", application(sewage=Decimal(150)))
    await complete(case)
    await case.until(
        lambda: any(
            e.step == "construction-permit.review-drainage/1" and e.kind == "answered" for e in case.entries
        )
    )
    assert case.entries[-1].holders == tuple(sorted(f"agency:{agency}" for agency in REVIEWS))
    await consent(case)
    await case.until(lambda: "fee-due" in case.kinds)
    assert case.entries[-1].holders == ("applicant",)
    await case.send("channel:portal", ApplicantWithdrew.type, {})
    await case.result()


async def test_a_refusal_stops_the_other_reviews_before_the_decision_goes_out(cases: Cases) -> None:
    case = await cases.open("construction-permit", application())
    await complete(case)
    await case.answer(
        "fire-safety", REVIEWS["fire-safety"], outcome="refuse", reason="fire-safety-insufficient"
    )
    closing = await case.result()
    assert closing.decision == Refuse(reason="fire-safety-insufficient")
    for agency in ("planning", "environment", "civil-air-defence"):
        assert told(case, agency)[-2:] == [Cancelled.type, CaseClosed.type]
    assert max(i for i, kind in enumerate(case.kinds) if kind == "cancelled") < case.kinds.index("decided")


async def test_of_two_answers_at_once_the_one_the_broker_received_first_decides(cases: Cases) -> None:
    case = await cases.open("construction-permit", application())
    await complete(case)
    early = datetime.now(UTC)
    late = early + timedelta(milliseconds=1)
    await asyncio.gather(
        case.answer(
            "planning", REVIEWS["planning"], received=late, outcome="refuse", reason="plan-not-conform"
        ),
        case.answer(
            "environment",
            REVIEWS["environment"],
            received=early,
            outcome="refuse",
            reason="environmental-harm",
        ),
    )
    closing = await case.result()
    first = next(e for e in case.entries if e.kind == "answered" and e.outcome == "refuse")
    assert isinstance(closing.decision, Refuse)
    assert first.data is not None
    assert closing.decision.reason == first.data.content["answer"]["reason"]


async def test_an_answer_that_crosses_the_cancellation_is_kept_and_changes_nothing(cases: Cases) -> None:
    case = await cases.open("construction-permit", application())
    await complete(case)
    await consent(case)
    await case.until(lambda: "fee-due" in case.kinds)
    await case.answer("planning", REVIEWS["planning"], outcome="refuse", reason="plan-not-conform")
    await case.until(lambda: "late" in case.kinds)
    assert case.letters("agency.planning.requests")[-1][0] == Taken.type
    assert case.letters("agency.planning.requests")[-1][1]["late"] is True
    await pay(case)
    await hand_over(case)
    assert (await case.result()).decision == Grant()


async def test_everything_missing_is_told_at_once_and_what_comes_is_checked_again(cases: Cases) -> None:
    case = await cases.open("construction-permit", application(land_title=None, shelter_plan=None))
    await case.asked("construction-permit.check-completeness/1")
    missing = [
        {"zh": "用地批准", "en": "Land title", "field": "land_title"},
        {"zh": "人防设计", "en": "Shelter plan", "field": "shelter_plan"},
    ]
    await case.answer(
        "housing", "construction-permit.check-completeness/1", outcome="incomplete", missing=missing
    )
    await case.until(lambda: "asked-applicant" in case.kinds)
    asked = next(data for kind, data in case.letters("channel.portal.notices") if kind == Missing.type)
    assert [item["en"] for item in asked["items"]] == ["Land title", "Shelter plan"]
    handed_in = {
        "land_title": document("title").model_dump(),
        "shelter_plan": document("shelter").model_dump(),
    }
    await case.send("channel:portal", Supplemented.type, {"application": handed_in})
    await case.asked("construction-permit.check-completeness/2")
    again = case.letters("agency.housing.requests")[-1][1]
    assert again["content"]["application"]["land_title"]["uri"] == "urn:document:title"
    await case.send("channel:portal", ApplicantWithdrew.type, {})
    assert (await case.result()).decision == Withdrawn()


async def test_a_supplement_that_does_not_fit_is_refused_at_its_field_and_the_case_goes_on(
    cases: Cases,
) -> None:
    case = await cases.open("construction-permit", application(land_title=None))
    await case.asked("construction-permit.check-completeness/1")
    missing = [{"zh": "用地批准", "en": "Land title", "field": "land_title"}]
    await case.answer(
        "housing", "construction-permit.check-completeness/1", outcome="incomplete", missing=missing
    )
    await case.until(lambda: "asked-applicant" in case.kinds)
    await case.send("channel:portal", Supplemented.type, {"application": {"floor_area": "much"}})
    await case.until(lambda: "refused" in case.kinds)
    notices = case.letters("channel.portal.notices")
    refused = next(data for kind, data in notices if kind == RefusedNotice.type)
    assert (refused["reason"], refused["field"]) == ("invalid", "data.application.floor_area")
    handed_in = {"land_title": document("title").model_dump(mode="json")}
    await case.send("channel:portal", Supplemented.type, {"application": handed_in})
    await case.asked("construction-permit.check-completeness/2")
    await case.send("channel:portal", ApplicantWithdrew.type, {})
    await case.result()


async def test_an_answer_to_a_request_that_was_never_made_is_refused(cases: Cases) -> None:
    case = await cases.open("construction-permit", application())
    await case.asked("construction-permit.check-completeness/1")
    await case.answer("housing", "construction-permit.check-completeness/7", outcome="complete")
    await case.until(lambda: "refused" in case.kinds)
    assert case.letters("agency.housing.requests")[-1][1]["reason"] == "unknown-request"
    await case.send("channel:portal", ApplicantWithdrew.type, {})
    await case.result()


async def test_the_applicant_can_withdraw_until_the_decision(cases: Cases) -> None:
    case = await cases.open("construction-permit", application())
    await complete(case)
    await case.send("channel:portal", ApplicantWithdrew.type, {"reason": "plans changed"})
    assert (await case.result()).decision == Withdrawn()
    assert told(case, "environment")[-2:] == [Cancelled.type, CaseClosed.type]


async def test_after_the_decision_a_withdrawal_is_refused(cases: Cases) -> None:
    case = await cases.open("construction-permit", application())
    await complete(case)
    await consent(case)
    await pay(case)
    await case.asked("construction-permit.issue-permit/1")
    await case.send("channel:portal", ApplicantWithdrew.type, {})
    await case.until(lambda: "refused" in case.kinds)
    await hand_over(case)
    assert (await case.result()).decision == Grant()


async def test_an_event_delivered_three_times_counts_once(cases: Cases) -> None:
    case = await cases.open("construction-permit", application())
    await complete(case)
    await consent(case)
    await case.until(lambda: "fee-due" in case.kinds)
    half = {"amount": {"amount": "105005.00", "currency": "CNY"}, "reference": "bank-1"}
    first = await case.send("channel:portal", Paid.type, half)
    for _ in range(2):
        await case.send("channel:portal", Paid.type, half, again=first)
    await case.send("channel:portal", ApplicantWithdrew.type, {})
    await case.result()
    assert case.kinds.count("paid") == 1


async def test_an_overdue_review_is_reminded_escalated_and_then_counts_as_consent(cases: Cases) -> None:
    case = await cases.open("construction-permit", application(), day_seconds=0.3)
    await case.answer("housing", "construction-permit.check-completeness/1", outcome="complete")
    await case.asked("construction-permit.review-drainage/1")
    await consent(case, "planning", "environment", "civil-air-defence", received=at_once(case))
    await case.until(lambda: "deemed" in case.kinds)
    about_fire = [e.kind for e in case.entries if e.step == REVIEWS["fire-safety"]]
    assert about_fire == ["requested", "reminded", "escalated", "deemed"]
    assert (Reminded.type, True) in [
        (kind, data.get("escalated")) for kind, data in case.letters("agency.housing.requests")
    ]
    fences = {each.topics for each in cases.post.fences if "agency.fire-safety.events" in each.topics}
    assert fences == {("channel.portal.events", "agency.fire-safety.events")}
    await case.send("channel:portal", ApplicantWithdrew.type, {})
    await case.result()


async def test_silence_of_the_environment_agency_is_never_consent(cases: Cases) -> None:
    case = await cases.open("construction-permit", application(), day_seconds=0.5)
    await case.answer("housing", "construction-permit.check-completeness/1", outcome="complete")
    await case.asked("construction-permit.review-drainage/1")
    await consent(case, "planning", "fire-safety", "civil-air-defence", received=at_once(case))
    await case.until(lambda: "referred" in case.kinds)
    assert told(case, "environment")[-1] == Expired.type
    await case.answer("housing", REVIEWS["environment"], outcome="refuse", reason="environmental-harm")
    assert (await case.result()).decision == Refuse(reason="environmental-harm")


async def test_a_dead_check_and_a_silent_lead_agency_grant_nothing(cases: Cases) -> None:
    """The environment agency takes part by a check of which no worker runs."""
    dead = (*CHECKS, "environment")
    case = await cases.open("construction-permit", application(), day_seconds=0.2, checks=dead)
    await case.answer("housing", "construction-permit.check-completeness/1", outcome="complete")
    await case.asked("construction-permit.review-drainage/1")
    await consent(case, "planning", "fire-safety", "civil-air-defence", received=at_once(case))
    assert (await case.result()).decision == Refuse(reason="not-reviewed")
    assert requested(case, "housing")[-1] == "construction-permit.review-environment"


async def test_what_arrived_in_time_counts_although_it_is_carried_after_the_deadline(cases: Cases) -> None:
    cases.post.gateway_is_down = True
    case = await cases.open("construction-permit", application(), day_seconds=0.2)
    await case.answer("housing", "construction-permit.check-completeness/1", outcome="complete")
    await case.asked("construction-permit.review-drainage/1")
    in_time = at_once(case)
    await case.until(lambda: any("agency.fire-safety.events" in fence.topics for fence in cases.post.fences))
    await case.answer(
        "fire-safety",
        REVIEWS["fire-safety"],
        received=in_time,
        outcome="refuse",
        reason="fire-safety-insufficient",
    )
    assert (await case.result()).decision == Refuse(reason="fire-safety-insufficient")
    assert "deemed" not in case.kinds


async def test_what_arrived_after_the_deadline_is_late_once_the_fence_is_passed(cases: Cases) -> None:
    case = await deemed_but_for_the_fence(cases)
    await case.answer(
        "fire-safety", REVIEWS["fire-safety"], outcome="refuse", reason="fire-safety-insufficient"
    )
    await asyncio.sleep(0.5)
    assert "late" not in case.kinds  # the fence may still hold the consequence
    cases.post.gateway_is_down = False
    await case.until(lambda: "late" in case.kinds and "fee-due" in case.kinds)
    await case.send("channel:portal", ApplicantWithdrew.type, {})
    await case.result()


async def test_after_an_outage_the_consequence_is_held_and_an_answer_of_that_time_counts(
    cases: Cases,
) -> None:
    case = await deemed_but_for_the_fence(cases)
    await case.answer(
        "fire-safety", REVIEWS["fire-safety"], outcome="refuse", reason="fire-safety-insufficient"
    )
    now = datetime.now(UTC)
    outage = Outage(began=now - timedelta(minutes=1), ended=now)
    cases.post.found = FencePassed(held_until=now + timedelta(minutes=1), outage=outage)
    cases.post.gateway_is_down = False
    assert (await case.result()).decision == Refuse(reason="fire-safety-insufficient")
    held = next(entry for entry in case.entries if entry.kind == "held")
    assert held.step == REVIEWS["fire-safety"]
    assert "deemed" not in case.kinds


async def deemed_but_for_the_fence(cases: Cases) -> CaseUnderTest:
    """A case in which fire safety alone has not answered in time, with the gateway down."""
    cases.post.gateway_is_down = True
    case = await cases.open("construction-permit", application(), day_seconds=0.2)
    await case.answer("housing", "construction-permit.check-completeness/1", outcome="complete")
    await case.asked("construction-permit.review-drainage/1")
    await consent(case, "planning", "environment", "civil-air-defence", received=at_once(case))
    await case.until(lambda: any("agency.fire-safety.events" in fence.topics for fence in cases.post.fences))
    return case


async def test_a_case_that_an_operator_cancels_ends_and_says_so(cases: Cases) -> None:
    case = await cases.open("construction-permit", application())
    await complete(case)
    await case.handle.cancel()
    assert (await case.result()).decision == Ended(result="broken-off")
    assert case.kinds[-1] == "closed"
    assert told(case, "environment")[-2:] == [Cancelled.type, CaseClosed.type]


async def test_an_unpaid_fee_refuses(cases: Cases) -> None:
    case = await cases.open("construction-permit", application(), day_seconds=0.2)
    await case.answer("housing", "construction-permit.check-completeness/1", outcome="complete")
    await case.asked("construction-permit.review-drainage/1")
    await consent(case, received=at_once(case))
    assert (await case.result()).decision == Refuse(reason="fee-not-paid")


async def test_three_thousand_events_go_on_in_new_runs_and_the_case_ends_as_it_should(cases: Cases) -> None:
    case = await cases.open("construction-permit", application())
    await complete(case)
    await consent(case, "planning", "environment")

    async def flood(sender: int) -> None:
        data: dict[str, Any] = {"step": "visit", "content": {"sender": sender}}
        for _ in range(100):
            await case.send("agency:housing", Reported.type, data)

    await asyncio.gather(*(flood(sender) for sender in range(30)))
    await consent(case, "fire-safety", "civil-air-defence")
    await case.until(lambda: "fee-due" in case.kinds)
    await pay(case)
    await hand_over(case)
    assert (await case.result()).decision == Grant()
    assert case.kinds.count("reported") == 3000
    runs = {each.run_id async for each in case.handle._client.list_workflows(f"WorkflowId = '{case.id}'")}
    assert len(runs) >= 2
