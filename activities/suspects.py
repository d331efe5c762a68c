"""Dead letters that may be the platform's fault: until they are settled, they hold their case."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from contracts.terms.errors import PLATFORM_FAULTS
from contracts.wire.dead_letter import PROPOSED, Place, reserved


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

    def take(self, record: Any) -> None:
        """Take the next record of the topic."""
        said = reserved(record.headers)
        letter = said.get("dlq-id")
        if letter is None or PROPOSED in said:
            return
        if "dlq-state" not in said:
            if said.get("dlq-reason") in PLATFORM_FAULTS:
                case = None if record.key is None else record.key.decode(errors="replace")
                self._waiting.setdefault(letter, Suspect(letter, case, said.get("dlq-topic", "")))
        elif letter in self._waiting:
            if said["dlq-state"] == "replayed":
                self._replayed[letter] = Place(record.topic, record.partition, record.offset)
            else:
                self._drop(letter)

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
        del self._waiting[letter]
        self._replayed.pop(letter, None)
