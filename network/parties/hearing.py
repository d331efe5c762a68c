"""Receiving what the platform tells parties."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, NamedTuple

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from contracts.terms.errors import Refusal
from contracts.terms.identifiers import Party
from contracts.wire.envelope import Event
from contracts.wire.topics import messages_topic
from network.broker.connection import Broker
from network.broker.tail import TopicTail

log = structlog.get_logger(__name__)

COMMIT_SECONDS = 1.0
POLL_MS = 250


class Heard(NamedTuple):
    """An event, and the party to which it was sent."""

    party: Party
    event: Event


@asynccontextmanager
async def hearing(
    broker: Broker, parties: Sequence[Party], *, group: str | None = None
) -> AsyncIterator[AsyncIterator[Heard]]:
    """What the platform tells these parties, as an asynchronous iterator that never ends.

    Args:
        group: a consumer group: whoever listens in it continues where the last one stopped. An event counts
            as processed once the next one is requested; after a crash the last ones come again. Without a
            group each listener gets only what is sent from now on.

    Raises:
        Unavailable: no broker answers, or a topic does not exist.
    """
    by_topic = {broker.topic(messages_topic(party)): party for party in parties}
    topics = [messages_topic(party) for party in parties]
    if group is None:
        async with TopicTail(broker, topics) as tail:
            yield _heard(aiter(tail), by_topic)
        return
    async with (
        broker.consuming(*topics, group_id=broker.prefix + group) as consumer,
        aclosing(_records(consumer)) as records,
    ):
        yield _heard(records, by_topic)


async def _heard(records: AsyncIterator[Any], by_topic: dict[str, Party]) -> AsyncIterator[Heard]:
    async for record in records:
        try:
            yield Heard(by_topic[record.topic], Event.decode(record.value, record.headers))
        except Refusal as refusal:
            log.warning("no event", topic=record.topic, offset=record.offset, reason=str(refusal))


async def _records(consumer: Any) -> AsyncGenerator[Any, None]:
    """The records of a group, each committed some time after the next one was asked for."""
    clock = asyncio.get_running_loop().time
    offsets: dict[TopicPartition, int] = {}
    committed_at = clock()
    try:
        while True:
            for partition, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                for record in records:
                    yield record
                    offsets[partition] = record.offset + 1
            if offsets and clock() - committed_at >= COMMIT_SECONDS:
                await _commit(consumer, offsets)
                committed_at = clock()
    finally:
        await _commit(consumer, offsets)


async def _commit(consumer: Any, offsets: dict[TopicPartition, int]) -> None:
    """Commit what was heard of the partitions that are still ours. A failure is no harm: it comes again."""
    with contextlib.suppress(KafkaError):
        ours = {each: offset for each, offset in offsets.items() if each in consumer.assignment()}
        if ours:
            await consumer.commit(ours)
    offsets.clear()
