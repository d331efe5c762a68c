"""Publishing: a topic that is missing fails its own records, soon, and nothing else."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from network.broker.connection import Broker
from network.broker.publisher import Publisher, PublishError, Record, TopicMissing


class Cluster:
    """What a producer knows of topics; it asks for those that it was told of."""

    def __init__(self, standing: set[str]) -> None:
        self.standing = standing
        self.answers = True
        self.known: set[str] = set()
        self._topics: set[str] = set()
        self.cluster = self

    def add_topic(self, topic: str) -> None:
        self._topics.add(topic)

    async def force_metadata_update(self) -> bool:
        await asyncio.sleep(0.01)
        if self.answers:
            self.known = self._topics & self.standing
        return self.answers

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return {0} if topic in self.known else None


class Producer:
    """A producer that acknowledges at once."""

    def __init__(self, standing: set[str]) -> None:
        self.client = Cluster(standing)
        self.sent: list[str] = []

    async def send(self, topic: str, value: Any, **_: Any) -> asyncio.Future[None]:
        if topic not in self.client.known:
            await asyncio.Event().wait()  # as the real one does
        self.sent.append(topic)
        future = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future


def publisher(standing: set[str], timeout_seconds: float = 5) -> tuple[Publisher, Producer]:
    made, producer = (
        Publisher(Broker("127.0.0.1:1", "p."), timeout_seconds=timeout_seconds),
        Producer(standing),
    )
    made._producer = producer
    return made, producer


def record(topic: str) -> Record:
    return Record(topic, "case", b"{}")


async def test_a_missing_topic_is_named_within_a_second_and_nothing_was_sent() -> None:
    made, producer = publisher({"p.ledger"})
    began = time.monotonic()
    with pytest.raises(TopicMissing, match=r"has no topic p\.gone.*seamless topics apply"):
        await made.publish([record("ledger"), record("gone")])
    assert time.monotonic() - began < 1
    assert producer.sent == []


async def test_the_producer_and_the_records_of_others_are_left_alone() -> None:
    made, producer = publisher({"p.ledger"})

    async def others() -> float:
        began = time.monotonic()
        for _ in range(10):
            await made.publish([record("ledger")])
        return time.monotonic() - began

    failing = asyncio.create_task(made.publish([record("gone")]))
    assert await others() < 0.3
    with pytest.raises(TopicMissing):
        await failing
    assert made._producer is producer
    assert producer.client._topics == {"p.ledger"}  # it is not asked for with every other one


async def test_a_topic_that_is_made_meanwhile_is_found() -> None:
    made, producer = publisher(set())
    with pytest.raises(TopicMissing):
        await made.publish([record("late")])
    producer.client.standing.add("p.late")
    await made.publish([record("late")])
    assert producer.sent == ["p.late"]


async def broken_off(_: Any) -> None:
    """Nothing to stop."""


async def test_no_topic_is_called_missing_while_no_broker_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    made, producer = publisher({"p.ledger"}, timeout_seconds=0.8)
    producer.client.answers = False
    monkeypatch.setattr("network.broker.publisher.break_off", broken_off)
    with pytest.raises(PublishError, match="no acknowledgement") as failed:
        await made.publish([record("ledger")])
    assert not isinstance(failed.value, TopicMissing)
