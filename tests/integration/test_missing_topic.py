"""A topic that does not exist, on a real broker: its own postings fail, soon, and heal; it is no silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka.admin import NewTopic
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.fence import FenceActivity
from activities.outbox import OutboxActivity
from contracts.platform import Batch, Fence, Letter, Posting
from contracts.terms.identifiers import Party
from contracts.wire.ledger import GENESIS, LedgerEntry
from contracts.wire.topics import LEDGER, events_topic
from deploy.local.kafka import KafkaEngine
from deploy.local.stack import Stack
from network.broker.connection import Broker
from network.broker.publisher import Publisher, TopicMissing
from network.broker.topics import apply_topics
from tests.applications import ADMINISTRATION, new_case
from tests.integration.judge import judge
from tests.integration.town import Town

pytestmark = pytest.mark.integration

GONE_SECONDS = 6
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    async with KafkaEngine(tmp_path / "kafka") as engine:
        made = Broker(engine.bootstrap)
        await make(made, LEDGER)
        yield made


async def make(broker: Broker, topic: str) -> None:
    async with broker.administration() as client:
        await client.create_topics([NewTopic(broker.topic(topic), 1, 1)])


async def ends(broker: Broker) -> int:
    """How many records are in the ledger's topic."""
    async with broker.consuming() as consumer:
        return sum((await consumer.end_offsets(await broker.partitions([LEDGER]))).values())


def batch(*topics: str) -> Batch:
    case = new_case()
    entry = LedgerEntry.model_validate(
        {
            "case": case,
            "sequence": 1,
            "id": f"{case}/1",
            "procedure": "construction-permit",
            "law": "x",
            "kind": "opened",
            "actor": "channel:portal",
            "occurred": NOW,
            "received": NOW,
            "recorded": NOW,
            "holders": ("system",),
            "previous": GENESIS,
        }
    ).sealed()
    letters = tuple(Letter(topic=topic, type="org.seamless.request.taken.v1", data={}) for topic in topics)
    return Batch(administration=ADMINISTRATION, postings=(Posting(entry=entry, letters=letters),))


async def test_a_missing_topic_fails_its_own_postings_alone(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How soon they fail is a unit test; here longer is looked for it than others need on a busy machine."""
    monkeypatch.setattr("network.broker.publisher.MISSING_SECONDS", 4)
    async with Publisher(broker) as publisher:
        outbox = OutboxActivity(publisher)

        async def publish(*topics: str) -> None:
            await ActivityEnvironment().run(outbox.publish, batch(*topics))

        await publish()
        producer = publisher._producer

        async def failing() -> None:
            with pytest.raises(TopicMissing, match=r"no topic agency\.gone\.requests"):
                await publish("agency.gone.requests")

        failures = [asyncio.create_task(failing()) for _ in range(20)]
        for _ in range(30):
            await publish()
        assert not any(each.done() for each in failures), "somebody waited for a topic of another case"
        await asyncio.gather(*failures)
        assert publisher._producer is producer
        assert await ends(broker) == 31  # of a posting that fails, nothing is sent

        await make(broker, "agency.gone.requests")
        await publish("agency.gone.requests")  # tried again once the topic is there
        assert await ends(broker) == 32


async def test_a_topic_that_was_made_again_is_read_within_seconds(stack: Stack, town: Town) -> None:
    """The gateway has seen that it was gone: nothing tells it that it is back, so it has to look."""
    broker, topic = stack.settings.broker, events_topic(Party.agency("service-hall"))
    async with broker.administration() as client:
        await client.delete_topics([broker.topic(topic)])
    await asyncio.sleep(GONE_SECONDS)
    await apply_topics(broker, stack.settings.directory)
    case = await town.apply()
    await town.closed(case, within_seconds=60)
    await judge(stack.settings, [case], outcome="granted")


async def test_the_fence_does_not_take_a_missing_topic_for_silence(broker: Broker) -> None:
    fence = Fence(case=new_case(), deadline=NOW, topics=("agency.gone.events",))
    activity = FenceActivity(
        broker,
        group="seamless.gateway",
        clock_skew=timedelta(0),
        outage_after=timedelta(minutes=1),
        grace=timedelta(hours=1),
    )
    async with activity:
        with pytest.raises(ApplicationError, match=r"no topic agency\.gone\.events") as caught:
            await activity.await_gateway(fence)
    assert caught.value.type == "broker-away"
