"""A gateway outage never triggers deemed approval."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.wire.envelope import Event
from deploy.local.stack import Stack
from tests.integration.judge import archived, judge
from tests.integration.town import Town, consent

pytestmark = [pytest.mark.fault, pytest.mark.integration]

DAY_SECONDS = 0.7


@pytest.fixture
async def short_days(stack: Stack) -> AsyncIterator[None]:
    """A gateway that opens cases with short days, in place of the shared one."""
    await stack.worker("gateway").stop(15)
    stack.start_worker("gateway", calendar=f"compressed:{DAY_SECONDS}")
    await stack.ready()
    yield
    await stack.worker("gateway").stop(15)
    stack.start_worker("gateway")
    await stack.ready()


def all_but_fire_safety(requested: Event) -> dict[str, Any] | None:
    return None if requested.data["request"] == "review-fire-safety" else consent(requested)


@pytest.mark.usefixtures("short_days")
async def test_a_refusal_in_time_counts_although_the_gateway_carries_it_after_the_deadline(
    stack: Stack, town: Town
) -> None:
    town.reply = all_but_fire_safety
    case = await town.apply()
    request = f"{case}/review-fire-safety/1"
    await town.until(lambda: any(entry.request == request for entry in town.ledger[case]))
    requested = next(entry for entry in town.ledger[case] if entry.request == request)
    await town.until(lambda: sum(entry.kind == "answered" for entry in town.ledger[case]) >= 5)

    stack.worker("gateway").kill()
    await town.answer(request, {"outcome": "refuse", "reason": "fire-safety-insufficient"})
    deadline = 13 * DAY_SECONDS  # ten days, and three of grace
    passed = (datetime.now(UTC) - requested.recorded).total_seconds()
    assert passed < deadline, "the machine was too slow to say anything in time"
    await asyncio.sleep(deadline - passed + 2)
    assert "deemed" not in town.kinds(case)

    stack.start_worker("gateway", calendar=f"compressed:{DAY_SECONDS}")
    await town.closed(case)
    await judge(stack.settings, [case], outcome="refused")
    ledger = (await archived(stack.settings, [case]))[case]
    assert "deemed" not in [entry.kind for entry in ledger]


@pytest.mark.usefixtures("short_days")
async def test_silence_is_consent_once_the_gateway_has_passed_the_deadline(stack: Stack, town: Town) -> None:
    town.reply = all_but_fire_safety
    case = await town.apply()
    await town.closed(case)
    await judge(stack.settings, [case], outcome="granted")
    about = [entry.kind for entry in town.ledger[case] if entry.step == "review-fire-safety/1"]
    assert about == ["requested", "reminded", "escalated", "deemed"]
