"""Reaching the Kafka broker: every client of ours is made here, so security is set in one place."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from contracts.terms.errors import Unavailable
from network.broker.diagnosis import diagnosis

REQUEST_TIMEOUT_MS = 10_000
STOP_SECONDS = 5.0

LOG_APPEND_TIME = 1
"""The type of a record's timestamp that is the broker's: late or not is decided by that, never by the
sender."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Broker:
    """A Kafka cluster and the topics of one administration on it.

    The clients are aiokafka's, which is untyped.

    Attributes:
        address: ``HOST:PORT`` of a broker of the cluster.
        prefix: what the administration's topic names begin with.
    """

    address: str
    prefix: str = ""

    def topic(self, name: str) -> str:
        """A topic of the administration, as the broker knows it."""
        return self.prefix + name

    def consumer(self, *topics: str, **options: Any) -> Any:
        """A consumer, not started. It commits only explicitly, and reads a new topic from its start.

        Args:
            topics: without the administration's prefix.
        """
        settings = {"auto_offset_reset": "earliest", "enable_auto_commit": False} | options
        names = (self.topic(name) for name in topics)
        return AIOKafkaConsumer(*names, bootstrap_servers=self.address, **settings)

    def producer(self, **options: Any) -> Any:
        """A producer, not started."""
        return AIOKafkaProducer(bootstrap_servers=self.address, **options)

    @contextlib.asynccontextmanager
    async def consuming(self, *topics: str, **options: Any) -> AsyncIterator[Any]:
        """A started consumer, stopped at the end.

        Raises:
            Unavailable: no broker answers.
        """
        consumer = self.consumer(*topics, **options)
        try:
            try:
                await consumer.start()
            except KafkaError as error:
                raise self.unavailable(error) from None
            yield consumer
        finally:
            await stop(consumer)

    @contextlib.asynccontextmanager
    async def administration(self) -> AsyncIterator[Any]:
        """An administrative client, started, and closed at the end.

        Raises:
            Unavailable: no broker answers, or none does any more: one that is overloaded is put out of its
                cluster, which then has nobody to ask.
        """
        client: Any = AIOKafkaAdminClient(
            bootstrap_servers=self.address, request_timeout_ms=REQUEST_TIMEOUT_MS
        )
        try:
            try:
                await client.start()
            except KafkaError as error:
                raise self.unavailable(error) from None
            try:
                yield client
            except KafkaError as error:
                raise self.unavailable(error) if error.retriable else error from None
        finally:
            with contextlib.suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(client.close(), STOP_SECONDS)

    async def partitions(self, topics: Sequence[str]) -> list[TopicPartition]:
        """All partitions of some topics.

        Args:
            topics: without the administration's prefix.

        Raises:
            Unavailable: no broker answers, or a topic does not exist.
        """
        async with self.administration() as client:
            known = await partition_counts(client)
        names = [self.topic(topic) for topic in topics]
        if missing := [name for name in names if not known.get(name)]:
            raise Unavailable(f"the broker has no topic {', '.join(missing)}; run `seamless topics apply`")
        return [TopicPartition(name, number) for name in names for number in range(known[name])]

    async def answers(self, *, within_ms: int = 2000) -> bool:
        """Whether the cluster has admitted a broker that answers."""
        client = AIOKafkaClient(bootstrap_servers=self.address, request_timeout_ms=within_ms)
        try:
            await client.bootstrap()
            return bool(client.cluster.brokers())
        except KafkaError:
            return False
        finally:
            with contextlib.suppress(KafkaError):
                await client.close()

    async def reach(self, *, within_ms: int = 3000) -> None:
        """Return if the cluster answers, and one of its brokers where it says that it can be reached.

        Raises:
            Unavailable: not so; says how far a connection gets.
        """
        client = AIOKafkaClient(bootstrap_servers=self.address, request_timeout_ms=within_ms)
        try:
            try:
                await client.bootstrap()
            except KafkaError:
                raise self.unavailable(await diagnosis(self.address, within_ms / 1000)) from None
            brokers = client.cluster.brokers()
            for broker in brokers:
                if await client.ready(broker.nodeId):
                    return
        finally:
            with contextlib.suppress(KafkaError):
                await client.close()
        if not brokers:
            raise Unavailable(f"the Kafka cluster at {self.address} has not admitted a broker yet")
        named = ", ".join(f"{each.host}:{each.port}" for each in brokers)
        raise Unavailable(
            f"the Kafka cluster at {self.address} says that its brokers are at {named}, and from here "
            "none of them can be reached: correct advertised.listeners of the brokers"
        )

    def unavailable(self, error: Exception | str) -> Unavailable:
        """The message for a person when no broker answers."""
        return Unavailable(
            f"no Kafka broker answers at {self.address} ({error}); start one, or set SEAMLESS_KAFKA"
        )


async def stop(consumer: Any) -> None:
    """Stop a consumer within a bounded time, whatever state the broker is in.

    aiokafka 0.14 cancels fetches that wait for a dead broker and then awaits them: ``stop`` ends in a
    CancelledError, with its connections open. In a task of its own, that is not taken for our cancellation.
    """
    stopping = asyncio.ensure_future(consumer.stop())
    try:
        await asyncio.wait([stopping], timeout=STOP_SECONDS)
    finally:
        stopping.cancel()
    if stopping.cancelled():
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(consumer._client.close(), STOP_SECONDS)
    elif stopping.done() and not isinstance(stopping.exception(), KafkaError | OSError | TimeoutError):
        stopping.result()


def append_time(record: Any) -> datetime:
    """When the broker received a record; ``record`` is aiokafka's, of a topic on LogAppendTime."""
    return EPOCH + timedelta(milliseconds=record.timestamp)


async def partition_counts(client: Any) -> dict[str, int]:
    """The number of partitions of every topic there is; ``client`` is an administrative one."""
    return {each["topic"]: len(each["partitions"]) for each in await client.describe_topics()}
