"""What parties are told, and may say, while time does not count."""

from __future__ import annotations

import pytest

from archive.state import state_of
from contracts.terms.decisions import Decision, Grant
from contracts.terms.values import Bilingual
from contracts.wire.messages import ApplicantReplied, NoticeOfDefault, Question
from contracts.wire.orders import MoveOrdered
from tests.unit.workflows.case.clocked import (
    ADVISER,
    ANEW,
    HEARING,
    HOUSING,
    PENALTY,
    PORTAL,
    Advise,
    Inspect,
    Plea,
    advised_and_supplemented,
    begun,
    item,
)
from tests.unit.workflows.case.ordering import ADVICE, orders
from tests.unit.workflows.case.running import DAY, VirtualRuntime
from workflows.case import Procedure

pytestmark = pytest.mark.usefixtures("runs")

WHO = f"agency:{ADVISER}"
HOW_HIGH = Question(text=Bilingual(zh="层数？", en="How many storeys?"))


async def heard_late(author: Procedure[Plea]) -> Decision:
    await author.accept()
    await author.ask(Inspect())
    async with author.suspended(HEARING.basis):
        await author.ask(Advise())
    return await author.decide(Grant())


async def heard_late_and_anew(author: Procedure[Plea]) -> Decision:
    await author.accept()
    await author.ask(Inspect())
    async with author.suspended(ANEW.basis):
        await author.ask(Advise())
    return await author.decide(Grant())


async def test_a_question_says_that_its_due_time_does_not_run(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), advised_and_supplemented)
    await carried.hears(HOW_HIGH, WHO, ADVICE)
    (_, asked), (kind, moved) = carried.told(PORTAL)[-2:]
    assert kind == "notice.limit-moved.v1"
    assert (moved["questions"], moved.get("due")) == ([asked["question"]], None)


async def test_who_has_a_check_and_asks_is_replied_to(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), advised_and_supplemented, checks=(ADVISER,))
    await carried.hears(HOW_HIGH, WHO, ADVICE, event_id="q-1")
    asked = next(said for kind, said in carried.told(PORTAL) if kind == "notice.question.v1")
    await carried.hears(ApplicantReplied(question=asked["question"], text="nine"), PORTAL)
    kind, replied = carried.told(WHO)[-1]
    assert (kind, replied["question"], replied["text"]) == ("request.replied.v1", "q-1", "nine")


async def test_a_decision_that_is_late_stays_late(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(PENALTY), heard_late)
    await carried.days(12, DAY)
    await carried.answers("inspect", "yes", "housing")
    assert carried.kinds[-2:] == ["suspended", "requested"]
    await carried.hears(NoticeOfDefault(), PORTAL)
    assert carried.kinds[-1] == "default-noticed"
    carried.check_ledger()


async def test_a_limit_that_begins_again_is_not_over(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(PENALTY), heard_late_and_anew)
    await carried.days(12, DAY)
    await carried.answers("inspect", "yes", "housing")
    await carried.hears(NoticeOfDefault(), PORTAL)
    assert carried.entries[-1].reason == "not-overdue"


async def test_a_request_that_is_moved_meanwhile_has_no_due_time_in_the_ledger(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Advise, "stand_ins", (HOUSING,))
    carried = await begun(runtime, item(), advised_and_supplemented)
    await orders(carried, MoveOrdered, about=ADVICE, agency=HOUSING)
    await carried.goes_on()
    waiting = {each.step: each for each in state_of(carried.entries).waiting}
    assert (waiting[ADVICE].agency, waiting[ADVICE].due) == (HOUSING, None)
