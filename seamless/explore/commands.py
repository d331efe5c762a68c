"""What a case's code asks of Temporal, in plain terms: the commands of an activation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import temporalio.api.common.v1 as common
from temporalio.common import RetryPolicy, TypedSearchAttributes
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import decode_typed_search_attributes
from temporalio.exceptions import CancelledError

T = TypeVar("T")
Payloads = tuple[common.Payload, ...]

CONVERTER = pydantic_data_converter.payload_converter


def payloads_of(*values: Any) -> Payloads:
    """Values as they travel."""
    return tuple(CONVERTER.to_payloads(values))


def value_of(payloads: Sequence[common.Payload], kind: type[T]) -> T:
    """The first value of ``payloads``, as a ``kind``."""
    value: T = CONVERTER.from_payloads(payloads[:1], [kind])[0]
    return value


@dataclass(frozen=True)
class ActivityScheduled:
    """The case runs an activity. ``number`` resolves it."""

    number: int
    activity: str
    activity_id: str
    queue: str
    input: Payloads
    retry: RetryPolicy
    seconds: float
    """How long one attempt may take."""


@dataclass(frozen=True)
class ActivityCancelled:
    """The case waits for that activity no longer."""

    number: int


@dataclass(frozen=True)
class TimerStarted:
    """The case is to be woken after ``seconds``. ``number`` fires it."""

    number: int
    seconds: float


@dataclass(frozen=True)
class TimerCancelled:
    """The case does not need that timer any more."""

    number: int


@dataclass(frozen=True)
class Completed:
    """The case has ended, with this result."""

    result: Payloads


@dataclass(frozen=True)
class ContinuedAsNew:
    """The case goes on in a new run, with this input, listed by these search attributes."""

    input: Payloads
    listed: TypedSearchAttributes


@dataclass(frozen=True)
class Listed:
    """The case is listed by these search attributes from now on; None: by none of that name."""

    changed: dict[str, Any]


@dataclass(frozen=True)
class Failed:
    """The workflow has failed or was cancelled: no case of ours ends so."""

    message: str


Command = (
    ActivityScheduled
    | ActivityCancelled
    | TimerStarted
    | TimerCancelled
    | Completed
    | ContinuedAsNew
    | Listed
    | Failed
)


def shape_of(command: Command) -> tuple[Any, ...]:
    """What a server compares of a command, in a replay, with its history."""
    return type(command), *(getattr(command, each, None) for each in ("number", "activity", "activity_id"))


def command_of(raw: Any) -> Command | None:
    """A command of the SDK's, plainly; None for those that a case's course does not rest on."""
    kind = raw.WhichOneof("variant")
    said = getattr(raw, kind)
    match kind:
        case "schedule_activity":
            return ActivityScheduled(
                number=said.seq,
                activity=said.activity_type,
                activity_id=said.activity_id,
                queue=said.task_queue,
                input=tuple(said.arguments),
                retry=RetryPolicy.from_proto(said.retry_policy),
                seconds=said.start_to_close_timeout.ToTimedelta().total_seconds(),
            )
        case "request_cancel_activity":
            return ActivityCancelled(said.seq)
        case "start_timer":
            return TimerStarted(said.seq, said.start_to_fire_timeout.ToTimedelta().total_seconds())
        case "cancel_timer":
            return TimerCancelled(said.seq)
        case "complete_workflow_execution":
            return Completed((said.result,))
        case "continue_as_new_workflow_execution":
            listed = decode_typed_search_attributes(said.search_attributes)
            return ContinuedAsNew(tuple(said.arguments), listed)
        case "upsert_workflow_search_attributes":
            values = said.search_attributes.indexed_fields.items()
            return Listed({name: CONVERTER.from_payload(value) for name, value in values})
        case "fail_workflow_execution":
            return Failed(told(said.failure))
        case "cancel_workflow_execution":
            return Failed(CancelledError().message)
    return None


def told(failure: Any) -> str:
    """A failure with its causes, in a line."""
    causes = [failure]
    while causes[-1].HasField("cause"):
        causes.append(causes[-1].cause)
    return ": ".join(f"{each.application_failure_info.type} {each.message}".strip() for each in causes)
