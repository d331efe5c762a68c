"""The fence: a consequence binds only where there was silence.

Before a deadline takes effect, everything that the broker had received by then is in its case; no dead letter
that may be the platform's fault waits for the case; and whoever could not reach the platform at the deadline
has had time to speak.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client import Counter, Gauge
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.availability import Availability
from activities.held import REASONS, HeldConsequences
from activities.outages import show_outages
from activities.paused import held_by_pauses, later
from activities.suspects import Suspects
from contracts.platform import AWAIT_GATEWAY, Fence, FencePassed
from contracts.terms.errors import Unavailable
from contracts.terms.identifiers import OPERATOR
from contracts.wire.topics import AVAILABILITY, DEAD_LETTER, events_topic
from network.broker.connection import Broker
from network.broker.follower import TopicFollower
from network.broker.standing import StandingOrders
from network.broker.topic_state import TopicState, topic_state

log = structlog.get_logger(__name__)

BEAT_SECONDS = 1.0
"""How long one try waits for the first heartbeat after the deadline."""

COMMITTED_SECONDS = 0.2
"""How long what the gateway has committed is not asked again: many cases are due at one moment."""

LOOK_SECONDS = 10.0
"""How often a topic in which the gateway is behind is looked at: it may have been made again."""

DEADLINES_KEPT = 1000

ORDERS = events_topic(OPERATOR)
"""An order in time may keep a consequence from binding."""

WAITING = Counter(
    "seamless_fence_waits_total", "How often a consequence was not yet allowed to bind, by why.", ["reason"]
)
for _reason in REASONS:
    WAITING.labels(_reason)  # a rate does not see the first increase of a series that begins with it
SUSPECTS = Gauge(
    "seamless_fence_suspect_dead_letters",
    "Dead letters that hold the consequences of a case; not a number before all of them were read.",
)


class FenceActivity:
    """Says when a consequence may bind.

    What has to be carried is the end of every partition of the topics, asked once after the deadline and
    kept as long as it is that topic: one that was made again begins again. Which partition a producer chose
    does not matter, nor do the broker's timestamps. What was carried is what the gateway has committed, since
    it commits only what is in its case or among the dead letters.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        group: str,
        clock_skew: timedelta,
        outage_after: timedelta,
        grace: timedelta,
        virtual_time: bool = False,
        orders: StandingOrders | None = None,
    ) -> None:
        """
        Args:
            group: the gateway's consumer group.
            clock_skew: how far the clocks of broker, Temporal and this machine may differ.
            outage_after: how long the gateways may be silent before it is an outage.
            grace: how long after an outage a consequence is held.
            virtual_time: a log is replayed: whoever moves the clocks lets everything be carried first, so
            there is nothing to wait for.
            orders: which agencies are paused; the operators' topic, too, is carried before anything binds.
        """
        self._broker = broker
        self._group = group
        self._clock_skew = clock_skew
        self._grace = grace
        self._virtual_time = virtual_time
        self._availability = Availability(outage_after=outage_after)
        self._held = HeldConsequences(self._availability.known_until)
        self._suspects = Suspects()
        self._orders = orders
        self._beats = TopicFollower(broker, (AVAILABILITY,), self._availability.take)
        self._letters = TopicFollower(broker, (DEAD_LETTER,), self._suspects.take)
        self._following: list[asyncio.Task[None]] = []
        self._clients = AsyncExitStack()
        self._reader: Any = None
        self._admin: Any = None
        self._connecting = asyncio.Lock()
        self._states: dict[tuple[str, datetime], TopicState] = {}
        self._look_at: dict[str, float] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._committed_at = float("-inf")
        self._asking = asyncio.Lock()

    async def __aenter__(self) -> Self:
        if not self._virtual_time:
            running = [self._beats.run(), self._letters.run()]
            if self._orders is not None:
                running.append(self._orders.run())
            self._following = [asyncio.create_task(each) for each in running]
            self._held.show()
            show_outages(self._availability, lambda: self._beats.read_once)
            SUSPECTS.set_function(lambda: len(self._suspects) if self._letters.read_once else math.nan)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)
        await self._clients.aclose()

    @activity.defn(name=AWAIT_GATEWAY)
    async def await_gateway(self, fence: Fence) -> FencePassed:
        """Return when the fence is passed; otherwise fail, to be tried again.

        Raises:
            ApplicationError: not yet; says what it waits for. Benign: it says nothing about the case.
        """
        if self._virtual_time:
            return FencePassed()
        over = fence.deadline + self._clock_skew
        await asyncio.sleep(max(0.0, (over - datetime.now(UTC)).total_seconds()))
        try:
            passed = await self._passed(fence, over)
        except ApplicationError as error:
            self._held.hold(fence.case, fence.deadline, error.type or "")
            raise
        self._held.release(fence.case, fence.deadline)
        return passed

    async def _passed(self, fence: Fence, over: datetime) -> FencePassed:
        try:
            await self._connect()
            await self._carried(fence)
            await self._cleared(fence)
            if self._orders is not None:
                await self._orders.catch_up()
        except (KafkaError, Unavailable) as error:
            raise _not_yet("broker-away", str(error)) from None
        except TimeoutError:
            raise _not_yet("broker-away", "the broker does not answer in time") from None
        await self._well_after(over)
        found = self._availability.verdict(over, self._grace)
        if self._orders is None:
            return found
        standing, now = self._orders.standing, datetime.now(UTC)
        return later(found, held_by_pauses(standing, fence.silent, over, self._grace, now))

    async def _carried(self, fence: Fence) -> None:
        """Return if the gateway has carried what the topics held once the deadline had passed."""
        needed: dict[TopicPartition, int] = {}
        for topic in (*fence.topics, *([ORDERS] if self._orders else [])):
            needed |= await self._end_of(topic, fence.deadline)
        # Asked after that: what is committed by now has been carried, also what came in the meantime.
        committed = await self._committed_of(needed)
        for partition, end in needed.items():
            if committed[partition] < end:
                await self._forget_if_made_again(partition.topic)
                raise _not_yet(
                    "gateway-behind",
                    f"the gateway stands at {committed[partition]} of {end} "
                    f"in {partition.topic}/{partition.partition}",
                )

    async def _cleared(self, fence: Fence) -> None:
        """Return if no dead letter that may be the platform's fault waits for the case."""
        await self._letters.catch_up()
        if not self._suspects:
            return
        letters = await topic_state(self._reader, self._broker.topic(DEAD_LETTER))
        committed = await self._committed_of(_ends(letters))
        carried = {(each.topic, each.partition): offset for each, offset in committed.items()}
        await self._letters.catch_up()  # one that was refused again was written before that was committed
        if suspect := self._suspects.holding(fence.case, fence.topics, carried):
            raise _not_yet("dead-letter-waits", f"dead letter {suspect.id} waits for an operator")

    async def _well_after(self, moment: datetime) -> None:
        """Return once a gateway was well after ``moment``: any outage at that moment has then ended, and is
        known."""
        try:
            async with asyncio.timeout(BEAT_SECONDS):
                await self._beats.until(lambda: self._availability.known_until(moment))
        except TimeoutError:
            raise _not_yet("gateway-away", "no gateway has been well since the deadline") from None

    async def _end_of(self, topic: str, deadline: datetime) -> dict[TopicPartition, int]:
        """The end of every partition of a topic, asked once after ``deadline``; 0 where it is empty."""
        key = (topic, deadline)
        if key not in self._states:
            found = await topic_state(self._reader, self._broker.topic(topic))
            while len(self._states) >= DEADLINES_KEPT:
                del self._states[next(iter(self._states))]
            self._states.setdefault(key, found)
        return _ends(self._states[key])

    async def _forget_if_made_again(self, topic: str) -> None:
        """Forget the ends of a topic that was deleted and made again: nobody will ever carry that far.

        Args:
            topic: with the administration's prefix.
        """
        clock = asyncio.get_running_loop().time
        if clock() < self._look_at.get(topic, float("-inf")):
            return
        self._look_at[topic] = clock() + LOOK_SECONDS
        now = await topic_state(self._reader, topic)
        for key, then in list(self._states.items()):
            if then.topic == topic and then.topic_id != now.topic_id:
                log.warning("a topic was made again", topic=topic, id=now.topic_id, was=then.topic_id)
                del self._states[key]

    async def _committed_of(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """What the gateway has committed; 0 where it has nothing yet."""
        clock = asyncio.get_running_loop().time
        wanted = list(partitions)
        if not wanted:
            return {}
        async with self._asking:
            if clock() - self._committed_at > COMMITTED_SECONDS or not self._committed.keys() >= set(wanted):
                every = sorted({*self._committed, *wanted})
                found = await self._admin.list_consumer_group_offsets(self._group, partitions=every)
                if not found.keys() >= set(every):  # its coordinator has not read them again yet
                    raise Unavailable(f"the broker does not know yet how far {self._group} has come")
                self._committed = {each: max(0, found[each].offset) for each in every}
                self._committed_at = clock()
            return {each: self._committed[each] for each in wanted}

    async def _connect(self) -> None:
        async with self._connecting:
            if self._reader is None:
                self._reader = await self._clients.enter_async_context(self._broker.consuming())
            if self._admin is None:
                self._admin = await self._clients.enter_async_context(self._broker.administration())


def _ends(state: TopicState) -> dict[TopicPartition, int]:
    """The end of every partition of a topic; 0 where it is empty."""
    return {
        TopicPartition(state.topic, partition): end if end > state.starts[partition] else 0
        for partition, end in state.ends.items()
    }


def _not_yet(reason: str, detail: str) -> ApplicationError:
    WAITING.labels(reason).inc()
    return ApplicationError(detail, type=reason, category=ApplicationErrorCategory.BENIGN)
