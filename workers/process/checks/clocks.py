"""Check of the clocks: broker, Temporal and this machine agree as closely as the fence assumes."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, PollWorkflowTaskQueueRequest
from temporalio.client import Client

from contracts.wire.topics import CLOCK
from network.broker.connection import EPOCH, Broker
from network.broker.publisher import break_off
from workers.process.checks.check import Finding, well, wrong
from workers.process.checks.namespace import described, no_namespace
from workers.process.checks.servers import Servers
from workers.process.temporal import RPC_TIMEOUT

READINGS = 3
"""The reading that took the shortest time counts."""
SEND_SECONDS = 5.0
POLL_TIMEOUT = timedelta(seconds=3)
LOOK_SECONDS = 0.02
STAMP_UNIT = timedelta(milliseconds=1)
"""A broker's stamp is the millisecond in which it was made."""


class Reading(NamedTuple):
    """What another clock showed at a moment between two moments of this machine's clock."""

    before: datetime
    shown: datetime
    after: datetime

    @property
    def ahead(self) -> tuple[float, float]:
        """How far the other clock is ahead, in seconds: at least, and at most. Behind is below zero."""
        return (self.shown - self.after).total_seconds(), (self.shown - self.before).total_seconds()


async def clock_skew(servers: Servers) -> Finding:
    """The clocks of broker, Temporal and this machine differ by no more than the fence waits for.

    What takes long to ask is not known exactly; only a difference that is certain is wrong.
    """
    settings = servers.settings
    if settings.virtual_time:
        return well("nothing: time is that of a log")
    if (topic := settings.broker.topic(CLOCK)) in (await servers.topics()).missing:
        return wrong(f"nothing: there is no topic {topic}", "make it with: seamless topics apply")
    if await described(servers) is None:
        return no_namespace(settings.namespace)
    readings = await _of_brokers(settings.broker)
    if reading := await _of_temporal(servers.temporal):
        readings["Temporal"] = reading
    return judged(readings, settings.clock_skew_seconds)


def judged(readings: dict[str, Reading], allowed: float) -> Finding:
    """What clocks show, by whose they are, beside the skew that is ``allowed``, in seconds."""
    spans = {"this machine": (0.0, 0.0)} | {name: each.ahead for name, each in readings.items()}
    told = ", ".join(
        f"{name} {'ahead' if low + high >= 0 else 'behind'} by {abs(low + high) / 2:.3f} s "
        f"(± {(high - low) / 2:.3f})"
        for name, (low, high) in spans.items()
        if name in readings
    )
    compared = f"the clocks with that of this machine, {allowed:g} s allowed between any two: {told}"
    first, last = max(spans, key=lambda name: spans[name][0]), min(spans, key=lambda name: spans[name][1])
    apart = spans[first][0] - spans[last][1]
    if apart <= allowed:
        return well(compared)
    return wrong(
        f"{compared}; {first} is at least {apart:.3f} s ahead of {last}",
        "keep the clocks by NTP, or set SEAMLESS_CLOCK_SKEW_SECONDS to how far they may differ",
    )


async def _of_brokers(broker: Broker) -> dict[str, Reading]:
    """The clock of each broker that leads a partition: it stamps what is appended there."""
    producer = broker.producer(acks=1)
    topic = broker.topic(CLOCK)
    found: dict[str, Reading] = {}
    try:
        await producer.start()
        for partition in sorted(await producer.partitions_for(topic)):
            leader = (
                f"broker {producer.client.cluster.leader_for_partition(TopicPartition(topic, partition))}"
            )
            if leader not in found:
                found[leader] = min(
                    [await _stamped(producer, topic, partition) for _ in range(READINGS)],
                    key=lambda each: each.after - each.before,
                )
    finally:
        await break_off(producer)
    return found


async def _stamped(producer: Any, topic: str, partition: int) -> Reading:
    async with asyncio.timeout(SEND_SECONDS):
        before = datetime.now(UTC) - STAMP_UNIT
        stored = await producer.send_and_wait(topic, b"", partition=partition)
        return Reading(before, EPOCH + timedelta(milliseconds=stored.timestamp), datetime.now(UTC))


async def _of_temporal(client: Client) -> Reading | None:
    """The clock of Temporal: it notes when a worker asked last for tasks, so we ask for tasks of a queue that
    nobody has. None where it does not say so in time. Nothing is left behind."""
    name = f"seamless.clock.{uuid.uuid4().hex}"
    queue = TaskQueue(name=name)
    before = datetime.now(UTC)
    polling = asyncio.create_task(
        client.workflow_service.poll_workflow_task_queue(
            PollWorkflowTaskQueueRequest(namespace=client.namespace, task_queue=queue, identity=name),
            timeout=POLL_TIMEOUT,
        )
    )
    try:
        while not polling.done():
            described = await client.workflow_service.describe_task_queue(
                DescribeTaskQueueRequest(
                    namespace=client.namespace,
                    task_queue=queue,
                    task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
                ),
                timeout=RPC_TIMEOUT,
            )
            after = datetime.now(UTC)
            for poller in described.pollers:
                return Reading(before, poller.last_access_time.ToDatetime(UTC), after)
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
    return None
