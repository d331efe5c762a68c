"""The report on a case whose test failed: its ledger, and why its code fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from temporalio.api.failure.v1 import Failure
from temporalio.client import WorkflowHandle

from contracts.wire.ledger import LedgerEntry


async def told(entries: Sequence[LedgerEntry], handle: WorkflowHandle[Any, Any]) -> str:
    """The ledger of a case, a line an entry, and the last failure of its code."""
    lines = [f"The ledger of {handle.id}:", *(_line(entry) for entry in entries)]
    if not entries:
        lines.append("  nothing")
    failure = await last_failure(handle)
    lines.append(f"The last failure of its task: {failure}" if failure else "No task of it failed.")
    return "\n".join(lines)


NOT_YET = ("_DeadlockError", "server_failure_info")
"""Failures that the next attempt may get over: a step that took long, and one during which an event came."""


async def last_failure(handle: WorkflowHandle[Any, Any]) -> str:
    """Why the code of a case fails, or the workflow itself failed; empty where neither did, or where the next
    attempt has got over it: on a busy machine a step may take longer than the SDK lets it."""
    failure = ""
    async for event in handle.fetch_history_events():
        if event.HasField("workflow_task_failed_event_attributes"):
            failure = _failure(event.workflow_task_failed_event_attributes.failure)
        elif event.HasField("workflow_task_completed_event_attributes"):
            failure = ""
        elif event.HasField("workflow_execution_failed_event_attributes"):
            failure = _failure(event.workflow_execution_failed_event_attributes.failure)
    return failure


def _failure(failure: Failure) -> str:
    kind = failure.application_failure_info.type or failure.WhichOneof("failure_info") or "a failure"
    return f"{kind}: {failure.message}"


def _line(entry: LedgerEntry) -> str:
    said = [entry.step, entry.outcome, entry.due and f"due {entry.due:%Y-%m-%d %H:%M} UTC"]
    more = "  ".join(text for text in said if text)
    return (
        f"  {entry.sequence:>3}  {entry.recorded:%Y-%m-%d %H:%M} UTC  {entry.kind:<16} {entry.actor}  {more}"
    )
