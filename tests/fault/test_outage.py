"""After an outage of the platform a consequence is held for a grace, and what is said in that time counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.wire.envelope import Event
from deploy.local.stack import Stack
from tests.integration.judge import judge
from tests.integration.town import Town, consent

pytestmark = [pytest.mark.fault, pytest.mark.integration]

DAY_SECONDS = 0.7
DEADLINE = timedelta(seconds=13 * DAY_SECONDS)
GRACE_SECONDS = 20.0
REVIEW = "review-fire-safety/1"


@pytest.fixture
async def watchful(stack: Stack) -> AsyncIterator[None]:
    """Short days, quick heartbeats, and outages that count after three seconds."""
    for name in ("gateway", "orchestrator"):
        await stack.worker(name).stop(15)
    stack.start_worker("gateway", calendar=f"compressed:{DAY_SECONDS}", heartbeat_seconds=0.5)
    stack.start_worker("orchestrator", outage_after_seconds=3, outage_grace_seconds=GRACE_SECONDS)
    await stack.ready()
    yield
    for name in ("gateway", "orchestrator"):
        await stack.worker(name).stop(15)
        stack.start_worker(name)
    await stack.ready()


def all_but_fire_safety(requested: Event) -> dict[str, Any] | None:
    return None if requested.data["request"] == "review-fire-safety" else consent(requested)


async def kafka_away_over_the_deadline(stack: Stack, town: Town, case: str) -> None:
    """Kill the broker while fire safety is still in time, and bring it back when it no longer is."""
    assert stack.kafka is not None
    await town.until(lambda: any(entry.step == REVIEW for entry in town.ledger[case]))
    asked = next(entry.recorded for entry in town.ledger[case] if entry.step == REVIEW)
    await town.until(lambda: sum(entry.kind == "answered" for entry in town.ledger[case]) >= 5)
    stack.kafka.kill()
    assert datetime.now(UTC) < asked + DEADLINE, "the machine was too slow"
    await asyncio.sleep((asked + DEADLINE - datetime.now(UTC)).total_seconds() + 4)
    await stack.kafka.start()


@pytest.mark.usefixtures("watchful")
async def test_a_refusal_after_the_return_counts_since_the_agency_could_not_speak_before(
    stack: Stack, town: Town
) -> None:
    town.reply = all_but_fire_safety
    case = await town.apply()
    await kafka_away_over_the_deadline(stack, town, case)
    answer = {"outcome": "refuse", "reason": "fire-safety-insufficient"}
    await town.answer(f"{case}/{REVIEW}", answer)
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
