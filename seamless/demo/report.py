"""The result of a run, from the ledger alone: outcomes, days, and who held the cases how long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from contracts.wire.ledger import LedgerEntry
from seamless.demo.assumptions import plan
from seamless.town.draws import number_of


@dataclass
class Report:
    """The figures of one run. Days are summed over the cases that were decided."""

    cases: int
    outcomes: dict[str, int]
    undecided: int
    ledger_entries: int
    ledger_broken: int
    dead_letters: int
    serial_days: float
    critical_path_days: float
    network_days: float
    held_days: dict[str, float] = field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        """The report as one JSON object."""
        return {
            "cases": self.cases,
            "granted": self.outcomes.get("granted", 0),
            "refused": self.outcomes.get("refused", 0),
            "withdrawn": self.outcomes.get("withdrawn", 0),
            "undecided": self.undecided,
            "ledger_entries": self.ledger_entries,
            "ledger_broken": self.ledger_broken,
            "dead_letters": self.dead_letters,
            "serial_days": round(self.serial_days, 2),
            "critical_path_days": round(self.critical_path_days, 2),
            "network_days": round(self.network_days, 2),
            "held_days": {holder: round(days, 2) for holder, days in sorted(self.held_days.items())},
        }


def report(
    ledgers: Mapping[str, Sequence[LedgerEntry]],
    *,
    seed: int,
    day_seconds: float,
    broken: int,
    dead_letters: int,
) -> Report:
    """The report of a run whose cases have these ledgers."""
    made = Report(
        cases=len(ledgers),
        outcomes=defaultdict(int),
        undecided=0,
        ledger_entries=sum(len(entries) for entries in ledgers.values()),
        ledger_broken=broken,
        dead_letters=dead_letters,
        serial_days=0,
        critical_path_days=0,
        network_days=0,
        held_days=defaultdict(float),
    )
    for case, entries in ledgers.items():
        closed = next((entry for entry in entries if entry.kind == "closed"), None)
        if closed is None:
            made.undecided += 1
            continue
        drawn = plan(seed, number_of(case))
        made.outcomes[str(closed.outcome)] += 1
        made.serial_days += drawn.serial_days
        made.critical_path_days += drawn.critical_path_days
        made.network_days += days_on_the_network(entries, day_seconds)
        for holder, days in held(entries, day_seconds).items():
            made.held_days[holder] += days
    return made


def days_on_the_network(entries: Sequence[LedgerEntry], day_seconds: float) -> float:
    """From when the broker received the application to the last step of the case, in compressed days."""
    applied = entries[0].received
    closed = next(entry for entry in entries if entry.kind == "closed")
    return (closed.recorded - applied).total_seconds() / day_seconds


def held(entries: Sequence[LedgerEntry], day_seconds: float) -> dict[str, float]:
    """How long each party had the case; side by side, each for itself."""
    days: dict[str, float] = defaultdict(float)
    for entry, after in pairwise(entries):
        for holder in entry.holders:
            days[holder] += (after.recorded - entry.recorded).total_seconds() / day_seconds
    return dict(days)
