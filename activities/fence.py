"""The fence: a dead gateway grants no permits."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import murmur2
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from contracts.platform import AWAIT_GATEWAY, Fence


class FenceActivity:
    """Waits until the gateway has carried what the broker had by a deadline.

    It compares the gateway group's committed offsets with the first offset whose append time lies
    behind the deadline. The gateway commits only what stands in its case or in the dead letters.
    """

    def __init__(self, bootstrap: str, *, prefix: str, group: str, clock_skew: timedelta) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._group = group
        self._clock_skew = clock_skew
        self._reader: Any = None
        self._admin: Any = None
        self._connecting = asyncio.Lock()
        self._counts: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reader is not None:
            await self._reader.stop()
        if self._admin is not None:
            await self._admin.close()

    @activity.defn(name=AWAIT_GATEWAY)
    async def await_gateway(self, fence: Fence) -> None:
        """Return when the fence is passed; otherwise fail, to be tried again.

        Raises:
            ApplicationError: the gateway is not that far yet. Benign: it says nothing of the case.
        """
        behind = fence.deadline + self._clock_skew - datetime.now(UTC)
        await asyncio.sleep(max(0.0, behind.total_seconds()))  # the broker's clock may lag behind Temporal's
        await self._connect()
        partitions = [await self._partition(f"{self._prefix}{topic}", fence.case) for topic in fence.topics]
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
                reader = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
                try:
                    await reader.start()
                except BaseException:
                    await reader.stop()
                    raise
                self._reader = reader
            if self._admin is None:
                admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
                try:
                    await admin.start()
                except BaseException:
                    await admin.close()
                    raise
                self._admin = admin

    async def _partition(self, topic: str, case: str) -> TopicPartition:
        """The partition of a case on a topic. How many there are is for ever, so it is asked once."""
        if topic not in self._counts:
            described = await self._admin.describe_topics([topic])
            self._counts[topic] = len(described[0]["partitions"])
        return TopicPartition(topic, (murmur2(case.encode()) & 0x7FFFFFFF) % self._counts[topic])
