"""Publishing to Kafka: acknowledged by every replica, in order, without copies on a retry of the client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, Self

import structlog
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from contracts.terms.errors import InvalidInput, Unavailable
from contracts.wire.envelope import Headers
from network.broker.connection import Broker

log = structlog.get_logger(__name__)

BREAK_OFF_SECONDS = 0.5

MISSING_SECONDS = 0.5
"""How long a broker that answers may not know a topic: a new one takes a moment to be known everywhere."""

LOOK_AGAIN_SECONDS = 0.1


class Record(NamedTuple):
    """One record to publish.

    Attributes:
        topic: without the administration's prefix.
        key: decides the partition, hence the order; a case id, or raw bytes that are handed on as they came.
        value: ``None`` is a null value.
        headers: in order; a name may stand twice.
    """

    topic: str
    key: str | bytes | None
    value: bytes | None
    headers: Headers = ()

    @property
    def raw_key(self) -> bytes | None:
        """The key as it is sent."""
        return self.key.encode() if isinstance(self.key, str) else self.key


class PublishError(Unavailable):
    """Not known to be published: the records may be in their topics or not. Publish the same again."""


class TopicMissing(PublishError):
    """The broker has no such topic, or does not let our user see it. If that is found before anything is
    sent, which it is unless the topic was deleted a moment ago, nothing was published."""


class RecordTooLarge(InvalidInput):
    """A record is larger than the broker takes: publishing it again cannot succeed."""


class Publisher:
    """The producer of a process, shared by all its tasks.

    A producer that failed is thrown away and the next call makes a new one: after a failed batch the broker
    expects sequence numbers that the old producer never sends, so it would fail for ever. Nor may an old one
    keep running: it would deliver, late, what was published again in the meantime.
    """

    def __init__(self, broker: Broker, *, timeout_seconds: float = 10, stop_seconds: float = 5) -> None:
        """
        Args:
            timeout_seconds: how long one :meth:`publish` may take. The client itself never gives up.
            stop_seconds: how long a producer may take to send what it still holds when it is stopped.
        """
        self.broker = broker
        self._timeout = timeout_seconds
        self._stop_seconds = stop_seconds
        self._producer: Any = None
        self._changing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Connect, if the broker is there. If not: each :meth:`publish` tries again."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._connected()
        except (PublishError, TimeoutError) as error:
            log.warning("no Kafka broker yet", broker=self.broker.address, error=str(error))

    async def stop(self) -> None:
        """Send what is pending and disconnect; within ``stop_seconds``, even if the broker is away."""
        async with self._changing:
            producer, self._producer = self._producer, None
            if producer is not None:
                with contextlib.suppress(KafkaError, TimeoutError):
                    async with asyncio.timeout(self._stop_seconds):
                        await producer.flush()
                await break_off(producer)

    async def publish(self, records: Sequence[Record]) -> None:
        """Publish all of ``records``, in order, and return when the broker has acknowledged each.

        Raises:
            TopicMissing: a topic does not exist; found within a second, and of no consequence to others.
            PublishError: not known to be published; call again with the same records.
            RecordTooLarge: the broker takes no such record; those before it may be published.
        """
        producer: Any = None
        found = False
        topics = sorted({self.broker.topic(record.topic) for record in records})
        try:
            async with asyncio.timeout(self._timeout):
                producer = await self._connected()
                await self._find(producer, topics)
                found = True
                await self._send(producer, records)
        except TimeoutError:
            deleted = [topic for topic in topics if _is_unknown(producer, topic)] if found else []
            await self._discard(producer)
            if deleted:
                raise self._missing(deleted) from None
            raise PublishError(
                f"no acknowledgement for {', '.join(topics)} within {self._timeout:g} s"
            ) from None
        except KafkaError as error:
            await self._discard(producer)
            raise PublishError(f"{type(error).__name__}: {error}") from error

    async def _find(self, producer: Any, topics: Collection[str]) -> None:
        """Return when the producer knows every topic; its own ``send`` would wait for one that is missing.

        Raises:
            TopicMissing: a broker answers, and does not have it. The producer is as good as before.
        """
        unknown = [topic for topic in topics if _is_unknown(producer, topic)]
        clock = asyncio.get_running_loop().time
        last_look = clock() + MISSING_SECONDS
        while unknown:
            for topic in unknown:
                producer.client.add_topic(topic)
            answered = await producer.client.force_metadata_update()
            unknown = [topic for topic in unknown if _is_unknown(producer, topic)]
            if unknown and answered and clock() >= last_look:
                producer.client._topics.difference_update(unknown)  # or it is asked for with every other one
                raise self._missing(unknown)
            await asyncio.sleep(LOOK_AGAIN_SECONDS if unknown else 0)

    def _missing(self, topics: Collection[str]) -> TopicMissing:
        return TopicMissing(
            f"the broker has no topic {', '.join(topics)}, or does not show it to us. "
            "Make the directory's topics with: seamless topics apply"
        )

    async def _send(self, producer: Any, records: Sequence[Record]) -> None:
        acknowledgements: list[asyncio.Future[Any]] = []
        too_large: MessageSizeTooLargeError | None = None
        for record in records:
            topic, headers = self.broker.topic(record.topic), list(record.headers)
            try:
                future = await producer.send(topic, record.value, key=record.raw_key, headers=headers)
            except MessageSizeTooLargeError as error:  # the client saw it itself: the producer is sound
                too_large = error
                break
            acknowledgements.append(future)
        results = await asyncio.gather(*acknowledgements, return_exceptions=True)
        for result in results:
            if isinstance(result, MessageSizeTooLargeError):
                await self._discard(producer)
                too_large = result
            elif isinstance(result, BaseException):
                raise result
        if too_large is not None:
            raise RecordTooLarge(str(too_large)) from too_large

    async def _connected(self) -> Any:
        """The producer there is, or a new one."""
        async with self._changing:
            if self._producer is None:
                producer: Any = self.broker.producer(
                    acks="all",
                    enable_idempotence=True,
                    linger_ms=0,
                    request_timeout_ms=int(self._timeout * 1000),
                )
                try:
                    await producer.start()
                except BaseException as error:
                    await break_off(producer)
                    if isinstance(error, KafkaError):
                        raise PublishError(f"no Kafka broker answers at {self.broker.address}") from error
                    raise
                self._producer = producer
            return self._producer

    async def _discard(self, producer: Any) -> None:
        """Throw ``producer`` away, unless another task has done so already."""
        async with self._changing:
            if producer is not None and producer is self._producer:
                self._producer = None
                log.warning("the Kafka producer failed and is replaced")
                await break_off(producer)


async def break_off(producer: Any) -> None:
    """Stop a producer by force, within a bounded time, and drop what it still holds.

    Its own ``stop`` waits for ever while a message is pending and the broker is away, and leaves its
    sender and its flush behind when it is cancelled.
    """
    producer._closed = True  # or it complains, when it is collected, that nobody stopped it
    sender = producer._sender.sender_task
    for _ in range(2):  # cancelled once it still waits for its requests; cancelled again it drops them
        if sender is not None and not sender.done():
            sender.cancel()
            await asyncio.wait([sender], timeout=BREAK_OFF_SECONDS)
    with contextlib.suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(BREAK_OFF_SECONDS):
            await producer.client.close()


def _is_unknown(producer: Any, topic: str) -> bool:
    return producer.client.cluster.partitions_for_topic(topic) is None
