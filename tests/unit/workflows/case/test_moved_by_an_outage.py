"""A limit that the law moves after an outage of the platform: whoever was told when it ends is told anew."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from contracts.platform import Outage
from contracts.terms.clock_rules import TacitGrant
from contracts.terms.decisions import Decision, Grant
from contracts.terms.limits import working_days
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual
from contracts.wire.messages import Question
from tests.unit.workflows.case.clocked import (
    ADVISER,
    HOUSING,
    MISSING,
    PORTAL,
    Carried,
    Plea,
    inspected,
    item,
)
from tests.unit.workflows.case.counted_anew import (
    BILL,
    DAY,
    FEES,
    Course,
    a_case,
    days,
    end_of,
    instant,
    moved,
    publish,
    told,
)
from tests.unit.workflows.case.ordering import ADVICE, advised
from tests.unit.workflows.case.running import VirtualRuntime
from workflows.case import Procedure

pytestmark = pytest.mark.usefixtures("runs")

RULE = "art. 10"


async def away(runtime: VirtualRuntime, carried: Carried, until_end_of: int, back: int) -> None:
    """The platform is away over the end of a day of March, and comes back in the morning of another."""
    end = end_of(until_end_of)
    runtime.gateway_up = False
    runtime.outage = Outage(began=end - timedelta(hours=1), ended=end_of(back - 1) + timedelta(hours=1))
    while runtime.time < runtime.outage.ended:
        await carried.goes_on(DAY / 24)
    runtime.gateway_up = True
    await carried.goes_on()


async def test_of_a_request_its_agency_and_the_one_it_was_escalated_to_are_told(
    runtime: VirtualRuntime,
) -> None:
    carried = await a_case(runtime, advised, item(outage_basis=RULE))
    question = Question(text=Bilingual(zh="几层？", en="How many storeys?"))
    await carried.hears(question, f"agency:{ADVISER}", ADVICE, event_id="q-1")
    end = carried.case.journal.waits[ADVICE].end
    assert end == end_of(12)
    await away(runtime, carried, 12, back=13)  # Friday: the next working day is Monday, 16 March
    for agency in (ADVISER, HOUSING):
        [said] = told(carried, f"agency:{agency}", "request.rescheduled")
        assert (instant(said), instant(said, "binding_end")) == (end_of(16), end_of(16))
        assert said["reason"] == RULE
    [asked_too] = told(carried, PORTAL, "notice.limit-moved")
    assert (asked_too["notice"], len(asked_too["questions"])) == ("question", 1)
    await carried.days(2, DAY)
    await carried.answers("advise", "no", ADVISER)
    assert "answered" in carried.kinds
    assert not carried.of("deemed")
    carried.check_ledger()


async def collecting(author: Procedure[Plea]) -> Decision:
    paid = await author.collect(BILL, working_days(3))
    return await author.decide(Grant(conditions=(str(paid),)))


async def supplementing(author: Procedure[Plea]) -> Decision:
    await author.supplement(Plea(), MISSING, working_days(3), "not-supplemented")
    return await author.decide(Grant())


@pytest.mark.parametrize(("course", "notice"), [(collecting, "fee-due"), (supplementing, "missing")])
async def test_of_what_the_applicant_has_to_bring_the_applicant_is_told(
    runtime: VirtualRuntime, course: Course, notice: str
) -> None:
    carried = await a_case(runtime, course, item(fees=FEES, outage_basis=RULE))
    await away(runtime, carried, 5, back=6)
    [said] = told(carried, PORTAL, "notice.limit-moved")
    assert (said["notice"], instant(said), instant(said, "binding_end")) == (notice, end_of(9), end_of(9))
    assert said["reason"] == RULE


async def staged(author: Procedure[Plea]) -> Decision:
    async with author.within(working_days(10), "look", otherwise="stage-over"):
        return await inspected(author)


@pytest.mark.parametrize(
    ("course", "of", "limit"),
    [
        (inspected, item(TacitGrant(basis="art. 2"), outage_basis=RULE), "statutory"),
        (staged, item(outage_basis=RULE), "look"),
    ],
)
async def test_of_a_limit_of_the_case_the_lead_is_told_where_it_was_warned(
    runtime: VirtualRuntime, course: Course, of: ServiceItem, limit: str
) -> None:
    carried = await a_case(runtime, course, of)
    await away(runtime, carried, 16, back=18)
    said = [each for each in told(carried, f"agency:{HOUSING}", "request.case-due") if each["limit"] == limit]
    warned: list[tuple[datetime, bool, str | None]] = [
        (instant(each), each["overdue"], each.get("basis")) for each in said
    ]
    assert warned == [(end_of(16), False, None), (end_of(19), False, RULE)]


async def test_where_the_law_moves_nothing_nobody_is_told(runtime: VirtualRuntime) -> None:
    carried = await a_case(runtime, advised)
    await away(runtime, carried, 12, back=13)
    assert [each.step for each in carried.of("held")] == [ADVICE]
    assert not told(carried, f"agency:{ADVISER}", "request.rescheduled")


async def test_a_case_of_an_earlier_release_goes_on_as_it_did(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "patched", lambda change: False)
    carried = await a_case(runtime, advised, item(outage_basis=RULE))
    await away(runtime, carried, 12, back=13)
    assert [each.due for each in carried.of("held")] == [end_of(16)]
    assert not told(carried, f"agency:{ADVISER}", "request.rescheduled")


EARLIER = days("2026-03-09", worked=("2026-03-14",))
"""By these days ten working days end when they did, on 16 March; a share of them does not."""


async def held_stage(runtime: VirtualRuntime) -> Carried:
    """A stage whose end an outage holds for long."""
    carried = await a_case(runtime, staged)
    runtime.grace = 20 * DAY
    await away(runtime, carried, 16, back=18)
    assert [each.step for each in carried.of("held")] == ["within/1"]
    return carried


async def test_days_that_move_only_a_warning_move_no_limit_and_lengthen_no_hold(
    runtime: VirtualRuntime,
) -> None:
    carried = await held_stage(runtime)
    await publish(carried, EARLIER)
    assert [each.step for each in carried.of("held")] == ["within/1"]
    assert moved(carried, "within/1") == []
    await carried.days(19.5, DAY)
    assert not [each for each in carried.of("overdue") if each.outcome == "look"]
    await carried.days(2, DAY)
    assert [each.occurred for each in carried.of("overdue") if each.outcome == "look"] == [end_of(16)]
    carried.check_ledger()


async def test_an_end_that_was_past_and_is_past_elsewhere_is_held_as_the_outage_holds_it(
    runtime: VirtualRuntime,
) -> None:
    carried = await held_stage(runtime)
    until = carried.of("held")[0].data
    await publish(carried, days(worked=("2026-03-14",)))
    assert moved(carried, "look") == [(end_of(16), end_of(14), "cn-2026.2")]
    holds = [each.data and each.data.content["until"] for each in carried.of("held")]
    assert set(holds) == {until and until.content["until"]}


async def test_days_that_move_only_a_reminder_are_told_to_nobody(runtime: VirtualRuntime) -> None:
    carried = await a_case(runtime, advised)
    due = carried.case.journal.waits[ADVICE].due
    # Six days, of which the reminder comes after three: a day off among these, made up for before the end.
    await publish(carried, days("2026-03-04", worked=("2026-03-07",)))
    assert carried.case.journal.waits[ADVICE].due == due
    assert moved(carried, ADVICE) == []
    assert not told(carried, f"agency:{ADVISER}", "request.rescheduled")
    await carried.days(8, DAY)
    assert [each.step for each in carried.of("reminded")] == [ADVICE]


async def test_what_a_run_of_an_earlier_release_moved_it_moves_again(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "patched", lambda change: False)
    carried = await held_stage(runtime)
    await publish(carried, EARLIER)
    assert len(carried.of("held")) == 2
