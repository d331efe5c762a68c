"""Clients of the broker end within a bounded time, whatever state it is in; a topic is whole or missing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    NodeNotReadyError,
    PolicyViolationError,
    RequestTimedOutError,
)

from contracts.terms.errors import Unavailable
from network.broker import connection
from network.broker.connection import Broker, stop


class Client:
    def __init__(self) -> None:
        self.closed = False

    async def close(self) -> None:
        self.closed = True


class Consumer:
    """Stops as it is told to: in an error, or never."""

    def __init__(self, error: BaseException | None = None) -> None:
        self._client = Client()
        self._error = error

    async def stop(self) -> None:
        if self._error is None:
            await asyncio.sleep(60)
        else:
            raise self._error


async def test_what_a_consumer_cancels_in_itself_does_not_cancel_us() -> None:
    """aiokafka does so when the broker died while it fetched."""
    consumer = Consumer(asyncio.CancelledError())
    await stop(consumer)
    assert consumer._client.closed


async def test_a_consumer_that_cannot_be_stopped_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STOP_SECONDS", 0.01)
    await stop(Consumer())
    await stop(Consumer(KafkaConnectionError("dead")))
    with pytest.raises(ValueError, match="ours"):
        await stop(Consumer(ValueError("ours")))


async def test_being_cancelled_while_a_consumer_stops_is_passed_on() -> None:
    stopping = asyncio.create_task(stop(Consumer()))
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping


class Topics(Broker):
    """A broker that has one topic, and shows another one before its partitions."""

    @asynccontextmanager
    async def administration(self) -> AsyncIterator[Any]:
        yield self

    async def describe_topics(self) -> list[dict[str, Any]]:
        return [{"topic": "p.made", "partitions": [{}, {}]}, {"topic": "p.half-made", "partitions": []}]


async def test_all_partitions_of_a_topic() -> None:
    found = await Topics("127.0.0.1:1", "p.").partitions(["made"])
    assert found == [TopicPartition("p.made", 0), TopicPartition("p.made", 1)]


@pytest.mark.parametrize("topic", ["gone", "half-made"])
async def test_a_topic_without_partitions_is_missing(topic: str) -> None:
    with pytest.raises(Unavailable, match=rf"no topic p\.{topic}; run `seamless topics apply`"):
        await Topics("127.0.0.1:1", "p.").partitions(["made", topic])


class Administrators:
    """Clients of a cluster that begins to answer; whoever asks on is told ``error``."""

    def __init__(self, **_: Any) -> None: ...

    async def start(self) -> None: ...

    async def close(self) -> None: ...


@pytest.mark.parametrize("error", [NodeNotReadyError(None), KafkaConnectionError(), RequestTimedOutError()])
async def test_a_broker_that_is_lost_while_it_is_administered_is_away(
    error: KafkaError, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "AIOKafkaAdminClient", Administrators)
    with pytest.raises(Unavailable):
        async with Broker("127.0.0.1:1").administration():
            raise error


async def test_what_a_broker_refuses_to_an_administrator_is_told_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "AIOKafkaAdminClient", Administrators)
    with pytest.raises(PolicyViolationError):
        async with Broker("127.0.0.1:1").administration():
            raise PolicyViolationError
