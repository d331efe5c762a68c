"""Carrying a case: opening, runs, interruptions, closing."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from contracts.pilots import Assignment
from contracts.procedures.construction_permit import CheckCompleteness, ReviewFireSafety
from contracts.terms.decisions import Decision, Ended, Grant, Refuse, Withdrawn
from contracts.terms.identifiers import Party, VariantId
from contracts.wire.contact import Intake
from contracts.wire.ledger import faults
from contracts.wire.messages import Answered, ApplicantWithdrew, Cancelled, Reported
from contracts.wire.notices import Receipt
from tests.applications import application, new_case
from tests.unit.workflows.case.running import (
    DAY,
    FIRE_SAFETY,
    HOUSING,
    PORTAL,
    NextRun,
    VirtualRuntime,
    a_case,
    delivered,
    opened,
    posted,
)
from workflows.case import Lapsed, Procedure, carrier, inbox
from workflows.case.case import Case
from workflows.case.deciding import decide
from workflows.case.inbox import Inbox
from workflows.case.journal import Outcome
from workflows.case.waiting import open_request, outcome_of

REVIEW = "construction-permit.review-fire-safety/1"
CONSENT = Answered(answer={"outcome": "consent"})


async def review(case: Case) -> Decision:
    """A course: one review, and the decision."""
    step = open_request(case, ReviewFireSafety(site=application().site, design=application().design))
    await outcome_of(case, step)
    decide(case, Grant())
    return Grant()


def send(case: Case, message: Any, sender: Party, step: str | None = None) -> None:
    case.inbox.put(delivered(message, case.opened.case, sender, step=step))


def visits(case: Case, count: int = 1, **content: Any) -> None:
    """The lead agency reports so many visits."""
    for _ in range(count):
        send(case, Reported(step="visit", content=content), HOUSING)


async def carried(case: Case, course: Coroutine[Any, Any, Decision]) -> asyncio.Task[Any]:
    """A case that is carried to where it waits."""
    task = asyncio.create_task(carrier.carry(case, course))
    assert isinstance(case.runtime, VirtualRuntime)
    await case.runtime.advance()
    return task


def test_the_first_entry_says_how_a_pilot_assigned_the_case(runtime: VirtualRuntime) -> None:
    drawn: dict[str, Any] = {"arm": "new", "block": 7, "place": 2, "probability": 0.25}
    assigned = Assignment(pilot=new_case(), variant=VariantId("fast"), **drawn)
    intake = Intake(pilot="what the channel says")
    said = {"variant": assigned.variant, "variant_basis": assigned.basis, "intake": intake}
    for pilot, given in ((assigned, drawn | {"pilot": assigned.pilot}), (None, {"pilot": intake.pilot})):
        case = a_case(runtime, assigned=pilot, **said)
        carrier._open(case)
        [entry] = posted(case)
        told = entry.model_dump(mode="json", include={*drawn, "pilot"})
        assert (entry.kind, told) == ("opened", given)
        assert faults([entry]) == []


async def test_a_case_opens_runs_its_course_and_closes(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    carrying = await carried(case, review(case))
    send(case, CONSENT, FIRE_SAFETY, REVIEW)
    closing = await carrying
    assert runtime.kinds == ["opened", "requested", "answered", "decided", "closed"]
    assert faults(runtime.entries) == []
    assert (closing.decision, closing.entries, closing.ledger_hash) == (Grant(), 5, runtime.entries[-1].hash)


async def test_the_applicant_gets_a_receipt_with_the_hash_of_the_opening(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    await carried(case, review(case))
    posting = runtime.batches[0].postings[0]
    assert (posting.entry.kind, posting.entry.actor, posting.entry.materials) == ("opened", PORTAL, 4)
    (letter,) = posting.letters
    assert (letter.type, letter.topic) == (Receipt.type, "channel.portal.notices")
    assert letter.data is not None
    assert letter.data["ledger_hash"] == posting.entry.hash


async def test_operators_see_who_has_the_case(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    await carried(case, review(case))
    visits(case)
    await runtime.advance()
    assert (
        runtime.shown == "- fire-safety: construction-permit.review-fire-safety/1, due 2026-03-02 01:01 UTC"
    )


async def test_the_last_answer_leaves_with_the_closing_it_brings_about(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    carrying = await carried(case, review(case))
    send(case, CONSENT, FIRE_SAFETY, REVIEW)
    await carrying
    last = [posting.entry.kind for posting in runtime.batches[-1].postings]
    assert last == ["answered", "decided", "closed"]


async def test_due_times_take_effect_by_themselves(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    carrying = await carried(case, review(case))
    for _ in range(14):
        await runtime.advance(DAY)
    assert (await carrying).decision == Grant()
    assert runtime.kinds[2:] == ["reminded", "escalated", "deemed", "decided", "closed"]


async def test_what_came_before_the_case_was_carried_is_taken_after_its_opening(
    runtime: VirtualRuntime,
) -> None:
    case = a_case(runtime)
    visits(case)
    await carried(case, review(case))
    assert runtime.kinds == ["opened", "requested", "reported"]


async def test_a_withdrawal_stops_everything_and_ends_the_case(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    carrying = await carried(case, review(case))
    send(case, ApplicantWithdrew(), PORTAL)
    assert (await carrying).decision == Withdrawn()
    assert runtime.kinds[2:] == ["withdrawn", "cancelled", "decided", "closed"]
    told = [letter for batch in runtime.batches for each in batch.postings for letter in each.letters]
    assert Cancelled.type in {letter.type for letter in told if "fire-safety" in letter.topic}


async def test_a_lapse_that_the_course_does_not_catch_refuses_the_application(
    runtime: VirtualRuntime,
) -> None:
    async def lapses() -> Decision:
        raise Lapsed("fee-not-paid")

    case = a_case(runtime)
    closing = await (await carried(case, lapses()))
    assert closing.decision == Refuse(reason="fee-not-paid")
    assert runtime.kinds == ["opened", "decided", "closed"]


async def test_an_operators_cancel_ends_the_case_and_says_so(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    carrying = await carried(case, review(case))
    carrying.cancel()
    assert (await carrying).decision == Ended(result="broken-off")
    assert runtime.kinds[2:] == ["cancelled", "decided", "closed"]


async def test_a_cancel_while_the_last_entries_leave_loses_none(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    carrying = await carried(case, review(case))
    runtime.broker_up = False
    send(case, CONSENT, FIRE_SAFETY, REVIEW)
    await runtime.advance()
    carrying.cancel()
    await runtime.advance()
    assert not carrying.done()
    runtime.broker_up = True
    assert (await carrying).decision == Grant()
    assert runtime.kinds[-1] == "closed"


async def test_what_comes_while_the_closing_leaves_is_refused_and_that_leaves_too(
    runtime: VirtualRuntime,
) -> None:
    case = a_case(runtime)
    carrying = await carried(case, review(case))
    runtime.broker_up = False
    send(case, CONSENT, FIRE_SAFETY, REVIEW)
    await runtime.advance()
    visits(case)
    await runtime.advance()
    runtime.broker_up = True
    closing = await carrying
    assert runtime.kinds[-2:] == ["closed", "refused"]
    assert (closing.entries, closing.ledger_hash) == (6, runtime.entries[-1].hash)


# --- new runs --------------------------------------------------------------------------------------------


async def test_after_so_many_events_a_case_goes_on_in_a_new_run(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", 3)
    case = a_case(runtime)
    carrying = await carried(case, review(case))
    visits(case, 3)
    with pytest.raises(NextRun) as ended:
        await carrying
    assert runtime.kinds == ["opened", "requested", *3 * ["reported"]]  # all is published before

    following = Case(ended.value.opened, case.item, Inbox(runtime.read), runtime)
    carrying = await carried(following, review(following))
    send(following, CONSENT, FIRE_SAFETY, REVIEW)
    assert (await carrying).decision == Grant()
    assert runtime.kinds[5:] == ["answered", "decided", "closed"]  # not opened, not requested again
    assert faults(runtime.entries) == []


async def test_repeats_count_for_a_run_too(runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a signal: 10,000 repeats of one event would fill a run, which then takes no other."""
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", 3)
    case = a_case(runtime)
    carrying = await carried(case, review(case))
    report = delivered(Reported(step="visit"), case.opened.case, HOUSING)
    for _ in range(3):
        case.inbox.put(report)
    with pytest.raises(NextRun):
        await carrying
    assert runtime.kinds == ["opened", "requested", "reported"]


async def test_what_waits_in_the_inbox_is_taken_along(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", 1)
    case = a_case(runtime)
    carrying = await carried(case, review(case))
    runtime.broker_up = False
    visits(case)
    await runtime.advance()
    send(case, CONSENT, FIRE_SAFETY, REVIEW)  # comes while the entries leave
    runtime.broker_up = True
    with pytest.raises(NextRun) as ended:
        await carrying
    following = Case(ended.value.opened, case.item, Inbox(runtime.read), runtime)
    assert len(following.inbox) == 1
    assert (await (await carried(following, review(following)))).decision == Grant()


async def test_more_events_than_a_run_may_hand_on_are_taken_first(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", 1)
    case = a_case(runtime)
    opening = len(case.opened.model_dump_json())
    monkeypatch.setattr(carrier, "RUN_INPUT", opening + 2_000)
    carrying = await carried(case, review(case))
    runtime.broker_up = False
    visits(case)
    await runtime.advance()
    visits(case, 3, text=1_000 * "x")
    runtime.broker_up = True
    with pytest.raises(NextRun) as ended:
        await carrying
    assert runtime.kinds.count("reported") == 4
    assert Case(ended.value.opened, case.item, Inbox(runtime.read), runtime).inbox.waiting() == []


async def test_after_so_many_bytes_a_case_goes_on_in_a_new_run(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "BYTES_PER_RUN", 50_000)
    case = a_case(runtime)
    carrying = await carried(case, review(case))
    visits(case, 5, text=9_000 * "x")
    await runtime.advance()
    assert not carrying.done()
    visits(case, text=9_000 * "x")
    await runtime.advance()
    assert isinstance(carrying.exception(), NextRun)


async def test_large_events_that_wait_are_taken_before_the_next_run(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", 1)
    case = a_case(runtime)
    carrying = await carried(case, review(case))
    runtime.broker_up = False
    visits(case)
    await runtime.advance()
    visits(case, 20, text=4 * [15_000 * "x"])
    runtime.broker_up = True
    with pytest.raises(NextRun) as ended:
        await carrying
    assert runtime.kinds.count("reported") > 1
    assert len(ended.value.opened.model_dump_json()) <= carrier.RUN_INPUT


async def test_many_events_take_effect_bite_by_bite_each_published_before_the_next(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken all at once, 9,500 of them were more than one task may do."""
    monkeypatch.setattr(inbox, "BITE_EVENTS", 4)
    case = a_case(runtime)
    carrying = await carried(case, review(case))
    visits(case, 10)
    send(case, CONSENT, FIRE_SAFETY, REVIEW)
    visits(case, 10)
    await carrying
    sizes = [len(batch.postings) for batch in runtime.batches]
    assert max(sizes) <= 2 * 4 + 2, "the last bite, one with the closing, and the decision"
    assert len(sizes) >= 4
    assert runtime.kinds.count("reported") == 20
    assert runtime.kinds[-1] == "closed"
    assert faults(runtime.entries) == []


async def test_no_silence_takes_effect_while_events_wait_in_the_inbox(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fence says that everything in time is in the case; it may still wait there."""
    monkeypatch.setattr(inbox, "BITE_EVENTS", 2)
    case = a_case(runtime)
    carrying = await carried(case, review(case))
    visits(case, 7)
    send(case, CONSENT, FIRE_SAFETY, REVIEW)
    await runtime.advance(20 * DAY)  # all in one task: the orchestrator was away
    await carrying
    assert "deemed" not in runtime.kinds
    assert runtime.kinds.count("answered") == 1


async def test_a_case_that_carries_much_warns_before_it_cannot_go_on(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", 1)
    warned: list[int] = []
    for size in (1_000, 1_100_000):
        case = a_case(runtime)
        case.journal.outcomes["earlier/1"] = Outcome(how="done", value=size * "x")
        carrying = await carried(case, review(case))
        visits(case)
        with pytest.raises(NextRun):
            await carrying
        warned.append(len(runtime.warnings))
    assert warned == [0, 1]


# --- the whole of it, as a procedure ---------------------------------------------------------------------


class Inspection(Procedure[Any]):
    """A procedure as an author writes it, but for the decorator."""

    async def course(self, subject: Any) -> Decision:
        check = await self.ask(CheckCompleteness(application=subject))
        if check.outcome == "incomplete":
            return await self.decide(Refuse(reason="review-refused"))
        return await self.decide(Grant())


async def test_a_procedure_runs_from_its_application_to_its_decision_without_a_server(
    runtime: VirtualRuntime,
) -> None:
    start = opened()
    Inspection.item = a_case(runtime).item
    procedure = Inspection(runtime)
    running = asyncio.create_task(procedure.carry(start, procedure.course))
    await runtime.advance()
    complete = Answered(answer={"outcome": "complete"})
    procedure.deliver(
        delivered(complete, start.case, HOUSING, step="construction-permit.check-completeness/1")
    )
    assert (await running).decision == Grant()
    assert runtime.kinds == ["opened", "requested", "answered", "decided", "closed"]
