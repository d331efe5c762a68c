"""Reading a topic as it is now, from its first record to its last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from aiokafka.errors import KafkaError

from network.broker.connection import Broker

POLL_MS = 200


async def whole_topic(broker: Broker, topic: str) -> AsyncIterator[Any]:
    """The records of a topic (aiokafka's ``ConsumerRecord``) from its first one to the one that is its last
    at the call, in order per partition.

    Args:
        topic: without the administration's prefix.

    Raises:
        Unavailable: no broker answers, or there is no such topic.
    """
    partitions = await broker.partitions([topic])
    async with broker.consuming() as consumer:
        try:
            consumer.assign(partitions)
            first = await consumer.beginning_offsets(partitions)
            end = await consumer.end_offsets(partitions)
            for partition in partitions:
                consumer.seek(partition, first[partition])
            while any([await consumer.position(partition) < end[partition] for partition in partitions]):
                for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                    for record in records:
                        yield record
        except KafkaError as error:
            raise broker.unavailable(error) from None
