"""A producer of another make (librdkafka) counts like any other: nothing rests on where its records are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import Producer

from contracts.terms.identifiers import Party
from contracts.wire.envelope import Event
from contracts.wire.messages import Answered, Reported
from contracts.wire.topics import events_topic
from deploy.local.stack import Stack
from tests.applications import event
from tests.integration.judge import archived, judge
from tests.integration.town import Town, consent

pytestmark = [pytest.mark.fault, pytest.mark.integration]

DAY_SECONDS = 1.0
REVIEW = "review-fire-safety/1"
FIRE_SAFETY = Party.agency("fire-safety")
REFUSAL = {"answer": {"outcome": "refuse", "reason": "fire-safety-insufficient"}}


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


def send(producer: Producer, events: Sequence[Event]) -> None:
    """Publish events with librdkafka's own partitioner."""
    for each in events:
        value, headers = each.encode()
        topic = events_topic(FIRE_SAFETY)
        producer.produce(topic, value, key=each.subject.encode(), headers=list(headers))
    assert producer.flush(30) == 0


async def asked(town: Town, case: str) -> datetime:
    """When fire safety was asked about a case."""
    await town.until(lambda: any(entry.step == REVIEW for entry in town.ledger[case]))
    return next(entry.recorded for entry in town.ledger[case] if entry.step == REVIEW)


@pytest.mark.usefixtures("short_days")
async def test_nine_refusals_in_time_grant_nothing_although_the_gateway_was_down(
    stack: Stack, town: Town
) -> None:
    town.reply = all_but_fire_safety
    cases = [await town.apply() for _ in range(9)]
    first = min([await asked(town, case) for case in cases])
    await town.until(lambda: all(sum(e.kind == "answered" for e in town.ledger[case]) >= 5 for case in cases))
    stack.worker("gateway").kill()
    refusals = [
        event(FIRE_SAFETY, Answered.type, case, REFUSAL, request=f"{case}/{REVIEW}") for case in cases
    ]
    producer = Producer({"bootstrap.servers": stack.settings.kafka})
    await asyncio.to_thread(send, producer, refusals)
    deadline = 13 * DAY_SECONDS  # ten days, and three of grace
    passed = (datetime.now(UTC) - first).total_seconds()
    assert passed < deadline, "the machine was too slow to say anything in time"
    await asyncio.sleep(deadline - passed + 3)
    stack.start_worker("gateway", calendar=f"compressed:{DAY_SECONDS}")
    await town.closed(*cases)
    await judge(stack.settings, cases, outcome="refused")
    ledgers = await archived(stack.settings, cases)
    assert not [case for case, entries in ledgers.items() if "deemed" in [each.kind for each in entries]]


@pytest.mark.usefixtures("short_days")
async def test_the_marker_of_a_transaction_holds_no_consequence(stack: Stack, town: Town) -> None:
    """A committed transaction counts, an aborted one was never said; neither holds the fence for ever."""
    town.reply = all_but_fire_safety
    case = await town.apply()
    await asked(town, case)
    producer = Producer({"bootstrap.servers": stack.settings.kafka, "transactional.id": f"test-{case}"})

    def transactions() -> None:
        producer.init_transactions(30)
        for commits in (True, False):
            producer.begin_transaction()
            visit = event(FIRE_SAFETY, Reported.type, case, {"step": f"visited {commits}"})
            send(producer, [visit])
            (producer.commit_transaction if commits else producer.abort_transaction)(30)

    await asyncio.to_thread(transactions)
    await town.closed(case)
    await judge(stack.settings, [case], outcome="granted")
    reported = [entry.outcome for entry in town.ledger[case] if entry.kind == "reported"]
    assert reported == ["visited True"]
