"""What is counted of all cases, from the ledger's entries and from the steps that ended.

A total is a sum over the whole ledger. It is kept in the archive, in the transaction of the entries that add
to it, so that it is the same however often a process starts again, and in each archive of the ledger.
Nothing in it is of a person: every label is a code of the catalogue, the directory or the platform.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from archive.silence import STATUTORY, decided_by
from archive.steps import Step
from contracts.wire.ledger import LedgerEntry

LAYOUT = 1
"""The version of the totals' meaning. If it changes, they are counted again, from the ledger."""

APPLICANT, THIRD_PARTY = "applicant", "third-party"
"""Who has a step that no agency has, where agencies are told apart."""

STAGE = "stage"
"""Which limit of a case ended, where it is one of a stage."""

OTHER = "other"
"""The label for anything that is not a code: too long for one, or not printable."""

LONGEST_CODE = 100


class Place(NamedTuple):
    """Which number: of a total, by its labels, of which there are two at most."""

    total: str
    first: str = ""
    second: str = ""

    @classmethod
    def of(cls, total: str, *labels: str | None) -> Place:
        """Which number, by labels that an entry names: the topic can hold what is not a code of ours."""
        return cls(total, *(_code(str(label or "")) for label in labels))


class Buckets(NamedTuple):
    """A distribution of times, as totals: how many were not longer than each of ``bounds``, and longer than
    the one before it; and how long all of them were together.

    Attributes:
        total: its name; ``<total>_bucket`` counts, with the number of the bucket as second label, and
            ``<total>_sum`` adds.
        bounds: in seconds, rising.
    """

    total: str
    bounds: tuple[float, ...]

    def adds(self, time: timedelta, label: str = "") -> Mapping[Place, float]:
        """What one duration adds. Clocks may differ a little, so a negative one counts as zero."""
        seconds = max(0.0, time.total_seconds())
        bucket = bisect_left(self.bounds, seconds)
        return {
            Place.of(f"{self.total}_bucket", label, str(bucket)): 1,
            Place.of(f"{self.total}_sum", label): seconds,
        }


MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
WAIT = Buckets(
    "request_wait_seconds",
    (10, MINUTE, 10 * MINUTE, HOUR, 4 * HOUR, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY),
)
EFFECT_DELAY = Buckets(
    "event_effect_delay_seconds",
    (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY),
)


class Tally:
    """What entries and steps add to the totals.

    Attributes:
        added: by place, never 0.
    """

    def __init__(self) -> None:
        self.added: defaultdict[Place, float] = defaultdict(float)

    def entry(self, entry: LedgerEntry) -> None:
        """An entry is in the ledger."""
        procedure, outcome, reason = entry.procedure, entry.outcome, entry.reason
        match entry.kind:
            case "opened":
                self._add(Place.of("cases_opened", procedure))
            case "decided":
                self._add(Place.of("cases_decided", procedure, outcome))
                if outcome == "refused":
                    self._add(Place.of("decisions_refused", procedure, reason))
            case "closed":
                self._add(Place.of("cases_closed", procedure))
            case "overdue":
                self._limit_ended(entry)
            case "requested" | "referred" if entry.agency is not None:
                self._add(Place.of("requests_asked", entry.agency))
            case "asked-applicant":
                self._add(Place.of("supplements_asked", procedure))
            case "supplemented":
                self._add(Place.of("supplements_received", procedure))
            case "refused":
                self._add(Place.of("case_events_refused", reason))
        if entry.cause is not None and "#" in entry.cause:  # an event's: `source#id`
            self._add_all(EFFECT_DELAY.adds(entry.recorded - entry.received))

    def step(self, step: Step, *, times: int = 1) -> None:
        """A step has ended.

        Args:
            times: -1 takes back what the step has added.
        """
        if step.how is None or step.ended is None:
            return
        agency = agency_of(step)
        self._add(Place.of("requests_ended", agency, step.how), times)
        if step.how == "deemed":
            self._add(Place.of("requests_deemed", agency, step.outcome), times)
        if step.how != "stopped":
            self._add_all(WAIT.adds(step.ended - step.asked, agency), times)

    def _limit_ended(self, entry: LedgerEntry) -> None:
        """A limit of the case itself is over. Where the law says that the case is decided by that, it is."""
        procedure, limit = entry.procedure, STAGE if entry.step is not None else entry.outcome
        self._add(Place.of("case_limits_missed", procedure, limit))
        if limit == STATUTORY and (outcome := decided_by(procedure, entry.law)):
            self._add(Place.of("decisions_deemed", procedure, outcome))

    def _add(self, place: Place, value: float = 1) -> None:
        self.added[place] += value
        if not self.added[place]:
            del self.added[place]

    def _add_all(self, values: Mapping[Place, float], times: int = 1) -> None:
        for place, value in values.items():
            self._add(place, value * times)


def agency_of(step: Step) -> str:
    """Which agency has a step; :data:`THIRD_PARTY` or :data:`APPLICANT` where none has it."""
    if step.third_party is not None:
        return THIRD_PARTY
    return APPLICANT if step.agency is None else str(step.agency)


def _code(label: str) -> str:
    return label if len(label) <= LONGEST_CODE and label.isprintable() else OTHER
