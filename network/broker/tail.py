"""Reading topics from now on, or from their start, without a consumer group."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self

from aiokafka.errors import KafkaError

from network.broker.connection import Broker

POLL_MS = 250
GATHERED = {"fetch_min_bytes": 64 * 1024, "fetch_max_wait_ms": 50}
"""Many records are read at once, each up to so much later."""


class TopicTail:
    """An asynchronous iterator over the records of some topics, in order per partition. It never ends.

    The place where it begins is fixed when it is entered: what is published after that is seen.
    Records are aiokafka's ``ConsumerRecord``.
    """

    def __init__(
        self, broker: Broker, topics: Sequence[str], *, from_start: bool = False, gather: bool = False
    ) -> None:
        """
        Args:
            topics: without the administration's prefix.
            from_start: begin with the oldest record there is, not with the next one.
            gather: for those that read a busy topic for long: a little later, at much less cost.
        """
        self._broker = broker
        self._topics = topics
        self._from_start = from_start
        self._fetching = GATHERED if gather else {}
        self._consumer: Any = None
        self._ends: dict[Any, int] = {}
        self._entered = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """
        Raises:
            Unavailable: no broker answers, or a topic does not exist.
        """
        async with AsyncExitStack() as entering:
            consumer = await entering.enter_async_context(self._broker.consuming(**self._fetching))
            try:
                consumer.assign(await self._broker.partitions(self._topics))
                if self._from_start:
                    self._ends = dict(await consumer.end_offsets(consumer.assignment()))
                await (consumer.seek_to_beginning() if self._from_start else consumer.seek_to_end())
            except KafkaError as error:
                raise self._broker.unavailable(error) from None
            self._consumer, self._entered = consumer, entering.pop_all()
        return self

    @property
    def caught_up(self) -> bool:
        """Whether everything was read that was on the topics when it was entered."""
        return not self._ends

    async def __aexit__(self, *_: object) -> None:
        await self._entered.aclose()

    async def __aiter__(self) -> AsyncIterator[Any]:
        while True:
            batch = await self._consumer.getmany(timeout_ms=POLL_MS)
            for records in batch.values():
                for record in records:
                    yield record
            for place, end in list(self._ends.items()):
                if await self._consumer.position(place) >= end:
                    del self._ends[place]
