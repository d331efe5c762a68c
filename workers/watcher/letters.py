"""The dead letters that wait for an operator, counted by the reason of their refusal."""

from __future__ import annotations

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from prometheus_client import Gauge

from contracts.terms.errors import REASONS
from contracts.wire.dead_letter import DeadLetter, read
from network.broker.connection import append_time

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
    letter that was ever seen is remembered, by no more than the hash of its id and when it was settled: some
    150 bytes.
    """

    def __init__(self) -> None:
        self._waiting: defaultdict[int, dict[float, str]] = defaultdict(dict)
        self._settled: dict[int, float] = {}
        self._counts: Counter[str] = Counter()

    def take(self, record: Any) -> None:
        """Take the next record of the topic."""
        appended = append_time(record)
        said = read(record.key, record.value, record.headers, appended)
        if isinstance(said, DeadLetter):
            letter, since = hash(said.id), said.since.timestamp()
            if since > self._settled.get(letter, -math.inf) and since not in self._waiting[letter]:
                self._waiting[letter][since] = known = (
                    sys.intern(said.reason) if said.reason in REASONS else OTHER
                )
                self._counts[known] += 1
        elif said is not None and not said.proposed:
            letter, at = hash(said.letter), appended.timestamp()
            self._settled[letter] = max(at, self._settled.get(letter, at))
            waiting = self._waiting.pop(letter, {})
            self._counts.subtract(reason for since, reason in waiting.items() if since <= at)
            if later := {since: reason for since, reason in waiting.items() if since > at}:
                self._waiting[letter] = later

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
