"""While partitions are taken away, nothing is committed that has not ended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition

from workers.gateway import gateway as gateway_module
from workers.gateway.gateway import _AssignedPartitions

PARTITION = TopicPartition("agency.planning.events", 0)


class Consumer:
    """A consumer that has read past the one record there is, and shows its partition until it has others."""

    def __init__(self) -> None:
        self.commits: list[dict[TopicPartition, int]] = []

    def assignment(self) -> set[TopicPartition]:
        return {PARTITION}

    async def position(self, partition: TopicPartition) -> int:
        return 1

    def highwater(self, partition: TopicPartition) -> int:
        return 1

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.commits.append(offsets)


async def never() -> None:
    await asyncio.Event().wait()


async def assigned(consumer: Consumer) -> _AssignedPartitions:
    partitions = _AssignedPartitions(consumer, 10, lambda *_: None)
    await partitions.on_partitions_revoked(set())
    await partitions.on_partitions_assigned({PARTITION})
    return partitions


async def test_the_committer_does_not_pass_what_is_being_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_module, "DRAIN_SECONDS", 0.2)
    monkeypatch.setattr(gateway_module, "COMMIT_EVERY_SECONDS", 0.02)
    consumer: Any = Consumer()
    partitions = await assigned(consumer)
    partitions.take(PARTITION, 0, 0.0, b"case", 10, never)
    committing = asyncio.create_task(partitions.keep_committing())
    await partitions.on_partitions_revoked({PARTITION})
    committing.cancel()
    assert [each for each in consumer.commits if each.get(PARTITION, 0) > 0] == []


async def test_a_marker_behind_the_last_record_is_passed() -> None:
    consumer: Any = Consumer()
    partitions = await assigned(consumer)
    await partitions._commit(partitions._assignment)
    assert consumer.commits == [{PARTITION: 1}]
