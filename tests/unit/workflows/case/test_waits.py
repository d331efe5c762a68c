"""Waiting: which fact ends which wait, what is kept for later, and the timer."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from datetime import timedelta
from typing import Any

from contracts.platform import FencePassed
from contracts.terms.identifiers import APPLICANT
from contracts.terms.requests import lapse
from contracts.terms.values import Money
from tests.unit.workflows.case.running import DAY, START, VirtualRuntime, a_case, next_run
from workflows.case.alarm import Alarm
from workflows.case.case import Case
from workflows.case.deadlines import ScheduledRung, Wait
from workflows.case.journal import Fact, Outcome


def fact(name: str, seconds: int = 0, **data: Any) -> Fact:
    return Fact(name=name, cause="test#1", received=START + timedelta(seconds=seconds), data=data)


def payment(amount: str, currency: str = "CNY") -> Fact:
    return fact("paid", amount={"amount": amount, "currency": currency})


def wait(case: Case, step: str, *wants: str, seconds: int | None = None, owed: str | None = None) -> Wait:
    late = lapse("late")
    end = [] if seconds is None else [ScheduledRung(at=START + timedelta(seconds=seconds), rung=late)]
    fee = Money.model_validate({"amount": owed, "currency": "CNY"}) if owed else None
    opened = Wait(step=step, holder=APPLICANT, opened=START, wants=wants, rungs=end, owed=fee)
    case.waits.open(opened)
    return opened


async def test_a_fact_ends_the_first_wait_that_wants_it(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    wait(case, "a/1", "reported:other")
    wanted = [wait(case, step, "reported:visit") for step in ("b/1", "b/2")]
    assert case.waits.receive(fact("reported:visit", number=1)) is wanted[0]
    assert list(case.journal.waits) == ["a/1", "b/2"]
    assert case.journal.outcomes["b/1"].value["data"] == {"number": 1}


async def test_a_fact_that_nobody_wants_yet_ends_a_later_wait_once(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    visit = fact("reported:visit")
    assert case.waits.receive(visit) is None
    assert case.journal.keep(visit)
    for step in ("a/1", "a/2"):
        wait(case, step, "reported:visit")
        case.waits.offer_kept_facts(lambda fact, wait: None)
    assert list(case.journal.waits) == ["a/2"]
    assert case.journal.facts == []


async def test_facts_are_kept_over_runs(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    case.journal.keep(fact("reported:visit"))
    later = next_run(case, runtime)
    wait(later, "a/1", "reported:visit")
    later.waits.offer_kept_facts(lambda fact, wait: None)
    assert later.journal.outcomes["a/1"].how == "answered"


async def test_what_the_broker_had_in_time_counts_and_what_it_had_later_does_not(
    runtime: VirtualRuntime,
) -> None:
    case = a_case(runtime)
    wait(case, "a/1", "supplemented", seconds=60)
    assert case.waits.receive(fact("supplemented", seconds=60)) is None
    assert "a/1" in case.journal.waits
    assert case.waits.receive(fact("supplemented", seconds=59)) is not None
    assert "a/1" in case.journal.outcomes


async def test_instalments_add_up_to_the_fee(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    fee = wait(case, "collect/1", "paid", owed="100.00")
    case.waits.receive(payment("30.00"))
    case.waits.receive(payment("69.99"))
    assert "collect/1" in case.journal.waits
    assert case.waits.receive(payment("5.00")) is fee
    assert case.journal.outcomes["collect/1"].how == "answered"


async def test_instalments_add_up_over_runs(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    wait(case, "collect/1", "paid", owed="100.00")
    case.waits.receive(payment("99.00"))
    later = next_run(case, runtime)
    later.waits.receive(payment("1.00"))
    assert later.journal.outcomes["collect/1"].how == "answered"


async def test_a_check_ends_with_its_step(runtime: VirtualRuntime) -> None:
    case, cancelled = a_case(runtime), []

    async def check() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append("check")
            raise

    wait(case, "a/1")
    case.waits.start_check("a/1", check())
    await runtime.advance()
    case.waits.settle("a/1", Outcome(how="stopped"))
    await runtime.advance()
    assert cancelled == ["check"]


async def test_what_is_given_up_leaves_no_fault_in_the_log(runtime: VirtualRuntime) -> None:
    """Temporal raises an error of its own out of an activity that is cancelled."""
    faults: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))

    async def activity(*_: Any) -> Any:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise RuntimeError("activity cancelled") from None

    runtime.await_gateway = activity  # type: ignore[method-assign]
    case = a_case(runtime)
    late = wait(case, "a/1", seconds=0)
    case.waits.fence(late)
    case.waits.start_check("a/1", activity())
    await runtime.advance()
    case.waits.settle("a/1", Outcome(how="answered"))
    del late
    await runtime.advance()
    gc.collect()
    asyncio.get_running_loop().set_exception_handler(None)
    assert faults == []


async def test_a_fence_that_is_passed_in_the_task_in_which_its_step_ends_wakes_nobody(
    runtime: VirtualRuntime,
) -> None:
    """Temporal then returns what it found, cancelled or not. The case would go round in a circle for ever."""
    passing = asyncio.Event()

    async def await_gateway(*_: Any) -> FencePassed:
        while not passing.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await passing.wait()
        return FencePassed()

    runtime.await_gateway = await_gateway  # type: ignore[method-assign]
    case = a_case(runtime)
    late = wait(case, "a/1", seconds=0)
    assert case.waits.fence(late) is None
    await runtime.advance()
    case.waits.settle("a/1", Outcome(how="answered"))
    passing.set()
    await runtime.advance()
    assert not case.waits.fence_passed


async def test_a_fence_that_is_passed_for_a_step_that_has_ended_wakes_nobody(runtime: VirtualRuntime) -> None:
    runtime.gateway_up = False
    case = a_case(runtime)
    late = wait(case, "a/1", seconds=0)
    assert case.waits.fence(late) is None
    await runtime.advance()
    case.waits.settle("a/1", Outcome(how="answered"))
    runtime.gateway_up = True
    await runtime.advance()
    assert not case.waits.fence_passed


async def test_the_alarm_rings_at_the_earliest_rung(runtime: VirtualRuntime) -> None:
    case = a_case(runtime)
    wait(case, "a/1", seconds=60)
    wait(case, "a/2", seconds=30)
    await runtime.advance(timedelta(seconds=29))
    assert not case.waits.alarm.rang
    await runtime.advance(timedelta(seconds=1))
    assert case.waits.alarm.rang


async def test_a_rung_that_waits_for_its_fence_sets_no_alarm(runtime: VirtualRuntime) -> None:
    """It would ring at once, for ever."""
    runtime.gateway_up = False
    case = a_case(runtime)
    late = wait(case, "a/1", seconds=0)
    await runtime.advance(DAY)
    case.waits.fence(late)
    case.waits.alarm.rang = False
    case.waits.set_alarm()
    await runtime.advance(DAY)
    assert not case.waits.alarm.rang


async def test_an_alarm_that_is_set_earlier_than_needed_is_left_alone(runtime: VirtualRuntime) -> None:
    alarm = Alarm(runtime, runtime.now)
    for seconds in (30, 60, 30):
        alarm.set(START + timedelta(seconds=seconds), "the end")
        await runtime.advance()
    assert len(runtime.timers) == 1
    alarm.set(START + timedelta(seconds=10), "the end")
    await runtime.advance()
    await runtime.advance(timedelta(seconds=10))
    assert (len(runtime.timers), alarm.rang) == (2, True)


async def test_an_alarm_for_a_time_that_is_past_rings_at_once_and_needs_no_timer(
    runtime: VirtualRuntime,
) -> None:
    """A clock that is moved may pass a timer of no length before the server has fired it."""
    alarm = Alarm(runtime, runtime.now)
    alarm.set(START - DAY, "the end")
    assert (alarm.rang, runtime.timers) == (True, [])
