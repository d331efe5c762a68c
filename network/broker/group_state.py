"""Who is in a consumer group, and how far it is behind the topics that it reads."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError, for_code
from aiokafka.protocol.admin import DescribeGroupsRequest_v2
from aiokafka.protocol.api import Request

from network.broker.append_times import append_times
from network.broker.connection import partition_counts

TRIES, PAUSE_SECONDS = 20, 0.25
LOOKED_AT = 50
"""In how many of the partitions that are behind the age of the first record is determined."""


class Member(NamedTuple):
    """A member of a group.

    Attributes:
        client: what it calls itself, its client id.
        host: from where it is connected, as the broker sees it.
    """

    client: str
    host: str


class Behind(NamedTuple):
    """What a group has yet to read, or to commit.

    Attributes:
        records: offsets between what is committed and the ends, in all partitions.
        topics: how many of each topic that has any.
        oldest: when the broker received the oldest of these records; None where there is none, or none could
            be read: the markers of transactions have offsets, too.
    """

    records: int
    topics: Mapping[str, int]
    oldest: datetime | None


async def coordinator_of(admin: Any, group: str) -> int:
    """The coordinator of a group. On a new cluster, it takes a moment until there is one.

    Raises:
        aiokafka.errors.KafkaError: there is none, or no broker answers.
    """
    for _ in range(TRIES):
        with contextlib.suppress(GroupCoordinatorNotAvailableError):
            return int(await admin.find_coordinator(group))
        await asyncio.sleep(PAUSE_SECONDS)
    return int(await admin.find_coordinator(group))


async def members_of(admin: Any, group: str) -> list[Member]:
    """Who is in a group now; nobody, where there is no such group.

    Args:
        admin: a started administrative client of aiokafka. Its own ``describe_consumer_groups`` cannot read
            what Kafka 4 answers.

    Raises:
        aiokafka.errors.KafkaError: the broker does not say.
    """
    coordinator = await coordinator_of(admin, group)
    response = await admin._client.send(coordinator, _DescribeGroup(group))
    [(code, _, _, _, _, found)] = response.groups
    if code:
        raise for_code(code)(group)
    return [Member(client, host.removeprefix("/")) for _, client, host, *_ in found]


async def committed_by(
    admin: Any, group: str, places: Collection[TopicPartition]
) -> dict[TopicPartition, int]:
    """The offsets that a group has committed; -1, or none, of partitions in which it has not.

    Raises:
        aiokafka.errors.KafkaError: the broker does not say.
    """
    found = await admin.list_consumer_group_offsets(
        group, group_coordinator_id=await coordinator_of(admin, group), partitions=list(places)
    )
    return {place: each.offset for place, each in found.items()}


async def behind(admin: Any, consumer: Any, group: str, topics: Collection[str]) -> Behind:
    """What a group has yet to read of those of some topics that exist.

    Args:
        admin, consumer: started clients of aiokafka; the consumer is assigned other partitions.
        topics: with the administration's prefix.

    Raises:
        aiokafka.errors.KafkaError: the broker does not say.
    """
    known = await partition_counts(admin)
    places = [TopicPartition(topic, number) for topic in topics for number in range(known.get(topic, 0))]
    if not places:
        return Behind(0, {}, None)
    committed = await committed_by(admin, group, places)
    starts, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    late: dict[TopicPartition, int] = {}
    topics_late: Counter[str] = Counter()
    for place in places:
        reached = max(committed.get(place, -1), starts[place])
        if reached < ends[place]:
            late[place] = reached
            topics_late[place.topic] += ends[place] - reached
    looked_at = {place: late[place] for place in sorted(late)[:LOOKED_AT]}
    oldest = min((await append_times(consumer, looked_at)).values(), default=None)
    return Behind(topics_late.total(), topics_late, oldest)


class _DescribeGroup(Request[DescribeGroupsRequest_v2]):  # type: ignore[misc]
    API_KEY = 15

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request_struct_class: type[DescribeGroupsRequest_v2]) -> DescribeGroupsRequest_v2:
        return request_struct_class([self._group])
