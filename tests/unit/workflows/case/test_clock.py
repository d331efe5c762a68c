"""The legal clock of a case: what moves it, who is told, and what follows when a limit is over."""

from __future__ import annotations

import contextlib
from collections.abc import Coroutine
from contextvars import copy_context
from datetime import timedelta
from typing import Any

import pytest

from contracts.terms.clock_rules import TacitGrant, TacitRefusal
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.limits import working_days
from tests.unit.workflows.case.clocked import (
    ADVISER,
    HEARING,
    PORTAL,
    PROMISED,
    STATUTORY,
    Advise,
    Inspect,
    Plea,
    begun,
    inspected,
    inspected_without_acceptance,
    item,
)
from tests.unit.workflows.case.running import DAY, START, VirtualRuntime
from workflows.case import DecidedBySilence, Lapsed, Procedure

pytestmark = pytest.mark.usefixtures("runs")

HOUSING = "agency:housing"
GRANT = item(TacitGrant(basis="art. 20"))


async def test_the_limits_begin_with_acceptance_and_the_entry_says_when_they_end(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, item(), inspected)
    (accepted,) = carried.of("accepted")
    assert accepted.clock is not None
    assert accepted.due == accepted.clock.due == START + STATUTORY * DAY
    assert accepted.clock.promised_due == START + PROMISED * DAY
    assert accepted.clock.calendar == "compressed:10.0"
    carried.check_ledger()


async def test_where_the_law_says_so_they_begin_when_the_application_was_received(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, item(starts="opened"), inspected)
    (opened,) = carried.of("opened")
    assert opened.due == START + STATUTORY * DAY
    assert carried.of("accepted")[0].clock is None


async def test_the_lead_agency_is_warned_before_each_limit_ends_and_told_once_it_has(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, item(), inspected)
    await carried.days(STATUTORY + 1, DAY)
    told = [(entry.kind, entry.outcome) for entry in carried.entries if entry.kind in ("warned", "overdue")]
    assert told == [
        ("warned", "promised"),
        ("warned", "statutory"),
        ("overdue", "promised"),
        ("overdue", "statutory"),
    ]
    heard = [(said["limit"], said["overdue"]) for kind, said in carried.told(HOUSING) if "case-due" in kind]
    assert heard == [(name, kind == "overdue") for kind, name in told]
    ((_, notice),) = [(kind, said) for kind, said in carried.told(PORTAL) if "overdue" in kind]
    assert notice["follows"] == "nothing"
    assert not carried.carrying.done(), "nothing follows by law: the decision is still awaited"
    await carried.answers("inspect", "yes", "housing")
    assert carried.carrying.result().decision == Grant()
    carried.check_ledger()


async def test_a_decision_in_time_ends_the_limits(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, GRANT, inspected)
    await carried.answers("inspect", "no", "housing")
    await carried.days(STATUTORY + 1, DAY)
    assert not carried.of("overdue")
    assert carried.carrying.result().decision == Refuse(reason="late")
    carried.check_ledger()


async def test_silence_grants_where_the_law_says_so_and_what_is_open_is_stopped(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, GRANT, inspected)
    await carried.days(STATUTORY + 1, DAY)
    assert carried.carrying.result().decision == Grant(deemed=True)
    assert carried.kinds[-4:] == ["overdue", "cancelled", "decided", "closed"]
    (decided,) = carried.of("decided")
    assert decided.clock is not None
    assert decided.clock.at == START + STATUTORY * DAY, "it is decided when the limit ended, not later"
    carried.check_ledger()


async def test_silence_refuses_for_the_reason_that_the_law_names(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(TacitRefusal(basis="art. 21", reason="silent")), inspected)
    await carried.days(STATUTORY + 1, DAY)
    assert carried.carrying.result().decision == Refuse(reason="silent", deemed=True)


async def test_an_author_may_do_what_follows_from_a_decision_by_silence(runtime: VirtualRuntime) -> None:
    async def issued(author: Procedure[Plea]) -> Decision:
        try:
            return await inspected(author)
        except DecidedBySilence as silence:
            await author.ask(Advise())
            return silence.decision

    carried = await begun(runtime, GRANT, issued)
    await carried.days(STATUTORY + 1, DAY)
    assert not carried.carrying.done()
    await carried.answers("advise", "yes", ADVISER)
    assert carried.carrying.result().decision == Grant(deemed=True)
    assert carried.kinds[-4:] == ["decided", "requested", "answered", "closed"]
    carried.check_ledger()


async def test_an_answer_in_time_that_comes_to_the_case_after_the_end_decides_it(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, GRANT, inspected)
    runtime.gateway_up = False  # the fence waits for what the broker has
    await carried.days(STATUTORY + 2, DAY)
    assert not carried.of("overdue")[1:], "it may not bind before that"
    in_time = START + STATUTORY * DAY - timedelta(seconds=1)
    await carried.answers("inspect", "no", "housing", received=in_time)
    runtime.gateway_up = True
    await carried.days(1, DAY)
    assert carried.carrying.result().decision == Refuse(reason="late")
    (decided,) = carried.of("decided")
    assert decided.clock is not None
    assert decided.clock.at == in_time, "when the broker had it counts"
    carried.check_ledger()


async def test_who_decides_by_what_came_after_the_end_decides_nothing(runtime: VirtualRuntime) -> None:
    """Though silence takes effect some time after the end: its instant is that of the law."""
    carried = await begun(runtime, GRANT, inspected)
    runtime.gateway_up = False
    await carried.days(STATUTORY + 1, DAY)
    await carried.answers("inspect", "no", "housing", received=START + STATUTORY * DAY)
    assert not carried.of("decided")
    runtime.gateway_up = True
    await carried.goes_on()
    assert carried.carrying.result().decision == Grant(deemed=True)
    carried.check_ledger()


async def test_a_stage_that_is_over_goes_on_before_the_law_decides(runtime: VirtualRuntime) -> None:
    """Also where both are over by the time that the case is carried on."""

    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        with contextlib.suppress(Lapsed):
            async with author.within(working_days(3), "advice", otherwise="stage-over"):
                await author.ask(Inspect())
        return await inspected_without_acceptance(author)

    carried = await begun(runtime, GRANT, course)
    await carried.goes_on((STATUTORY + 1) * DAY)
    for _ in range(3):
        await carried.goes_on()
    told = [each.outcome or each.kind for each in carried.entries if each.kind in ("requested", "overdue")]
    assert [each for each in told if each != "promised"] == ["requested", "advice", "requested", "statutory"]
    assert carried.carrying.result().decision == Grant(deemed=True)
    carried.check_ledger()


async def test_a_stage_that_is_over_when_the_law_decides_refuses_nothing(runtime: VirtualRuntime) -> None:
    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        async with author.within(working_days(STATUTORY), "advice", otherwise="stage-over"):
            await author.ask(Inspect())
        return await author.decide(Grant())

    carried = await begun(runtime, GRANT, course)
    await carried.goes_on((STATUTORY + 1) * DAY)
    await carried.goes_on()
    assert carried.carrying.result().decision == Grant(deemed=True)
    carried.check_ledger()


async def test_a_check_that_does_not_answer_is_no_silence(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, GRANT, inspected, checks=("housing",))
    await carried.days(STATUTORY + 2, DAY)
    assert not carried.carrying.done()
    assert carried.of("held")


async def staged(author: Procedure[Plea]) -> Decision:
    await author.accept()
    try:
        async with author.within(working_days(3), "advice", otherwise="stage-over"):
            await author.ask(Advise())
            said = "in time"
    except Lapsed as lapsed:
        said = lapsed.reason
    await author.ask(Inspect())
    return await author.decide(Grant(conditions=(said,)))


async def test_a_stage_whose_limit_is_over_is_broken_off_at_the_verb_that_waits(
    runtime: VirtualRuntime,
) -> None:
    carried = await begun(runtime, item(), staged)
    assert [(entry.outcome, entry.due) for entry in carried.of("stage-begun")] == [
        ("advice", START + 3 * DAY)
    ]
    await carried.days(4, DAY)
    assert [(each.kind, each.outcome) for each in carried.entries if each.kind in ("warned", "overdue")] == [
        ("warned", "advice"),
        ("overdue", "advice"),
    ]
    assert carried.kinds[-3:] == ["cancelled", "stage-ended", "requested"]
    await carried.answers("inspect", "yes", "housing")
    assert carried.carrying.result().decision == Grant(conditions=("stage-over",))
    carried.check_ledger()


async def test_a_course_that_a_worker_lets_go_ends_neither_its_stage_nor_its_suspension(
    runtime: VirtualRuntime,
) -> None:
    """A worker may drop a case from its memory, in no context of the case's own; another goes on with it."""
    courses: list[Coroutine[Any, Any, Decision]] = []

    async def held(author: Procedure[Plea]) -> Decision:
        await author.accept()
        async with author.within(working_days(3), "hearing"), author.suspended(HEARING.basis):
            await author.ask(Advise())
        return await author.decide(Grant())

    def course(author: Procedure[Plea]) -> Coroutine[Any, Any, Decision]:
        courses.append(held(author))
        return courses[-1]

    carried = await begun(runtime, item(), course)
    entries = carried.case.journal.sequence
    copy_context().run(courses[-1].close)
    assert carried.case.journal.sequence == entries


async def test_what_is_due_at_one_instant_takes_one_timer_and_none_of_no_length(
    runtime: VirtualRuntime,
) -> None:
    """A timer of no length costs a task; and a server that moves a case's clock forgets it, and moves the
    clock past everything that is due meanwhile."""

    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        async with author.within(working_days(3), "advice"):
            await author.ask(Advise())
        return await author.decide(Grant())

    carried = await begun(runtime, item(), course)
    began = list(runtime.timers)
    await carried.days(STATUTORY + 1, DAY)
    timers = [at - START for at in runtime.timers[len(began) :]]
    assert timers == sorted(set(timers))


async def test_a_stage_that_ends_in_time_ends_its_limit(runtime: VirtualRuntime) -> None:
    carried = await begun(runtime, item(), staged)
    await carried.answers("advise", "yes", ADVISER)
    await carried.days(4, DAY)
    assert not carried.of("overdue")
    await carried.answers("inspect", "yes", "housing")
    assert carried.carrying.result().decision == Grant(conditions=("in time",))
