"""Dead letters that may be the platform's fault: until they are settled, they hold their case."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from contracts.terms.errors import PLATFORM_FAULTS
from contracts.wire.dead_letter import DeadLetter, Place, read
from network.broker.connection import append_time


class Suspect(NamedTuple):
    """A dead letter that may have been in time.

    Attributes:
        id: of the dead letter.
        case: the key of its record; None where it could not be read.
        topic: where the record stands, without the administration's prefix.
    """

    id: str
    case: str | None
    topic: str


class Suspects:
    """The dead letters of :data:`contracts.terms.errors.PLATFORM_FAULTS` that an operator has not settled, or
    whose replay the gateway has not carried yet. Made from every record of the dead-letter topic."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, dict[datetime, Suspect]] = defaultdict(dict)
        self._replayed: dict[str, tuple[Place, datetime]] = {}
        self._done: dict[int, float] = {}

    def take(self, record: Any) -> None:
        """Take the next record of the topic.

        A letter may be there twice, and its settlement before it, where its key could not be read. So every
        letter that is done with is remembered, by no more than the hash of its id and when it was settled.
        What came later, to a topic that was made again, is another one.
        """
        appended = append_time(record)
        said = read(record.key, record.value, record.headers, appended)
        if isinstance(said, DeadLetter):
            if said.reason in PLATFORM_FAULTS and said.since.timestamp() > self._done_at(said.id):
                case = None if said.key is None else said.key.decode(errors="replace")
                self._waiting[said.id].setdefault(said.since, Suspect(said.id, case, said.place.topic))
        elif said is not None and not said.proposed and appended.timestamp() > self._done_at(said.letter):
            if said.state == "replayed":
                self._replayed[said.letter] = Place(record.topic, record.partition, record.offset), appended
            else:
                self._drop(said.letter, appended)

    def holding(
        self, case: str, topics: Collection[str], carried: Mapping[tuple[str, int], int]
    ) -> Suspect | None:
        """A dead letter that holds the case; None when there is none.

        Args:
            topics: on which the case's deadline could have been met. One whose case cannot be told holds
            every case that waits for something on its topic.
            carried: the gateway's committed offsets of the dead-letter topic, by topic and partition.
        """
        for letter, (replay, appended) in list(self._replayed.items()):
            if carried.get((replay.topic, replay.partition), 0) > replay.offset:
                del self._replayed[letter]
                self._drop(letter, appended)
        for suspect in self._all():
            if suspect.case == case or (suspect.case is None and suspect.topic in topics):
                return suspect
        return None

    def __len__(self) -> int:
        """How many hold a case."""
        return sum(1 for _ in self._all())

    def _all(self) -> Iterator[Suspect]:
        return (suspect for waiting in self._waiting.values() for suspect in waiting.values())

    def _done_at(self, letter: str) -> float:
        return self._done.get(hash(letter), -math.inf)

    def _drop(self, letter: str, appended: datetime) -> None:
        self._done[hash(letter)] = max(appended.timestamp(), self._done_at(letter))
        waiting = self._waiting.pop(letter, {})
        if later := {since: suspect for since, suspect in waiting.items() if since > appended}:
            self._waiting[letter] = later
