"""Reading topics from now on, or from their start, without a consumer group."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from network.broker.connection import administration, no_broker
from workers.process.entry import UsageError

POLL_MS = 250
UNHURRIED = {"fetch_min_bytes": 64 * 1024, "fetch_max_wait_ms": 50}
"""Many records are read at once, each up to so much later."""


class TopicTail:
    """An asynchronous iterator over the records of some topics, in order per partition. It never ends.

    The place where it begins is fixed when it is entered: what is published after that is seen.
    Records are aiokafka's ``ConsumerRecord``.
    """

    def __init__(
        self, bootstrap: str, topics: Sequence[str], *, from_start: bool = False, unhurried: bool = False
    ) -> None:
        """
        Args:
            bootstrap: ``HOST:PORT`` of the broker.
            topics: with the administration's prefix.
            from_start: begin with the oldest record there is, not with the next one.
            unhurried: for those that read a busy topic for long: a little later, at much less cost.
        """
        self._bootstrap = bootstrap
        self._topics = topics
        self._from_start = from_start
        self._fetching = UNHURRIED if unhurried else {}
        self._consumer: Any = None

    async def __aenter__(self) -> Self:
        """
        Raises:
            UsageError: no broker answers, or a topic does not exist.
        """
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap, enable_auto_commit=False, **self._fetching
        )
        try:
            await self._begin()
        except BaseException as error:
            await self._stop()
            if isinstance(error, KafkaError):
                raise no_broker(self._bootstrap, error) from None
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def __aiter__(self) -> AsyncIterator[Any]:
        while True:
            batch = await self._consumer.getmany(timeout_ms=POLL_MS)
            for records in batch.values():
                for record in records:
                    yield record

    async def _begin(self) -> None:
        consumer = self._consumer
        await consumer.start()
        consumer.assign(await self._partitions())
        await (consumer.seek_to_beginning() if self._from_start else consumer.seek_to_end())

    async def _partitions(self) -> list[TopicPartition]:
        async with administration(self._bootstrap) as client:
            known = {each["topic"]: each["partitions"] for each in await client.describe_topics()}
        if missing := [topic for topic in self._topics if topic not in known]:
            raise UsageError(f"the broker has no topic {', '.join(missing)}; run `seamless topics apply`")
        return [TopicPartition(topic, each["partition"]) for topic in self._topics for each in known[topic]]

    async def _stop(self) -> None:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(self._consumer.stop(), timeout=5)
