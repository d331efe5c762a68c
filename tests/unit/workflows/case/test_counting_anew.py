"""A calendar that is published while a case runs: everything that was counted with the old days is counted
anew, each kind in turn; whoever was told when it was due is told when it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from contracts.platform import Outage
from contracts.terms.calendar import LegalCalendar, calendar
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.clock_rules import TacitGrant
from contracts.terms.decisions import Decision, Grant
from contracts.terms.fees import Fee, FeeSchedule
from contracts.terms.limits import working_days
from contracts.terms.requests import Request, refer
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, Money
from contracts.wire.messages import NoticeOfDefault, Paid, Question, Supplemented
from tests.unit.workflows.case.clocked import (
    ADVISER,
    HEAD,
    HOUSING,
    LONGER,
    MISSING,
    PENALTY,
    PORTAL,
    SUPPLEMENT,
    Advice,
    Advise,
    ApproveExtension,
    Carried,
    Inspect,
    Plea,
    begun,
    inspected,
    item,
)
from tests.unit.workflows.case.running import START, VirtualRuntime
from workflows.case import Lapsed, Procedure, carrier

pytestmark = pytest.mark.usefixtures("runs")

OLD = cast(LegalCalendar, calendar("cn-2026.1")).days
DAY = timedelta(days=1)
Course = Callable[[Procedure[Plea]], Coroutine[Any, Any, Decision]]
FEE = Money(amount=Decimal("12.00"), currency="EUR")
FEES = FeeSchedule(
    currency="EUR", lines=(Fee(code="fee", name=Bilingual(zh="费", en="Fee"), basis="art. 11", amount=FEE),)
)


def end_of(day: int, month: int = 3) -> datetime:
    """The end of a day of 2026 in Beijing; the case begins on Monday, 2 March."""
    return datetime(2026, month, day, 16, tzinfo=UTC)


def days(
    *holidays: str, worked: tuple[str, ...] = (), name: str = "cn-2026.2", last_year: int = 2026
) -> CalendarDays:
    """The published days, with some more holidays, and weekends that are worked."""
    off = {*OLD.holidays, *map(date.fromisoformat, holidays)}
    on = {*OLD.worked_weekends, *map(date.fromisoformat, worked)}
    changes = {"holidays": tuple(sorted(off)), "worked_weekends": tuple(sorted(on)), "last_year": last_year}
    return OLD.model_copy(update={"name": name, "source": "made up for this test"} | changes)


async def a_case(runtime: VirtualRuntime, course: Course, of: Any = None, **changes: Any) -> Carried:
    return await begun(runtime, of or item(), course, calendar=OLD.name, **changes)


async def publish(carried: Carried, published: CalendarDays) -> None:
    carried.case.inbox.calendars.append(published)
    await carried.goes_on()


def moved(carried: Carried, name: str) -> list[tuple[datetime | None, datetime | None, str | None]]:
    """From when to when a step, or a limit of that name, was moved, and why."""
    found = [each for each in carried.of("rescheduled") if name in (each.step, each.outcome)]
    assert all(each.due is None or each.due == each.due_before or not each.data for each in found)
    return [(each.due_before, each.due, each.basis) for each in found]


def told(carried: Carried, reader: str, kind: str) -> list[dict[str, Any]]:
    return [said for type_, said in carried.told(reader) if type_ == kind + ".v1"]


def instant(said: dict[str, Any], field: str = "due") -> datetime:
    return datetime.fromisoformat(said[field])


# --- each kind in turn ------------------------------------------------------------------------------------


async def asking(author: Procedure[Plea]) -> Decision:
    await author.accept()
    await author.ask(Advise())
    return await author.decide(Grant())


async def test_the_limits_of_the_case(runtime: VirtualRuntime) -> None:
    carried = await a_case(runtime, asking)
    for _ in range(2):  # a repeat changes nothing
        await publish(carried, days("2026-03-04"))
    (entry,) = carried.of("calendar")
    assert (entry.outcome, entry.basis) == ("cn-2026.2", "made up for this test")
    assert (entry.due_before, entry.due) == (end_of(16), end_of(17))
    assert entry.clock is not None
    assert entry.clock.promised_due == end_of(13)
    assert not told(carried, f"agency:{HOUSING}", "request.case-due"), "nobody was told of them"
    carried.check_ledger()


async def test_the_lead_agency_that_was_warned_is_told_of_the_new_end(runtime: VirtualRuntime) -> None:
    carried = await a_case(runtime, inspected)
    await carried.days(10, DAY)  # 12 March: the statutory limit is warned of with its end
    await carried.goes_on(timedelta(hours=16))
    assert [each.outcome for each in carried.of("warned")] == ["promised", "statutory"]
    await publish(carried, days("2026-03-16"))
    said = told(carried, f"agency:{HOUSING}", "request.case-due")
    assert (said[-1]["limit"], instant(said[-1]), said[-1]["basis"]) == ("statutory", end_of(17), "cn-2026.2")
    assert len(carried.of("warned")) == 2, "a warning that was given is not given again"
    carried.check_ledger()


async def test_a_request_its_grace_and_everybody_who_was_told(runtime: VirtualRuntime) -> None:
    carried = await a_case(runtime, asking)
    question = Question(text=Bilingual(zh="几层？", en="How many storeys?"))
    await carried.hears(question, f"agency:{ADVISER}", "clock-test.advise/1")
    await publish(carried, days("2026-03-04"))
    assert moved(carried, "clock-test.advise/1") == [(end_of(10), end_of(11), "cn-2026.2")]
    (said,) = told(carried, f"agency:{ADVISER}", "request.rescheduled")
    assert (instant(said), instant(said, "binding_end")) == (end_of(11), end_of(13))
    (asked,) = told(carried, PORTAL, "notice.question")
    (notice,) = told(carried, PORTAL, "notice.limit-moved")
    assert (notice["notice"], notice["questions"], instant(notice)) == (
        "question",
        [asked["question"]],
        end_of(11),
    )
    assert not told(carried, f"agency:{HOUSING}", "request.rescheduled")
    await carried.days(11, DAY)
    assert not carried.of("deemed")
    await carried.goes_on(timedelta(hours=16))
    assert carried.carrying.result().decision == Grant()
    assert carried.of("deemed")[0].occurred == end_of(13)
    carried.check_ledger()


async def test_the_agency_that_was_told_that_a_request_is_overdue(runtime: VirtualRuntime) -> None:
    carried = await a_case(runtime, asking)
    await carried.days(9, DAY)
    assert carried.of("escalated")
    await publish(carried, days("2026-03-04", "2026-03-05"))
    for agency in (ADVISER, HOUSING):
        (said,) = told(carried, f"agency:{agency}", "request.rescheduled")
        assert (instant(said), instant(said, "binding_end")) == (end_of(12), end_of(16))


class AdviseOrElse(
    Request[Advice],
    agency=ADVISER,
    limit=working_days(2),
    basis="art. 12",
    overdue=[refer(to=HOUSING, within=working_days(5), otherwise="silent")],
): ...


async def test_a_request_that_was_referred_counts_from_the_end_that_was_reached(
    runtime: VirtualRuntime,
) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        await author.ask(AdviseOrElse())
        return await author.decide(Grant())

    fields = {name: getattr(item(), name) for name in ServiceItem.model_fields}
    of = ServiceItem(**(fields | {"requests": (AdviseOrElse,)}))
    carried = await a_case(runtime, course, of)
    await carried.days(3, DAY)
    assert [each.due for each in carried.of("referred")] == [end_of(11)]
    await publish(carried, days("2026-03-03", "2026-03-06"))
    assert moved(carried, "clock-test.advise-or-else/1") == [(end_of(11), end_of(12), "cn-2026.2")]
    assert not told(carried, f"agency:{ADVISER}", "request.rescheduled"), "it is no longer asked"


def in_a_stage(otherwise: str | None) -> Course:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        try:
            async with author.within(working_days(5), "substance", otherwise=otherwise):
                await author.ask(Inspect())
        except Lapsed as lapsed:
            return await author.decide(Grant(conditions=(lapsed.reason,)))
        return await author.decide(Grant())

    return course


async def test_a_stage_ends_later_and_is_broken_off_then(runtime: VirtualRuntime) -> None:
    carried = await a_case(runtime, in_a_stage("stage-over"))
    await publish(carried, days("2026-03-04"))
    assert moved(carried, "substance") == [(end_of(9), end_of(10), "cn-2026.2")]
    assert not told(carried, f"agency:{HOUSING}", "request.case-due"), "nobody was warned of it"
    await carried.days(8, DAY)
    assert [each.due for each in carried.of("warned") if each.outcome == "substance"] == [end_of(10)]
    assert not carried.carrying.done()
    await publish(carried, days("2026-03-04", "2026-03-10", name="cn-2026.3"))
    said = told(carried, f"agency:{HOUSING}", "request.case-due")[-1]
    assert (said["limit"], instant(said), said["overdue"]) == ("substance", end_of(11), False)
    await carried.days(2, DAY)
    assert carried.carrying.result().decision == Grant(conditions=("stage-over",))
    assert [each.due for each in carried.of("overdue") if each.outcome == "substance"] == [end_of(11)]
    carried.check_ledger()


async def test_a_stage_that_is_over_stays_over(runtime: VirtualRuntime) -> None:
    carried = await a_case(runtime, in_a_stage(None))
    await carried.days(8, DAY)
    assert [each.outcome for each in carried.of("overdue")] == ["substance"]
    await publish(carried, days("2026-03-04", "2026-03-11"))
    assert moved(carried, "substance") == []
    await carried.days(3, DAY)
    assert [each.outcome for each in carried.of("overdue")].count("substance") == 1


async def test_what_the_applicant_has_to_hand_in(runtime: VirtualRuntime) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        await author.supplement(Plea(), MISSING, working_days(3), "not-supplemented")
        return await author.decide(Grant())

    carried = await a_case(runtime, course)
    assert instant(told(carried, PORTAL, "notice.missing")[0]) == end_of(5)
    await publish(carried, days("2026-03-05"))
    assert moved(carried, "supplement/1") == [(end_of(5), end_of(6), "cn-2026.2")]
    (notice,) = told(carried, PORTAL, "notice.limit-moved")
    assert (notice["notice"], instant(notice), notice["reason"]) == ("missing", end_of(6), "cn-2026.2")
    await carried.days(4, DAY)  # the first end is past
    await carried.hears(Supplemented(application={"text": "more"}), PORTAL)
    assert carried.carrying.result().decision == Grant()


async def test_what_the_applicant_has_to_pay(runtime: VirtualRuntime) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        paid = await author.collect(FEE, working_days(3))
        return await author.decide(Grant(conditions=(str(paid),)))

    carried = await a_case(runtime, course, item(fees=FEES))
    await publish(carried, days("2026-03-05"))
    (notice,) = told(carried, PORTAL, "notice.limit-moved")
    assert (notice["notice"], instant(notice)) == ("fee-due", end_of(6))
    await carried.days(5, DAY)
    assert carried.of("lapsed")[0].occurred == end_of(6)
    assert carried.carrying.result().decision == Grant(conditions=("False",))


async def test_a_fact_that_is_waited_for_and_never_a_day_that_was_named(runtime: VirtualRuntime) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        await author.wait_for(Paid, within=working_days(3))
        await author.wait_for(Paid, until=date(2026, 3, 20))
        return await author.decide(Grant())

    carried = await a_case(runtime, course)
    await publish(carried, days("2026-03-05"))
    assert moved(carried, "wait-for-paid/1") == [(end_of(5), end_of(6), "cn-2026.2")]
    assert not told(carried, PORTAL, "notice.limit-moved"), "the applicant was told nothing of it"
    await carried.days(5, DAY)
    await publish(carried, days("2026-03-05", "2026-03-10", "2026-03-19", name="cn-2026.3"))
    assert carried.case.journal.waits["wait-for-paid/2"].due == end_of(19)
    assert moved(carried, "wait-for-paid/2") == []


NOTICE_OF_FIVE = PENALTY.model_copy(update={"after": working_days(5)})


async def test_the_notice_of_default(runtime: VirtualRuntime) -> None:
    carried = await a_case(runtime, inspected, item(NOTICE_OF_FIVE))
    await carried.days(15, DAY)  # 17 March
    await carried.hears(NoticeOfDefault(), PORTAL)
    assert [each.due for each in carried.of("default-noticed")] == [end_of(24)]
    await publish(carried, days("2026-03-19"))
    assert moved(carried, "penalty") == [(end_of(24), end_of(25), "cn-2026.2")]
    said = told(carried, f"agency:{HOUSING}", "request.case-due")[-1]
    assert (said["limit"], instant(said)) == ("penalty", end_of(25))
    await carried.days(9, DAY)
    (begun_,) = carried.of("penalty-begun")
    assert (begun_.occurred, begun_.due) == (end_of(25), end_of(25) + 42 * DAY)
    await publish(carried, days("2026-03-19", "2026-03-20", "2026-04-10", name="cn-2026.3"))
    assert len(moved(carried, "penalty")) == 1, "it has begun, and counts days of whatever kind"
    await carried.days(1, DAY)
    await carried.answers("inspect", "yes", HOUSING)
    ((_, notice),) = [(kind, said) for kind, said in carried.told(PORTAL) if "penalty-due" in kind]
    assert (notice["days"], notice["amount"]["amount"]) == (1, "23.00")
    carried.check_ledger()


async def test_an_extension_that_was_taken(runtime: VirtualRuntime) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        await author.extend(working_days(5), basis=LONGER.basis, approved=ApproveExtension())
        await author.ask(Inspect())
        return await author.decide(Grant())

    carried = await a_case(runtime, course)
    await carried.answers("approve-extension", "approved", HEAD)
    assert [each.due for each in carried.of("extended")] == [end_of(23)]
    await publish(carried, days("2026-03-18"))
    (entry,) = carried.of("calendar")
    assert (entry.due_before, entry.due) == (end_of(23), end_of(24))
    carried.check_ledger()


async def test_a_suspension_that_is_under_way(runtime: VirtualRuntime) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        async with asyncio.TaskGroup() as group:
            group.create_task(author.ask(Advise()))
            group.create_task(supplemented(author))
        return await author.decide(Grant())

    async def supplemented(author: Procedure[Plea]) -> None:
        async with author.suspended(SUPPLEMENT.basis):
            await author.supplement(Plea(), MISSING, working_days(20), "not-supplemented")

    carried = await a_case(runtime, course)
    await carried.days(2, DAY)
    await publish(carried, days("2026-03-03", "2026-03-09"))
    (entry,) = carried.of("calendar")
    assert (entry.due_before, entry.due) == (None, None)
    assert [each.step for each in carried.of("rescheduled")] == ["clock-test.advise/1", "supplement/1"]
    await carried.hears(Supplemented(application={"text": "more"}), PORTAL)
    # The 3rd stood still as a whole, and is no working day; the 9th is none either.
    assert [each.due for each in carried.of("resumed")] == [end_of(18)]
    assert moved(carried, "clock-test.advise/1")[-1] == (end_of(10), end_of(12), SUPPLEMENT.basis)
    carried.check_ledger()


# --- what is known only now, and what is past by now --------------------------------------------------------


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
        paid = await author.collect(FEE, working_days(6))
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
        paid = await author.collect(FEE, working_days(3))
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
