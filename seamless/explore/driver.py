"""Driving a procedure's real workflow code without a server, activation by activation.

This is the only place that knows how the SDK makes a workflow instance and what an activation looks like.
Neither is a promise of the SDK's, so a test compares what the driver gets with a real replay, for every
version of the SDK that is taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

import temporalio.api.common.v1 as common
from temporalio import workflow
from temporalio.bridge.proto.activity_result import ActivityResolution, Cancellation, Success
from temporalio.bridge.proto.activity_result import Failure as ActivityFailure
from temporalio.bridge.proto.workflow_activation import (
    CancelWorkflow,
    FireTimer,
    InitializeWorkflow,
    NotifyHasPatch,
    RemoveFromCache,
    ResolveActivity,
    SignalWorkflow,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.common import Priority, TypedSearchAttributes, WorkerDeploymentVersion
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import (
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)

from seamless.explore.commands import (
    CONVERTER,
    Command,
    Completed,
    ContinuedAsNew,
    Failed,
    Payloads,
    command_of,
    payloads_of,
    shape_of,
    told,
)

T = TypeVar("T")


class TaskFailed(Exception):
    """An activation failed. Temporal would try it again and again, for ever."""


class Diverged(Exception):
    """A replay gave other commands than the first time, or the same with another content."""


# --- what can be told to a case --------------------------------------------------------------------------


def signal(name: str, value: Any) -> WorkflowActivationJob:
    """A signal came."""
    job = SignalWorkflow(signal_name=name, input=list(payloads_of(value)))
    if hasattr(job, "originating_event_id"):  # since 1.35
        job.originating_event_id = 1
    return WorkflowActivationJob(signal_workflow=job)


def fired(timer: int) -> WorkflowActivationJob:
    """A timer is over."""
    return WorkflowActivationJob(fire_timer=FireTimer(seq=timer))


def resolved(activity: int, result: Any = None) -> WorkflowActivationJob:
    """An activity has ended, with this result."""
    return _resolved(activity, ActivityResolution(completed=Success(result=payloads_of(result)[0])))


def failed(activity: int, message: str) -> WorkflowActivationJob:
    """An activity has failed for good."""
    failure = ActivityFailure()
    failure.failure.message = message
    failure.failure.activity_failure_info.SetInParent()
    failure.failure.cause.message = message
    failure.failure.cause.application_failure_info.type = "Failed"
    return _resolved(activity, ActivityResolution(failed=failure))


def activity_cancelled(activity: int) -> WorkflowActivationJob:
    """An activity has ended because the case cancelled it."""
    cancellation = Cancellation()
    cancellation.failure.message = "cancelled"
    cancellation.failure.canceled_failure_info.SetInParent()
    return _resolved(activity, ActivityResolution(cancelled=cancellation))


def cancelled() -> WorkflowActivationJob:
    """An operator cancels the case."""
    return WorkflowActivationJob(cancel_workflow=CancelWorkflow(reason="cancelled"))


def _resolved(activity: int, result: ActivityResolution) -> WorkflowActivationJob:
    return WorkflowActivationJob(resolve_activity=ResolveActivity(seq=activity, result=result))


def messages_of(procedure: type[Any]) -> frozenset[str]:
    """What a workflow class takes, beside Temporal's Cancel: its signals by name, its updates by name with
    the word before it."""
    definition = workflow._Definition.must_from_class(procedure)
    return frozenset([*map(str, definition.signals), *(f"update {name}" for name in definition.updates)])


# --- one run of a case -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Activation:
    at: datetime
    jobs: tuple[WorkflowActivationJob, ...]
    flags: tuple[int, ...]
    commands: tuple[Command, ...]
    build: str | None


class Run:
    """One run of a workflow.

    Attributes:
        ended: it completed, failed or went on in a new run.
        build: the deployment version of the worker that takes the next tasks; None: it has none.
    """

    build: str | None = None

    def __init__(
        self,
        procedure: type[Any],
        input: Payloads,
        *,
        case: str,
        run_id: str,
        seed: int,
        first_run: str = "",
        runner: WorkflowRunner | None = None,
        listed: TypedSearchAttributes = TypedSearchAttributes.empty,
    ) -> None:
        """
        Args:
            procedure: the workflow class.
            seed: of the run's random numbers; a server computes it from the run id.
            first_run: the id of the case's first run, where this is not it.
            runner: makes the workflow instance; outside the sandbox, unless given.
            listed: the search attributes that it is started with.
        """
        definition = workflow._Definition.must_from_class(procedure)
        self.case, self.run_id, self.ended = case, run_id, False
        self._definition = definition
        self._seed = seed
        self._first_run = first_run or run_id
        self._input = input
        self._runner = runner or UnsandboxedWorkflowRunner()
        self._listed = listed
        self._compared: Callable[[Command], Any] = lambda command: command
        self._taken: list[_Activation] = []
        self._patched: dict[str, None] = {}
        self._instance: WorkflowInstance | None = None

    def start(self, at: datetime, *jobs: WorkflowActivationJob, flags: Sequence[int] = ()) -> list[Command]:
        """Begin at ``at``; ``jobs`` came before it could."""
        begin = InitializeWorkflow(
            workflow_type=self._definition.name or "",
            workflow_id=self.case,
            arguments=list(self._input),
            randomness_seed=self._seed,
            first_execution_run_id=self._first_run,
            attempt=1,
        )
        begin.start_time.FromDatetime(at)
        return self.activate(at, WorkflowActivationJob(initialize_workflow=begin), *jobs, flags=flags)

    def activate(
        self, at: datetime, *jobs: WorkflowActivationJob, flags: Sequence[int] = ()
    ) -> list[Command]:
        """Tell the case what happened, at ``at``; its commands.

        Args:
            flags: the SDK's flags that this task was recorded with.

        Raises:
            TaskFailed: the code failed at it.
        """
        if self._instance is None:
            self._replay()
        commands = self._do(at, jobs, flags, self.build, replaying=False)
        self._taken.append(_Activation(at, jobs, tuple(flags), tuple(commands), self.build))
        return commands

    def under(self, procedure: type[Any]) -> None:
        """Go on under another build's class. A replay compares what a server compares from now on."""
        self.evict()
        self._definition = workflow._Definition.must_from_class(procedure)
        self._compared = shape_of

    def workflow_object(self) -> Any:
        """The procedure of this run, as its last activation left it."""
        return self._instance._object  # type: ignore[union-attr]

    def evict(self) -> None:
        """Drop the instance, as a worker does whose cache is full; the next activation replays the run."""
        if self._instance is not None:
            job = WorkflowActivationJob(remove_from_cache=RemoveFromCache())
            with _loop_kept():
                self._instance.activate(WorkflowActivation(run_id=self.run_id, jobs=[job]))
            self._instance = None

    def _replay(self) -> None:
        """Make an instance and bring it to where the last one was.

        Raises:
            Diverged: it does not say what the last one said.
        """
        with _loop_kept():
            self._instance = self._runner.create_instance(self._details())
        # As a server does: a replay is told which changes the run has come to with ``workflow.patched``.
        told = [
            WorkflowActivationJob(notify_has_patch=NotifyHasPatch(patch_id=each)) for each in self._patched
        ]
        for each in self._taken:
            commands = self._do(each.at, (*told, *each.jobs), each.flags, each.build, replaying=True)
            told = []
            if [*map(self._compared, commands)] != [*map(self._compared, each.commands)]:
                raise Diverged(f"{self.case}: {each.commands} became {commands}")

    def _do(
        self,
        at: datetime,
        jobs: Sequence[WorkflowActivationJob],
        flags: Sequence[int],
        build: str | None,
        *,
        replaying: bool,
    ) -> list[Command]:
        assert self._instance is not None
        activation = WorkflowActivation(
            run_id=self.run_id,
            is_replaying=replaying,
            history_length=len(self._taken) + 1,
            jobs=jobs,
            available_internal_flags=flags,
        )
        activation.timestamp.FromDatetime(at)
        if build is not None:
            version = WorkerDeploymentVersion.from_canonical_string(build)
            of_task = activation.deployment_version_for_current_task
            of_task.deployment_name, of_task.build_id = version.deployment_name, version.build_id
        with _loop_kept():
            completion = self._instance.activate(activation)
        if completion.HasField("failed"):
            raise TaskFailed(f"{self.case}: {told(completion.failed.failure)}")
        made = completion.successful.commands
        self._patched |= {
            each.set_patch_marker.patch_id: None for each in made if each.HasField("set_patch_marker")
        }
        commands = [each for raw in made if (each := command_of(raw))]
        self.ended = self.ended or any(
            isinstance(each, Completed | ContinuedAsNew | Failed) for each in commands
        )
        return commands

    def _details(self) -> WorkflowInstanceDetails:
        given: dict[str, Any] = {
            "payload_converter_factory": lambda: CONVERTER,
            "payload_converter_class": pydantic_data_converter.payload_converter_class,
            "failure_converter_class": pydantic_data_converter.failure_converter_class,
            "defn": self._definition,
            "info": _of_fields(workflow.Info, self._info()),
            "randomness_seed": self._seed,
            "disable_eager_activity_execution": True,
            "interceptor_classes": [],
            "extern_functions": {},
            "worker_level_failure_exception_types": [],
            "last_completion_result": common.Payloads(),
        }
        return _of_fields(WorkflowInstanceDetails, given)

    def _info(self) -> dict[str, Any]:
        began = self._taken[0].at if self._taken else datetime(1970, 1, 1, tzinfo=UTC)
        return {
            "attempt": 1,
            "first_execution_run_id": self._first_run,
            "headers": {},
            "namespace": "default",
            "original_execution_run_id": self.run_id,
            "priority": Priority.default,
            "raw_memo": {},
            "run_id": self.run_id,
            "search_attributes": {},
            "start_time": began,
            "task_queue": "cases",
            "task_timeout": timedelta(seconds=10),
            "typed_search_attributes": TypedSearchAttributes(
                list(self._listed)
            ),  # a copy: the run changes it
            "workflow_id": self.case,
            "workflow_start_time": began,
            "workflow_type": self._definition.name,
        }


def _of_fields(kind: type[T], given: dict[str, Any]) -> T:
    """A dataclass of the SDK's, whatever fields this version of it has: those that we do not know of get
    their default, or None."""
    known: tuple[Any, ...] = fields(kind)  # type: ignore[arg-type]
    values = {
        each.name: given.get(each.name)
        for each in known
        if each.name in given or (each.default is MISSING and each.default_factory is MISSING)
    }
    return kind(**values)


@contextmanager
def _loop_kept() -> Iterator[None]:
    """An instance is an event loop of its own and, when it is done, leaves no loop running."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(running or SimpleNamespace())  # type: ignore[arg-type]  # the SDK marks it
    try:
        yield
    finally:
        asyncio._set_running_loop(running)
