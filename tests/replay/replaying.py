"""Replaying recorded histories, and the ledger that they hold.

The SDK's replayer sees another command, not another input of the same activity. The case itself compares what
was published with what its code says, and fails the task. What it has not yet heard back of, at the end of a
history, it cannot compare: so the entries are compared here, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import (
    Interceptor,
    Replayer,
    StartActivityInput,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from contracts.platform import PUBLISH, Batch
from contracts.wire.ledger import LedgerEntry
from workers.orchestrator.sandbox import sandbox
from workflows.case import carrier as library
from workflows.procedures import PROCEDURES

HISTORIES = Path(__file__).parent / "histories"

SMALL_RUNS = "small-runs"
"""In the name of a history that was recorded with :func:`small_runs`."""


def recorded_histories() -> list[Path]:
    """Every history there is, of every release; the runs of one case in order."""
    return sorted(HISTORIES.glob("*/*.json"))


def load(path: Path) -> WorkflowHistory:
    """A history from its file."""
    return WorkflowHistory.from_json(path.stem, path.read_text("utf-8"))


@contextmanager
def small_runs(events: int = 8) -> Iterator[UnsandboxedWorkflowRunner]:
    """Cases go on in a new run after so few events; with the runner that sees it, outside the sandbox."""
    usual, library.EVENTS_PER_RUN = library.EVENTS_PER_RUN, events
    try:
        yield UnsandboxedWorkflowRunner()
    finally:
        library.EVENTS_PER_RUN = usual


def ledger_of(history: WorkflowHistory) -> list[LedgerEntry]:
    """The entries that a recorded case gave to its outbox, in order."""
    return _entries(batches_of(history))


def batches_of(history: WorkflowHistory) -> list[Batch]:
    """What a recorded case gave to its outbox, in order."""
    scheduled = [
        event.activity_task_scheduled_event_attributes
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    return [
        pydantic_data_converter.payload_converter.from_payloads(each.input.payloads, [Batch])[0]
        for each in scheduled
        if each.activity_type.name == PUBLISH
    ]


async def replayed_ledger(
    history: WorkflowHistory, procedures: Sequence[type] = PROCEDURES
) -> list[LedgerEntry]:
    """The entries that the code of today gives to the outbox in a replay.

    Raises:
        Exception: the SDK's, when the code does not follow the history.
    """
    listener = _OutboxListener()

    async def replay(runner: Any) -> None:
        replayer = Replayer(
            workflows=procedures,
            workflow_runner=runner,
            data_converter=pydantic_data_converter,
            interceptors=[listener],
        )
        await replayer.replay_workflow(history)

    if SMALL_RUNS in history.workflow_id:
        with small_runs() as runner:
            await replay(runner)
    else:
        await replay(sandbox())
    return _entries(listener.batches)


def _entries(batches: Sequence[Batch]) -> list[LedgerEntry]:
    return [posting.entry for batch in batches for posting in batch.postings]


class _OutboxListener(Interceptor):
    """Hears what a replayed case gives to its outbox."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        batches = self.batches

        class Outbound(WorkflowOutboundInterceptor):
            def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
                if input.activity == PUBLISH:
                    batches.append(input.args[0])
                return super().start_activity(input)

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

        return Inbound
