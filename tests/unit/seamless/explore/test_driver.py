"""The driver gets from the code what a server got: once for every version of the SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import decode_typed_search_attributes
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails

from seamless.explore.commands import (
    CONVERTER,
    ActivityCancelled,
    ActivityScheduled,
    Command,
    Completed,
    ContinuedAsNew,
    Listed,
    TimerCancelled,
    TimerStarted,
    payloads_of,
    value_of,
)
from seamless.explore.driver import Run, TaskFailed, activity_cancelled, fired, signal
from tests.replay.replaying import HISTORIES, SMALL_RUNS, load, recorded_histories, small_runs
from workflows.procedures import PROCEDURES

CLASSES = {each.workflow_type: each for each in PROCEDURES}


@pytest.mark.parametrize("path", recorded_histories(), ids=lambda path: str(path.relative_to(HISTORIES)))
async def test_a_recorded_case_gives_the_commands_of_its_history(path: Path) -> None:
    history = load(path)
    with small_runs() if SMALL_RUNS in path.name else nullcontext():
        seed = await seed_of(history)
        given = driven(history, seed)
    assert [told(each) for each in given if not isinstance(each, ActivityCancelled)] == list(
        recorded(history)
    )


@pytest.mark.parametrize("evicting", [1, 3])
async def test_a_replay_gives_them_again(evicting: int) -> None:
    history = load(next(path for path in recorded_histories() if "granted" in path.name))
    seed = await seed_of(history)
    assert driven(history, seed, evict_every=evicting) == driven(history, seed)


def driven(history: WorkflowHistory, seed: int, evict_every: int = 0) -> list[Command]:
    """What the driver gets for what a history says that happened."""
    started = history.events[0].workflow_execution_started_event_attributes
    run = Run(
        CLASSES[started.workflow_type.name],
        tuple(started.input.payloads),
        case=history.workflow_id,
        run_id=started.original_execution_run_id,
        seed=seed,
        first_run=started.first_execution_run_id,
        listed=decode_typed_search_attributes(started.search_attributes),
    )
    commands: list[Command] = []
    for number, (at, jobs, flags) in enumerate(tasks(history)):
        if evict_every and number % evict_every == 0:
            run.evict()
        said = run.activate(at, *jobs, flags=flags) if number else run.start(at, *jobs, flags=flags)
        commands += said_for_good(said)
    run.evict()
    return commands


def said_for_good(said: Sequence[Command]) -> list[Command]:
    """The commands of an activation without timers that it starts and cancels: the SDK's core drops those."""
    started = {each.number for each in said if isinstance(each, TimerStarted)}
    dropped = started & {each.number for each in said if isinstance(each, TimerCancelled)}
    timers = (TimerStarted, TimerCancelled)
    return [each for each in said if not (isinstance(each, timers) and each.number in dropped)]


def tasks(history: WorkflowHistory) -> Iterator[tuple[datetime, list[WorkflowActivationJob], list[int]]]:
    """The workflow tasks that were completed: when, and what each was told."""
    jobs: list[WorkflowActivationJob] = []
    activities: dict[int, int] = {}
    numbers: dict[str, int] = {}
    started: tuple[datetime, list[WorkflowActivationJob]] | None = None
    for event in history.events:
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED:
                started = _instant(event.event_time.ToNanoseconds()), list(jobs)
            case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                assert started is not None
                flags = event.workflow_task_completed_event_attributes.sdk_metadata.lang_used_flags
                yield (*started, list(flags))
                jobs = jobs[len(started[1]) :]
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                # The SDK counts its activities from 1, and so does the driver.
                activities[event.event_id] = len(activities) + 1
            case EventType.EVENT_TYPE_TIMER_STARTED:
                numbers[event.timer_started_event_attributes.timer_id] = len(numbers) + 1
            case EventType.EVENT_TYPE_TIMER_FIRED:
                jobs.append(fired(numbers[event.timer_fired_event_attributes.timer_id]))
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                ended = event.activity_task_completed_event_attributes
                job = WorkflowActivationJob()
                job.resolve_activity.seq = activities[ended.scheduled_event_id]
                job.resolve_activity.result.completed.SetInParent()
                if ended.result.payloads:
                    job.resolve_activity.result.completed.result.CopyFrom(ended.result.payloads[0])
                jobs.append(job)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED:
                asked = event.activity_task_cancel_requested_event_attributes
                jobs.append(activity_cancelled(activities[asked.scheduled_event_id]))
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                said = event.workflow_execution_signaled_event_attributes
                job = WorkflowActivationJob()
                job.signal_workflow.signal_name = said.signal_name
                job.signal_workflow.input.extend(said.input.payloads)
                job.signal_workflow.originating_event_id = event.event_id
                jobs.append(job)


def _instant(nanoseconds: int) -> datetime:
    """As the SDK rounds it."""
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)


def recorded(history: WorkflowHistory) -> Iterator[tuple[Any, ...]]:
    """The commands that a history holds; but for cancelled activities, which a server leaves out where they
    have ended already."""
    for event in history.events:
        match event.event_type:
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                asked = event.activity_task_scheduled_event_attributes
                yield "activity", asked.activity_type.name, tuple(asked.input.payloads)
            case EventType.EVENT_TYPE_TIMER_STARTED:
                timer = event.timer_started_event_attributes
                yield "timer", round(timer.start_to_fire_timeout.ToTimedelta().total_seconds(), 3)
            case EventType.EVENT_TYPE_TIMER_CANCELED:
                yield ("timer-cancelled",)
            case EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
                changed = event.upsert_workflow_search_attributes_event_attributes.search_attributes
                yield (
                    "listed",
                    {name: CONVERTER.from_payload(each) for name, each in changed.indexed_fields.items()},
                )
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
                yield "completed", tuple(event.workflow_execution_completed_event_attributes.result.payloads)
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
                ended = event.workflow_execution_continued_as_new_event_attributes
                listed = decode_typed_search_attributes(ended.search_attributes)
                yield "continued", tuple(ended.input.payloads), listed


def told(command: Command) -> tuple[Any, ...]:
    match command:
        case ActivityScheduled():
            return "activity", command.activity, command.input
        case TimerStarted():
            return "timer", round(command.seconds, 3)
        case TimerCancelled():
            return ("timer-cancelled",)
        case Completed():
            return "completed", command.result
        case ContinuedAsNew():
            return "continued", command.input, command.listed
        case Listed():
            return "listed", command.changed
        case other:
            return ("failed", str(other))


async def seed_of(history: WorkflowHistory) -> int:
    """The seed that the SDK gives this run, in a replay of its own."""
    seeds: list[int] = []

    class Listening(UnsandboxedWorkflowRunner):
        def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
            seeds.append(det.randomness_seed)
            return super().create_instance(det)

    replayer = Replayer(
        workflows=PROCEDURES, workflow_runner=Listening(), data_converter=pydantic_data_converter
    )
    await replayer.replay_workflow(history)
    return seeds[0]


@workflow.defn
class Changed:
    """Waits longer since a change, and once more."""

    @workflow.run
    async def run(self) -> None:
        for _ in range(2):
            await asyncio.sleep(7 if workflow.patched("waits-longer") else 5)


def test_a_replay_goes_by_the_code_that_the_run_began_with() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    run = Run(Changed, (), case="c", run_id="r", seed=1)
    assert run.start(at) == [TimerStarted(1, 7)]
    run.evict()
    assert run.activate(at, fired(1)) == [TimerStarted(2, 7)]
    run.evict()
    [ended] = run.activate(at, fired(2))
    assert isinstance(ended, Completed)
    run.evict()


async def test_what_the_code_cannot_take_fails_the_task() -> None:
    run = Run(PROCEDURES[0], payloads_of({"case": "none"}), case="c", run_id="r", seed=1)
    with pytest.raises(TaskFailed):
        run.start(datetime(2026, 3, 2, tzinfo=UTC))
    run.evict()


def test_it_needs_no_event_loop() -> None:
    history = load(next(path for path in recorded_histories() if "refused" in path.name))
    started = history.events[0].workflow_execution_started_event_attributes
    opened = tuple(started.input.payloads)
    run = Run(CLASSES[started.workflow_type.name], opened, case=history.workflow_id, run_id="r", seed=1)
    at = datetime(2026, 3, 2, tzinfo=UTC)
    commands = run.start(at, signal("unknown", {}))
    run.evict()
    assert {type(each) for each in commands} == {ActivityScheduled, TimerStarted}
    assert value_of(opened, dict)["procedure"] == "construction-permit"
