"""A consequence that is held after an outage, and what comes meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contracts.platform import Outage
from contracts.procedures.construction_permit import ReviewFireSafety
from contracts.terms.limits import working_days
from contracts.terms.values import Money
from contracts.wire.messages import Answered, ApplicantWithdrew, Paid, Supplemented
from tests.applications import application, document
from tests.unit.workflows.case.running import (
    DAY,
    FIRE_SAFETY,
    PORTAL,
    START,
    VirtualRuntime,
    a_case,
    delivered,
    next_run,
    posted,
    take,
)
from workflows.case import journal
from workflows.case.case import Case
from workflows.case.sequence import take_in_order
from workflows.case.waiting import open_applicant, open_request

REVIEW = "construction-permit.review-fire-safety/1"
REFUSAL = Answered(answer={"outcome": "refuse", "reason": "fire-safety-insufficient"})
TITLE = {"land_title": document("title").model_dump(mode="json")}
FEE = Money.model_validate({"amount": "100.00", "currency": "CNY"})


@pytest.fixture
async def case(runtime: VirtualRuntime) -> Case:
    """A case whose fire brigade was silent over the binding end, at the end of an outage."""
    case = a_case(runtime)
    open_request(case, ReviewFireSafety(site=application().site, design=application().design))
    runtime.time = end = case.journal.waits[REVIEW].rungs[-1].at
    runtime.outage = Outage(began=end - DAY, ended=end - timedelta(seconds=1))
    return case


async def settle_down(case: Case, runtime: VirtualRuntime, by: timedelta = timedelta(0)) -> None:
    await runtime.advance(by)
    for _ in range(4):
        take(case)
        await runtime.advance()


def kinds(case: Case) -> list[str]:
    return [entry.kind for entry in posted(case)][-2:]


async def test_silence_binds_only_after_the_grace_and_an_entry_says_why_once(
    case: Case, runtime: VirtualRuntime
) -> None:
    due = case.journal.waits[REVIEW].due
    await settle_down(case, runtime)
    held = posted(case)[-1]
    until = runtime.outage.ended + runtime.grace  # type: ignore[union-attr]
    assert (held.kind, held.step, held.request) == ("held", REVIEW, f"{case.opened.case}/{REVIEW}")
    assert held.data is not None
    assert held.data.content == {
        "until": until.isoformat(),
        "outage_began": runtime.outage.began.isoformat(),  # type: ignore[union-attr]
        "outage_ended": runtime.outage.ended.isoformat(),  # type: ignore[union-attr]
    }
    assert case.journal.waits[REVIEW].due == due
    await settle_down(case, runtime, timedelta(seconds=28))
    assert kinds(case) == ["escalated", "held"]
    await settle_down(case, runtime, timedelta(seconds=2))
    assert kinds(case) == ["held", "deemed"]
    assert [fence.deadline for fence in runtime.fences] == [
        START + 13 * DAY - timedelta(microseconds=1),
        until,
    ]


async def test_an_answer_of_the_grace_counts(case: Case, runtime: VirtualRuntime) -> None:
    await settle_down(case, runtime)
    received = runtime.time + timedelta(seconds=20)
    take(case, delivered(REFUSAL, case.opened.case, FIRE_SAFETY, step=REVIEW, received=received))
    assert kinds(case) == ["held", "answered"]


async def test_an_answer_that_comes_before_the_fence_says_so_counts_too(
    case: Case, runtime: VirtualRuntime
) -> None:
    runtime.gateway_up = False
    await settle_down(case, runtime)
    take(case, delivered(REFUSAL, case.opened.case, FIRE_SAFETY, step=REVIEW, received=runtime.time))
    await settle_down(case, runtime)
    assert kinds(case) == ["reminded", "escalated"]
    runtime.gateway_up = True
    await settle_down(case, runtime)
    assert kinds(case) == ["held", "answered"]


async def test_an_answer_after_the_grace_is_late(case: Case, runtime: VirtualRuntime) -> None:
    runtime.gateway_up = False
    await settle_down(case, runtime)
    received = runtime.time + timedelta(seconds=29)
    take(case, delivered(REFUSAL, case.opened.case, FIRE_SAFETY, step=REVIEW, received=received))
    runtime.gateway_up = True
    await settle_down(case, runtime)
    await settle_down(case, runtime, timedelta(seconds=30))
    assert kinds(case) == ["deemed", "late"]


async def test_a_second_outage_holds_it_again(case: Case, runtime: VirtualRuntime) -> None:
    await settle_down(case, runtime)
    runtime.outage = Outage(
        began=runtime.time + timedelta(seconds=5), ended=runtime.time + timedelta(seconds=25)
    )
    await settle_down(case, runtime, timedelta(seconds=30))
    assert kinds(case) == ["held", "held"]
    await settle_down(case, runtime, timedelta(seconds=30))
    assert kinds(case) == ["held", "deemed"]


async def test_what_is_held_and_what_is_undecided_go_on_in_the_next_run(
    case: Case, runtime: VirtualRuntime
) -> None:
    runtime.gateway_up = False
    await settle_down(case, runtime)
    take(case, delivered(REFUSAL, case.opened.case, FIRE_SAFETY, step=REVIEW, received=runtime.time))
    later = next_run(case, runtime)
    runtime.gateway_up = True
    await settle_down(later, runtime)
    assert kinds(later) == ["held", "answered"]


async def test_a_payment_and_a_supplement_of_the_grace_count(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    open_applicant(case, "collect", "paid", working_days(1), lambda wait: None, owed=FEE)
    fields = ("land_title",)
    open_applicant(case, "supplement", "supplemented", working_days(1), lambda wait: None, fields=fields)
    runtime.time = START + DAY
    runtime.outage = Outage(began=START, ended=START + DAY)
    runtime.gateway_up = False
    await settle_down(case, runtime)
    for message in (Paid(amount=FEE, reference="bank-1"), Supplemented(application=TITLE)):
        take(case, delivered(message, case.opened.case, PORTAL, received=runtime.time))
    await settle_down(case, runtime)
    assert posted(case) == []
    runtime.gateway_up = True
    await settle_down(case, runtime)
    assert {step: outcome.how for step, outcome in case.journal.outcomes.items()} == {
        "collect/1": "answered",
        "supplement/1": "answered",
    }
    assert sorted(entry.kind for entry in posted(case)) == ["held", "held", "paid", "supplemented"]


async def test_what_came_within_a_grace_that_was_over_before_the_fence_was_asked_counts(
    case: Case, runtime: VirtualRuntime
) -> None:
    """The orchestrator was away, too, and longer."""
    end = runtime.time
    runtime.time += DAY * 5
    received = end + timedelta(seconds=5)
    take(case, delivered(REFUSAL, case.opened.case, FIRE_SAFETY, step=REVIEW, received=received))
    await settle_down(case, runtime)
    assert kinds(case) == ["held", "answered"]


@pytest.mark.parametrize("copies", [1, 3])
async def test_a_copy_in_time_counts_although_a_late_one_came_before_it(
    case: Case, runtime: VirtualRuntime, copies: int
) -> None:
    """A party sent it twice, in two partitions; the fence waits for both."""
    runtime.outage, runtime.gateway_up = None, False
    end = runtime.time

    def send(after_the_end: float) -> None:
        received = end + timedelta(seconds=after_the_end)
        sent = delivered(REFUSAL, case.opened.case, FIRE_SAFETY, step=REVIEW, received=received, event_id="r")
        take(case, sent)

    for number in range(copies):
        send(3 - number)
        await settle_down(case, runtime)
    assert kinds(case) == ["reminded", "escalated"]
    runtime.gateway_up = True
    await runtime.advance()  # the fence is passed, and the case has not gone on yet
    send(-1)
    send(5)
    await settle_down(case, runtime)
    assert kinds(case) == ["escalated", "answered"]
    assert posted(case)[-1].received == end - timedelta(seconds=1)
    assert case.journal.undecided == []


async def test_of_copies_that_are_all_late_one_is_told(case: Case, runtime: VirtualRuntime) -> None:
    runtime.outage, runtime.gateway_up = None, False
    end = runtime.time
    for seconds in (3, 2, 4):
        received = end + timedelta(seconds=seconds)
        sent = delivered(REFUSAL, case.opened.case, FIRE_SAFETY, step=REVIEW, received=received, event_id="r")
        take(case, sent)
    runtime.gateway_up = True
    await settle_down(case, runtime)
    assert kinds(case) == ["deemed", "late"]
    assert posted(case)[-1].received == end + timedelta(seconds=2)


async def test_what_is_undecided_is_bounded(
    case: Case, runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of whoever sends most of it the last is refused; nobody's flood takes the room of another."""
    monkeypatch.setattr(journal, "UNDECIDED_KEPT", 3)
    runtime.gateway_up = False
    case.inbox.put(delivered(ApplicantWithdrew(), case.opened.case, PORTAL, received=runtime.time + DAY))
    for second in range(5):
        received = runtime.time + timedelta(seconds=second)
        case.inbox.put(delivered(REFUSAL, case.opened.case, FIRE_SAFETY, step=REVIEW, received=received))
    await take_in_order(case, lambda: False)
    assert [each.actor for each in case.journal.undecided] == [FIRE_SAFETY, FIRE_SAFETY, PORTAL]
    refused = [entry for entry in posted(case) if entry.reason == "too-many-events"]
    assert [entry.received - runtime.time for entry in refused] == [timedelta(seconds=s) for s in (2, 3, 4)]


async def test_what_is_undecided_when_the_request_is_stopped_is_late(
    case: Case, runtime: VirtualRuntime
) -> None:
    take(case, delivered(REFUSAL, case.opened.case, FIRE_SAFETY, step=REVIEW, received=runtime.time))
    case.stop_all("the case is closed")
    take(case)
    assert kinds(case) == ["cancelled", "late"]
