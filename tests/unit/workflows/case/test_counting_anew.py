"""A calendar that is published while a case runs: everything that was counted with the old days is counted
again, each kind in turn; whoever was told when it was due is told when it is.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from contracts.terms.decisions import Decision, Grant
from contracts.terms.limits import working_days
from contracts.terms.requests import Request, refer
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual
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
    ApproveExtension,
    Inspect,
    Plea,
    advised_and_supplemented,
    inspected,
    item,
)
from tests.unit.workflows.case.counted_anew import (
    BILL,
    DAY,
    FEES,
    Course,
    a_case,
    asking,
    days,
    end_of,
    instant,
    moved,
    publish,
    told,
)
from tests.unit.workflows.case.running import VirtualRuntime
from workflows.case import Lapsed, Procedure

pytestmark = pytest.mark.usefixtures("runs")


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
        paid = await author.collect(BILL, working_days(3))
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
    carried = await a_case(runtime, advised_and_supplemented)
    await carried.days(2, DAY)
    await publish(carried, days("2026-03-03", "2026-03-09"))
    (entry,) = carried.of("calendar")
    assert (entry.due_before, entry.due) == (None, None)
    assert [each.step for each in carried.of("rescheduled")] == ["clock-test.advise/1", "supplement/1"]
    await carried.hears(Supplemented(application={"text": "more"}), PORTAL)
    # The 3rd stood still as a whole, and is not a working day; the 9th is none either.
    assert [each.due for each in carried.of("resumed")] == [end_of(18)]
    assert moved(carried, "clock-test.advise/1")[-1] == (end_of(10), end_of(12), SUPPLEMENT.basis)
    carried.check_ledger()
