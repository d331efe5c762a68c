"""Comparing the archive with the ledger's topic, and by sample with the open cases in Temporal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from aiokafka.errors import KafkaError
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.service import RPCError

from archive.completeness import Completeness, unread
from archive.reader import ArchiveReader
from contracts.platform import OPEN_CASES, PUBLISH
from contracts.terms.errors import Unavailable
from contracts.terms.values import Contract
from contracts.wire.topics import LEDGER
from network.broker.topic_state import TopicState, topic_state
from workers.process.settings import Settings
from workers.process.temporal import connect

BROKER_SECONDS = 10.0
TEMPORAL_SECONDS = 10.0
CATCH_UP_SECONDS = 3.0
"""How long an archive that is behind may take to reach the recorded ends: it is written meanwhile."""
PAUSE_SECONDS = 0.2
SAMPLED_CASES = 100


class Sample(Contract):
    """Open cases that the archive has to know.

    Attributes:
        asked: where they are from.
        sampled: how many were looked for: those that began last.
        unknown: those of them that the archive does not know, although they have published their first entry.
    """

    asked: str
    sampled: int
    unknown: tuple[str, ...]


class OpenCases(Protocol):
    """Who knows which cases are open, besides the archive."""

    async def newest(self, limit: int) -> Sequence[str]:
        """Open cases, those that began last."""

    async def has_published(self, case: str) -> bool:
        """Whether a case has published its first entry; only then the archive can know it."""


class Comparison(Contract):
    """What the archive was compared with.

    Attributes:
        topic, sample: None where that was not compared.
        not_compared: what was not, each with why.
        unread: what the archive lacks by its own account, which its worker wrote.
    """

    topic: Completeness | None
    sample: Sample | None
    not_compared: tuple[str, ...]
    unread: int

    @property
    def complete(self) -> bool | None:
        """Whether the archive is complete; None: that was not checked."""
        if self.sample and self.sample.unknown:
            return False
        if self.topic is None:
            return False if self.unread else None
        return self.topic.complete


async def compare(settings: Settings, reader: ArchiveReader, *, sample: bool) -> Comparison:
    """Compare the archive with the topic, and with a ``sample`` of open cases, as far as servers answer.

    Raises:
        NoArchive: there is none.
    """
    behind = unread(await reader.positions())
    left_out: list[str] = []
    topic: Completeness | None = None
    found: Sample | None = None
    try:
        topic = await compared_with_topic(reader, lambda: _asked(settings))
    except (Unavailable, KafkaError, OSError, TimeoutError) as error:
        left_out.append(f"the ledger's topic: {str(error) or 'no Kafka broker answers'}")
    if sample:
        try:
            async with asyncio.timeout(TEMPORAL_SECONDS):
                cases = CasesInTemporal(await connect(settings))
                found = await compared_with_open_cases(
                    reader, cases, asked=f"Temporal at {settings.temporal}"
                )
        except (Unavailable, RPCError, TimeoutError) as error:
            left_out.append(f"the open cases: {str(error) or 'Temporal does not answer'}")
    return Comparison(topic=topic, sample=found, not_compared=tuple(left_out), unread=behind)


async def compared_with_topic(
    reader: ArchiveReader, ask: Callable[[], Awaitable[TopicState]]
) -> Completeness:
    """Compare the archive with the ends of the topic, which are asked for once."""
    state = await ask()
    loop = asyncio.get_running_loop()
    until = loop.time() + CATCH_UP_SECONDS
    while True:
        found = await reader.completeness(
            topic=state.topic, topic_id=state.topic_id, ends=state.ends, as_of=state.taken
        )
        if not found.missing or found.topic_id_matches is False or loop.time() >= until:
            return found
        await asyncio.sleep(PAUSE_SECONDS)


async def compared_with_open_cases(
    reader: ArchiveReader, cases: OpenCases, *, asked: str, limit: int = SAMPLED_CASES
) -> Sample:
    """Look in the archive for the open cases that began last."""
    sampled = await cases.newest(limit)
    unknown = [case for case in sampled if not await _known(reader, case) and await cases.has_published(case)]
    loop = asyncio.get_running_loop()
    until = loop.time() + CATCH_UP_SECONDS
    while unknown and loop.time() < until:
        await asyncio.sleep(PAUSE_SECONDS)
        unknown = [case for case in unknown if not await _known(reader, case)]
    return Sample(asked=asked, sampled=len(sampled), unknown=tuple(unknown))


async def _known(reader: ArchiveReader, case: str) -> bool:
    return await reader.opening(case) is not None


async def _asked(settings: Settings) -> TopicState:
    async with asyncio.timeout(BROKER_SECONDS), settings.broker.consuming() as consumer:
        return await topic_state(consumer, settings.broker.topic(LEDGER))


class CasesInTemporal:
    """The open cases as Temporal knows them."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def newest(self, limit: int) -> list[str]:
        return [each.id async for each in self._client.list_workflows(OPEN_CASES, limit=limit)]

    async def has_published(self, case: str) -> bool:
        """A later run goes on from one that has published; a first run, once its outbox has ended once."""
        handle = self._client.get_workflow_handle(case)
        scheduled: set[int] = set()
        async for event in handle.fetch_history_events():
            if event.workflow_execution_started_event_attributes.continued_execution_run_id:
                return True
            activity = event.activity_task_scheduled_event_attributes
            if activity.activity_type.name == PUBLISH:
                scheduled.add(event.event_id)
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                ended = event.activity_task_completed_event_attributes
                if ended.scheduled_event_id in scheduled:
                    return True
        return False
