"""Where foreign clients put a record: Java's way, which kafkajs has, computed here; and librdkafka's own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any, Literal, Self
from uuid import uuid4

from confluent_kafka import KafkaError, KafkaException, Producer

from network.broker.publisher import Publisher, PublishError, Record

Make = Literal["ours", "librdkafka", "java"]
Ending = Literal["commit", "abort", "die"]
MAKES: tuple[Make, ...] = ("ours", "librdkafka", "java")

SEED = 0x9747B28C
MULTIPLIER = 0x5BD1E995
MASK = 0xFFFFFFFF

POLL_SECONDS = 0.02
AGAIN_SECONDS = 0.3
GIVE_UP_MS = 4000
TRANSACTION_MS = 8000
"""After so long the broker ends a transaction whose producer is gone."""


def murmur2(data: bytes) -> int:
    """MurmurHash2, 32 bits, as Kafka's Java client computes it."""
    hashed = (SEED ^ len(data)) & MASK
    whole = len(data) - len(data) % 4
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * MULTIPLIER & MASK
        word = (word ^ word >> 24) * MULTIPLIER & MASK
        hashed = (hashed * MULTIPLIER & MASK) ^ word
    if rest := data[whole:]:
        hashed = (hashed ^ int.from_bytes(rest, "little")) * MULTIPLIER & MASK
    hashed = (hashed ^ hashed >> 13) * MULTIPLIER & MASK
    return hashed ^ hashed >> 15


def java_partition(key: bytes, partitions: int) -> int:
    """Where Kafka's Java client, and kafkajs, put a key."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


class Producers:
    """One producer of each make. What they are given they send until the broker has acknowledged it.

    A producer of librdkafka that has failed to deliver something is thrown away, as docs/connecting.md asks
    agencies to do: one that went on after messages had timed out was seen to report a later one as delivered
    that was on no topic, as librdkafka's issue 4134 describes.
    """

    def __init__(self, publisher: Publisher, partitions: int) -> None:
        self._publisher = publisher
        self._partitions = partitions
        self._foreign = _librdkafka(publisher.broker.address)
        self._thrown_away: list[Producer] = []
        self._polling: asyncio.Task[None] | None = None
        self._transacting = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._polling = asyncio.create_task(self._poll())
        return self

    async def __aexit__(self, *raised: object) -> None:
        if self._polling:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)

    async def send(self, make: Make, record: Record) -> None:
        """Publish one record, through outages: again and again, so that it may be there twice."""
        while True:
            try:
                await (self._publisher.publish([record]) if make == "ours" else self._produce(make, record))
            except (PublishError, KafkaException, BufferError):
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return

    async def transact(self, record: Record, *, open_seconds: float, ends: Ending) -> None:
        """Publish one record in a transaction that stays open so long; a transaction at a time."""
        async with self._transacting:
            try:
                await asyncio.to_thread(self._transact, record, open_seconds, ends)
            except KafkaException:  # it is not known whether it was committed: said again, it is a copy
                ends = "abort"
        if ends != "commit":
            await self.send("librdkafka", record)

    def _transact(self, record: Record, open_seconds: float, ends: Ending) -> None:
        producer = Producer(
            {
                "bootstrap.servers": self._publisher.broker.address,
                "transactional.id": f"nemesis-{uuid4()}",
                "transaction.timeout.ms": TRANSACTION_MS,
                "log_level": 0,
                "error_cb": lambda error: None,
            }
        )
        producer.init_transactions(10)
        producer.begin_transaction()
        producer.produce(record.topic, record.value, key=record.raw_key, headers=list(record.headers))
        producer.flush(5)
        time.sleep(open_seconds)
        if ends == "commit":
            producer.commit_transaction(10)
        elif ends == "abort":
            producer.abort_transaction(10)

    async def _poll(self) -> None:
        while True:
            with contextlib.suppress(KafkaException):
                for producer in (self._foreign, *self._thrown_away):
                    producer.poll(0)
            self._thrown_away = [each for each in self._thrown_away if len(each)]
            await asyncio.sleep(POLL_SECONDS)

    async def _produce(self, make: Make, record: Record) -> None:
        delivered = asyncio.get_running_loop().create_future()
        key = record.raw_key or b""
        placed: dict[str, Any] = (
            {"partition": java_partition(key, self._partitions)} if make == "java" else {}
        )
        producer = self._foreign
        producer.produce(
            record.topic,
            record.value,
            key=key,
            headers=list(record.headers),
            on_delivery=_settles(delivered),
            **placed,
        )
        try:
            await delivered
        except KafkaException:
            self._throw_away(producer)
            raise

    def _throw_away(self, producer: Producer) -> None:
        """Go on with a new producer; what the old one still holds fails, and is sent again by the new one."""
        if producer is self._foreign:
            self._foreign = _librdkafka(self._publisher.broker.address)
            self._thrown_away.append(producer)
            producer.purge()


def _librdkafka(address: str) -> Producer:
    return Producer(
        {
            "bootstrap.servers": address,
            "enable.idempotence": True,
            "message.timeout.ms": GIVE_UP_MS,
            "topic.metadata.refresh.interval.ms": 1000,
            "log_level": 0,
            "error_cb": lambda error: None,  # what it cannot send comes back with its delivery
        }
    )


def _settles(delivered: asyncio.Future[None]) -> Callable[[KafkaError | None, Any], None]:
    def settle(error: KafkaError | None, message: Any) -> None:
        if delivered.done():
            return
        if error is None:
            delivered.set_result(None)
        else:
            delivered.set_exception(KafkaException(error))

    return settle
