"""Following whole topics: what they hold, from the first record to the latest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from contracts.terms.errors import Unavailable
from network.broker.connection import Broker

log = structlog.get_logger(__name__)

POLL_MS = 100
RETRY_SECONDS = 0.5


class TopicFollower:
    """Reads every record of some topics, in order per partition, for as long as :meth:`run` runs.

    It survives an outage of its broker: a new connection goes on after the last record that was taken.

    Attributes:
        read_once: whether all that the topics had when they were first followed has been taken.
    """

    def __init__(self, broker: Broker, topics: tuple[str, ...], take: Callable[[Any], None]) -> None:
        """
        Args:
            topics: without the administration's prefix.
            take: called with each record (aiokafka's ``ConsumerRecord``). It must not raise.
        """
        self._broker = broker
        self._topics = topics
        self._told = broker.topic(topics[0]) + (f" and {len(topics) - 1} more" if topics[1:] else "")
        self._take = take
        self.read_once = False
        self._consumer: Any = None
        self._positions: dict[TopicPartition, int] = {}
        self._moved = asyncio.Condition()

    async def run(self) -> None:
        """Follow the topics until cancelled."""
        while True:
            try:
                async with self._broker.consuming() as consumer:
                    await self._follow(consumer)
            except (KafkaError, Unavailable, OSError) as error:
                log.warning("following waits for Kafka", topics=self._told, error=str(error))
            finally:
                self._consumer = None
            await asyncio.sleep(RETRY_SECONDS)

    async def catch_up(self) -> None:
        """Return when everything that the topics had at the call has been taken.

        Raises:
            Unavailable: the broker cannot be asked.
        """
        consumer = self._consumer
        if consumer is None:
            raise Unavailable(f"{self._told} is not followed at the moment: the broker is away")
        try:
            ends = await consumer.end_offsets(list(self._positions))
        except KafkaError as error:
            raise self._broker.unavailable(error) from None
        async with self._moved:
            await self._moved.wait_for(
                lambda: all(self._positions[partition] >= end for partition, end in ends.items())
            )

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when ``condition`` holds; it is checked whenever records may have been taken."""
        async with self._moved:
            await self._moved.wait_for(condition)

    async def _follow(self, consumer: Any) -> None:
        partitions = await self._broker.partitions(self._topics)
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        consumer.assign(partitions)
        for partition in partitions:
            position = max(begins[partition], self._positions.get(partition, 0))
            consumer.seek(partition, position)
            self._positions[partition] = position
        self._consumer = consumer
        while True:
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                for record in records:
                    self._take(record)
            async with self._moved:
                for partition in partitions:  # beyond the records: a transaction's marker has an offset, too
                    self._positions[partition] = await consumer.position(partition)
                self._moved.notify_all()
            self.read_once |= all(self._positions[partition] >= end for partition, end in ends.items())
