"""Asking agencies, one or several at the same time."""

from __future__ import annotations

import pytest

from contracts.procedures.construction_permit import Review
from contracts.terms.identifiers import Party
from tests.unit.workflows.case.authoring import DRAINAGE, FIRE, ITEM, PLANNING, Author, RepairBridge, answered
from tests.unit.workflows.case.running import (
    DAY,
    FIRE_SAFETY,
    START,
    VirtualRuntime,
    a_case,
    checks,
    letters,
    next_run,
    posted,
    take,
)
from workflows.case import Lapsed


async def test_asking_returns_the_typed_answer(author: Author) -> None:
    asking = await author.begins(author.procedure.ask(FIRE))
    await author.hears(answered("consent"), FIRE_SAFETY, step="construction-permit.review-fire-safety/1")
    assert await asking == Review(outcome="consent")


async def test_silence_returns_what_the_law_puts_in_its_place(author: Author) -> None:
    asking = await author.begins(author.procedure.ask(FIRE))
    await author.lets_pass(14 * DAY)
    assert await asking == Review(outcome="consent", deemed=True)


async def test_where_silence_makes_the_application_fail_the_verb_raises(author: Author) -> None:
    asking = await author.begins(author.procedure.ask(RepairBridge()))
    await author.lets_pass(6 * DAY)
    with pytest.raises(Lapsed, match="review-refused"):
        await asking


async def test_an_automated_check_answers_the_same_way(runtime: VirtualRuntime) -> None:
    author = Author(a_case(runtime, ITEM, checks=checks("drainage")), runtime)
    asking = await author.begins(author.procedure.ask(DRAINAGE))
    assert letters(author.case, Party.agency("drainage")) == []
    runtime.answers["construction-permit.review-drainage"] = Review(outcome="consent")
    await runtime.advance()
    (answer,) = author.case.inbox.take()
    take(author.case, answer)
    assert await asking == Review(outcome="consent")
    assert posted(author.case)[-1].actor == "agency:drainage"


async def test_requests_that_are_asked_together_go_out_together(author: Author) -> None:
    asking = await author.begins(author.procedure.ask_all(PLANNING, FIRE))
    assert [entry.kind for entry in posted(author.case)] == ["requested", "requested"]
    await author.hears(answered("consent"), FIRE_SAFETY, step="construction-permit.review-fire-safety/1")
    assert not asking.done()
    planning = answered("consent-with-conditions", conditions=["a hedge"])
    await author.hears(planning, Party.agency("planning"), step="construction-permit.review-planning/1")
    answers = await asking
    assert [answer.outcome for answer in answers] == ["consent", "consent-with-conditions"]
    assert answers.conditions == ("a hedge",)


async def test_one_refusal_stops_the_other_requests(author: Author) -> None:
    asking = await author.begins(author.procedure.ask_all(PLANNING, FIRE, stop_at="refuse"))
    refusal = answered("refuse", reason="fire-safety-insufficient")
    await author.hears(refusal, FIRE_SAFETY, step="construction-permit.review-fire-safety/1")
    answers = await asking
    assert answers.first("refuse") == Review(outcome="refuse", reason="fire-safety-insufficient")
    assert len(answers) == 1
    stopped = posted(author.case)[-1]
    assert (stopped.kind, stopped.step) == ("cancelled", "construction-permit.review-planning/1")


async def test_in_a_new_run_an_open_request_is_not_asked_again(
    author: Author, runtime: VirtualRuntime
) -> None:
    await author.begins(author.procedure.ask(FIRE))
    runtime.time += 5 * DAY
    later = Author(next_run(author.case, runtime), runtime)
    asking = await later.begins(later.procedure.ask(FIRE))
    assert posted(later.case) == []
    assert later.case.journal.waits["construction-permit.review-fire-safety/1"].due == START + 10 * DAY
    await later.hears(answered("consent"), FIRE_SAFETY, step="construction-permit.review-fire-safety/1")
    assert (await asking).outcome == "consent"


async def test_in_a_new_run_an_answered_request_returns_at_once(
    author: Author, runtime: VirtualRuntime
) -> None:
    await author.begins(author.procedure.ask(FIRE))
    await author.hears(answered("consent"), FIRE_SAFETY, step="construction-permit.review-fire-safety/1")
    later = Author(next_run(author.case, runtime), runtime)
    assert await later.procedure.ask(FIRE) == Review(outcome="consent")
    assert posted(later.case) == []
