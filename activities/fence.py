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

from contracts.case import AWAIT_GATEWAY, Fence


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
        for topic in fence.topics:
            await self._passed(f"{self._prefix}{topic}", fence)

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

    async def _passed(self, topic: str, fence: Fence) -> None:
        partitions = sorted(await self._admin_partitions(topic))
        number = partitions[(murmur2(fence.case.encode()) & 0x7FFFFFFF) % len(partitions)]
        partition = TopicPartition(topic, number)
        after = int(fence.deadline.timestamp() * 1000) + 1
        found = (await self._reader.offsets_for_times({partition: after}))[partition]
        begin = (await self._reader.beginning_offsets([partition]))[partition]
        needed = found.offset if found else (await self._reader.end_offsets([partition]))[partition]
        offsets = await self._admin.list_consumer_group_offsets(self._group, partitions=[partition])
        committed = offsets[partition].offset
        if needed > begin and committed < needed:
            raise ApplicationError(
                f"the gateway stands at {committed} of {needed} in {topic}/{number}",
                type="GatewayBehind",
                category=ApplicationErrorCategory.BENIGN,
            )

    async def _admin_partitions(self, topic: str) -> list[int]:
        described = await self._admin.describe_topics([topic])
        return [each["partition"] for each in described[0]["partitions"]]
