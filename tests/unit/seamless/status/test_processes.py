"""The processes as Temporal tells of them: each once, by what it says of itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.deployment.v1 import WorkerDeploymentOptions
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueueStats
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, DescribeTaskQueueResponse

from seamless.status.processes import TYPES, queues_of, workers_of
from workers.process.settings import Settings

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def poller(identity: str, seconds: float, build: str = "") -> PollerInfo:
    seen = Timestamp()
    seen.FromDatetime(NOW - timedelta(seconds=seconds))
    options = WorkerDeploymentOptions(build_id=build) if build else None
    return PollerInfo(identity=identity, last_access_time=seen, deployment_options=options)


class Temporal:
    """A server that says about each queue what it is told to."""

    namespace = "default"

    def __init__(self, **answers: DescribeTaskQueueResponse) -> None:
        self._answers = answers
        self.workflow_service = SimpleNamespace(describe_task_queue=self._describe)

    async def _describe(self, asked: DescribeTaskQueueRequest, timeout: Any) -> DescribeTaskQueueResponse:
        kind = next(name for name, number in TYPES.items() if number == asked.task_queue_type)
        assert asked.namespace == "default"
        return self._answers.get(f"{asked.task_queue.name}_{kind}", DescribeTaskQueueResponse())


async def test_a_process_that_takes_from_two_queues_is_one_seen_when_it_asked_last() -> None:
    client = Temporal(
        cases_workflow=DescribeTaskQueueResponse(
            pollers=[poller("1@h", 50, "0.2.0"), poller("orchestrator@city#7 build=0.1.9", 3)],
            stats=TaskQueueStats(approximate_backlog_count=5, approximate_backlog_age=Duration(seconds=12)),
        ),
        cases_activity=DescribeTaskQueueResponse(pollers=[poller("1@h", 8, "0.2.0")]),
    )
    queues = queues_of(Settings())
    workers, tasks = await workers_of(client, queues)  # type: ignore[arg-type]
    assert [(each.process, each.host, each.pid, each.build, each.seen) for each in workers] == [
        ("orchestrator", "h", 1, "0.2.0", NOW - timedelta(seconds=8)),
        ("orchestrator", "city", 7, "0.1.9", NOW - timedelta(seconds=3)),
    ]
    assert [(each.queue, each.kind, each.waiting, each.oldest_seconds) for each in tasks] == [
        ("cases", "workflow", 5, 12.0),
        ("cases", "activity", 0, 0.0),
        ("agency.drainage", "activity", 0, 0.0),
        ("agency.pilot-office", "activity", 0, 0.0),
    ]


def test_every_department_has_its_queue() -> None:
    assert [(each.name, each.process) for each in queues_of(Settings())][2:] == [
        ("agency.drainage", "department-drainage"),
        ("agency.pilot-office", "department-pilot-office"),
    ]
