"""A fake of Temporal: runs of cases by the driver, signals, activities that are retried, and its errors."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import TypedSearchAttributes
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import ActivityEnvironment

from contracts.platform import DELIVER, PUBLISH
from seamless.explore.commands import (
    ActivityCancelled,
    ActivityScheduled,
    Command,
    Completed,
    ContinuedAsNew,
    Failed,
    Listed,
    TimerCancelled,
    TimerStarted,
    payloads_of,
    value_of,
)
from seamless.explore.driver import Run, activity_cancelled, fired, resolved, signal
from tests.simulation.clock import VirtualLoop
from tests.simulation.process import Network, Process

Activity = tuple[Callable[[Any], Awaitable[Any]], type[Any]]
TASK_SECONDS = 0.03
OTHER_BUILD = 0.2
"""How likely a task comes to the other build, while two serve."""

TASKS_FAIL_AT_MOST = 10
"""How many tasks of a case fail one after another before nobody can carry it on."""


@dataclass
class Orchestrator:
    """The worker that runs cases, as long as its process lives.

    Attributes:
        activities: by name, what runs and the type of its input.
    """

    process: Process
    activities: dict[str, Activity]


@dataclass
class Execution:
    """One case on the server.

    Attributes:
        told: what its runs have scheduled, in order: the truth of what it wants to say.
        listed: the search attributes by which it is listed, by their names.
        listings: these, as they were whenever something left the case, with what left.
    """

    case: str
    procedure: type[Any]
    memo: dict[str, Any]
    run: Run
    status: WorkflowExecutionStatus = WorkflowExecutionStatus.RUNNING
    jobs: list[WorkflowActivationJob] = field(default_factory=list)
    started: bool = False
    failed: int = 0
    runs: int = 1
    task: asyncio.Task[None] | None = None
    timers: dict[int, asyncio.TimerHandle] = field(default_factory=dict)
    activities: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    told: list[ActivityScheduled] = field(default_factory=list)
    listed: dict[str, Any] = field(default_factory=dict)
    listings: list[tuple[ActivityScheduled, dict[str, Any]]] = field(default_factory=list)


class FakeTemporal:
    """The server.

    Attributes:
        network: the way to it.
        orchestrator: the worker, while there is one.
        forgets: how likely a worker has dropped a case from its cache before a task.
        loses_results: how likely what an activity returned is lost.
        slow: seconds that a signal to these cases takes.
        refused: events by their id that it never takes.
        faults: what went wrong in a case: no case of ours fails a task.
        builds: the classes of two builds that serve at once; a case that one cannot carry on fails its task
            until it comes to the other.
        two_serve: whether they do at this moment.
    """

    def __init__(
        self, chance: random.Random, loop: VirtualLoop, procedures: dict[str, type[Any]], skew: timedelta
    ) -> None:
        self.network = Network(chance, lambda: RPCError("away", RPCStatusCode.UNAVAILABLE, b""))
        self.orchestrator: Orchestrator | None = None
        self.forgets = self.loses_results = 0.0
        self.slow: dict[str, float] = {}
        self.refused: set[str] = set()
        self.faults: list[str] = []
        self.builds: tuple[type[Any], ...] = ()
        self.two_serve: Callable[[], bool] = lambda: False
        self.executions: dict[str, Execution] = {}
        self._chance, self._loop, self._skew = chance, loop, skew
        self._procedures = procedures

    def now(self) -> datetime:
        """Its clock, by milliseconds: so a stamp of the broker's can meet a deadline exactly."""
        at = self._loop.wall() + self._skew
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    # --- what a client may do --------------------------------------------------------------------------

    def start(
        self, kind: str, opened: Any, case: str, memo: dict[str, Any], listed: TypedSearchAttributes
    ) -> None:
        """
        Raises:
            WorkflowAlreadyStartedError: there was such a case.
        """
        if case in self.executions:
            raise WorkflowAlreadyStartedError(case, kind)
        procedure = self._procedures[kind]
        run = Run(procedure, payloads_of(opened), case=case, run_id=f"{case}/1", seed=1, listed=listed)
        self.executions[case] = Execution(case, procedure, memo, run, listed=by_name(listed))
        self._schedule(self.executions[case])

    def signal(self, case: str, name: str, value: Any) -> None:
        """
        Raises:
            RPCError: NOT_FOUND, there is no such running case; or INVALID_ARGUMENT.
        """
        if name == DELIVER and value.event.id in self.refused:
            raise RPCError("it is refused", RPCStatusCode.INVALID_ARGUMENT, b"")
        execution = self.executions.get(case)
        if execution is None or execution.status != WorkflowExecutionStatus.RUNNING:
            raise RPCError(f"workflow not found for ID: {case}", RPCStatusCode.NOT_FOUND, b"")
        execution.jobs.append(signal(name, value))
        self._schedule(execution)

    def seconds_for(self, case: str) -> float:
        """How long a signal to a case takes."""
        slow = self.slow.get(case, 0.0)
        return slow and self._chance.uniform(slow / 2, slow)

    def describe(self, case: str) -> Execution:
        """
        Raises:
            RPCError: NOT_FOUND.
        """
        if case not in self.executions:
            raise RPCError(f"workflow not found for ID: {case}", RPCStatusCode.NOT_FOUND, b"")
        return self.executions[case]

    # --- running cases ---------------------------------------------------------------------------------

    def _schedule(self, execution: Execution) -> None:
        if execution.task is None or execution.task.done():
            execution.task = self._loop.create_task(self._tasks(execution))

    async def _tasks(self, execution: Execution) -> None:
        """Workflow tasks, one after another, as long as there is something to tell the case."""
        while not execution.started or execution.jobs:
            await asyncio.sleep(self._chance.uniform(0.001, TASK_SECONDS))
            if self.orchestrator is None or not self.network.up():
                execution.run.evict()
                await asyncio.sleep(0.5)
                continue
            if self._chance.random() < self.forgets:
                execution.run.evict()
            if self.builds and self.two_serve() and self._chance.random() < OTHER_BUILD:
                self._move(execution)
            jobs, execution.jobs = execution.jobs, []
            # A new run lists how it stands when it begins, and once more where something leaves it at once.
            listings = 2 if execution.runs > 1 and not execution.started else 1
            try:
                if execution.started:
                    commands = execution.run.activate(self.now(), *jobs)
                else:
                    commands = execution.run.start(self.now(), *jobs)
                execution.started, execution.failed = True, 0
            except Exception as error:
                execution.failed += 1
                if not self.builds or execution.failed > TASKS_FAIL_AT_MOST:
                    self.faults.append(f"{execution.case}: {type(error).__name__}: {error}")
                    execution.status = WorkflowExecutionStatus.TERMINATED
                    return
                execution.jobs = jobs + execution.jobs
                self._move(execution)
                await asyncio.sleep(0.5)
                continue
            if sum(isinstance(each, Listed) for each in commands) > listings:
                self.faults.append(f"{execution.case}: listed more than once in an activation: {commands}")
            for command in commands:
                self._obey(execution, command)
            if execution.status != WorkflowExecutionStatus.RUNNING:
                return

    def _move(self, execution: Execution) -> None:
        """The next task of a case comes to a worker of the other build."""
        first, second = self.builds
        execution.procedure = second if execution.procedure is first else first
        execution.run.under(execution.procedure)

    def _obey(self, execution: Execution, command: Command) -> None:
        match command:
            case ActivityScheduled():
                execution.told.append(command)
                if command.activity == PUBLISH:
                    execution.listings.append((command, execution.listed))
                task = self._loop.create_task(self._run_activity(execution, execution.run, command))
                execution.activities[command.number] = task
            case ActivityCancelled(number):
                if number in execution.activities:
                    execution.activities.pop(number).cancel()
                    self._tell(execution, execution.run, activity_cancelled(number))
            case TimerStarted(number, seconds):
                tell = (execution, execution.run, fired(number))
                execution.timers[number] = self._loop.call_later(seconds, self._tell, *tell)
            case TimerCancelled(number):
                if timer := execution.timers.pop(number, None):
                    timer.cancel()
            case Completed():
                self._end_run(execution)
                execution.status = WorkflowExecutionStatus.COMPLETED
            case Listed(changed):
                now = execution.listed | changed
                execution.listed = {name: value for name, value in now.items() if value is not None}
            case ContinuedAsNew(input, listed):
                self._end_run(execution)
                if by_name(listed) != execution.listed:
                    self.faults.append(f"{execution.case}: {execution.listed} became {listed} in a new run")
                execution.runs += 1
                run_id = f"{execution.case}/{execution.runs}"
                execution.run = Run(
                    execution.procedure,
                    input,
                    case=execution.case,
                    run_id=run_id,
                    seed=execution.runs,
                    listed=listed,
                )
                execution.started = False
            case Failed(message):
                self.faults.append(f"{execution.case} failed: {message}")
                self._end_run(execution)
                execution.status = WorkflowExecutionStatus.FAILED

    def _end_run(self, execution: Execution) -> None:
        for timer in execution.timers.values():
            timer.cancel()
        for task in execution.activities.values():
            task.cancel()
        execution.timers.clear()
        execution.activities.clear()
        execution.run.evict()

    def _tell(self, execution: Execution, run: Run, job: WorkflowActivationJob) -> None:
        if execution.run is run and not run.ended:
            execution.jobs.append(job)
            self._schedule(execution)

    async def _run_activity(self, execution: Execution, run: Run, command: ActivityScheduled) -> None:
        """Attempts until one succeeds and its result arrives."""
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(
            environment.info,
            activity_type=command.activity,
            workflow_id=execution.case,
            workflow_run_id=run.run_id,
        )
        interval = command.retry.initial_interval.total_seconds()
        longest = (command.retry.maximum_interval or timedelta(seconds=10)).total_seconds()
        while True:
            await asyncio.sleep(self._chance.uniform(0.001, 0.02))
            worker = self.orchestrator
            if worker is None or not self.network.up():
                await asyncio.sleep(0.5)
                continue
            began = self._loop.time()
            function, kind = worker.activities[command.activity]
            attempt = self._loop.create_task(_awaited(environment, function, value_of(command.input, kind)))
            worker.process.when_dead.append(attempt.cancel)
            try:
                await asyncio.wait([attempt], timeout=command.seconds)
            finally:
                attempt.cancel()
                worker.process.when_dead.remove(attempt.cancel)
            await asyncio.wait([attempt])
            lost = not worker.process.alive or self._chance.random() < self.loses_results
            if lost:  # the server finds out by the attempt's time-out
                await asyncio.sleep(max(0.0, began + command.seconds - self._loop.time()))
            elif not attempt.cancelled() and attempt.exception() is None:
                execution.activities.pop(command.number, None)
                self._tell(execution, run, resolved(command.number, attempt.result()))
                return
            await asyncio.sleep(interval)
            interval = min(2 * interval, longest)


def by_name(listed: TypedSearchAttributes) -> dict[str, Any]:
    """Search attributes as they travel."""
    return {key.name: value.isoformat() if isinstance(value, datetime) else value for key, value in listed}


async def _awaited(environment: ActivityEnvironment, function: Callable[..., Any], value: Any) -> Any:
    return await environment.run(function, value)


class FakeClient:
    """Temporal's client, as far as the gateway uses it."""

    namespace = "default"

    def __init__(self, server: FakeTemporal, process: Process) -> None:
        self._server, self._process = server, process
        self.workflow_service = self

    async def describe_namespace(self, *_: Any, **__: Any) -> None:
        await self._server.network.call(self._process, lambda: None)

    async def start_workflow(
        self,
        kind: str,
        opened: Any,
        *,
        id: str,
        memo: dict[str, Any],
        search_attributes: TypedSearchAttributes,
        **_: Any,
    ) -> None:
        await self._server.network.call(
            self._process, lambda: self._server.start(kind, opened, id, memo, search_attributes)
        )

    def get_workflow_handle(self, case: str, **_: Any) -> FakeHandle:
        return FakeHandle(self._server, self._process, case)


class FakeHandle:
    """A case, as a client has it."""

    def __init__(self, server: FakeTemporal, process: Process, case: str) -> None:
        self._server, self._process, self._case = server, process, case

    async def signal(self, name: str, value: Any, **_: Any) -> None:
        await self._server.network.call(
            self._process,
            lambda: self._server.signal(self._case, name, value),
            seconds=self._server.seconds_for(self._case),
        )

    async def describe(self, **_: Any) -> Any:
        execution = await self._server.network.call(self._process, lambda: self._server.describe(self._case))

        async def memo_value(key: str, default: Any = None) -> Any:
            return execution.memo.get(key, default)

        return SimpleNamespace(
            status=execution.status,
            memo_value=memo_value,
            run_id=execution.run.run_id,
            raw_info=SimpleNamespace(history_size_bytes=0),
        )


class Elsewhere(FakeTemporal):
    """Another server, where a gateway with a mistyped setting looks for cases."""

    def start(
        self, kind: str, opened: Any, case: str, memo: dict[str, Any], listed: TypedSearchAttributes
    ) -> None:
        raise RPCError("Namespace defualt is not found.", RPCStatusCode.NOT_FOUND, b"")
