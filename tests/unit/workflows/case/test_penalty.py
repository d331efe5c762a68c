"""The penalty payment for a late decision, after the applicant's notice of default."""

from __future__ import annotations

import pytest

from contracts.wire.messages import NoticeOfDefault
from contracts.wire.orders import CancelOrdered
from tests.unit.workflows.case.clocked import PENALTY, PORTAL, STATUTORY, begun, inspected, item
from tests.unit.workflows.case.ordering import orders
from tests.unit.workflows.case.running import DAY, START, VirtualRuntime

pytestmark = pytest.mark.usefixtures("runs")


async def test_the_applicant_is_owed_a_penalty_for_each_day_after_notice_of_default(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, item(PENALTY), inspected)
    await carried.hears(NoticeOfDefault(), PORTAL, event_id="early")
    assert carried.of("refused")[-1].reason == "not-overdue"
    await carried.days(STATUTORY + 1, DAY)
    await carried.hears(NoticeOfDefault(), PORTAL, event_id="first")
    await carried.hears(NoticeOfDefault(), PORTAL, event_id="second")
    assert carried.of("refused")[-1].reason == "already-noticed"
    (noticed,) = carried.of("default-noticed")
    assert noticed.due == START + (STATUTORY + 1 + 14) * DAY
    await carried.days(14 + 15.5, DAY)
    assert carried.of("penalty-begun")
    await carried.answers("inspect", "yes", "housing")
    ((_, notice),) = [(kind, said) for kind, said in carried.told(PORTAL) if "penalty-due" in kind]
    assert (notice["days"], notice["amount"]["amount"]) == (15, "357.00")
    carried.check_ledger()


async def test_the_penalty_grows_no_more_after_its_last_day_and_is_told_then(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, item(PENALTY), inspected)
    await carried.days(STATUTORY + 1, DAY)
    await carried.hears(NoticeOfDefault(), PORTAL)
    await carried.days(14 + 43, DAY)
    ((_, notice),) = [(kind, said) for kind, said in carried.told(PORTAL) if "penalty-due" in kind]
    assert (notice["days"], notice["amount"]["amount"]) == (42, "1442.00")
    await carried.answers("inspect", "yes", "housing")
    assert len(carried.of("penalty-due")) == 1


async def test_without_a_penalty_in_the_law_a_notice_of_default_is_refused(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), inspected)
    await carried.days(STATUTORY + 1, DAY)
    await carried.hears(NoticeOfDefault(), PORTAL)
    assert carried.of("refused")[-1].reason == "no-penalty"


async def test_until_an_operator_ends_the_case_time_counts_and_the_penalty_grows(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, item(PENALTY), inspected)
    await carried.days(STATUTORY + 1, DAY)
    await carried.hears(NoticeOfDefault(), PORTAL)
    await carried.days(14 + 3.5, DAY)
    ordered = runtime.time
    runtime.time += 2 * DAY  # no orchestrator ran meanwhile
    await orders(carried, CancelOrdered, at=ordered)
    assert carried.case.clock.stopped == ordered
    (owed,) = carried.of("penalty-due")
    assert owed.penalty is not None
    assert owed.penalty.amount == 3 * 23
    carried.check_ledger()


async def test_a_case_that_was_ended_under_an_earlier_build_says_in_a_replay_what_it_said(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VirtualRuntime, "patched", lambda *_: False)
    carried = await begun(runtime, item(PENALTY), inspected)
    await carried.days(STATUTORY + 1, DAY)
    await orders(carried, CancelOrdered)
    assert carried.case.clock.stopped == START
