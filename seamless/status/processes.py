"""The processes of the platform, as Temporal and Kafka see them, and what waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Literal, NamedTuple

from aiokafka import TopicPartition
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, DescribeTaskQueueResponse
from temporalio.client import Client

from contracts.platform import CASES_QUEUE, agency_queue
from contracts.wire.topics import AVAILABILITY, DEAD_LETTER, inlets_of
from network.broker.append_times import last_append
from network.broker.connection import partition_counts
from network.broker.group_state import behind, members_of
from seamless.status.identity import said_in
from seamless.status.report import Events, Tasks, Worker
from workers.process.identity import department_process
from workers.process.settings import Settings
from workers.process.temporal import RPC_TIMEOUT

GATEWAY, ORCHESTRATOR = "gateway", "orchestrator"

Kind = Literal["workflow", "activity"]
TYPES = {
    "workflow": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    "activity": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}


class Queue(NamedTuple):
    """A task queue of one kind, and the process that takes what is on it."""

    name: str
    kind: Kind
    process: str


def queues_of(settings: Settings) -> list[Queue]:
    """The task queues of an installation."""
    return [
        Queue(CASES_QUEUE, "workflow", ORCHESTRATOR),
        Queue(CASES_QUEUE, "activity", ORCHESTRATOR),
        *(
            Queue(agency_queue(each), "activity", department_process(each))
            for each in settings.directory.checks()
        ),
    ]


async def workers_of(client: Client, queues: Sequence[Queue]) -> tuple[list[Worker], list[Tasks]]:
    """Who asks for work on task queues, and what waits there.

    Raises:
        RPCError: the server does not answer.
    """
    described = await asyncio.gather(*(_described(client, queue) for queue in queues))
    found: dict[tuple[str, str], Worker] = {}
    tasks = []
    for queue, answer in zip(queues, described, strict=True):
        for worker, identity in _workers(queue, answer.pollers):
            known = found.get((worker.process, identity))
            if known is None or (known.seen and worker.seen and worker.seen > known.seen):
                found[worker.process, identity] = worker
        stats = answer.stats
        oldest = stats.approximate_backlog_age.ToTimedelta().total_seconds()
        tasks.append(
            Tasks(
                queue=queue.name,
                kind=queue.kind,
                waiting=stats.approximate_backlog_count,
                oldest_seconds=oldest if stats.approximate_backlog_count else 0.0,
            )
        )
    return list(found.values()), tasks


async def _described(client: Client, queue: Queue) -> DescribeTaskQueueResponse:
    return await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue.name),
            task_queue_type=TYPES[queue.kind],
            report_stats=True,
        ),
        timeout=RPC_TIMEOUT,
    )


def _workers(queue: Queue, pollers: Sequence[PollerInfo]) -> Iterator[tuple[Worker, str]]:
    """The workers that ask there, each with its whole identity."""
    for poller in pollers:
        said = said_in(poller.identity)
        yield (
            Worker(
                process=said.process or queue.process,
                host=said.host,
                pid=said.pid,
                build=poller.deployment_options.build_id or said.build,
                seen=poller.last_access_time.ToDatetime(UTC),
            ),
            poller.identity,
        )


async def gateways_of(settings: Settings) -> tuple[list[Worker], Events]:
    """Who is in the gateway's consumer group, and what the group has still to carry.

    Raises:
        Unavailable, aiokafka.errors.KafkaError: no broker answers.
    """
    broker, group = settings.broker, settings.gateway_group
    topics = [broker.topic(each.topic) for each in inlets_of(settings.directory)]
    reading = broker.consuming(isolation_level="read_committed", max_partition_fetch_bytes=1)
    async with broker.administration() as admin, reading as consumer:
        late = await behind(admin, consumer, group, [*topics, broker.topic(DEAD_LETTER)])
        beats = broker.topic(AVAILABILITY)
        count = (await partition_counts(admin)).get(beats, 0)
        beat = await last_append(consumer, [TopicPartition(beats, number) for number in range(count)])
        members = await members_of(admin, group)
    workers = []
    for member in members:
        said = said_in(member.client)
        workers.append(
            Worker(
                process=said.process or GATEWAY,
                host=said.host or member.host,
                pid=said.pid,
                build=said.build,
                seen=None,
            )
        )
    events = Events(records=late.records, topics=late.topics, oldest=late.oldest, heartbeat=beat)
    return workers, events
