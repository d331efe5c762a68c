"""A gateway outage never triggers deemed approval."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from deploy.local.stack import Stack
from tests.fault.deadline import (
    COMPRESSED,
    DEADLINE,
    REFUSAL,
    REVIEW,
    all_but_fire_safety,
    asked,
    others_answered,
)
from tests.integration.judge import archived, judge
from tests.integration.town import Town

pytestmark = [pytest.mark.fault, pytest.mark.integration]


@pytest.mark.usefixtures("short_days")
async def test_a_refusal_in_time_counts_although_the_gateway_carries_it_after_the_deadline(
    stack: Stack, town: Town
) -> None:
    town.reply = all_but_fire_safety
    case = await town.apply()
    due = await asked(town, case) + DEADLINE
    await others_answered(town, case)

    stack.worker("gateway").kill()
    await town.answer(f"{case}/{REVIEW}", REFUSAL)
    left = (due - datetime.now(UTC)).total_seconds()
    assert left > 0, "the machine was too slow to say anything in time"
    await asyncio.sleep(left + 2)
    assert "deemed" not in town.kinds(case)

    stack.start_worker("gateway", calendar=COMPRESSED)
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
    about = [entry.kind for entry in town.ledger[case] if entry.step == REVIEW]
    assert about == ["requested", "reminded", "escalated", "deemed"]
