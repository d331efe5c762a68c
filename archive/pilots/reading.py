"""The cases of a pilot, read from the ledger, from nothing that may be erased."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, or_, select

from archive.batches import at_once
from archive.pilots.cases import PilotCase
from archive.tables import cases, ledger
from contracts.terms.identifiers import CaseId
from contracts.wire.ledger import LedgerEntry

SECONDS_PER_DAY = 86_400


def days_of(instant: datetime) -> float:
    """An instant in days since 1970, as the cases of :func:`pilot_cases` have it."""
    return instant.timestamp() / SECONDS_PER_DAY


def pilot_cases(db: Connection, pilot: CaseId) -> list[PilotCase]:
    """The cases that a pilot assigned, block by block, with what has become of them so far.

    A case ends when it is closed. What follows it, a case that is ``linked`` to it, is a complaint where it
    has the code of one, and otherwise an objection.

    Args:
        pilot: the case of the procedure ``rebuilding``.
    """
    opened = list(_opened_since(db, pilot))
    assigned = {entry.case: case for entry in opened if (case := _assigned(entry, pilot)) is not None}
    following = [entry for entry in opened if entry.linked in assigned]
    ends = _ends(db, list(assigned))
    objected = _first(entry for entry in following if entry.complaint is None)
    complained = _first(entry for entry in following if entry.complaint is not None)
    return [
        replace(
            assigned[case],
            end=ends[case].day if case in ends else None,
            refused=ends[case].refused if case in ends else None,
            objected=objected.get(case),
            complained=complained.get(case),
        )
        for case in sorted(assigned, key=lambda case: (assigned[case].block, assigned[case].start))
    ]


class _End(NamedTuple):
    day: float
    refused: bool


def _assigned(entry: LedgerEntry, pilot: CaseId) -> PilotCase | None:
    """The case of an opening, if this pilot has drawn its arm. One case of a block gets the new variant, so
    the probability says how many a block has."""
    if entry.pilot != pilot or entry.arm is None or entry.block is None or entry.probability is None:
        return None
    new = entry.probability if entry.arm == "new" else 1 - entry.probability
    return PilotCase(
        block=entry.block,
        size=round(1 / new),
        arm=entry.arm,
        start=days_of(entry.received),
        case=entry.case,
        procedure=entry.procedure,
        variant=entry.variant,
    )


def _opened_since(db: Connection, pilot: CaseId) -> Iterator[LedgerEntry]:
    """The openings since the pilot's own that name it, or follow another case."""
    query = select(ledger.c.entry).where(
        ledger.c.sequence == 1,
        ledger.c.kind == "opened",
        or_(ledger.c.entry.contains(f'"{pilot}"'), ledger.c.entry.contains('"linked"')),
    )
    begun = db.scalar(select(cases.c.opened).where(cases.c.case == pilot))
    if begun is not None:
        query = query.join(cases, cases.c.case == ledger.c.case).where(cases.c.opened >= begun)
    return _entries(db.scalars(query))


def _ends(db: Connection, chosen: Sequence[CaseId]) -> Mapping[CaseId, _End]:
    """Of cases that are closed, when that was, and whether they were refused."""
    closed: dict[CaseId, float] = {}
    refused: set[CaseId] = set()
    for some in at_once(chosen):
        query = select(ledger.c.entry).where(
            ledger.c.case.in_(some), ledger.c.kind.in_(("decided", "closed"))
        )
        for entry in _entries(db.scalars(query)):
            if entry.kind == "closed":
                closed[entry.case] = days_of(entry.recorded)
            elif entry.outcome == "refused":
                refused.add(entry.case)
    return {case: _End(day, case in refused) for case, day in closed.items()}


def _first(following: Iterable[LedgerEntry]) -> Mapping[CaseId, float]:
    """When the first case was opened that follows another one, by that."""
    found: dict[CaseId, float] = {}
    for entry in following:
        assert entry.linked is not None
        day = days_of(entry.received)
        found[entry.linked] = min(day, found.get(entry.linked, day))
    return found


def _entries(texts: Iterable[str]) -> Iterator[LedgerEntry]:
    for text in texts:
        try:
            yield LedgerEntry.model_validate_json(text)
        except ValidationError:  # `seamless case verify` names it
            continue
