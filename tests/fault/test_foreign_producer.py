"""A producer of another make (librdkafka) counts like any other: nothing rests on where its records are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from confluent_kafka import Producer

from contracts.terms.identifiers import Party
from contracts.wire.envelope import Event
from contracts.wire.messages import Answered, Received
from contracts.wire.topics import events_topic
from deploy.local.stack import Stack
from tests.applications import event
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

FIRE_SAFETY = Party.agency("fire-safety")


def send(producer: Producer, events: Sequence[Event]) -> None:
    """Publish events with librdkafka's own partitioner."""
    for each in events:
        value, headers = each.encode()
        topic = events_topic(FIRE_SAFETY)
        producer.produce(topic, value, key=each.subject.encode(), headers=list(headers))
    assert producer.flush(30) == 0


@pytest.mark.usefixtures("short_days")
async def test_nine_refusals_in_time_grant_nothing_although_the_gateway_was_down(
    stack: Stack, town: Town
) -> None:
    town.reply = all_but_fire_safety
    cases = [await town.apply() for _ in range(9)]
    due = min([await asked(town, case) for case in cases]) + DEADLINE
    await others_answered(town, *cases)
    stack.worker("gateway").kill()
    refusals = [
        event(FIRE_SAFETY, Answered.type, case, {"answer": REFUSAL}, request=f"{case}/{REVIEW}")
        for case in cases
    ]
    producer = Producer({"bootstrap.servers": stack.settings.kafka})
    await asyncio.to_thread(send, producer, refusals)
    left = (due - datetime.now(UTC)).total_seconds()
    assert left > 0, "the machine was too slow to say anything in time"
    await asyncio.sleep(left + 3)
    stack.start_worker("gateway", calendar=COMPRESSED)
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
            send(producer, [event(FIRE_SAFETY, Received.type, case, {}, request=f"{case}/{REVIEW}")])
            (producer.commit_transaction if commits else producer.abort_transaction)(30)

    await asyncio.to_thread(transactions)
    await town.closed(case)
    await judge(stack.settings, [case], outcome="granted")
    assert town.kinds(case).count("received") == 1
