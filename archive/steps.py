"""The steps of a case, read from its ledger: who was asked when, until when, and how it ended.

All of it is in the ledger outside what may be erased. A step is what the case waits for: a request of an
agency, something that the applicant has to hand in, a report. What the case does by itself immediately, such
as the decision, is not a step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import AwareDatetime, computed_field
from sqlalchemy import Row

from contracts.terms.identifiers import APPLICANT, AgencyId, CaseId, Party
from contracts.terms.values import Contract
from contracts.wire.ledger import PART, Kind, LedgerEntry

How = Literal["answered", "deemed", "lapsed", "stopped"]
"""How a step ends: what was waited for came; silence counts as an outcome; silence made it fail; or it was no
longer needed."""

OPENING: frozenset[Kind] = frozenset(
    {"requested", "referred", "moved", "asked-applicant", "fee-due", "waiting"}
)

ENDING: Mapping[Kind, How] = MappingProxyType(
    {
        "answered": "answered",
        "supplemented": "answered",
        "reported": "answered",
        "paid": "answered",
        "counted": "answered",
        "deemed": "deemed",
        "lapsed": "lapsed",
        "cancelled": "stopped",
    }
)

TELLING: frozenset[Kind] = (
    OPENING
    | ENDING.keys()
    | {
        "received",
        "escalated",
        "rescheduled",
        "held",
        "closed",
    }
)
"""The kinds of entries that say something of a step."""


class Step(Contract):
    """One step of a case.

    Attributes:
        sequence: the number of the entry that opened it, which tells it from every other step of its case.
        step: its name, ``review-fire-safety/1``.
        kind: of the entry that opened it.
        request: the request type, where an agency was asked.
        agency: who was asked, the last of them.
        third_party: who has it, where that is not an agency: the key of the service item. Neither: the
            applicant.
        referred_by: who was asked before it.
        opened: when it was opened.
        asked: when ``agency`` was asked, which is later where it was referred, or moved.
        due, provisional, basis: when its limit ends, whether that may move, and the rule; None: no limit, one
            that stands still, or no rule sets it.
        acknowledged: when the broker received the agency's first message that an officer has it.
        escalated: it is overdue, and the agency to which its ladder escalates was told.
        ended: when it ended; None while it is open. An answer ends it when the broker has it, silence at the
            end that the law sets.
        how, outcome, reason: how it ended, with which outcome, and with which reason code.
        automated: whether the answer is an automated check's, or silence ended it; None where not known.
    """

    case: CaseId
    sequence: int
    step: str
    kind: Kind
    request: str | None = None
    agency: AgencyId | None = None
    third_party: str | None = None
    referred_by: AgencyId | None = None
    opened: AwareDatetime
    asked: AwareDatetime
    due: AwareDatetime | None = None
    provisional: bool = False
    basis: str | None = None
    acknowledged: AwareDatetime | None = None
    escalated: bool = False
    ended: AwareDatetime | None = None
    how: How | None = None
    outcome: str | None = None
    reason: str | None = None
    automated: bool | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def holder(self) -> Party:
        """Who has the case because of it."""
        return holder_of(self.agency, self.third_party)


def holder_of(agency: str | None, third_party: str | None) -> Party:
    """Who has a step: the applicant, where nobody is named."""
    if third_party:
        return Party.third(third_party)
    return Party.agency(AgencyId(agency)) if agency else APPLICANT


class Steps:
    """The steps of one case, as they follow from its ledger. Entries are added in order.

    Attributes:
        all: the steps by :attr:`Step.sequence`: those it began with, and those that were opened since.
    """

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        """
        Args:
            steps: those that are open before the first entry that is added. Those of which no entry says
                anything may be left out, as may those that have ended.
        """
        self.all = {step.sequence: step for step in steps}
        self._changed: set[int] = set()
        self._open = {step.step: step.sequence for step in self.all.values() if step.ended is None}

    @property
    def open(self) -> tuple[Step, ...]:
        """The steps that the case waits for, in the order in which they were opened."""
        return tuple(step for step in self.all.values() if step.ended is None)

    @property
    def changed(self) -> tuple[Step, ...]:
        """The steps that are not as they were in the beginning, or were not there."""
        return tuple(self.all[sequence] for sequence in sorted(self._changed))

    def add(self, entry: LedgerEntry) -> None:
        """Follow one entry."""
        step = self.all[self._open[entry.step]] if entry.step in self._open else None
        if entry.kind == "closed":
            for each in self.open:
                self._end(each, entry, "stopped")
        elif entry.kind in OPENING and entry.step is not None:
            self._put(_opened(entry) if step is None else _asked_again(step, entry))
        elif step is None or entry.outcome == PART:
            return
        elif entry.kind in ENDING:
            self._end(step, entry, ENDING[entry.kind])
        elif entry.kind == "received" and step.acknowledged is None:
            self._put(step.model_copy(update={"acknowledged": entry.received}))
        elif entry.kind == "rescheduled" or (entry.kind == "held" and entry.due is not None):
            self._put(step.model_copy(update={"due": entry.due, "provisional": entry.provisional}))
        elif entry.kind == "escalated":
            self._put(step.model_copy(update={"escalated": True}))

    def _put(self, step: Step) -> None:
        self.all[step.sequence] = step
        self._changed.add(step.sequence)
        if step.ended is None:
            self._open[step.step] = step.sequence
        else:
            del self._open[step.step]

    def _end(self, step: Step, entry: LedgerEntry, how: How) -> None:
        silent = how in ("deemed", "lapsed")
        end = {
            "ended": entry.occurred if silent else entry.received,
            "how": how,
            "outcome": None if how == "stopped" else entry.outcome,
            "reason": None if how == "stopped" else entry.reason,
            "automated": entry.automated,
        }
        self._put(step.model_copy(update=end))


def steps_of(entries: Iterable[LedgerEntry]) -> list[Step]:
    """The steps of a case, in the order in which they were opened, from its ledger, in order."""
    steps = Steps()
    for entry in entries:
        steps.add(entry)
    return list(steps.all.values())


def _opened(entry: LedgerEntry) -> Step:
    return Step.model_construct(  # an entry was checked when it was read
        case=entry.case,
        sequence=entry.sequence,
        step=entry.step or "",
        kind=entry.kind,
        request=entry.request.request_type if entry.request else None,
        agency=entry.agency,
        third_party=entry.third_party,
        opened=entry.recorded,
        asked=entry.recorded,
        due=entry.due,
        provisional=entry.provisional,
        basis=entry.basis,
    )


def _asked_again(step: Step, entry: LedgerEntry) -> Step:
    """An open step that another agency is asked for from now on, in its own limit."""
    return step.model_copy(
        update={
            "agency": entry.agency,
            "referred_by": step.agency,
            "asked": entry.recorded,
            "due": entry.due,
            "provisional": entry.provisional,
            "basis": entry.basis,
            "acknowledged": None,
            "escalated": False,
        }
    )


def step_of(row: Row[Any]) -> Step:
    """The step that a row of the archive's table ``steps`` holds."""
    return Step.model_construct(**row._mapping)  # what stands there was made of entries, which were checked
