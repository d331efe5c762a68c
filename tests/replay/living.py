"""A case that is lived without a server, with what Temporal remembers of it and what its ledger says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob
from temporalio.client import WorkflowHistory

from contracts.platform import AWAIT_GATEWAY, PUBLISH, Batch, Fence, FencePassed, Opened, Published
from contracts.wire.ledger import LedgerEntry
from seamless.explore.commands import (
    ActivityCancelled,
    ActivityScheduled,
    Command,
    ContinuedAsNew,
    Payloads,
    TimerCancelled,
    TimerStarted,
    payloads_of,
    value_of,
)
from seamless.explore.driver import Run, activity_cancelled, cancelled, fired, resolved, signal


class Life:
    """Whatever happens to it happens at an instant, which never goes back.

    Attributes:
        entries: its ledger.
        fences: what it waits for at the gateway, by the numbers of the activities.
        checks: the automated checks that it waits for, by request.
        histories: what Temporal has of each run, as far as a recovery reads it.
    """

    def __init__(self, procedure: type[Any], opened: Opened[Any], *first: tuple[str, Any]) -> None:
        """``first``: signals that came before the case was told anything."""
        self.case = opened.case
        self.workflow_type = procedure.workflow_type
        self.at = opened.received
        self.entries: list[LedgerEntry] = []
        self.fences: dict[int, Fence] = {}
        self.checks: dict[str, int] = {}
        self.histories: list[list[HistoryEvent]] = []
        self._procedure = procedure
        self._begin(payloads_of(opened), *first)

    def _begin(self, opened: Payloads, *first: tuple[str, Any]) -> None:
        self.histories.append([])
        self._timers: dict[int, datetime] = {}
        self._batches: list[tuple[int, Batch]] = []
        run_id = f"run-{len(self.histories)}"
        self._run = Run(self._procedure, opened, case=self.case, run_id=run_id, seed=0)
        started = self._note(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED)
        started.workflow_execution_started_event_attributes.input.payloads.extend(opened)
        self.keeps(*first)
        self._task()
        self._obey(self._run.start(self.at, *(signal(name, value) for name, value in first)))
        self._publish()

    @property
    def kinds(self) -> list[str]:
        """The kinds of its entries."""
        return [entry.kind for entry in self.entries]

    def end(self) -> None:
        """Let it go."""
        self._run.evict()

    def signals(self, *messages: tuple[str, Any]) -> None:
        """Signals come; the case is told at once."""
        self.keeps(*messages)
        self.tell(*(signal(name, value) for name, value in messages))

    def keeps(self, *messages: tuple[str, Any]) -> None:
        """Signals come to Temporal, and no worker has told the case yet."""
        for name, value in messages:
            signaled = self._note(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
            attributes = signaled.workflow_execution_signaled_event_attributes
            attributes.signal_name = name
            attributes.input.payloads.extend(payloads_of(value))

    def is_cancelled(self, *, told: bool = True) -> None:
        """Somebody asks Temporal to cancel it."""
        self._note(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED)
        if told:
            self.tell(cancelled())

    def answers(self, answers: Mapping[str, Any]) -> None:
        """Automated checks answer, at the same time; by the local names of their requests."""
        asked = {name: next(each for each in self.checks if f".{name}/" in each) for name in answers}
        self.tell(*(resolved(self.checks.pop(asked[name]), answers[name]) for name in answers))

    def passes_time(self, until: datetime) -> None:
        """Every timer rings that is over by then, each at its time."""
        while due := sorted((at, number) for number, at in self._timers.items() if at <= until):
            self.at, number = max(due[0][0], self.at), due[0][1]
            del self._timers[number]
            self.tell(fired(number))
        self.at = until

    def sleeps(self, until: datetime) -> None:
        """No worker is there until then; then all timers that are over have rung."""
        self.at = until
        rang = [number for number, at in self._timers.items() if at <= until]
        for number in rang:
            del self._timers[number]
        self.tell(*map(fired, rang))

    def passes(self, found: FencePassed | None = None) -> None:
        """The gateway is through with all that was in time."""
        number = min(self.fences)
        del self.fences[number]
        self.tell(resolved(number, found or FencePassed()))

    def tell(self, *jobs: WorkflowActivationJob) -> None:
        """Tell the case, in one task, and let what it says be published."""
        self._task()
        self._obey(self._run.activate(self.at, *jobs))
        self._publish()

    def remembered(self, until: datetime) -> WorkflowHistory:
        """What a backup has that was made then."""
        runs = [run for run in self.histories if _time(run[0]) <= until] or self.histories[:1]
        return WorkflowHistory(self.case, [*runs[-1][:1], *(e for e in runs[-1][1:] if _time(e) <= until)])

    # --- inside ----------------------------------------------------------------------------------------

    def _note(self, kind: Any) -> HistoryEvent:
        event = HistoryEvent(event_id=len(self.histories[-1]) + 1, event_type=kind)
        event.event_time.FromDatetime(self.at)
        self.histories[-1].append(event)
        return event

    def _task(self) -> None:
        self._note(EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED)
        self._note(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)

    def _publish(self) -> None:
        while self._batches:
            number, batch = self._batches.pop(0)
            self._task()
            self._obey(self._run.activate(self.at, resolved(number, Published.of(batch, self._run.run_id))))

    def _obey(self, commands: Sequence[Command]) -> None:
        for command in commands:
            match command:
                case TimerStarted(number=number, seconds=seconds):
                    self._timers[number] = self.at + timedelta(seconds=seconds)
                case TimerCancelled(number=number):
                    self._timers.pop(number, None)
                case ActivityScheduled(activity=activity, number=number) if activity == PUBLISH:
                    batch = value_of(command.input, Batch)
                    self.entries += [posting.entry for posting in batch.postings]
                    self._batches.append((number, batch))
                case ActivityScheduled(activity=activity, number=number) if activity == AWAIT_GATEWAY:
                    self.fences[number] = value_of(command.input, Fence)
                case ActivityScheduled(activity_id=request, number=number):
                    self.checks[request] = number
                case ActivityCancelled(number=number):
                    self.fences.pop(number, None)
                    self.checks = {name: each for name, each in self.checks.items() if each != number}
                    self.tell(activity_cancelled(number))
                case ContinuedAsNew(input=input):
                    self._run.evict()
                    self.fences.clear()
                    self.checks.clear()
                    self._begin(input)


def _time(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(tzinfo=UTC)
