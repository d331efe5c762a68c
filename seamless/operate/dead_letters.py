"""Dead letters by query: which are selected, and the results of replaying them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from contracts.terms.directory import Directory
from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import CaseId, Party
from contracts.wire.dead_letter import DeadLetter
from contracts.wire.topics import DEAD_LETTER, events_topic, inlets_of
from network.broker.connection import Broker
from network.broker.dead_letters import list_dead_letters
from network.broker.group_state import committed_by

PAUSE_SECONDS = 0.3


class Query(NamedTuple):
    """Which dead letters are meant: those for which all holds that is given.

    Attributes:
        reason: why it was refused.
        party: who sent it.
        case: the key of its record.
        since, until: it was refused from then on, and before then.
        settled: also those that were replayed or discarded.
    """

    reason: str | None = None
    party: Party | None = None
    case: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    settled: bool = False

    @property
    def chooses(self) -> bool:
        """Whether it leaves out anything that waits."""
        return any(each is not None for each in self[:-1])

    def picks(self, letter: DeadLetter) -> bool:
        """Whether this one is meant."""
        return (
            (self.settled or letter.state == "waiting")
            and self.reason in (None, letter.reason)
            and (self.party is None or letter.place.topic == events_topic(self.party))
            and (self.case is None or letter.key == self.case.encode())
            and (self.since is None or letter.refused >= self.since)
            and (self.until is None or letter.refused < self.until)
        )


class Returned(NamedTuple):
    """What became of dead letters that were replayed.

    Attributes:
        carried: the ids of those that the gateway has carried into their cases.
        refused: those that were refused again, as the new dead letters that they are.
        waiting: the ids of those that no gateway has come to yet.
    """

    carried: tuple[str, ...]
    refused: tuple[DeadLetter, ...]
    waiting: tuple[str, ...]


def numbered(number: str, tail: str, letters: Iterable[DeadLetter]) -> CaseId | None:
    """The case of dead letters that a person means by its number.

    Args:
        tail: how its id ends, by that number.

    Raises:
        InvalidInput: several cases among them have it.
    """
    cases = {_case_id(each.key) for each in letters if each.key is not None}
    found = sorted(case for case in cases if case is not None and case.endswith(tail))
    if len(found) > 1:
        ids = ", ".join(found)
        raise InvalidInput(f"{len(found)} cases have the number {number}; give the id of one: {ids}")
    return found[0] if found else None


def _case_id(key: bytes) -> CaseId | None:
    try:
        return CaseId(key.decode())
    except ValueError:
        return None


def check_carried(letters: Iterable[DeadLetter], directory: Directory) -> None:
    """Return if the gateways carry what is replayed: each was sent by somebody who is in the directory.

    Raises:
        InvalidInput: the gateways read nothing from the topic of one; a replay of it would pass unseen.
    """
    read = {each.topic for each in inlets_of(directory)}
    if left := sorted({each.place.topic for each in letters} - read):
        raise InvalidInput(
            f"no gateway reads {', '.join(left)}, since the directory lacks who speaks there. What came from "
            "there cannot be replayed: put its sender back into the directory, or discard it"
        )


async def returned(
    broker: Broker, group: str, replayed: Collection[str], *, within_seconds: float
) -> Returned:
    """Wait until the gateway has carried what was replayed, and say what came back.

    Args:
        group: the gateway's consumer group.
        replayed: the ids of the dead letters.

    Raises:
        Unavailable: no broker answers.
    """
    if replayed and not await _carried(broker, group, within_seconds):
        return Returned((), (), tuple(replayed))
    again = [each for each in await list_dead_letters(broker) if each.replay_of in replayed]
    back = {letter.replay_of for letter in again}
    return Returned(tuple(each for each in replayed if each not in back), tuple(again), ())


async def _carried(broker: Broker, group: str, within_seconds: float) -> bool:
    """Whether the gateway comes to the end that the topic of dead letters has now, in so many seconds."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within_seconds
    try:
        async with broker.consuming() as consumer, broker.administration() as client:
            ends = await consumer.end_offsets(await broker.partitions([DEAD_LETTER]))
            while not _reached(await committed_by(client, group, list(ends)), ends):
                if loop.time() >= until:
                    return False
                await asyncio.sleep(PAUSE_SECONDS)
    except (KafkaError, TimeoutError) as error:
        raise broker.unavailable(error) from None
    return True


def _reached(committed: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]) -> bool:
    return all(end == 0 or committed.get(place, -1) >= end for place, end in ends.items())


def reasons_of(letters: Sequence[DeadLetter]) -> dict[str, int]:
    """How many there are, by why they were refused."""
    return dict(sorted(Counter(letter.reason for letter in letters).items()))
