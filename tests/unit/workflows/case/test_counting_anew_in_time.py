"""A calendar that is published while a case runs: what becomes definite, what is past by the new days, and
what was over before.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from contracts.platform import Outage
from contracts.terms.clock_rules import TacitGrant
from contracts.terms.decisions import Decision, Grant
from contracts.terms.limits import working_days
from contracts.terms.values import Bilingual
from contracts.wire.messages import NoticeOfDefault, Paid, Question
from tests.unit.workflows.case.clocked import (
    ADVISER,
    HOUSING,
    MISSING,
    PENALTY,
    PORTAL,
    Advise,
    Plea,
    begun,
    inspected,
    item,
)
from tests.unit.workflows.case.counted_anew import (
    BILL,
    DAY,
    FEE,
    FEES,
    a_case,
    asking,
    days,
    end_of,
    instant,
    moved,
    publish,
    told,
)
from tests.unit.workflows.case.running import START, VirtualRuntime
from workflows.case import Procedure, carrier

pytestmark = pytest.mark.usefixtures("runs")


async def test_a_provisional_due_date_becomes_definite(runtime: VirtualRuntime) -> None:
    """Also where it does not move: that is said, and told to whom it was told as provisional."""

    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        async with asyncio.TaskGroup() as group:
            group.create_task(author.ask(Advise()))
            group.create_task(handed_in(author))
        return await author.decide(Grant())

    async def handed_in(author: Procedure[Plea]) -> None:
        async with author.within(working_days(9), "stage"):
            await author.supplement(Plea(), MISSING, working_days(8), "not-supplemented")

    runtime.time = datetime(2026, 12, 24, 2, tzinfo=UTC)
    carried = await a_case(runtime, course, received=runtime.time, occurred=runtime.time)
    assert [each.kind for each in carried.entries if each.provisional] == [
        "accepted",
        "requested",
        "stage-begun",
        "asked-applicant",
    ]
    assert told(carried, PORTAL, "notice.missing")[0]["provisional"]
    await publish(carried, days(name="cn-2027.1", last_year=2027))
    assert not carried.of("calendar")[0].provisional
    for step in ("clock-test.advise/1", "supplement/1", "stage"):
        ((before, after, why),) = moved(carried, step)
        assert (before, why) == (after, "cn-2027.1")
    assert not any(each.provisional for each in carried.of("rescheduled"))
    assert len(told(carried, f"agency:{ADVISER}", "request.rescheduled")) == 1
    assert "provisional" not in told(carried, PORTAL, "notice.limit-moved")[0]
    carried.check_ledger()


async def test_an_end_that_is_past_by_the_new_days_binds_with_the_end_of_the_next_working_day(
    runtime: VirtualRuntime,
) -> None:
    """Whom it binds hears of it before. The limit is what the law says; an entry says until when it holds."""

    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        paid = await author.collect(BILL, working_days(6))
        return await author.decide(Grant(conditions=(str(paid),)))

    for in_time in (True, False):
        runtime.time = START
        runtime.batches.clear()
        carried = await a_case(runtime, course, item(fees=FEES))
        await carried.days(7.5, DAY)  # Monday, 9 March; it is due on the 10th
        await publish(carried, days(worked=("2026-03-07", "2026-03-08")))
        assert moved(carried, "collect/1") == [(end_of(10), end_of(8), "cn-2026.2")]
        (held,) = carried.of("held")
        assert held.data is not None
        assert (held.step, held.basis, instant(held.data.content, "until")) == (
            "collect/1",
            "cn-2026.2",
            end_of(10),
        )
        (notice,) = told(carried, PORTAL, "notice.limit-moved")
        assert (instant(notice), instant(notice, "binding_end")) == (end_of(8), end_of(10))
        if in_time:
            await carried.hears(Paid(amount=FEE, reference="bank-1"), PORTAL)
        else:
            await carried.days(1.5, DAY)
            assert carried.of("lapsed")[0].occurred == end_of(10)
        assert carried.carrying.result().decision == Grant(conditions=(str(in_time),))


async def test_a_calendar_that_comes_after_the_legal_end_moves_it_no_more(runtime: VirtualRuntime) -> None:
    """Also where its fence is not passed yet: the law has decided then, and nobody knows it."""
    carried = await a_case(runtime, inspected, item(TacitGrant(basis="art. 20")))
    runtime.gateway_up = False
    await carried.days(16.5, DAY)
    assert not carried.of("decided")
    await publish(carried, days("2026-03-10"))
    await carried.days(1, DAY)
    runtime.gateway_up = True
    await carried.goes_on()
    (decided,) = carried.of("decided")
    assert decided.clock is not None
    assert decided.clock.at == end_of(16)
    assert not carried.of("calendar"), "and with that the case was closed"
    carried.check_ledger()


async def test_the_law_decides_no_earlier_than_the_lead_agency_can_know(runtime: VirtualRuntime) -> None:
    carried = await a_case(runtime, inspected, item(TacitGrant(basis="art. 20")))
    await carried.days(13.5, DAY)  # Sunday, 15 March; it ends on the 16th
    await publish(carried, days(worked=("2026-03-07", "2026-03-08", "2026-03-14")))
    (entry,) = carried.of("calendar")
    assert (entry.due_before, entry.due) == (end_of(16), end_of(12))
    assert "statutory" in [each.step for each in carried.of("held")]
    assert not carried.carrying.done()
    said = told(carried, f"agency:{HOUSING}", "request.case-due")
    assert ("statutory", end_of(12)) in [(each["limit"], instant(each)) for each in said]
    await carried.days(2, DAY)
    assert carried.carrying.result().decision == Grant(deemed=True)
    (decided,) = carried.of("decided")
    assert decided.clock is not None
    assert decided.clock.at == end_of(16)
    carried.check_ledger()


async def test_a_limit_that_was_over_stays_over_and_who_was_told_so_is_told_its_new_end(
    runtime: VirtualRuntime,
) -> None:
    carried = await a_case(runtime, inspected)
    await carried.days(15, DAY)
    assert [each.outcome for each in carried.of("overdue")] == ["promised", "statutory"]
    await publish(carried, days("2026-03-04", "2026-03-18"))
    (entry,) = carried.of("calendar")
    assert (entry.due_before, entry.due) == (end_of(16), end_of(17))
    said = told(carried, f"agency:{HOUSING}", "request.case-due")[-1]
    assert (said["limit"], instant(said), said["overdue"]) == ("promised", end_of(13), True)
    (notice,) = told(carried, PORTAL, "notice.limit-moved")
    assert (notice["notice"], instant(notice)) == ("overdue", end_of(17))
    await carried.days(3, DAY)
    assert len(carried.of("overdue")) == 2
    carried.check_ledger()


async def test_an_end_that_an_outage_has_moved_is_moved_by_the_new_days(runtime: VirtualRuntime) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        paid = await author.collect(BILL, working_days(3))
        return await author.decide(Grant(conditions=(str(paid),)))

    carried = await a_case(runtime, course, item(fees=FEES, outage_basis="art. 10"))
    runtime.outage = Outage(began=end_of(4), ended=end_of(5) + timedelta(hours=10))
    runtime.gateway_up = False
    await carried.days(4, DAY)  # Friday, 6 March: the gateway is back
    runtime.gateway_up = True
    await carried.goes_on()
    assert [each.due for each in carried.of("held")] == [end_of(9)]
    await publish(carried, days("2026-03-09"))
    assert [each.due for each in carried.of("held")] == [end_of(9), end_of(10)]
    await carried.days(4.5, DAY)
    assert not carried.of("lapsed")
    await carried.days(0.5, DAY)
    assert carried.of("lapsed")[0].occurred == end_of(10)


async def test_a_penalty_payment_that_by_the_new_days_had_begun_is_owed_for_those_days(
    runtime: VirtualRuntime,
) -> None:
    """Also where the decision comes together with the calendar."""
    carried = await a_case(runtime, inspected, item(PENALTY.model_copy(update={"after": working_days(5)})))
    await carried.days(15, DAY)  # 17 March
    await carried.hears(NoticeOfDefault(), PORTAL)
    assert [each.due for each in carried.of("default-noticed")] == [end_of(24)]
    await carried.days(7, DAY)
    carried.case.inbox.calendars.append(days(worked=("2026-03-21", "2026-03-22")))
    await carried.answers("inspect", "yes", HOUSING)
    assert moved(carried, "penalty") == [(end_of(24), end_of(22), "cn-2026.2")]
    assert carried.of("decided")
    (owed,) = told(carried, PORTAL, "notice.penalty-due")
    assert (owed["days"], owed["amount"]["amount"]) == (1, "23.00")


async def test_a_calendar_that_comes_while_a_case_ends_its_run_is_not_lost(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", 1)
    carried = await a_case(runtime, asking)
    runtime.broker_up = False
    question = Question(text=Bilingual(zh="几层？", en="How many storeys?"))
    await carried.hears(question, f"agency:{ADVISER}", "clock-test.advise/1")
    await publish(carried, days("2026-03-04"))
    runtime.broker_up = True
    await carried.goes_on()
    assert carried.runs == 2
    assert [each.outcome for each in carried.of("calendar")] == ["cn-2026.2"]
    assert carried.case.calendar_name == "cn-2026.2"


async def test_a_case_counts_with_the_days_that_it_was_opened_with(runtime: VirtualRuntime) -> None:
    """No worker needs their file, and whoever reads the ledger needs none either."""
    own = days("2026-03-04", name="cn-2031.1", last_year=2031)
    carried = await begun(runtime, item(), inspected, calendar=own.name, days=own)
    (accepted,) = carried.of("accepted")
    assert accepted.clock is not None
    assert (accepted.calendar, accepted.clock.days) == (own.name, own)
    assert accepted.due == end_of(17), "ten working days, without the 4th"
    carried.check_ledger()
