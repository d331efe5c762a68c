"""The dead letters: what the gateway refused, listed, brought back or put aside.

The topic holds two kinds of records: dead letters, and what became of one (header ``dlq-state``). The list
is the fold of both, so nothing is ever changed or deleted.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from contracts.wire.topics import DEAD_LETTER
from network.broker.connection import administration, no_broker, partition_counts
from network.broker.publisher import Publisher, PublishError, Record, RecordTooLarge
from workers.process.entry import UsageError

log = structlog.get_logger(__name__)

State = Literal["waiting", "replayed", "discarded"]
Headers = tuple[tuple[str, bytes | None], ...]

OURS = "dlq-"
REPLAY_OF = "dlq-replay-of"
STOP_SECONDS = 5.0
LIST_SECONDS = 300.0


@dataclass(frozen=True)
class DeadLetter:
    """A refused record and what became of it.

    Attributes:
        id: ``<topic>/<partition>/<offset>`` of the record.
        received: when the broker had the record; ``refused``: when the gateway refused it.
        reason: a code of :data:`contracts.terms.errors.REASONS`; ``detail`` a sentence; ``field`` what is at fault.
        key, value, headers: the record as it came.
        omitted: how many bytes the value had, where it was too large to keep.
        replay_of: the dead letter that this record was a replay of.
        by, why, settled: who settled it, why and when, once ``state`` is not ``waiting``.
    """

    id: str
    topic: str
    partition: int
    offset: int
    received: datetime
    refused: datetime
    reason: str
    detail: str
    field: str | None
    key: bytes | None
    value: bytes | None
    headers: Headers
    omitted: int | None = None
    replay_of: str | None = None
    state: State = "waiting"
    by: str | None = None
    why: str | None = None
    settled: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """For programs: times in ISO 8601, bytes as text, or as ``base64:...`` where they are no text."""
        plain = {name: value for name, value in vars(self).items() if value is not None}
        plain["headers"] = [[name, _text(value)] for name, value in self.headers]
        for name in ("key", "value"):
            plain[name] = _text(getattr(self, name))
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in plain.items()
        }


@dataclass
class Fold:
    """The list of dead letters as it grows from the records of the topic.

    The order between partitions does not matter: :meth:`result` puts the two kinds of records together.
    """

    letters: dict[str, DeadLetter] = field(default_factory=dict)
    states: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(
        self, key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes | None]]
    ) -> None:
        """Take one record of the topic. What is neither a dead letter nor the state of one is left out."""
        kept = tuple(headers)
        said = {
            name: content.decode(errors="replace")
            for name, content in kept
            if name.startswith(OURS) and content is not None
        }
        if "dlq-id" not in said:
            return
        if "dlq-state" not in said:
            if said["dlq-id"] not in self.letters:  # the first copy counts
                self._add_letter(key, value, kept, said)
        elif said.get("dlq-at", "") >= self.states.get(said["dlq-id"], {}).get("dlq-at", ""):
            self.states[said["dlq-id"]] = said

    def _add_letter(
        self, key: bytes | None, value: bytes | None, headers: Headers, said: dict[str, str]
    ) -> None:
        try:
            self.letters[said["dlq-id"]] = _letter(key, value, headers, said)
        except (KeyError, ValueError) as error:  # not the gateway's; it must not hide the others
            log.warning("a record among the dead letters is none", id=said["dlq-id"], error=str(error))

    def result(self) -> list[DeadLetter]:
        """The dead letters with what became of them, the oldest first."""
        folded = [_settled(letter, self.states.get(letter.id)) for letter in self.letters.values()]
        return sorted(folded, key=lambda letter: (letter.refused, letter.id))


async def list_dead_letters(bootstrap: str, prefix: str = "") -> list[DeadLetter]:
    """Every dead letter up to now, settled or not, the oldest first.

    Raises:
        UsageError: no broker answers, or the topic is not there.
    """
    fold = Fold()
    try:
        async with asyncio.timeout(LIST_SECONDS):
            async for record in _records(bootstrap, prefix + DEAD_LETTER):
                fold.add(record.key, record.value, record.headers)
    except (KafkaError, TimeoutError) as error:
        raise no_broker(bootstrap, error) from None
    return fold.result()


class Desk:
    """Where an operator settles dead letters."""

    def __init__(self, publisher: Publisher, *, by: str) -> None:
        """
        Args:
            by: who settles them; it is kept with each.
        """
        self._publisher = publisher
        self._by = by

    async def replay(self, letter: DeadLetter) -> None:
        """Send the record again to the topic that it came from, unchanged: it is a late event. Should it be
        refused again it is a new dead letter, which names this one.

        Raises:
            UsageError: it is settled already, its value was not kept, or Kafka does not take it.
        """
        if letter.omitted is not None:
            raise UsageError(
                f"{letter.id} was too large to keep ({letter.omitted} bytes); ask its sender to send it again"
            )
        self._check_waiting(letter)
        headers = [*_without_ours(letter.headers), (REPLAY_OF, letter.id.encode())]
        record = Record(letter.topic, letter.key, letter.value, headers)
        await self._publish([record, self._state(letter, "replayed", "")])

    async def discard(self, letter: DeadLetter, why: str) -> None:
        """Put a dead letter aside, for a reason that is kept.

        Raises:
            UsageError: it is settled already, or Kafka does not take it.
        """
        self._check_waiting(letter)
        await self._publish([self._state(letter, "discarded", why)])

    def _check_waiting(self, letter: DeadLetter) -> None:
        if letter.state != "waiting":
            raise UsageError(f"{letter.id} was {letter.state} by {letter.by} at {letter.settled}")

    def _state(self, letter: DeadLetter, state: State, why: str) -> Record:
        texts = {
            "dlq-id": letter.id,
            "dlq-state": state,
            "dlq-by": self._by,
            "dlq-why": why,
            "dlq-at": datetime.now(UTC).isoformat(),
        }
        return Record(DEAD_LETTER, letter.key, b"", [(name, text.encode()) for name, text in texts.items()])

    async def _publish(self, records: Sequence[Record]) -> None:
        try:
            await self._publisher.publish(records)
        except (PublishError, RecordTooLarge) as error:
            raise UsageError(f"Kafka did not take it: {error}", exit_code=3) from None


def _letter(key: bytes | None, value: bytes | None, headers: Headers, said: dict[str, str]) -> DeadLetter:
    return DeadLetter(
        id=said["dlq-id"],
        topic=said["dlq-topic"],
        partition=int(said["dlq-partition"]),
        offset=int(said["dlq-offset"]),
        received=datetime.fromisoformat(said["dlq-timestamp"]),
        refused=datetime.fromisoformat(said["dlq-at"]),
        reason=said["dlq-reason"],
        detail=said["dlq-detail"],
        field=said.get("dlq-field"),
        key=key,
        value=value,
        headers=tuple(_without_ours(headers)),
        omitted=int(said["dlq-omitted"]) if "dlq-omitted" in said else None,
        replay_of=said.get(REPLAY_OF),
    )


def _settled(letter: DeadLetter, said: dict[str, str] | None) -> DeadLetter:
    if said is None:
        return letter
    return replace(
        letter,
        state="discarded" if said["dlq-state"] == "discarded" else "replayed",
        by=said.get("dlq-by"),
        why=said.get("dlq-why") or None,
        settled=datetime.fromisoformat(said["dlq-at"]),
    )


def _without_ours(headers: Headers) -> list[tuple[str, bytes | None]]:
    return [(name, content) for name, content in headers if not name.startswith(OURS)]


def _text(content: bytes | None) -> str | None:
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(content).decode()}"


async def _records(bootstrap: str, topic: str) -> AsyncIterator[Any]:
    """The records of a topic from its first one to the one that is its last now."""
    async with administration(bootstrap) as client:
        count = (await partition_counts(client)).get(topic)
    if count is None:
        raise UsageError(f"there is no topic {topic}. Make it with: seamless topics apply", exit_code=3)
    partitions = [TopicPartition(topic, number) for number in range(count)]
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
    try:
        await consumer.start()
        consumer.assign(partitions)
        first = await consumer.beginning_offsets(partitions)
        end = await consumer.end_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, first[partition])
        while any([await consumer.position(partition) < end[partition] for partition in partitions]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    yield record
    finally:
        with contextlib.suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(consumer.stop(), STOP_SECONDS)
