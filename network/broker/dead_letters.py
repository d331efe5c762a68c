"""The dead letters: what the gateway refused, listed, replayed or discarded.

The list is made from all records of the topic: the dead letters, and what became of each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import structlog
from aiokafka.errors import KafkaError

from contracts.terms.errors import InvalidInput, Unavailable
from contracts.wire.dead_letter import (
    DeadLetter,
    Settlement,
    State,
    proposal,
    read,
    reserved,
    settlement,
)
from contracts.wire.envelope import Headers
from contracts.wire.topics import DEAD_LETTER
from network.broker.connection import Broker, append_time
from network.broker.publisher import Publisher, PublishError, Record, RecordTooLarge
from network.broker.whole import whole_topic

log = structlog.get_logger(__name__)

LIST_SECONDS = 300.0


@dataclass
class DeadLetterList:
    """The list of dead letters as it grows from the records of the topic.

    The order between partitions does not matter: :meth:`result` puts the two kinds of records together.
    """

    letters: dict[tuple[str, datetime], DeadLetter] = field(default_factory=dict)
    settlements: dict[str, Settlement] = field(default_factory=dict)
    proposals: dict[str, Settlement] = field(default_factory=dict)

    def add(
        self, key: bytes | None, value: bytes | None, headers: Headers, appended: datetime | None = None
    ) -> None:
        """Take one record of the topic. What is of none of its three kinds is ignored: it must not hide the
        others.

        Args:
            appended: when the broker had it.
        """
        said = read(key, value, headers, appended)
        if isinstance(said, DeadLetter):
            self.letters.setdefault((said.id, said.since), said)  # the first copy counts
        elif said is not None:
            _keep_last(self.proposals if said.proposed else self.settlements, said)
        elif claimed := reserved(headers):
            log.warning("a record on the dead-letter topic is no dead letter", id=claimed.get("dlq-id"))

    def result(self) -> list[DeadLetter]:
        """The dead letters with what became of them, the oldest first."""
        settled = [
            replace(each.settled_as(_of(each, self.settlements)), proposed=_of(each, self.proposals))
            for each in self.letters.values()
        ]
        return sorted(settled, key=lambda letter: (letter.refused, letter.id))


def _of(letter: DeadLetter, said: Mapping[str, Settlement]) -> Settlement | None:
    found = said.get(letter.id)
    return found if found is not None and found.is_of(letter) else None


def _keep_last(kept: dict[str, Settlement], said: Settlement) -> None:
    if said.letter not in kept or said.at >= kept[said.letter].at:
        kept[said.letter] = said


async def list_dead_letters(broker: Broker) -> list[DeadLetter]:
    """Every dead letter up to now, settled or not, the oldest first.

    Raises:
        Unavailable: no broker answers, or the topic is not there.
    """
    found = DeadLetterList()
    try:
        async with asyncio.timeout(LIST_SECONDS):
            async for record in whole_topic(broker, DEAD_LETTER):
                found.add(record.key, record.value, record.headers, append_time(record))
    except (KafkaError, TimeoutError) as error:
        raise broker.unavailable(error) from None
    return found.result()


async def replay(publisher: Publisher, letter: DeadLetter, *, by: str, why: str = "") -> None:
    """Have the gateway carry the record again, read from its original place.

    Where the platform may have been at fault (:data:`contracts.terms.errors.PLATFORM_FAULTS`) it keeps the
    time at which the broker received it; otherwise it is a late event. Should it be refused again it is a new
    dead letter, which names this one.

    Args:
        by, why: who does it, for which reason; both are kept.

    Raises:
        InvalidInput: it is settled already.
        Unavailable: Kafka does not take it.
    """
    await _settle(publisher, letter, "replayed", by, why)


async def discard(publisher: Publisher, letter: DeadLetter, *, by: str, why: str) -> None:
    """Put a dead letter aside for good.

    Args:
        by, why: who does it, for which reason; both are kept.

    Raises:
        InvalidInput: it is settled already.
        Unavailable: Kafka does not take it.
    """
    await _settle(publisher, letter, "discarded", by, why)


async def propose(publisher: Publisher, letter: DeadLetter, state: State, *, by: str, why: str) -> None:
    """Say what should become of a dead letter, for another person to confirm. It takes the place of what was
    proposed before, and changes nothing else.

    Raises:
        InvalidInput: it is settled already.
        Unavailable: Kafka does not take it.
    """
    _check_waiting(letter)
    await _publish(publisher, letter, proposal(letter, state, by=by, why=why, at=datetime.now(UTC)))


async def _settle(publisher: Publisher, letter: DeadLetter, state: State, by: str, why: str) -> None:
    _check_waiting(letter)
    await _publish(publisher, letter, settlement(letter, state, by=by, why=why, at=datetime.now(UTC)))


def _check_waiting(letter: DeadLetter) -> None:
    if letter.state != "waiting":
        raise InvalidInput(f"{letter.id} was {letter.state} by {letter.by} at {letter.settled}")


async def _publish(publisher: Publisher, letter: DeadLetter, headers: Headers) -> None:
    try:
        await publisher.publish([Record(DEAD_LETTER, letter.key, b"", headers)])
    except (PublishError, RecordTooLarge) as error:
        raise Unavailable(f"Kafka did not take it: {error}") from None
