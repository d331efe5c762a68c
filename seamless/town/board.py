"""What goes on in a town, counted from the ledger as it is written."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from archive.steps import TELLING, Steps
from contracts.terms.identifiers import Party
from contracts.wire.ledger import LedgerEntry
from network.broker.dead_letters import DeadLetterList


class Board:
    """The cases of the ledger so far. Entries are added in the order of their cases.

    Attributes:
        kinds: how many entries of each kind there are.
        outcomes: how many cases were closed with each outcome.
        procedures: how many cases were opened in each procedure.
        dead_letters: those of the topic, with what became of them.
    """

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.procedures: Counter[str] = Counter()
        self.dead_letters = DeadLetterList()
        self._open: dict[str, Steps] = {}
        self._read: dict[str, int] = {}

    def enter(self, entry: LedgerEntry) -> None:
        """Add an entry; a copy of one that is there changes nothing."""
        if entry.sequence <= self._read.get(entry.case, 0):
            return
        self._read[entry.case] = entry.sequence
        self.kinds[entry.kind] += 1
        if entry.kind == "opened":
            self.procedures[entry.procedure] += 1
            self._open[entry.case] = Steps()
        if entry.kind in TELLING and (steps := self._open.get(entry.case)) is not None:
            steps.add(entry)
        if entry.kind == "closed":
            self.outcomes[entry.outcome or "none"] += 1
            self._open.pop(entry.case, None)

    @property
    def open(self) -> int:
        """How many cases are open."""
        return len(self._open)

    def is_closed(self, case: str) -> bool:
        """Whether a case was opened, and is closed."""
        return case in self._read and case not in self._open

    def overdue(self, now: datetime) -> Counter[Party]:
        """How many steps are overdue, by who has them."""
        steps = (step for each in self._open.values() for step in each.open)
        return Counter(step.holder for step in steps if step.due is not None and step.due < now)

    @property
    def refused(self) -> Counter[str]:
        """How many dead letters wait for an operator, by reason."""
        return Counter(each.reason for each in self.dead_letters.result() if each.state == "waiting")

    def figures(self, now: datetime) -> dict[str, Any]:
        """All of it as one JSON object. ``silence`` counts the outcomes that the law took silence for."""
        return {
            "opened": self.kinds["opened"],
            "open": self.open,
            "decided": self.kinds["decided"],
            "closed": self.kinds["closed"],
            "overdue": {str(party): count for party, count in sorted(self.overdue(now).items())},
            "outcomes": dict(sorted(self.outcomes.items())),
            "procedures": dict(sorted(self.procedures.items())),
            "silence": self.kinds["deemed"],
            "dead_letters": dict(sorted(self.refused.items())),
            "kinds": dict(sorted(self.kinds.items())),
        }
