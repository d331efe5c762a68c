"""The dead letters that wait for an operator, counted by the reason of their refusal."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

from prometheus_client import Gauge

from contracts.terms.errors import REASONS
from contracts.wire.dead_letter import DeadLetter, read

WAITING = Gauge(
    "seamless_dead_letters_waiting",
    "Dead letters that are not replayed or discarded yet, by why they were refused; not a number before all "
    "were read.",
    ["reason"],
)

OTHER = "other"
"""A reason that this build does not know."""


class WaitingLetters:
    """Made from every record of the dead-letter topic.

    A letter may be there twice, and its settlement before it, where its key could not be read. So every
    letter that was ever seen is remembered, by no more than the hash of its id: some 100 bytes.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, str] = {}
        self._settled: set[int] = set()
        self._counts: Counter[str] = Counter()

    def take(self, record: Any) -> None:
        """Take the next record of the topic."""
        said = read(record.key, record.value, record.headers)
        if isinstance(said, DeadLetter):
            letter = hash(said.id)
            if letter not in self._settled and letter not in self._waiting:
                self._waiting[letter] = known = sys.intern(said.reason) if said.reason in REASONS else OTHER
                self._counts[known] += 1
        elif said is not None and not said.proposed:
            letter = hash(said.letter)
            self._settled.add(letter)
            if reason := self._waiting.pop(letter, None):
                self._counts[reason] -= 1

    def count(self, reason: str) -> int:
        """How many wait that were refused for this reason. May be asked in any thread."""
        return self._counts[reason]

    def show(self, known: Callable[[], bool]) -> None:
        """Show the counts in the metrics from now on.

        Args:
            known: whether all that there was has been read once.
        """
        for reason in (*REASONS, OTHER):
            WAITING.labels(reason).set_function(
                lambda reason=reason: self.count(reason) if known() else math.nan  # type: ignore[misc]
            )
