"""What operators order takes effect once, says who and why, and moves no date that the law does not move."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from archive.steps import steps_of
from contracts.terms.decisions import Decision
from contracts.terms.identifiers import OPERATOR, AgencyId, Party
from contracts.terms.limits import working_days
from contracts.wire.ledger import pseudonym_of
from contracts.wire.orders import (
    ExtendOrdered,
    MoveOrdered,
    ResendOrdered,
)
from tests.unit.workflows.case.clocked import (
    ADVISER,
    HEAD,
    HOUSING,
    LONGER,
    Advise,
    Carried,
    Plea,
    advised_and_supplemented,
    begun,
    inspected,
    item,
)
from tests.unit.workflows.case.ordering import ADVICE, LING, WHY, advised, orders, replies
from tests.unit.workflows.case.running import DAY, SECRET, VirtualRuntime
from workflows.case import Procedure

pytestmark = pytest.mark.usefixtures("runs")


def requested(carried: Carried, agency: str) -> list[dict[str, Any]]:
    return [data for kind, data in carried.told(f"agency:{agency}") if kind == "request.requested.v1"]


# --- resend -------------------------------------------------------------------------------------------------


async def test_a_request_is_sent_again_as_it_stands(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), advised)
    await carried.days(1, DAY)
    came = await orders(carried, ResendOrdered, about=ADVICE)
    first, again = requested(carried, ADVISER)
    assert again == first
    [resent] = carried.of("resent")
    assert (resent.actor, resent.officer) == (OPERATOR, pseudonym_of(SECRET, OPERATOR, LING))
    assert (resent.desk, resent.cause, resent.step) == ("ops-1", came.event.key, ADVICE)
    assert resent.automated is False
    assert resent.data is not None
    assert resent.data.content == {"desk": "ops-1", "why": WHY}
    assert replies(carried) == [("order.taken.v1", {"event": came.event.id, "late": False})]
    await carried.answers("advise", "yes", ADVISER)
    assert carried.kinds[-1] == "closed"
    carried.check_ledger()
    assert not any(LING in entry.model_dump_json() for entry in carried.entries)


async def test_what_was_suspended_is_sent_again_and_still_stands_still(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), advised_and_supplemented)
    await orders(carried, ResendOrdered, about=ADVICE)
    told = [kind for kind, _ in carried.told(f"agency:{ADVISER}")]
    assert told[-2:] == ["request.requested.v1", "request.rescheduled.v1"]
    assert "due" not in carried.told(f"agency:{ADVISER}")[-1][1]
    carried.check_ledger()


async def test_an_order_that_comes_twice_takes_effect_once(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), advised)
    for _ in range(3):
        await orders(carried, ResendOrdered, about=ADVICE, event_id="order-1")
    assert len(carried.of("resent")) == 1
    await orders(carried, ResendOrdered, about=ADVICE, event_id="order-1", why="Another reason.")
    assert [data["reason"] for kind, data in replies(carried) if kind == "order.refused.v1"] == ["id-reused"]


@pytest.mark.parametrize(
    ("step", "reason"),
    [("clock-test.inspect/1", "unknown-request"), ("clock-test.advise/2", "unknown-request")],
)
async def test_what_was_never_asked_cannot_be_sent_again(
    runtime: VirtualRuntime, step: str, reason: str
) -> None:
    carried = await begun(runtime, item(), advised)
    await orders(carried, ResendOrdered, about=step)
    assert [data["reason"] for _, data in replies(carried)] == [reason]
    assert carried.of("resent") == []


async def test_what_was_answered_cannot_be_sent_again(runtime: VirtualRuntime) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.ask(Advise())
        return await inspected(author)

    carried = await begun(runtime, item(), course)
    await carried.answers("advise", "yes", ADVISER)
    await orders(carried, ResendOrdered, about=ADVICE)
    assert [data["reason"] for _, data in replies(carried)] == ["request-closed"]


async def test_a_check_has_no_system_to_send_to(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), advised, checks=(ADVISER,))
    await orders(carried, ResendOrdered, about=ADVICE)
    assert [data["reason"] for _, data in replies(carried)] == ["not-possible"]


# --- move ---------------------------------------------------------------------------------------------------


async def test_another_agency_answers_in_a_limit_of_its_own(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), advised)
    before = carried.case.journal.waits[ADVICE].due
    await carried.days(4, DAY)
    statutory = carried.case.clock.due
    came = await orders(carried, MoveOrdered, about=ADVICE, agency=HOUSING)
    [moved] = carried.of("moved")
    assert (moved.agency, moved.step, moved.actor) == (HOUSING, ADVICE, OPERATOR)
    assert moved.due is not None
    assert before is not None
    assert moved.due > before
    assert carried.case.clock.due == statutory, "the limits of the case do not move"
    [asked] = requested(carried, HOUSING)
    assert (asked["instead_of"], asked["limit"]) == (ADVISER, {"count": 6, "unit": "working-days"})
    expired = [data for kind, data in carried.told(f"agency:{ADVISER}") if kind == "request.expired.v1"]
    assert expired == [{"request": "clock-test.advise", "referred_to": HOUSING}]
    [step] = steps_of(carried.entries)
    assert (step.agency, step.referred_by, step.asked) == (HOUSING, ADVISER, moved.recorded)
    await carried.answers("advise", "no", ADVISER)  # it crosses the order
    assert carried.kinds[-1] == "late"
    await carried.answers("advise", "yes", HOUSING)
    assert carried.kinds[-1] == "closed"
    assert replies(carried) == [("order.taken.v1", {"event": came.event.id, "late": False})]
    carried.check_ledger()


async def test_an_order_that_the_case_finds_late_gives_the_agency_its_whole_limit(
    runtime: VirtualRuntime,
) -> None:
    """No orchestrator ran for weeks."""
    carried = await begun(runtime, item(), advised)
    ordered, runtime.time = runtime.time + DAY, runtime.time + 30 * DAY
    await orders(carried, MoveOrdered, about=ADVICE, agency=HOUSING, at=ordered)
    [asked] = requested(carried, HOUSING)
    by_now = carried.case.calendar.due(runtime.time, working_days(6))
    assert datetime.fromisoformat(asked["due"]) == by_now.at
    assert carried.case.holders == (Party.agency(HOUSING),)


async def test_the_ladder_begins_anew_with_the_limit(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), advised)
    await carried.days(7, DAY)
    assert carried.kinds.count("escalated") == 1
    await orders(carried, MoveOrdered, about=ADVICE, agency=HOUSING)
    await carried.days(5, DAY)
    assert "deemed" not in carried.kinds, "the former limit would be over"
    await carried.days(5, DAY)
    assert carried.kinds.count("escalated") == 2
    [deemed] = carried.of("deemed")
    assert deemed.agency == HOUSING
    carried.check_ledger()


async def test_a_request_that_is_moved_back_is_answered_by_who_has_it(runtime: VirtualRuntime) -> None:
    both = item()
    Advise.stand_ins = (HOUSING, HEAD)
    carried = await begun(runtime, both, advised)
    for agency in (HOUSING, HEAD, ADVISER):
        await orders(carried, MoveOrdered, about=ADVICE, agency=agency)
    for agency in (HOUSING, HEAD):
        await carried.answers("advise", "no", agency)
        assert carried.kinds[-1] == "late"
    await carried.answers("advise", "yes", ADVISER)
    assert carried.kinds[-1] == "closed"
    assert carried.case.journal.outcomes[ADVICE].asked == (ADVISER, HOUSING, HEAD, ADVISER)
    Advise.stand_ins = (HOUSING,)


@pytest.mark.parametrize(
    ("agency", "checks"),
    [(ADVISER, ()), (AgencyId("police"), ()), (HOUSING, (HOUSING,))],
    ids=["who has it", "who may not answer it", "a check"],
)
async def test_where_a_request_cannot_be_moved(
    runtime: VirtualRuntime, agency: AgencyId, checks: tuple[AgencyId, ...]
) -> None:
    carried = await begun(runtime, item(), advised, checks=checks)
    await orders(carried, MoveOrdered, about=ADVICE, agency=agency)
    assert [data["reason"] for _, data in replies(carried)] == ["not-possible"]
    assert carried.of("moved") == []


async def test_the_request_of_a_check_may_be_moved_to_a_system(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), advised, checks=(ADVISER,))
    await orders(carried, MoveOrdered, about=ADVICE, agency=HOUSING)
    await carried.answers("advise", "yes", HOUSING)
    assert carried.kinds[-1] == "closed"


# --- extend -------------------------------------------------------------------------------------------------


EXTENSION = {"basis": LONGER.basis, "limit": working_days(3), "approver": HEAD, "approval": "2026-117"}


async def test_the_limits_are_extended_as_the_law_allows_and_who_approved_it_is_told(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, item(), inspected)
    before = carried.case.clock.due
    await orders(carried, ExtendOrdered, **EXTENSION)
    [extended] = carried.of("extended")
    assert (extended.actor, extended.basis, extended.outcome) == (OPERATOR, LONGER.basis, "approved")
    assert before is not None
    assert (extended.due_before, extended.due) == (before.at, carried.case.clock.due.at)  # type: ignore[union-attr]
    assert extended.due > before.at  # type: ignore[operator]
    for agency in (HEAD, HOUSING):
        kind, data = carried.told(f"agency:{agency}")[-1]
        assert (kind, data["limit"], data["basis"]) == ("request.case-due.v1", "statutory", LONGER.basis)
    await orders(carried, ExtendOrdered, **EXTENSION)
    assert [data.get("reason") for _, data in replies(carried)] == [None, "not-possible"], "once, by that law"
    await carried.answers("inspect", "yes", HOUSING)
    carried.check_ledger()


@pytest.mark.parametrize(
    "change",
    [
        {"basis": "art. 99"},
        {"limit": working_days(6)},
        {"limit": LONGER.limit.model_copy(update={"unit": "weeks"})},
        {"approver": HOUSING},
    ],
    ids=["no such rule", "too long", "another unit", "another approver"],
)
async def test_what_the_law_does_not_allow_is_not_extended(
    runtime: VirtualRuntime, change: dict[str, Any]
) -> None:
    carried = await begun(runtime, item(), inspected)
    before = carried.case.clock
    await orders(carried, ExtendOrdered, **(EXTENSION | change))
    assert [data["reason"] for _, data in replies(carried)] == ["not-possible"]
    assert carried.case.clock == before


async def test_while_time_does_not_count_nothing_is_extended(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), advised_and_supplemented)
    assert carried.case.clock.suspended
    await orders(carried, ExtendOrdered, **EXTENSION)
    assert [data["reason"] for _, data in replies(carried)] == ["not-possible"]


async def test_what_is_over_cannot_be_made_longer(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), inspected)
    await carried.days(11, DAY)
    assert "overdue" in carried.kinds
    await orders(carried, ExtendOrdered, **EXTENSION)
    assert [data["reason"] for _, data in replies(carried)] == ["not-possible"]


async def test_a_refused_order_says_which_lever_it_was(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, item(), advised)
    await orders(carried, MoveOrdered, about="clock-test.inspect/9", agency=HOUSING)
    [refused] = carried.of("refused")
    assert (refused.reason, refused.outcome) == ("unknown-request", "move")
