"""After an outage of the platform a consequence is held for a grace, and what is said in that time counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
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
from tests.integration.judge import judge
from tests.integration.town import Town

pytestmark = [pytest.mark.fault, pytest.mark.integration]

GRACE_SECONDS = 12.0


@pytest.fixture(scope="module")
async def watchful(stack: Stack) -> AsyncIterator[None]:
    """Short days, and outages that count after three seconds."""
    for name in ("gateway", "orchestrator"):
        await stack.worker(name).stop(15)
    stack.start_worker("gateway", calendar=COMPRESSED)
    stack.start_worker("orchestrator", outage_after_seconds=3, outage_grace_seconds=GRACE_SECONDS)
    await stack.ready()
    yield
    for name in ("gateway", "orchestrator"):
        await stack.worker(name).stop(15)
        stack.start_worker(name)
    await stack.ready()


async def kafka_away_over_the_deadline(stack: Stack, town: Town, case: str) -> None:
    """Kill the broker while fire safety is still in time, and bring it back when it no longer is."""
    assert stack.kafka is not None
    due = await asked(town, case) + DEADLINE
    await others_answered(town, case)
    stack.kafka.kill()
    assert datetime.now(UTC) < due, "the machine was too slow"
    await asyncio.sleep((due - datetime.now(UTC)).total_seconds() + 4)
    await stack.kafka.start()


@pytest.mark.usefixtures("watchful")
async def test_a_refusal_after_the_return_counts_since_the_agency_could_not_speak_before(
    stack: Stack, town: Town
) -> None:
    town.reply = all_but_fire_safety
    case = await town.apply()
    await kafka_away_over_the_deadline(stack, town, case)
    await town.answer(f"{case}/{REVIEW}", REFUSAL)
    await town.closed(case)
    await judge(stack.settings, [case], outcome="refused")
    assert "deemed" not in town.kinds(case)
    assert town.kinds(case).count("held") == 1


@pytest.mark.usefixtures("watchful")
async def test_who_stays_silent_is_deemed_once_the_grace_is_over(stack: Stack, town: Town) -> None:
    town.reply = all_but_fire_safety
    case = await town.apply()
    await kafka_away_over_the_deadline(stack, town, case)
    await town.closed(case)
    await judge(stack.settings, [case], outcome="granted")
    held = next(entry for entry in town.ledger[case] if entry.kind == "held")
    deemed = next(entry for entry in town.ledger[case] if entry.kind == "deemed")
    assert held.data is not None
    assert deemed.recorded >= datetime.fromisoformat(held.data.content["until"])
    assert deemed.step == held.step == REVIEW
