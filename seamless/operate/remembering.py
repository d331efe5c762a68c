"""What Temporal's history tells of a run: its input, and all that was said to it, with when it was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob
from temporalio.client import WorkflowHistory

from contracts.platform import CANCEL, DELIVER, PUBLISH_CALENDAR, Cancellation, Delivered
from contracts.terms.calendar_days import CalendarDays
from seamless.explore.commands import Payloads, value_of
from seamless.explore.driver import cancelled, signal

CANCEL_REQUESTED = "Temporal's Cancel"
"""The name of the one message that has none of ours."""

TASK_STARTED = EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED
TASK_COMPLETED = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED

MESSAGES: Mapping[str, type[Any]] = {
    DELIVER: Delivered,
    CANCEL: Cancellation,
    PUBLISH_CALENDAR: CalendarDays,
}
"""What can be said to a case, beside Temporal's Cancel. A message of another kind changes it in a way that
nobody here knows how to repeat: a case that had one is not lived again."""


class Message(NamedTuple):
    """Something that is said to a run.

    Attributes:
        name: of the signal; of an update, with the word before it; or :data:`CANCEL_REQUESTED`.
        value: what it brings; None where it brings nothing, is none of :data:`MESSAGES`, or cannot be read.
        heard: when the case was told of it, by Temporal's clock; None: it was not told of it yet.
    """

    name: str
    value: Any = None
    heard: datetime | None = None

    @property
    def job(self) -> WorkflowActivationJob:
        """How the case is told of it."""
        return cancelled() if self.name == CANCEL_REQUESTED else signal(self.name, self.value)


class Remembered(NamedTuple):
    """A run, as Temporal remembers it.

    Attributes:
        opened: its input.
        began: when it was started.
        messages: what was said to it, in order.
    """

    opened: Payloads
    began: datetime
    messages: tuple[Message, ...]


def remembered(history: WorkflowHistory) -> Remembered:
    """What a history tells of its run."""
    first = history.events[0]
    messages: list[Message] = []
    told = 0
    started: datetime | None = None
    for event in history.events:
        if event.event_type == TASK_STARTED:
            started = _as_the_case_reads_it(event)
        elif event.event_type == TASK_COMPLETED:  # one that failed is tried again, and only the last counts
            messages[told:] = [each._replace(heard=started) for each in messages[told:]]
            told = len(messages)
        elif (said := _message(event)) is not None:
            messages.append(said)
    opened = tuple(first.workflow_execution_started_event_attributes.input.payloads)
    return Remembered(opened, first.event_time.ToDatetime(tzinfo=UTC), tuple(messages))


def _message(event: HistoryEvent) -> Message | None:
    match event.event_type:
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
            signaled = event.workflow_execution_signaled_event_attributes
            return Message(signaled.signal_name, _brought(signaled.signal_name, signaled.input.payloads))
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
            asked = event.workflow_execution_update_accepted_event_attributes.accepted_request.input
            return Message(f"update {asked.name}")
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
            return Message(CANCEL_REQUESTED)
    return None


def _brought(name: str, payloads: Sequence[Payload]) -> Any:
    """What a signal brings. One that somebody sent by hand may bring anything."""
    kind = MESSAGES.get(name)
    if kind is None or not payloads:
        return None
    try:
        return value_of(payloads, kind)
    except (ValueError, TypeError, LookupError, RuntimeError):
        return None


def _as_the_case_reads_it(event: HistoryEvent) -> datetime:
    """When an event happened, to the microsecond to which the SDK tells the case: what the case records then
    has this very time."""
    return datetime.fromtimestamp(event.event_time.ToNanoseconds() / 1e9, UTC)
