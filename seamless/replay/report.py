"""The result of a replay, in figures that do not grow with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from seamless.replay.conformance import Finding
from seamless.replay.limits import Limits
from seamless.replay.log import Adapter


@dataclass
class ReplayReport:
    """The sum of all findings.

    Attributes:
        events: the log's own; what an adapter tells beside them is not among them.
        events_lost: events, of any kind, that neither the ledger nor the dead letters ever showed.
        outcomes: how the cases are in the end: each in one way.
        figures: the adapter's.
        flags: marks of the platform, and differences from the log, by kind.
        differences: how many of the flags are differences from the log.
        limits: the limits of the log against the clocks here; told where the log has any.
        ledger_broken: cases whose ledger has a gap, a repeat with other content, or a wrong hash.
        seconds: for the replaying; ``seconds_verifying`` for reading every ledger again afterwards.
    """

    outcomes: Counter[str]
    figures: Counter[str]
    cases: int = 0
    events: int = 0
    events_lost: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    differences: int = 0
    limits: Limits = field(default_factory=Limits)
    ledger_entries: int = 0
    ledger_broken: int = 0
    seconds: float = 0.0
    seconds_verifying: float = 0.0

    @classmethod
    def empty(cls, adapter: Adapter) -> ReplayReport:
        """A report of no cases, which names every outcome and figure."""
        return cls(outcomes=Counter(dict.fromkeys(adapter.outcomes, 0)), figures=Counter(adapter.figures(())))

    def add(self, finding: Finding, events: int, entries: int) -> None:
        """Add a case that was replayed."""
        kinds: Sequence[str] = [difference.kind for difference in finding.differences]
        self.cases += 1
        self.events += events
        self.events_lost += kinds.count("event-lost")
        self.outcomes[finding.outcome] += 1
        self.figures.update(finding.figures)
        self.flags.update(finding.flags)
        self.flags.update(kinds)
        self.differences += len(kinds)
        if finding.limit is not None:
            self.limits.add(finding.reference, finding.limit)
        self.ledger_entries += entries

    def json(self) -> dict[str, Any]:
        """The report as one JSON object."""
        return {
            "cases": self.cases,
            "events": self.events,
            "events_lost": self.events_lost,
            **self.figures,
            **self.outcomes,
            "flags": dict(sorted(self.flags.items())),
            "differences": self.differences,
            **({"limits": self.limits.json()} if self.limits.figures["cases"] else {}),
            "ledger_entries": self.ledger_entries,
            "ledger_broken": self.ledger_broken,
            "seconds": round(self.seconds, 1),
            "seconds_verifying": round(self.seconds_verifying, 1),
            "cases_per_second": round(self.cases / self.seconds, 1) if self.seconds else None,
        }
