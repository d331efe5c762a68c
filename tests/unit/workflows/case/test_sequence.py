"""Several things are due at once, or something comes after a legal end: the order is that of the instants."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from contracts.platform import Outage
from contracts.terms.clock_rules import TacitGrant, TacitRefusal
from contracts.terms.decisions import Decision, Ended, Grant, Refuse, Withdrawn
from contracts.terms.fees import Fee, FeeSchedule
from contracts.terms.law import RequestTerms
from contracts.terms.limits import working_days
from contracts.terms.requests import deem, lapse, remind
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual
from contracts.wire.messages import ApplicantWithdrew, NoticeOfDefault, Paid, Supplemented
from tests.unit.workflows.case.clocked import (
    ADVISER,
    MISSING,
    PENALTY,
    PORTAL,
    STATUTORY,
    Advise,
    Inspect,
    Plea,
    begun,
    inspected,
    item,
)
from tests.unit.workflows.case.courses import BILL, FEE
from tests.unit.workflows.case.running import DAY, START, VirtualRuntime
from workflows.case import Procedure

pytestmark = pytest.mark.usefixtures("runs")

MOMENT = timedelta(milliseconds=1)
END = START + STATUTORY * DAY
"""Of the statutory limit."""


def advised_by(day: int, outcome: str = "no") -> ServiceItem:
    """Silence grants after ten days; the adviser's silence is ``outcome`` after ``day`` days."""
    terms = RequestTerms(limit=working_days(day), overdue=(deem(outcome),))
    return item(TacitGrant(basis="art. 20"), requests={"advise": terms})


async def advised(author: Procedure[Plea]) -> Decision:
    """A course: granted as the adviser says."""
    await author.accept()
    advice = await author.ask(Advise())
    return await author.decide(Grant() if advice.outcome == "yes" else Refuse(reason="late"))  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("day", "decision"),
    [
        (STATUTORY + 2, Grant(deemed=True)),
        (STATUTORY, Grant(deemed=True)),  # at one instant, what the law sets on the whole goes first
        (STATUTORY - 2, Refuse(reason="late")),
    ],
)
async def test_of_an_agencys_silence_and_the_laws_decision_the_earlier_counts_whenever_the_case_wakes(
    runtime: VirtualRuntime, day: int, decision: Decision
) -> None:
    carried = await begun(runtime, advised_by(day), advised)
    await carried.goes_on(40 * DAY)
    await carried.goes_on()
    assert carried.carrying.result().decision == decision
    carried.check_ledger()


async def test_everything_that_is_due_at_once_is_told_by_its_instant(runtime: VirtualRuntime) -> None:
    terms = {
        "advise": RequestTerms(limit=working_days(9), overdue=(remind(at=0.4), deem("yes"))),
        "inspect": RequestTerms(limit=working_days(5), overdue=(remind(at=0.8), deem("yes"))),
    }
    rules = item(PENALTY, statutory=working_days(6), promised=working_days(4), warn_at=0.5, requests=terms)

    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        async with author.within(working_days(7), "advice"):
            await author.ask_all(Advise(), Inspect())
        return await author.decide(Grant())

    carried = await begun(runtime, rules, course)
    await carried.goes_on(40 * DAY)
    for _ in range(3):
        await carried.goes_on()
    told = [
        (each.kind, (each.step or "").partition("/")[0].partition(".")[2] or each.outcome)
        for each in carried.entries[5:-1]
    ]
    assert told == [
        ("warned", "promised"),  # the second day
        ("warned", "statutory"),  # the third
        ("warned", "advice"),  # so is this: from the outside in
        ("reminded", "advise"),  # and this
        ("overdue", "promised"),  # the fourth
        ("reminded", "inspect"),
        ("deemed", "inspect"),  # the fifth
        ("overdue", "statutory"),
        ("overdue", "advice"),
        ("deemed", "advise"),  # the ninth
        ("stage-ended", "advice"),
        ("decided", "granted"),
    ]


async def test_the_course_goes_on_before_the_next_thing_that_is_due(runtime: VirtualRuntime) -> None:
    """A refusal that was in time has ended the other request before its agency could be reminded."""
    terms = {
        "advise": RequestTerms(limit=working_days(3), overdue=(deem("no"),)),
        "inspect": RequestTerms(limit=working_days(8), overdue=(remind(at=0.5), lapse("silent"))),
    }

    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        answers = await author.ask_all(Advise(), Inspect(), stop_at="no")
        return await author.decide(Grant() if len(answers) == 2 else Refuse(reason="late"))  # type: ignore[type-var]

    carried = await begun(runtime, item(requests=terms), course)
    await carried.goes_on(40 * DAY)
    assert carried.kinds[4:] == ["deemed", "cancelled", "decided", "closed"]
    assert carried.carrying.result().decision == Refuse(reason="late")


async def test_what_came_later_waits_for_the_fence_of_what_was_due_before(runtime: VirtualRuntime) -> None:
    """Had it been taken at once, the second agency would have decided the case."""
    terms = {
        "advise": RequestTerms(limit=working_days(3), overdue=(deem("no"),)),
        "inspect": RequestTerms(limit=working_days(9), overdue=(deem("yes"),)),
    }

    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        answers = await author.ask_all(Advise(), Inspect(), stop_at="no")
        return await author.end(str([type(answers.of(each)).__name__ for each in (Advise, Inspect)]))

    carried = await begun(runtime, item(requests=terms), course)
    runtime.gateway_up = False
    await carried.days(4, DAY)
    await carried.answers("inspect", "no", "housing")
    await carried.days(8, DAY)
    assert carried.kinds[4:] == [], "nothing that is later goes before"
    runtime.gateway_up = True
    await carried.goes_on()
    await carried.goes_on()
    assert carried.carrying.result().decision == Ended(result="['Advice', 'NoneType']")
    assert [each.kind for each in carried.entries if each.step == "clock-test.inspect/1"] == [
        "requested",
        "cancelled",
        "late",
    ]


FEES = FeeSchedule(
    currency="EUR",
    lines=(Fee(code="fee", name=Bilingual(zh="费", en="Fee"), basis="art. 11", amount=FEE),),
)


async def everything(author: Procedure[Plea]) -> Decision:
    """A course that waits for an answer, a supplement and a payment at the same time."""
    await author.accept()
    async with asyncio.TaskGroup() as group:
        group.create_task(author.ask(Inspect()))
        group.create_task(author.supplement(Plea(), MISSING, working_days(30), "not-supplemented"))
        group.create_task(author.collect(BILL, working_days(30)))
    return await author.decide(Refuse(reason="late"))


@pytest.mark.parametrize(
    ("law", "decision"),
    [
        (TacitGrant(basis="art. 20"), Grant(deemed=True)),
        (TacitRefusal(basis="art. 21", reason="silent"), Refuse(reason="silent", deemed=True)),
    ],
)
async def test_what_the_broker_had_after_the_legal_end_changes_nothing_of_what_the_law_has_decided(
    runtime: VirtualRuntime, law: TacitGrant | TacitRefusal, decision: Decision
) -> None:
    """Though the fence was passed much later; each sender is told so."""
    carried = await begun(runtime, item(law, fees=FEES), everything)
    runtime.gateway_up = False
    await carried.goes_on(END - runtime.time)
    await carried.answers("inspect", "yes", "housing", received=END)
    await carried.goes_on(DAY)
    await carried.hears(Supplemented(application={"text": "more"}), PORTAL)
    await carried.hears(Paid(amount=FEE, reference="bank-1"), PORTAL)
    await carried.hears(ApplicantWithdrew(), PORTAL)
    assert not carried.of("withdrawn")
    runtime.gateway_up = True
    await carried.goes_on()
    await carried.goes_on()
    assert carried.carrying.result().decision == decision
    (decided,) = carried.of("decided")
    assert decided.clock is not None
    assert decided.clock.at == END
    after = carried.entries[decided.sequence :]
    assert [(each.kind, each.reason) for each in after] == [
        ("late", None),
        ("late", None),
        ("paid", None),
        ("refused", "already-decided"),
        ("refund-due", None),
        ("closed", None),
    ]
    carried.check_ledger()


@pytest.mark.parametrize("moments", [-1, 0], ids=["before the end", "at the end"])
@pytest.mark.parametrize("asleep", [True, False], ids=["asleep", "awake"])
async def test_a_withdrawal_counts_by_when_the_broker_had_it(
    runtime: VirtualRuntime, moments: int, asleep: bool
) -> None:
    carried = await begun(runtime, item(TacitGrant(basis="art. 20")), inspected)
    runtime.gateway_up = False
    if not asleep:
        await carried.days(STATUTORY + 1, DAY)
    runtime.time = max(runtime.time, END + DAY)
    await carried.hears(ApplicantWithdrew(), PORTAL, received=END + moments * MOMENT)
    runtime.gateway_up = True
    await carried.goes_on()
    await carried.goes_on()
    expected = Withdrawn() if moments < 0 else Grant(deemed=True)
    assert carried.carrying.result().decision == expected
    (decided,) = carried.of("decided")
    assert decided.clock is not None
    assert decided.clock.at == END + moments * MOMENT
    carried.check_ledger()


async def test_the_fence_of_a_limit_waits_for_the_applicant_and_for_everybody_who_is_asked(
    runtime: VirtualRuntime,
) -> None:
    """A withdrawal before the end may still be on its way, though nothing was asked of the applicant."""
    carried = await begun(runtime, item(TacitGrant(basis="art. 20")), inspected)
    await carried.days(STATUTORY, DAY)
    ((fence),) = runtime.fences
    assert fence.topics == ("channel.portal.events", "agency.housing.events")


async def test_a_withdrawal_within_the_grace_after_an_outage_counts(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(TacitGrant(basis="art. 20")), inspected)
    runtime.gateway_up = False
    await carried.goes_on(END + DAY - runtime.time)
    await carried.hears(ApplicantWithdrew(), PORTAL)
    runtime.outage, runtime.gateway_up = Outage(began=END - DAY, ended=END), True
    await carried.goes_on()
    await carried.goes_on()
    assert carried.carrying.result().decision == Withdrawn()


async def test_while_a_check_has_not_answered_nothing_that_comes_after_the_end_changes_the_decision(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, item(TacitGrant(basis="art. 20")), inspected, checks=("housing",))
    await carried.days(STATUTORY + 1, DAY)
    await carried.hears(ApplicantWithdrew(), PORTAL)
    assert not carried.carrying.done()
    assert carried.kinds[-1] == "held"
    await carried.answers("inspect", "no", "housing")
    await carried.goes_on()
    assert carried.carrying.result().decision == Grant(deemed=True)
    assert carried.of("refused")[-1].reason == "already-decided"


@pytest.mark.parametrize("late", [timedelta(0), MOMENT], ids=["in time", "late"])
async def test_a_penalty_is_owed_by_when_the_broker_had_what_decides_the_case(
    runtime: VirtualRuntime, late: timedelta
) -> None:
    """It waits for the fence: a decision before its last day was over may still be on its way."""
    carried = await begun(runtime, item(PENALTY), inspected)
    await carried.days(STATUTORY + 1, DAY)
    await carried.hears(NoticeOfDefault(), PORTAL)
    await carried.days(20, DAY)
    begins = carried.of("penalty-begun")[-1].occurred
    runtime.gateway_up = False
    await carried.goes_on(begins + 43 * DAY - runtime.time)
    assert not carried.of("penalty-due")
    last = begins + 42 * DAY
    await carried.answers("inspect", "yes", "housing", received=last - MOMENT + late)
    runtime.gateway_up = True
    await carried.goes_on()
    ((_, notice),) = [(kind, said) for kind, said in carried.told(PORTAL) if "penalty-due" in kind]
    assert notice["days"] == (42 if late else 41)


async def test_a_withdrawal_ends_a_penalty_when_the_broker_had_it(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(PENALTY), inspected)
    await carried.days(STATUTORY + 1, DAY)
    await carried.hears(NoticeOfDefault(), PORTAL)
    await carried.days(14 + 15.5, DAY)
    await carried.hears(ApplicantWithdrew(), PORTAL)
    ((_, notice),) = [(kind, said) for kind, said in carried.told(PORTAL) if "penalty-due" in kind]
    assert notice["days"] == 15


async def test_what_comes_before_the_spread_is_over_is_not_kept_waiting_for_it(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(
        runtime, advised_by(3, "yes"), inspected, spread=5 * DAY, received=START, occurred=START
    )
    runtime.gateway_up = False
    await carried.goes_on(END - runtime.time)
    await carried.answers("inspect", "no", "housing")
    runtime.gateway_up = True
    await carried.goes_on()
    await carried.goes_on()
    assert carried.carrying.result().decision == Grant(deemed=True)
    assert ADVISER not in [each.agency for each in carried.entries]
