"""How far a group is behind: from what it has committed to the ends, and how old the first of it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError

from network.broker import append_times as times
from network.broker import group_state
from network.broker.append_times import last_append
from network.broker.connection import EPOCH
from network.broker.group_state import behind, coordinator_of

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
A, B, MARKED = "agency.a.events", "agency.b.events", "ends-in-a-marker"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(group_state, "PAUSE_SECONDS", 0.001)


class Kafka:
    """A cluster with some partitions, as an administrative client and as a consumer."""

    def __init__(
        self, partitions: Mapping[TopicPartition, tuple[int, int]], committed: Mapping[TopicPartition, int]
    ) -> None:
        """
        Args:
            partitions: where each begins and ends. A record is as many minutes old as offsets follow it.
        """
        self.partitions, self.committed = partitions, committed
        self.coordinator_after = 0
        self._seeks: dict[TopicPartition, int] = {}

    async def describe_topics(self) -> list[dict[str, Any]]:
        names = {place.topic for place in self.partitions}
        return [
            {"topic": name, "partitions": [place for place in self.partitions if place.topic == name]}
            for name in names
        ]

    async def find_coordinator(self, group: str) -> int:
        self.coordinator_after -= 1
        if self.coordinator_after >= 0:
            raise GroupCoordinatorNotAvailableError
        return 1

    async def list_consumer_group_offsets(self, group: str, **_: Any) -> dict[TopicPartition, Any]:
        return {place: SimpleNamespace(offset=offset) for place, offset in self.committed.items()}

    async def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {place: self.partitions[place][0] for place in places}

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {place: self.partitions[place][1] for place in places}

    def assign(self, places: list[TopicPartition]) -> None:
        self._seeks = {}

    def seek(self, place: TopicPartition, offset: int) -> None:
        self._seeks[place] = offset

    async def getmany(self, *places: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        """One partition at a time, as a broker may; nothing of one that ends in a marker."""
        for place in places:
            offset, end = self._seeks[place], self.partitions[place][1]
            if offset < end and place.topic != MARKED:
                minutes = (NOW - timedelta(minutes=end - offset) - EPOCH).total_seconds() * 1000
                return {place: [SimpleNamespace(timestamp=minutes)]}
        return {}


async def test_lags_are_summed_and_the_oldest_record_is_found() -> None:
    kafka = Kafka(
        {
            TopicPartition(A, 0): (0, 10),
            TopicPartition(A, 1): (0, 5),
            TopicPartition(B, 0): (7, 9),
            TopicPartition("others", 0): (0, 99),
        },
        {TopicPartition(A, 0): 7, TopicPartition(A, 1): 5, TopicPartition(B, 0): -1},
    )
    found = await behind(kafka, kafka, "g", [A, B, "missing"])
    assert (found.records, dict(found.topics)) == (5, {A: 3, B: 2})
    assert found.oldest == NOW - timedelta(minutes=3)


async def test_a_group_that_has_carried_all_is_not_behind() -> None:
    place = TopicPartition(A, 0)
    found = await behind(kafka := Kafka({place: (0, 4)}, {place: 4}), kafka, "g", [A])
    assert found == (0, {}, None)
    assert (await behind(kafka, kafka, "g", [])).records == 0


async def test_the_marker_of_a_transaction_is_behind_and_has_no_age() -> None:
    place = TopicPartition(MARKED, 0)
    found = await behind(kafka := Kafka({place: (0, 4)}, {place: 3}), kafka, "g", [MARKED])
    assert (found.records, found.oldest) == (1, None)


async def test_when_the_last_record_came() -> None:
    places = {TopicPartition(A, 0): (0, 3), TopicPartition(B, 0): (5, 5)}
    kafka = Kafka(places, {})
    assert await last_append(kafka, list(places)) == NOW - timedelta(minutes=1)
    assert await last_append(kafka, [TopicPartition(B, 0)]) is None
    assert await last_append(kafka, []) is None


async def test_a_new_cluster_takes_a_moment_to_know_of_groups() -> None:
    kafka = Kafka({}, {})
    kafka.coordinator_after = 3
    assert await coordinator_of(kafka, "g") == 1
    kafka.coordinator_after = 1000
    with pytest.raises(GroupCoordinatorNotAvailableError):
        await coordinator_of(kafka, "g")
