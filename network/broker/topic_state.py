"""What identifies a topic, and how far it reaches."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from contracts.terms.errors import Unavailable
from network.broker.connection import REQUEST_TIMEOUT_MS

ATTEMPTS = 3


class TopicState(NamedTuple):
    """A topic at one moment.

    Attributes:
        topic: its name on the broker, with the administration's prefix.
        topic_id: the UUID that the broker gave it when it was made. A topic that is deleted and made again
            under its name has another, and its offsets begin again.
        starts: by partition, the lowest offset that can still be read.
        ends: by partition, the offset that the next record gets. Markers of transactions take offsets, too.
        taken: a moment before the ends were asked for, by the clock of this machine.
    """

    topic: str
    topic_id: str
    starts: Mapping[int, int]
    ends: Mapping[int, int]
    taken: datetime


async def topic_state(consumer: Any, topic: str) -> TopicState:
    """The state of a topic now.

    Args:
        consumer: a started consumer of aiokafka; what it reads is not touched.
        topic: with the administration's prefix.

    Raises:
        Unavailable: there is no such topic.
        aiokafka.errors.KafkaError, TimeoutError: the broker does not answer.
    """
    async with asyncio.timeout(REQUEST_TIMEOUT_MS / 1000):
        return await _topic_state(consumer, topic)


async def _topic_state(consumer: Any, topic: str) -> TopicState:
    for _ in range(ATTEMPTS):
        taken = datetime.now(UTC)
        topic_id, partitions = await _described(consumer, topic)
        places = [TopicPartition(topic, partition) for partition in partitions]
        starts = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        if (await _described(consumer, topic))[0] == topic_id:  # else it was made again in between
            return TopicState(topic, topic_id, _by_partition(starts), _by_partition(ends), taken)
    raise Unavailable(f"the topic {topic} is created again and again")


def _by_partition(offsets: Mapping[Any, int]) -> dict[int, int]:
    return {place.partition: offset for place, offset in offsets.items()}


async def _described(consumer: Any, topic: str) -> tuple[str, list[int]]:
    """The id and the partitions of a topic, as a broker knows them."""
    client = consumer._client
    response = await client.send(client.get_random_node(), _DescribeTopic(topic))
    [(code, _, topic_id, _, partitions, *_)] = response.topics
    if code == UnknownTopicOrPartitionError.errno:
        raise Unavailable(f"the broker has no topic {topic}; run `seamless topics apply`")
    if code:
        raise for_code(code)(topic)
    if any(partition[0] for partition in partitions):
        raise KafkaError(f"{topic}: a partition has no leader")
    return str(topic_id), sorted(partition[1] for partition in partitions)


class _Uuid(AbstractType[UUID]):  # type: ignore[misc]
    @classmethod
    def encode(cls, value: UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> UUID:
        return UUID(bytes=data.read(16))


class _Described(Response):  # type: ignore[misc]
    """Metadata v12. aiokafka 0.14 ends at version 5, which does not say a topic's id."""

    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("topic", CompactString("utf-8")),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _DescribeTopicV12(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 12
    RESPONSE_TYPE = _Described
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(("topic_id", _Uuid), ("topic", CompactString("utf-8")), ("tags", TaggedFields)),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _DescribeTopic(Request[_DescribeTopicV12]):  # type: ignore[misc]
    API_KEY = 3

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def build(self, request_struct_class: type[_DescribeTopicV12]) -> _DescribeTopicV12:
        return request_struct_class([(UUID(int=0), self._topic, {})], False, False, {})
