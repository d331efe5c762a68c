"""When the broker received records: the first that is still to be read, or the last that came."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiokafka import TopicPartition

from network.broker.connection import append_time

LOOK_SECONDS = 2.0
POLL_MS = 100


async def append_times(
    consumer: Any, offsets: Mapping[TopicPartition, int]
) -> dict[TopicPartition, datetime]:
    """When the broker received the first record of each partition from an offset on; without those of which
    none comes in time: the markers of transactions have offsets, too.

    Args:
        consumer: a started one of aiokafka, which is assigned these partitions.

    Raises:
        aiokafka.errors.KafkaError: the broker does not say.
    """
    found: dict[TopicPartition, datetime] = {}
    if not offsets:
        return found
    consumer.assign(list(offsets))
    for place, offset in offsets.items():
        consumer.seek(place, offset)
    clock = asyncio.get_running_loop().time
    until = clock() + LOOK_SECONDS
    while len(found) < len(offsets) and clock() < until:
        silent = [place for place in offsets if place not in found]
        read = await consumer.getmany(*silent, timeout_ms=POLL_MS)
        found |= {place: append_time(records[0]) for place, records in read.items() if records}
    return found


async def last_append(consumer: Any, places: list[TopicPartition]) -> datetime | None:
    """When the broker received the last record of some partitions; None where there is none."""
    if not places:
        return None
    starts, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    last = {place: ends[place] - 1 for place in places if ends[place] > starts[place]}
    return max((await append_times(consumer, last)).values(), default=None)
