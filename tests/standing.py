"""What is on topics: every record from the start of each to the end that it has now."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from contracts.wire.dead_letter import Place
from network.broker.connection import Broker, append_time

READ_SECONDS = 120.0


class Standing(NamedTuple):
    """A record. A topic that was deleted and made again has had two of one place.

    Attributes:
        at: when the broker received it.
    """

    place: Place
    at: datetime
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


async def standing(
    broker: Broker, topics: Sequence[str], *, cases: Collection[str] | None = None
) -> list[Standing]:
    """All records that are on some topics now, in order per partition; of aborted transactions none.

    Args:
        cases: only those with one of these keys.
    """
    keys = None if cases is None else {case.encode() for case in cases}
    partitions = await broker.partitions(topics)
    found: list[Standing] = []
    async with broker.consuming(isolation_level="read_committed") as consumer:
        consumer.assign(partitions)
        begins, left = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, begins[partition])
        async with asyncio.timeout(READ_SECONDS):
            while left := {each: end for each, end in left.items() if await consumer.position(each) < end}:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        if keys is None or record.key in keys:
                            place = Place(
                                record.topic.removeprefix(broker.prefix), record.partition, record.offset
                            )
                            headers = tuple(record.headers)
                            found.append(
                                Standing(place, append_time(record), record.key, record.value, headers)
                            )
    return found
