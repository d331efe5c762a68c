"""A case survives anything: every process is killed in the middle of running cases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest

from contracts.wire.envelope import Event
from contracts.wire.messages import ApplicantWithdrew
from contracts.wire.notices import RefusedNotice
from deploy.local.stack import Stack
from tests.integration.judge import dead_letters, judge
from tests.integration.town import Town, consent
from workers.gateway import main as gateway

pytestmark = [pytest.mark.fault, pytest.mark.integration, pytest.mark.long]

CASES = 15


def kill(stack: Stack, process: str) -> Callable[[], Awaitable[None]]:
    """Kill -9 a process of the stack; what brings it back."""
    if process in ("kafka", "temporal"):
        engine = stack.kafka if process == "kafka" else stack.temporal
        assert engine is not None
        engine.kill()
        return engine.start
    stack.worker(process).kill()

    async def start() -> None:
        stack.start_worker(process)

    return start


@pytest.mark.parametrize(
    "process", ["gateway", "department-drainage", "orchestrator", "archive", "kafka", "temporal"]
)
async def test_cases_end_as_they_should_although_a_process_is_killed(
    stack: Stack, town: Town, process: str
) -> None:
    """Events go on arriving between the kill and the new start; a dead broker has them once it is back."""
    random = Random(process)
    held: list[str] = []

    def slowly(requested: Event) -> dict[str, Any] | None:
        if random.random() < 0.5:  # half of all answers wait until the process is dead
            held.append(str(requested.requestid))
            return None
        return consent(requested)

    town.reply = slowly
    cases = [await town.apply() for _ in range(CASES)]
    await town.until(lambda: len(held) >= CASES)

    start_again = kill(stack, process)
    town.reply = consent
    requests = {letter.requestid: letter for topic in town.letters.values() for letter in topic.values()}
    answering = [
        asyncio.create_task(town.answer(request, answer))
        for request in held
        if (answer := consent(requests[request])) is not None
    ]
    late = [asyncio.create_task(town.apply()) for _ in range(3)]
    await asyncio.sleep(2)
    await start_again()
    await asyncio.gather(*answering)
    cases += await asyncio.gather(*late)

    await town.closed(*cases)
    await stack.ready()
    await judge(stack.settings, cases, outcome="granted")
    for case in cases[:5]:
        assert await dead_letters(stack.settings, case) == []
        assert town.heard("channel.portal.notices", RefusedNotice.type, case) == []


async def test_a_gateway_that_joins_and_leaves_loses_and_doubles_nothing(stack: Stack, town: Town) -> None:
    cases = [await town.apply() for _ in range(10)]
    stack.run("second-gateway", gateway)
    cases += [await town.apply() for _ in range(10)]
    await stack.ready()
    await town.until(lambda: any("fee-due" in town.kinds(case) for case in cases))
    stack.forget("second-gateway")
    cases += [await town.apply() for _ in range(10)]
    await town.closed(*cases)
    await judge(stack.settings, cases, outcome="granted")


async def test_a_withdrawal_while_the_orchestrator_is_dead_takes_effect(stack: Stack, town: Town) -> None:
    town.reply = lambda requested: None if ".review-" in requested.data["request"] else consent(requested)
    case = await town.apply()
    await town.until(
        lambda: any(entry.step == "construction-permit.review-planning/1" for entry in town.ledger[case])
    )
    start_again = kill(stack, "orchestrator")
    await town.say("portal", ApplicantWithdrew(), case)
    await start_again()
    await town.closed(case)
    await judge(stack.settings, [case], outcome="withdrawn")
