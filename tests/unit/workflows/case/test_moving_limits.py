"""Suspending and extending the limits of a case."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from contracts.terms.clock_rules import TacitGrant
from contracts.terms.decisions import Decision, Grant
from contracts.terms.limits import weeks, working_days
from contracts.wire.messages import ApplicantWithdrew, Supplemented
from tests.unit.workflows.case.clocked import (
    ADVISER,
    ANEW,
    HEARING,
    LONGER,
    MISSING,
    PORTAL,
    STATUTORY,
    SUPPLEMENT,
    Advise,
    ApproveExtension,
    Inspect,
    Plea,
    advised_and_supplemented,
    begun,
    inspected,
    inspected_without_acceptance,
    item,
)
from tests.unit.workflows.case.running import DAY, START, VirtualRuntime
from workflows.case import Procedure

pytestmark = pytest.mark.usefixtures("runs")

HOUSING = "agency:housing"
GRANT = item(TacitGrant(basis="art. 20"))


async def test_suspended_days_do_not_count_and_open_requests_stand_still_with_the_case(
    runtime: VirtualRuntime,
) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        async with author.suspended(SUPPLEMENT.basis):
            await author.supplement(Plea(), MISSING, working_days(20), "not-supplemented")
        return await inspected_without_acceptance(author)

    carried = await begun(runtime, item(), course)
    (suspended,) = carried.of("suspended")
    assert (suspended.due, suspended.due_before) == (None, START + STATUTORY * DAY)
    assert suspended.basis == SUPPLEMENT.basis
    assert suspended.clock is not None
    assert suspended.clock.kind == "supplement"
    await carried.days(12, DAY)
    assert not carried.of("warned"), "time stands still"
    await carried.hears(Supplemented(application={"text": "more"}), PORTAL)
    (resumed,) = carried.of("resumed")
    assert resumed.due == START + (STATUTORY + 12) * DAY
    assert carried.case.clock.used(START + 12 * DAY) == 0
    carried.check_ledger()


async def test_an_agency_is_told_that_its_limit_stands_still_and_when_it_ends_afterwards(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, item(), advised_and_supplemented)
    (moved,) = [said for kind, said in carried.told("agency:planning") if "rescheduled" in kind]
    assert moved == {"request": "clock-test.advise", "reason": SUPPLEMENT.basis}
    await carried.days(10, DAY)  # past its limit and its grace
    assert not carried.of("deemed")
    await carried.hears(Supplemented(application={"text": "more"}), PORTAL)
    moved = [said for kind, said in carried.told("agency:planning") if "rescheduled" in kind][-1]
    assert datetime.fromisoformat(moved["due"]) == START + 16 * DAY
    assert datetime.fromisoformat(moved["binding_end"]) == START + 18 * DAY - timedelta(microseconds=1)
    await carried.days(7.5, DAY)
    assert not carried.of("deemed")
    await carried.days(1, DAY)
    assert carried.of("deemed")
    carried.check_ledger()


async def test_a_suspension_ends_when_the_broker_had_what_ended_it(runtime: VirtualRuntime) -> None:
    """However late that reaches the case: an outage of the platform moves no legal date."""

    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        async with author.suspended(SUPPLEMENT.basis):
            await author.supplement(Plea(), MISSING, working_days(20), "not-supplemented")
        return await inspected_without_acceptance(author)

    carried = await begun(runtime, item(), course)
    await carried.days(6, DAY)
    await carried.hears(Supplemented(application={"text": "more"}), PORTAL, received=START + 4 * DAY)
    (resumed,) = carried.of("resumed")
    assert resumed.due == START + (STATUTORY + 4) * DAY
    carried.check_ledger()


async def test_an_interruption_begins_the_limit_anew(runtime: VirtualRuntime) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        await author.ask(Advise())
        async with author.suspended(ANEW.basis):
            await author.supplement(Plea(), MISSING, working_days(20), "not-supplemented")
        return await inspected_without_acceptance(author)

    carried = await begun(runtime, item(), course)
    await carried.days(4, DAY)
    await carried.answers("advise", "yes", ADVISER)
    await carried.days(3, DAY)
    await carried.hears(Supplemented(application={"text": "more"}), PORTAL)
    (resumed,) = carried.of("resumed")
    assert resumed.due == START + (7 + STATUTORY) * DAY
    carried.check_ledger()


async def test_withdrawn_while_suspended(runtime: VirtualRuntime) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        async with author.suspended(HEARING.basis):
            await author.ask(Inspect())
        return await author.decide(Grant())

    carried = await begun(runtime, item(), course)
    await carried.hears(ApplicantWithdrew(), PORTAL)
    assert carried.kinds[-4:] == ["withdrawn", "cancelled", "decided", "closed"]
    carried.check_ledger()


async def test_a_suspension_that_the_law_does_not_know_fails_by_name(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), inspected)
    with pytest.raises(LookupError, match=r"no suspension has the basis 'art. 99'.*'art. 3', 'art. 4'"):
        carried.author.suspended("art. 99")


async def extending(author: Procedure[Plea]) -> Decision:
    await author.accept()
    extended = await author.extend(working_days(5), basis=LONGER.basis, approved=ApproveExtension())
    await author.ask(Inspect())
    return await author.decide(Grant(conditions=(str(extended),)))


@pytest.mark.parametrize(("outcome", "extended"), [("approved", True), ("refused", False)])
async def test_an_extension_takes_who_has_to_approve_it(
    runtime: VirtualRuntime, outcome: str, extended: bool
) -> None:
    carried = await begun(runtime, item(), extending)
    await carried.days(7, DAY)
    await carried.answers("approve-extension", outcome, "environment")
    due = carried.case.clock.due
    assert due is not None
    assert due.at == START + (STATUTORY + 5 * extended) * DAY
    assert [entry.actor for entry in carried.of("extended")] == ["agency:environment"] * extended
    await carried.answers("inspect", "yes", "housing")
    assert carried.carrying.result().decision == Grant(conditions=(str(extended),))
    carried.check_ledger()


async def test_an_approval_that_comes_when_the_limit_is_over_extends_nothing(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, item(), extending)
    await carried.days(STATUTORY + 1, DAY)
    await carried.answers("approve-extension", "approved", "environment")
    assert not carried.of("extended")


async def test_an_approval_in_time_that_comes_to_the_case_later_extends(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, GRANT, extending)
    runtime.gateway_up = False
    await carried.days(STATUTORY + 1, DAY)
    await carried.answers("approve-extension", "approved", "environment", received=START + 9 * DAY)
    runtime.gateway_up = True
    await carried.days(1, DAY)
    assert carried.of("extended")
    assert not carried.carrying.done()
    await carried.days(5, DAY)
    assert carried.carrying.result().decision == Grant(deemed=True)
    carried.check_ledger()


async def test_an_extension_beyond_the_law_fails_by_name(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), inspected)
    for limit, words in ((working_days(6), "by 5 working days at most"), (weeks(1), "not by 1 week")):
        with pytest.raises(LookupError, match=words):
            await carried.author.extend(limit, basis=LONGER.basis, approved=ApproveExtension())
