"""How a pilot stands: read from its own ledger, and from those of the cases that it assigned.

What may be erased is read only for who proposed it and why, so every figure is the same once it was erased.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection

from archive.pilots.cases import PilotCase
from archive.pilots.evidence import Evidence, evidence
from archive.pilots.interference import agency_steps, interference
from archive.pilots.reading import days_of, pilot_cases
from archive.steps import Step, steps_of
from contracts.pilots import Arm
from contracts.procedures.rebuilding import (
    ApprovePilot,
    BeginAssignment,
    ConfirmPilot,
    DecideAdoption,
    EndAssignment,
    WeighEvidence,
)
from contracts.terms.case_number import number_of
from contracts.terms.identifiers import AgencyId, CaseId
from contracts.wire.ledger import LedgerEntry
from seamless.rebuild.pilot_times import PilotTimes, pilot_times

Stage = Literal[
    "approve", "confirm", "begin", "run", "decide", "end", "adopted", "gone-back", "not-approved",
    "not-possible", "cancelled",
]  # fmt: skip
"""What a pilot waits for: the first and the second approval, its beginning, its cases, the committee's
decision, that the assignment ends; or how it has ended."""

AGAINST: dict[str, Stage] = {"not-approved": "not-approved", "not-possible": "not-possible"}


class Said(NamedTuple):
    """What somebody answered in a pilot's case.

    Attributes:
        officer: by pseudonym; None for an automated check, and for whom silence answered.
        note: why, where it was said and is not erased.
    """

    at: datetime
    outcome: str
    officer: str | None
    note: str | None = None


@dataclass(frozen=True)
class Pilot:
    """A pilot.

    Attributes:
        reason: why it has ended, a reason code of the procedure ``rebuilding``.
        owner, why, block, most, law: as proposed; None once that was erased.
        procedure, old, new: what is tried; None where that was erased before a case was assigned.
        approvals: the votes, in order.
        begun: when cases were assigned from.
        looks: when the evidence was weighed, and what was found.
        decision: what the committee decided on the adoption.
        steps: all steps of its case.
        as_of: up to when its cases were seen.
        cases: those assigned; ``evidence`` is what they say, and ``times`` how long they take by arm.
        disturbing: the agencies through which the arms may disturb one another.
    """

    case: CaseId
    stage: Stage
    reason: str | None
    owner: str | None
    why: str | None
    procedure: str | None
    law: str | None
    old: str | None
    new: str | None
    block: int | None
    most: int | None
    opened: datetime
    closed: datetime | None
    approvals: tuple[Said, ...]
    begun: datetime | None
    looks: tuple[Said, ...]
    decision: Said | None
    ended_assignment: bool
    steps: tuple[Step, ...]
    as_of: datetime
    cases: tuple[PilotCase, ...]
    evidence: Evidence
    times: PilotTimes
    disturbing: tuple[AgencyId, ...]

    @property
    def number(self) -> str:
        """The number that people use for its case."""
        return number_of(self.case)

    def open_step(self, *names: str) -> str | None:
        """The step that is open, of these names, or of this name and number; None: none of them is."""
        return next((each.step for each in self._open(*names)), None)

    def asked_of(self, step: str) -> str | None:
        """The agency that has an open step."""
        return next((each.agency for each in self._open(step)), None)

    def due(self) -> datetime | None:
        """Until when what it waits for has to be done."""
        return next((each.due for each in self.steps if each.ended is None and each.due), None)

    def _open(self, *names: str) -> Iterator[Step]:
        for each in self.steps:
            if each.ended is None and {each.step, each.step.partition("/")[0]} & set(names):
                yield each


def read_pilot(db: Connection, entries: Sequence[LedgerEntry], as_of: datetime) -> Pilot:
    """A pilot as the archive has it.

    Args:
        entries: the ledger of its case, in order.
        as_of: the end of what is looked at; once the pilot is closed, that.
    """
    first, last = entries[0], entries[-1]
    steps = tuple(steps_of(entries))
    closed = last.recorded if last.kind == "closed" else None
    decided = next((each for each in entries if each.kind == "decided"), None)
    said = first.data.content.get("application", {}) if first.data else {}
    cases = tuple(pilot_cases(db, first.case))
    known = _tried(cases)
    shared = interference(agency_steps(db, known.arms, first.received), known.arms, days_of(as_of))
    answers = {
        kind.name: tuple(_said(entries, kind.name))
        for kind in (
            ApprovePilot,
            ConfirmPilot,
            BeginAssignment,
            WeighEvidence,
            DecideAdoption,
            EndAssignment,
        )
    }
    begun = next((each.at for each in answers[BeginAssignment.name] if each.outcome == "begun"), None)
    return Pilot(
        case=first.case,
        stage=_stage(steps, entries, decided),
        reason=decided.reason if decided else None,
        owner=_text(said, "applicant"),
        why=_text(said, "why"),
        procedure=_text(said, "procedure") or known.procedure,
        law=_text(said, "law"),
        old=_text(said, "old") or known.old,
        new=_text(said, "new") or known.new,
        block=said.get("block"),
        most=said.get("most"),
        opened=first.received,
        closed=closed,
        approvals=answers[ApprovePilot.name] + answers[ConfirmPilot.name],
        begun=begun,
        looks=answers[WeighEvidence.name],
        decision=next(iter(answers[DecideAdoption.name]), None),
        ended_assignment=any(each.outcome == "ended" for each in answers[EndAssignment.name]),
        steps=steps,
        as_of=as_of,
        cases=cases,
        evidence=evidence(cases, days_of(as_of)),
        times=pilot_times(db, known.procedure, known.arms, as_of),
        disturbing=tuple(each.agency for each in shared if each.disturbs),
    )


def _stage(steps: Sequence[Step], entries: Sequence[LedgerEntry], decided: LedgerEntry | None) -> Stage:
    if any(each.kind == "broken-off" for each in entries):
        return "cancelled"
    if decided is not None:
        return "adopted" if decided.outcome == "granted" else AGAINST.get(decided.reason or "", "gone-back")
    waits: dict[str, Stage] = {
        ApprovePilot.name: "approve",
        ConfirmPilot.name: "confirm",
        BeginAssignment.name: "begin",
        DecideAdoption.name: "decide",
        EndAssignment.name: "end",
    }
    names = [each.step.partition("/")[0] for each in steps if each.ended is None]
    if any(each.step.startswith(f"{DecideAdoption.name}/") and each.ended for each in steps):
        return "end"
    return next((waits[name] for name in names if name in waits), "run" if steps[2:] else "approve")


def _said(entries: Sequence[LedgerEntry], name: str) -> Iterator[Said]:
    for entry in entries:
        if entry.kind in ("answered", "deemed", "lapsed") and (entry.step or "").startswith(f"{name}/"):
            content: Any = entry.data.content.get("answer", {}) if entry.data else {}
            officer = None if entry.automated else entry.officer
            yield Said(entry.received, entry.outcome or entry.kind, officer, _text(content, "note"))


def _text(said: Any, name: str) -> str | None:
    value = said.get(name) if isinstance(said, dict) else None
    return value if isinstance(value, str) else None


class _Tried(NamedTuple):
    """What the cases that a pilot assigned say of what is tried."""

    procedure: str | None
    old: str | None
    new: str | None
    arms: dict[CaseId, Arm]


def _tried(cases: Sequence[PilotCase]) -> _Tried:
    variants = {each.arm: each.variant for each in cases}
    return _Tried(
        procedure=next((each.procedure for each in cases), None),
        old=variants.get("old"),
        new=variants.get("new"),
        arms={each.case: each.arm for each in cases if each.case is not None},
    )
