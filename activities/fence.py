"""The fence: a deadline takes effect only after every event that the broker had by then was carried."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from aiokafka import TopicPartition
from aiokafka.partitioner import murmur2
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from contracts.platform import AWAIT_GATEWAY, Fence
from network.broker.connection import Broker


class FenceActivity:
    """Waits until the gateway has carried what the broker had by a deadline.

    It compares the gateway group's committed offsets with the first offset whose append time is
    after the deadline. The gateway commits only what stands in its case or in the dead letters.
    """

    def __init__(self, broker: Broker, *, group: str, clock_skew: timedelta) -> None:
        """
        Args:
            group: the gateway's consumer group.
            clock_skew: how far the broker's clock may be after Temporal's.
        """
        self._broker = broker
        self._group = group
        self._clock_skew = clock_skew
        self._clients = AsyncExitStack()
        self._reader: Any = None
        self._admin: Any = None
        self._connecting = asyncio.Lock()
        self._counts: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._clients.aclose()

    @activity.defn(name=AWAIT_GATEWAY)
    async def await_gateway(self, fence: Fence) -> None:
        """Return when the fence is passed; otherwise fail, to be tried again.

        Raises:
            ApplicationError: the gateway is not that far yet. Benign: it says nothing of the case.
        """
        early = fence.deadline + self._clock_skew - datetime.now(UTC)
        await asyncio.sleep(max(0.0, early.total_seconds()))
        await self._connect()
        topics = [self._broker.topic(topic) for topic in fence.topics]
        partitions = [await self._partition(topic, fence.case) for topic in topics]
        after = int(fence.deadline.timestamp() * 1000) + 1
        found = await self._reader.offsets_for_times(dict.fromkeys(partitions, after))
        begins = await self._reader.beginning_offsets(partitions)
        ends = await self._reader.end_offsets([each for each in partitions if not found[each]])
        needed = {each: found[each].offset if found[each] else ends[each] for each in partitions}
        # Asked last: what is committed by now has been carried, also what came in the meantime.
        committed = await self._admin.list_consumer_group_offsets(self._group, partitions=partitions)
        for each in partitions:
            if needed[each] > begins[each] and committed[each].offset < needed[each]:
                raise ApplicationError(
                    f"the gateway stands at {committed[each].offset} of {needed[each]} "
                    f"in {each.topic}/{each.partition}",
                    type="GatewayBehind",
                    category=ApplicationErrorCategory.BENIGN,
                )

    async def _connect(self) -> None:
        async with self._connecting:
            if self._reader is None:
                self._reader = await self._clients.enter_async_context(self._broker.consuming())
            if self._admin is None:
                self._admin = await self._clients.enter_async_context(self._broker.administration())

    async def _partition(self, topic: str, case: str) -> TopicPartition:
        """The partition of a case on a topic. How many there are is for ever, so it is asked once."""
        if topic not in self._counts:
            described = await self._admin.describe_topics([topic])
            self._counts[topic] = len(described[0]["partitions"])
        return TopicPartition(topic, (murmur2(case.encode()) & 0x7FFFFFFF) % self._counts[topic])
