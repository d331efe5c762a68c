"""The verbs that a procedure is written with."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from contracts.procedures.construction_permit import (
    CONSTRUCTION_PERMIT,
    Application,
    CheckCompleteness,
    Review,
    ReviewDrainage,
    ReviewFireSafety,
    ReviewPlanning,
)
from contracts.procedures.traffic_fine import CollectDebt, FineNotified, FineSent, euro
from contracts.terms.decisions import Grant
from contracts.terms.identifiers import AgencyId, Party
from contracts.terms.limits import working_days
from contracts.terms.requests import Answer, Request, lapse
from contracts.terms.step_names import VERBS
from contracts.terms.values import Bilingual, Money
from contracts.wire.envelope import Message
from contracts.wire.messages import Answered, ApplicantWithdrew, FeeDue, Missing, Paid, Reported, Supplemented
from tests.applications import application, document
from tests.unit.workflows.case.running import (
    DAY,
    FIRE_SAFETY,
    HOUSING,
    PORTAL,
    START,
    VirtualRuntime,
    a_case,
    checks,
    delivered,
    letters,
    next_run,
    posted,
)
from workflows.case import Lapsed, Procedure
from workflows.case.case import Case
from workflows.case.intake import take
from workflows.case.interruptions import Withdrawal
from workflows.case.ladder import take_due_rungs

ITEM = CONSTRUCTION_PERMIT.model_copy(update={"flags": {"unusual": Bilingual(zh="异常", en="Unusual")}})
FEE = Money(amount=Decimal("100.00"), currency="CNY")
DEBT = CollectDebt(fine="F1", debt=euro(Decimal(5)))
COMPLETE = CheckCompleteness(application=application())
PLANNING = ReviewPlanning(site=application().site, plan=application().plan)
FIRE = ReviewFireSafety(site=application().site, design=application().design)
DRAINAGE = ReviewDrainage(site=application().site, sewage=Decimal(40))
MISSING = [Bilingual(zh="用地批准", en="Land title")]


class RepairBridge(
    Request[Answer],
    agency=AgencyId("housing"),
    limit=working_days(5),
    basis="a request of these tests",
    overdue=[lapse("review-refused")],
):
    """A request whose silence makes the application fail."""


class Author:
    """A procedure whose verbs a test calls one by one, as an author's course would."""

    def __init__(self, case: Case, runtime: VirtualRuntime) -> None:
        self.case = case
        self.runtime = runtime
        self.procedure = Procedure[Application](runtime)
        self.procedure.item = case.item  # type: ignore[misc]
        self.procedure._case = case

    async def begins(self, verb: Awaitable[Any]) -> asyncio.Task[Any]:
        """Start a verb and let it come to where it waits."""
        task = asyncio.ensure_future(verb)
        await self.runtime.advance()
        return task

    async def hears(self, message: Message, sender: Party, **details: Any) -> None:
        """An event takes effect."""
        take(self.case, delivered(message, self.case.opened.case, sender, **details))
        await self.runtime.advance()

    async def lets_pass(self, by: timedelta) -> None:
        """Time passes, and what is due takes effect, fences included."""
        await self.runtime.advance(by)
        take_due_rungs(self.case)
        await self.runtime.advance()
        take_due_rungs(self.case)
        await self.runtime.advance()


@pytest.fixture
async def author(runtime: VirtualRuntime) -> Author:
    return Author(a_case(runtime, ITEM), runtime)


def answered(outcome: str, **more: Any) -> Answered:
    return Answered(answer={"outcome": outcome} | more)


# --- step names ------------------------------------------------------------------------------------------

USES: dict[str, Callable[[Procedure[Application]], Awaitable[Any] | date]] = {
    "ask": lambda p: p.ask(COMPLETE),
    "ask_all": lambda p: p.ask_all(PLANNING, FIRE),
    "accept": lambda p: p.accept(),
    "supplement": lambda p: p.supplement(application(), MISSING, working_days(1), "not-supplemented"),
    "collect": lambda p: p.collect(FEE, working_days(1)),
    "notify": lambda p: p.notify(document("permit")),
    "hand_over": lambda p: p.hand_over(DEBT),
    "charge": lambda p: p.charge("fee-not-paid", FEE, since=date(2026, 3, 1), balance=FEE),
    "mark": lambda p: p.mark("unusual"),
    "wait_for": lambda p: p.wait_for(FineNotified),
    "decide": lambda p: p.decide(Grant()),
    "end": lambda p: p.end("received"),
    "today": lambda p: p.today(),
}
"""One use of each verb."""


def test_every_verb_is_among_those_whose_step_names_are_checked() -> None:
    public = {name for name, _ in inspect.getmembers(Procedure, inspect.isfunction) if name[0] != "_"}
    assert set(USES) == public - {"carry", "deliver"}


async def test_the_step_names_of_the_verbs_are_exactly_those_that_are_reserved(
    runtime: VirtualRuntime,
) -> None:
    """A request type with such a name is refused; one that is missing here would mix up two steps."""
    named: set[str] = set()
    for use in USES.values():
        author = Author(a_case(runtime, ITEM), runtime)
        verb = use(author.procedure)
        if not isinstance(verb, date):
            await author.begins(verb)
        named |= set(author.case.journal._ordinals)
    requests = {request.name for request in (COMPLETE, PLANNING, FIRE)} | {DEBT.name}
    waits = {name for name in named if name.startswith("wait-for-")}
    assert waits == {"wait-for-insert-fine-notification"}
    assert named - requests - waits == VERBS


# --- asking ----------------------------------------------------------------------------------------------


async def test_asking_returns_the_typed_answer(author: Author) -> None:
    asking = await author.begins(author.procedure.ask(FIRE))
    await author.hears(answered("consent"), FIRE_SAFETY, step="review-fire-safety/1")
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
    runtime.answers["review-drainage"] = Review(outcome="consent")
    await runtime.advance()
    (answer,) = author.case.inbox.take()
    take(author.case, answer)
    assert await asking == Review(outcome="consent")
    assert posted(author.case)[-1].actor == "agency:drainage"


async def test_requests_that_are_asked_together_go_out_together(author: Author) -> None:
    asking = await author.begins(author.procedure.ask_all(PLANNING, FIRE))
    assert [entry.kind for entry in posted(author.case)] == ["requested", "requested"]
    await author.hears(answered("consent"), FIRE_SAFETY, step="review-fire-safety/1")
    assert not asking.done()
    planning = answered("consent-with-conditions", conditions=["a hedge"])
    await author.hears(planning, Party.agency("planning"), step="review-planning/1")
    answers = await asking
    assert [answer.outcome for answer in answers] == ["consent", "consent-with-conditions"]
    assert answers.conditions == ("a hedge",)


async def test_one_refusal_stops_the_other_requests(author: Author) -> None:
    asking = await author.begins(author.procedure.ask_all(PLANNING, FIRE, stop_at="refuse"))
    refusal = answered("refuse", reason="fire-safety-insufficient")
    await author.hears(refusal, FIRE_SAFETY, step="review-fire-safety/1")
    answers = await asking
    assert answers.first("refuse") == Review(outcome="refuse", reason="fire-safety-insufficient")
    assert len(answers) == 1
    stopped = posted(author.case)[-1]
    assert (stopped.kind, stopped.step) == ("cancelled", "review-planning/1")


async def test_in_a_new_run_an_open_request_is_not_asked_again(
    author: Author, runtime: VirtualRuntime
) -> None:
    await author.begins(author.procedure.ask(FIRE))
    runtime.time += 5 * DAY
    later = Author(next_run(author.case, runtime), runtime)
    asking = await later.begins(later.procedure.ask(FIRE))
    assert posted(later.case) == []
    assert later.case.journal.waits["review-fire-safety/1"].due == START + 10 * DAY
    await later.hears(answered("consent"), FIRE_SAFETY, step="review-fire-safety/1")
    assert (await asking).outcome == "consent"


async def test_in_a_new_run_an_answered_request_returns_at_once(
    author: Author, runtime: VirtualRuntime
) -> None:
    await author.begins(author.procedure.ask(FIRE))
    await author.hears(answered("consent"), FIRE_SAFETY, step="review-fire-safety/1")
    later = Author(next_run(author.case, runtime), runtime)
    assert await later.procedure.ask(FIRE) == Review(outcome="consent")
    assert posted(later.case) == []


# --- the applicant ---------------------------------------------------------------------------------------


async def test_what_is_handed_in_replaces_what_the_application_said(author: Author) -> None:
    incomplete = application(land_title=None)
    asking = await author.begins(
        author.procedure.supplement(incomplete, MISSING, working_days(5), "not-supplemented")
    )
    ((kind, notice),) = letters(author.case, PORTAL)
    assert (kind, [item["en"] for item in notice["items"]]) == (Missing.type, ["Land title"])
    title = document("title")
    supplemented = Supplemented(application={"land_title": title.model_dump(mode="json")})
    await author.hears(supplemented, PORTAL)
    assert await asking == incomplete.model_copy(update={"land_title": title})


async def test_what_is_not_handed_in_makes_the_application_fail_for_the_named_reason(author: Author) -> None:
    asking = await author.begins(
        author.procedure.supplement(application(), MISSING, working_days(5), "not-supplemented")
    )
    await author.lets_pass(6 * DAY)
    with pytest.raises(Lapsed, match="not-supplemented"):
        await asking


@pytest.mark.parametrize(("paid", "collected"), [("100.00", True), ("99.99", False)])
async def test_a_fee_is_collected_when_all_of_it_came_in_time(
    author: Author, paid: str, collected: bool
) -> None:
    collecting = await author.begins(author.procedure.collect(FEE, working_days(5)))
    amount = Money(amount=Decimal(paid), currency="CNY")
    await author.hears(Paid(amount=amount, reference="bank-1"), PORTAL)
    await author.lets_pass(6 * DAY)
    assert await collecting is collected


async def test_no_fee_is_collected_without_asking(author: Author) -> None:
    assert await author.procedure.collect(Money(amount=Decimal(0), currency="CNY"), working_days(5))
    assert posted(author.case) == []


async def test_nobody_is_told_that_they_owe_nothing(author: Author) -> None:
    nothing = Money(amount=Decimal(0), currency="CNY")
    for balance in (FEE, nothing):
        await author.procedure.charge("fee-not-paid", FEE, since=date(2026, 3, 1), balance=balance)
    assert [entry.kind for entry in posted(author.case)] == ["charged", "charged"]
    assert [kind for kind, _ in letters(author.case, PORTAL)] == [FeeDue.type]


@pytest.mark.parametrize("verb", ["charge", "mark"])
async def test_a_code_that_is_not_in_the_service_item_records_nothing(author: Author, verb: str) -> None:
    with pytest.raises(LookupError, match="'no-such-code' is none of its"):
        if verb == "mark":
            await author.procedure.mark("no-such-code")
        else:
            await author.procedure.charge("no-such-code", FEE, since=date(2026, 3, 1), balance=FEE)
    assert posted(author.case) == []


async def test_what_is_done_once_is_not_done_again_in_a_new_run(
    author: Author, runtime: VirtualRuntime
) -> None:
    async def course(procedure: Procedure[Application]) -> None:
        await procedure.accept()
        await procedure.mark("unusual")
        await procedure.hand_over(DEBT)
        await procedure.notify(document("permit"))

    await course(author.procedure)
    assert [entry.kind for entry in posted(author.case)] == ["accepted", "marked", "handed-over", "notified"]
    later = Author(next_run(author.case, runtime), runtime)
    await course(later.procedure)
    assert posted(later.case) == []


async def test_today_stays_the_day_on_which_it_was_read_first(
    author: Author, runtime: VirtualRuntime
) -> None:
    assert author.procedure.today() == date(2026, 3, 2)
    runtime.time += timedelta(days=3)
    later = Author(next_run(author.case, runtime), runtime)
    assert (later.procedure.today(), later.procedure.today()) == (date(2026, 3, 2), date(2026, 3, 5))


# --- reports and payments --------------------------------------------------------------------------------

NOTIFIED = Reported(step=FineNotified.step, content={"notified": "2026-02-01"})
POST = Party.agency("post")


async def test_the_first_of_several_facts_ends_the_wait(author: Author) -> None:
    waiting = await author.begins(author.procedure.wait_for(FineSent, FineNotified, Paid))
    (wait,) = author.case.journal.waits.values()
    assert wait.holder == "agency:police"  # who may report the first of them
    assert wait.inlets == ("agency.police.events", "agency.post.events", "channel.portal.events")
    await author.hears(NOTIFIED, POST)
    assert await waiting == FineNotified(notified=date(2026, 2, 1))


async def test_a_payment_is_one_of_the_facts(author: Author) -> None:
    waiting = await author.begins(author.procedure.wait_for(FineSent, Paid))
    await author.hears(Paid(amount=FEE, reference="bank-1"), PORTAL)
    assert await waiting == Paid(amount=FEE, reference="bank-1")


async def test_what_came_before_it_was_waited_for_counts_once(author: Author) -> None:
    await author.hears(NOTIFIED, POST)
    assert await author.procedure.wait_for(FineNotified) == FineNotified(notified=date(2026, 2, 1))
    assert not (await author.begins(author.procedure.wait_for(FineNotified))).done()


async def test_the_limit_of_a_wait_ends_it_with_nothing(author: Author) -> None:
    waiting = await author.begins(author.procedure.wait_for(FineNotified, within=working_days(2)))
    await author.lets_pass(3 * DAY)
    assert await waiting is None


async def test_a_day_that_is_past_ends_the_wait_unless_something_came(author: Author) -> None:
    yesterday = author.procedure.today() - timedelta(days=1)
    waiting = await author.begins(author.procedure.wait_for(FineNotified, until=yesterday))
    await author.lets_pass(timedelta(0))
    assert await waiting is None


# --- withdrawal ------------------------------------------------------------------------------------------


async def test_a_withdrawal_interrupts_the_verb_that_waits_and_every_later_one(author: Author) -> None:
    asking = await author.begins(author.procedure.ask(FIRE))
    await author.hears(ApplicantWithdrew(), PORTAL)
    with pytest.raises(Withdrawal):
        await asking
    with pytest.raises(Withdrawal):
        await author.procedure.accept()


async def test_an_answer_does_not_win_over_a_withdrawal_in_the_same_activation(author: Author) -> None:
    asking = await author.begins(author.procedure.ask(COMPLETE))
    case = author.case.opened.case
    take(author.case, delivered(answered("complete"), case, HOUSING, step="check-completeness/1"))
    take(author.case, delivered(ApplicantWithdrew(), case, PORTAL))
    with pytest.raises(Withdrawal):
        await asking


async def test_after_the_decision_the_verbs_go_on(author: Author) -> None:
    await author.hears(ApplicantWithdrew(), PORTAL)
    assert await author.procedure.decide(Grant()) == Grant()
    await author.procedure.notify(document("permit"))
    assert posted(author.case)[-1].kind == "notified"
