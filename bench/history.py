"""What a case leaves in Temporal: events and bytes of its history, by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from contracts.platform import PUBLISH

OUTBOX = "outbox: entries and letters"


@dataclass
class HistoryCost:
    """The history of one case, or the median of several.

    Attributes:
        events, size: as the server counts them; ``size`` in bytes.
        parts: bytes by what they are for; payloads apart from the frame around them.
        kinds: events by their type.
    """

    events: float
    size: float
    parts: dict[str, float] = field(default_factory=dict)
    kinds: dict[str, float] = field(default_factory=dict)


async def history_cost(client: Client, cases: Sequence[str]) -> HistoryCost:
    """The median history of some closed cases."""
    costs = [await _cost_of(client, case) for case in cases]

    def median_of(counters: list[dict[str, float]]) -> dict[str, float]:
        names = dict.fromkeys(name for counter in counters for name in counter)
        return {name: median(counter.get(name, 0) for counter in counters) for name in names}

    return HistoryCost(
        events=median(cost.events for cost in costs),
        size=median(cost.size for cost in costs),
        parts=median_of([cost.parts for cost in costs]),
        kinds=median_of([cost.kinds for cost in costs]),
    )


async def _cost_of(client: Client, case: str) -> HistoryCost:
    handle = client.get_workflow_handle(case)
    info = (await handle.describe()).raw_description.workflow_execution_info
    parts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for event in (await handle.fetch_history()).events:
        name, payloads = _purpose(event)
        carried = sum(len(payload.data) for payload in payloads.payloads)
        parts[f"{name}, payload"] += carried
        summary = event.user_metadata.ByteSize()
        parts["summaries"] += summary
        parts[f"{name}, frame"] += event.ByteSize() - carried - summary
        kinds[EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower()] += 1
    return HistoryCost(
        events=info.history_length,
        size=info.history_size_bytes,
        parts={name: size for name, size in sorted(parts.items()) if size},
        kinds=dict(kinds.most_common()),
    )


def _purpose(event: HistoryEvent) -> tuple[str, Payloads]:
    """What an event is for, and the payloads that it carries."""
    match event.WhichOneof("attributes"):
        case "workflow_execution_started_event_attributes":
            return "start and end", event.workflow_execution_started_event_attributes.input
        case "workflow_execution_completed_event_attributes":
            return "start and end", event.workflow_execution_completed_event_attributes.result
        case "workflow_execution_signaled_event_attributes":
            return "signals", event.workflow_execution_signaled_event_attributes.input
        case "activity_task_scheduled_event_attributes":
            scheduled = event.activity_task_scheduled_event_attributes
            outbox = scheduled.activity_type.name == PUBLISH
            return (OUTBOX if outbox else "requests and checks"), scheduled.input
        case "activity_task_completed_event_attributes":
            return "activities started and completed", event.activity_task_completed_event_attributes.result
        case "activity_task_started_event_attributes":
            return "activities started and completed", Payloads()
        case "upsert_workflow_search_attributes_event_attributes":
            listed = event.upsert_workflow_search_attributes_event_attributes.search_attributes
            return "search attributes", Payloads(payloads=listed.indexed_fields.values())
        case str(name) if name.startswith("timer"):
            return "timers", Payloads()
        case str(name) if name.startswith("workflow_task"):
            return "workflow tasks", Payloads()
    return "other", Payloads()
