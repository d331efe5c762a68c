"""The fence: every partition counts, its end is asked once, and what was carried is what was committed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from unittest import mock
from uuid import uuid4

import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st
from temporalio.exceptions import ApplicationError

from activities.fence import FenceActivity
from contracts.platform import Fence, FencePassed
from contracts.standing import Standing
from contracts.wire.orders import PauseOrdered
from network.broker.connection import Broker
from tests.applications import new_case
from tests.unit.activities.test_suspects import letter, settled, written
from tests.unit.contracts.test_standing import an_order

TOPIC = "agency.planning.events"
PAST = datetime.now(UTC) - timedelta(minutes=1)


class Committed(NamedTuple):
    offset: int


class Described(NamedTuple):
    topics: list[tuple[object, ...]]


class FakeKafka:
    """A topic, by default of three partitions, and what the gateway has committed of it."""

    def __init__(self, ends: list[int], committed: list[int]) -> None:
        self.ends = ends
        self.committed = committed
        self.asked_for_ends = 0
        self.loading = False
        self.exists = True
        self.topic_id = uuid4()
        self._client = self

    def make_again(self, ends: list[int], committed: list[int]) -> None:
        self.ends, self.committed, self.topic_id = ends, committed, uuid4()

    def get_random_node(self) -> int:
        return 0

    async def send(self, node: int, request: object) -> Described:
        partitions = [(0, number) for number in range(len(self.ends))]
        return Described([(0 if self.exists else 3, TOPIC, self.topic_id, False, partitions)])

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        self.asked_for_ends += 1
        return {each: self.ends[each.partition] for each in partitions}

    async def list_consumer_group_offsets(
        self, group: str, partitions: Iterable[TopicPartition]
    ) -> dict[TopicPartition, Committed]:
        known = () if self.loading else partitions
        committed = dict(enumerate(self.committed))
        return {each: Committed(committed.get(each.partition, -1)) for each in known}


class CaughtUp:
    async def catch_up(self) -> None:
        return

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await asyncio.sleep(0.01)


def fence_on(kafka: FakeKafka, clock_skew: timedelta = timedelta(0)) -> FenceActivity:
    fence = FenceActivity(
        Broker("127.0.0.1:1"),
        group="seamless.gateway",
        clock_skew=clock_skew,
        outage_after=timedelta(minutes=1),
        grace=timedelta(hours=1),
    )
    fence._reader = fence._admin = kafka
    fence._letters = fence._beats = CaughtUp()  # type: ignore[assignment]
    fence._availability.beat(datetime.now(UTC))
    return fence


def a_fence(deadline: datetime = PAST) -> Fence:
    return Fence(case=new_case(), deadline=deadline, topics=(TOPIC,))


@given(
    ends=st.lists(st.integers(0, 5), min_size=3, max_size=3),
    committed=st.lists(st.integers(-1, 5), min_size=3, max_size=3),
)
async def test_it_is_passed_only_once_every_partition_is_carried(
    ends: list[int], committed: list[int]
) -> None:
    """Whichever partition a producer chose: nothing may rest on the key's place."""
    fence = fence_on(FakeKafka(ends, committed))
    if all(done >= end for end, done in zip(ends, committed, strict=True) if end):
        assert await fence.await_gateway(a_fence()) == FencePassed()
    else:
        with pytest.raises(ApplicationError, match="the gateway stands at") as caught:
            await fence.await_gateway(a_fence())
        assert caught.value.type == "gateway-behind"


async def test_what_comes_after_the_deadline_holds_nobody() -> None:
    kafka = FakeKafka([3, 0, 0], [2, -1, -1])
    fence = fence_on(kafka)
    with pytest.raises(ApplicationError):
        await fence.await_gateway(a_fence())
    kafka.ends, kafka.committed = [900, 900, 900], [3, -1, -1]
    fence._committed_at = float("-inf")
    assert await fence.await_gateway(a_fence()) == FencePassed()


async def test_cases_that_are_due_together_ask_once() -> None:
    kafka = FakeKafka([3, 0, 0], [3, -1, -1])
    fence = fence_on(kafka)
    for _ in range(50):
        await fence.await_gateway(a_fence())
    assert kafka.asked_for_ends == 1


async def test_a_topic_that_the_broker_does_not_show_is_not_silence() -> None:
    kafka = FakeKafka([3, 0, 0], [2, -1, -1])
    kafka.exists = False
    fence = fence_on(kafka)
    with pytest.raises(ApplicationError) as caught:
        await fence.await_gateway(a_fence())
    assert caught.value.type == "broker-away"
    kafka.exists = True  # and it is asked again
    with pytest.raises(ApplicationError, match="the gateway stands at 2 of 3"):
        await fence.await_gateway(a_fence())


async def test_a_topic_that_was_made_again_holds_nobody_by_its_old_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("activities.fence.LOOK_SECONDS", 0)
    kafka = FakeKafka([900, 0, 0], [850, -1, -1])
    fence = fence_on(kafka)
    for _ in range(2):
        with pytest.raises(ApplicationError, match="the gateway stands at 850 of 900"):
            await fence.await_gateway(a_fence())
    kafka.make_again([0, 2], [-1, 1])
    fence._committed_at = float("-inf")
    with pytest.raises(ApplicationError):  # is found to be another topic
        await fence.await_gateway(a_fence())
    with pytest.raises(ApplicationError, match="the gateway stands at 1 of 2"):
        await fence.await_gateway(a_fence())
    kafka.committed = [-1, 2]
    fence._committed_at = float("-inf")
    assert await fence.await_gateway(a_fence()) == FencePassed()


async def test_a_topic_that_was_made_again_holds_by_each_of_its_partitions() -> None:
    kafka = FakeKafka([3], [3])
    fence = fence_on(kafka)
    assert await fence.await_gateway(a_fence()) == FencePassed()
    kafka.make_again([0, 0, 0, 1], [-1, -1, -1, -1])
    fence._committed_at = float("-inf")
    with pytest.raises(ApplicationError, match="the gateway stands at 0 of 1"):
        await fence.await_gateway(a_fence(PAST + timedelta(seconds=1)))


async def test_a_broker_that_does_not_answer_in_time_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("network.broker.topic_state.REQUEST_TIMEOUT_MS", 10)
    kafka = FakeKafka([3, 0, 0], [3, -1, -1])
    monkeypatch.setattr(kafka, "end_offsets", lambda partitions: asyncio.Event().wait())
    with pytest.raises(ApplicationError) as caught:
        await fence_on(kafka).await_gateway(a_fence())
    assert caught.value.type == "broker-away"
    assert str(caught.value)


async def test_a_broker_that_has_just_come_back_and_knows_no_offsets_yet_is_away() -> None:
    """Its group coordinator still loads: it answers, and leaves the partitions out."""
    kafka = FakeKafka([3, 0, 0], [3, -1, -1])
    kafka.loading = True
    fence = fence_on(kafka)
    with pytest.raises(ApplicationError) as caught:
        await fence.await_gateway(a_fence())
    assert caught.value.type == "broker-away"
    kafka.loading = False
    assert await fence.await_gateway(a_fence()) == FencePassed()


async def test_it_waits_for_a_heartbeat_from_after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before one, nobody knows of an outage that began shortly before the deadline."""
    monkeypatch.setattr("activities.fence.BEAT_SECONDS", 0.05)
    fence, deadline = fence_on(FakeKafka([0, 0, 0], [-1, -1, -1])), datetime.now(UTC)
    with pytest.raises(ApplicationError) as caught:
        await fence.await_gateway(a_fence(deadline))
    assert caught.value.type == "gateway-away"
    back = deadline + timedelta(minutes=2)
    fence._availability.beat(back)
    passed = await fence.await_gateway(a_fence(deadline))
    assert passed.held_until == back + timedelta(hours=1)


async def test_the_ends_are_asked_once_every_clock_is_past_the_deadline() -> None:
    kafka, deadline = FakeKafka([0, 0, 0], [-1, -1, -1]), datetime.now(UTC)
    fence = fence_on(kafka, clock_skew=timedelta(seconds=0.2))
    fence._availability.beat(deadline + timedelta(seconds=1))
    await fence.await_gateway(a_fence(deadline))
    assert datetime.now(UTC) >= deadline + timedelta(seconds=0.2)


async def test_a_check_waits_for_no_topic() -> None:
    fence = fence_on(FakeKafka([3, 0, 0], [0, 0, 0]))
    assert await fence.await_gateway(Fence(case=new_case(), deadline=PAST, topics=())) == FencePassed()


async def test_a_replay_of_a_log_has_nothing_to_wait_for() -> None:
    fence = FenceActivity(
        Broker("127.0.0.1:1"), group="g", clock_skew=timedelta(0), outage_after=timedelta(minutes=1),
        grace=timedelta(hours=1), virtual_time=True,
    )  # fmt: skip
    assert await fence.await_gateway(a_fence()) == FencePassed()


async def test_a_pause_holds_only_those_of_whose_silence_something_follows() -> None:
    """All topics are carried before; whose silence it is says the case, or, of an older build, nobody."""
    standing = Standing()
    standing.take(an_order(PauseOrdered))
    orders = mock.Mock(standing=standing, catch_up=mock.AsyncMock())
    for awaited, held in (
        (("agency.planning.events",), True),
        (("agency.housing.events",), False),
        ((), False),
    ):
        fence = fence_on(FakeKafka([0], [0]))
        fence._orders, fence._carried = orders, mock.AsyncMock()  # type: ignore[method-assign]
        asked = Fence(
            case=new_case(), deadline=PAST, topics=(TOPIC, "agency.housing.events"), awaited=awaited
        )
        found = await fence.await_gateway(asked)
        assert (found.paused is not None) is held
    older = Fence(case=new_case(), deadline=PAST, topics=(TOPIC,))
    assert "awaited" not in older.model_dump(mode="json")
    assert (await fence.await_gateway(older)).paused is not None


async def test_a_dead_letter_that_is_refused_again_meanwhile_holds_its_case() -> None:
    """The gateway writes the new one, and commits the replay, after the fence has read the dead letters."""
    kafka = FakeKafka([3], [3])
    fence, asked = fence_on(kafka), a_fence()
    first = letter("unknown-case", asked.case.encode())
    again = replace(first, id="dead-letter/0/2", replay_of=first.id)
    topic = [written(first), settled(first, "replayed", 2)]

    class Letters:
        async def catch_up(self) -> None:
            while topic:
                fence._suspects.take(topic.pop(0))

    async def committed(group: str, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, Committed]:
        if any(each.topic == "dead-letter" for each in partitions):
            topic.append(written(again, 3))
        return {each: Committed(3) for each in partitions}

    fence._letters = Letters()  # type: ignore[assignment]
    kafka.list_consumer_group_offsets = committed  # type: ignore[method-assign]
    with pytest.raises(ApplicationError, match="dead letter dead-letter/0/2 waits") as caught:
        await fence.await_gateway(asked)
    assert caught.value.type == "dead-letter-waits"
