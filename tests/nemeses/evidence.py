"""What is left of a run, read from outside: topics, archive, Temporal. The processes are not asked."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.contrib.pydantic import pydantic_data_converter

from archive.reader import ArchiveReader
from contracts.platform import CASES_QUEUE, PUBLISH, Batch, Posting
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import OPERATOR
from contracts.wire.dead_letter import DeadLetter
from contracts.wire.envelope import Event
from contracts.wire.ledger import LedgerEntry
from contracts.wire.topics import AVAILABILITY, LEDGER, events_topic, messages_topic
from network.broker.dead_letters import list_dead_letters
from tests.standing import Standing, standing
from workers.process.settings import Settings
from workers.process.temporal import connect

CAUGHT_UP_SECONDS = 60.0


class Said(NamedTuple):
    """What a party said; ``event`` is None where the record is none."""

    record: Standing
    event: Event | None


class Acknowledged(NamedTuple):
    """What a client told its party to be on a topic."""

    topic: str
    key: bytes | None
    value: bytes | None


class Told(NamedTuple):
    """A message of the platform, and a digest of what it says."""

    topic: str
    id: str
    case: str
    digest: str


@dataclass
class Evidence:
    """Everything that a judge may look at.

    Attributes:
        said: what parties said and took back in no transaction.
        acknowledged: what their clients told them to be said.
        ledger: the entries on their topic, copies included, in order per case.
        told: the messages of the platform, copies included.
        letters: the dead letters.
        beats: when the gateways were well.
        archived: by case, in order.
        postings: what the cases gave to their outbox, by case, as Temporal's histories hold it.
        status: by case, what has become of its workflow.
        failed_tasks: how often a workflow's code failed, by the first words of what it said.
    """

    said: list[Said] = field(default_factory=list)
    acknowledged: set[Acknowledged] = field(default_factory=set)
    ledger: list[LedgerEntry] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    beats: list[datetime] = field(default_factory=list)
    archived: dict[str, list[LedgerEntry]] = field(default_factory=dict)
    postings: dict[str, list[Posting]] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    failed_tasks: dict[str, int] = field(default_factory=dict)


async def all_ended(settings: Settings, within_seconds: float) -> None:
    """Wait until no case runs: one whose last entry is there may have letters yet to publish, since what a
    killed orchestrator had begun is tried again only once its time is over."""
    client = await connect(settings)
    deadline = asyncio.get_running_loop().time() + within_seconds
    while asyncio.get_running_loop().time() < deadline:
        if not [each.id async for each in client.list_workflows("ExecutionStatus = 'Running'")]:
            return
        await asyncio.sleep(0.5)


async def collect(
    settings: Settings, gone: Sequence[Standing], acknowledged: Collection[Acknowledged]
) -> Evidence:
    """Read everything.

    Args:
        gone: records of topics that were deleted since, read before that.
        acknowledged: see :class:`Evidence`. What is added while the topics are read does not count.
    """
    parties = [*settings.directory.parties, OPERATOR]  # who ends what cannot be recovered
    inlets = [events_topic(party) for party in parties]
    outlets = [messages_topic(party) for party in parties]
    records = await standing(settings.broker, [*inlets, *outlets, LEDGER, AVAILABILITY])
    found = Evidence(acknowledged=set(acknowledged))
    for record in [*gone, *records]:
        if record.place.topic == LEDGER:
            found.ledger.append(LedgerEntry.decode(record.value, record.headers)[0])
        elif record.place.topic == AVAILABILITY:
            found.beats.append(record.at)
        elif record.place.topic in outlets:
            event = Event.decode(record.value, record.headers)
            digest = hashlib.sha256(record.value or b"").hexdigest()
            found.told.append(Told(record.place.topic, event.id, event.subject, digest))
        else:
            found.said.append(Said(record, _event(record)))
    found.letters = await list_dead_letters(settings.broker)
    await _read_archive(settings, found)
    await _read_temporal(await connect(settings), found)
    return found


def _event(record: Standing) -> Event | None:
    try:
        return Event.decode(record.value, record.headers)
    except Refusal:
        return None


async def _read_archive(settings: Settings, found: Evidence) -> None:
    """What the archive has of every case of the ledger, once it has as much as the topic."""
    last: dict[str, int] = {}
    for entry in found.ledger:
        last[entry.case] = max(last.get(entry.case, 0), entry.sequence)
    reader = ArchiveReader(settings.archive_url)
    try:
        deadline = asyncio.get_running_loop().time() + CAUGHT_UP_SECONDS
        for case, sequence in last.items():
            entries = await reader.entries(case)
            while len(entries) < sequence and asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(0.2)
                entries = await reader.entries(case)
            found.archived[case] = entries
    finally:
        await reader.close()


async def _read_temporal(client: Client, found: Evidence) -> None:
    """The workflows that there are, and all that each gave to its outbox."""
    runs = [each async for each in client.list_workflows("") if each.task_queue == CASES_QUEUE]
    failed: defaultdict[str, int] = defaultdict(int)
    for run in sorted(runs, key=lambda each: each.start_time):
        found.status[run.id] = run.status.name.lower() if run.status else "unknown"
        if run.status is WorkflowExecutionStatus.CONTINUED_AS_NEW:
            found.status.setdefault(run.id, "running")
        history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        for event in history.events:
            if event.HasField("activity_task_scheduled_event_attributes"):
                scheduled = event.activity_task_scheduled_event_attributes
                if scheduled.activity_type.name == PUBLISH:
                    payloads = scheduled.input.payloads
                    batch = pydantic_data_converter.payload_converter.from_payloads(payloads, [Batch])[0]
                    found.postings.setdefault(run.id, []).extend(batch.postings)
            elif event.HasField("workflow_task_failed_event_attributes"):
                said = event.workflow_task_failed_event_attributes.failure.message
                failed[said[:60]] += bool(said)
    found.failed_tasks = {said: count for said, count in failed.items() if count}
