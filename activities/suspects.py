"""Dead letters that may be the platform's fault: until they are settled, they hold their case."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from contracts.terms.errors import PLATFORM_FAULTS
from contracts.wire.dead_letter import DeadLetter, Place, read


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
        self._waiting: dict[str, Suspect] = {}
        self._replayed: dict[str, Place] = {}
        self._done: set[int] = set()

    def take(self, record: Any) -> None:
        """Take the next record of the topic.

        A letter may be there twice, and its settlement before it, where its key could not be read. So every
        letter that is done with is remembered, by no more than the hash of its id.
        """
        said = read(record.key, record.value, record.headers)
        if isinstance(said, DeadLetter):
            if said.reason in PLATFORM_FAULTS and hash(said.id) not in self._done:
                case = None if said.key is None else said.key.decode(errors="replace")
                self._waiting.setdefault(said.id, Suspect(said.id, case, said.place.topic))
        elif said is not None and not said.proposed and hash(said.letter) not in self._done:
            if said.state == "replayed":
                self._replayed[said.letter] = Place(record.topic, record.partition, record.offset)
            else:
                self._drop(said.letter)

    def holding(
        self, case: str, topics: Collection[str], carried: Mapping[tuple[str, int], int]
    ) -> Suspect | None:
        """A dead letter that holds the case; None when there is none.

        Args:
            topics: on which the case's deadline could have been met. One whose case cannot be told holds
            every case that waits for something on its topic.
            carried: the gateway's committed offsets of the dead-letter topic, by topic and partition.
        """
        for letter, replay in list(self._replayed.items()):
            if carried.get((replay.topic, replay.partition), 0) > replay.offset:
                self._drop(letter)
        for suspect in self._waiting.values():
            if suspect.case == case or (suspect.case is None and suspect.topic in topics):
                return suspect
        return None

    def __len__(self) -> int:
        """How many hold a case."""
        return len(self._waiting)

    def _drop(self, letter: str) -> None:
        self._done.add(hash(letter))
        self._waiting.pop(letter, None)
        self._replayed.pop(letter, None)
