"""What silence caused in a case: a decision that the law made, and answers that the law supplied.

It is read from what is in the ledger outside its erasable data: that a case was granted because nobody
spoke in time is not forgotten with the applicant's name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, func, inspect, select

from archive.batches import at_once
from archive.reader import CaseRow
from archive.tables import is_current, ledger, steps
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.clock_rules import TacitGrant, TacitRefusal
from contracts.terms.identifiers import CaseId
from contracts.wire.ledger import LedgerEntry

STATUTORY = "statutory"


class Silence(NamedTuple):
    """What silence caused in a case.

    Attributes:
        decided: the law decided it, since nobody had by the end of its limit.
        deemed: how many of its requests the law answered.
    """

    decided: bool
    deemed: int


class Silences:
    """Whether the decisions of a case are the law's. Entries of one case are added in order."""

    def __init__(self) -> None:
        self._over = False

    def add(self, entry: LedgerEntry) -> bool:
        """Follow one entry; whether it is a decision by silence."""
        if entry.kind == "overdue" and entry.outcome == STATUTORY:
            self._over = True
        return entry.kind == "decided" and self._over and decided_by(entry.procedure, entry.law) is not None


def decided_by(procedure: str, law: str) -> Literal["granted", "refused"] | None:
    """How silence decides a case under this law version; None where it does not. Once the limit has passed,
    nothing else decides the case."""
    item = CATALOGUE.get(procedure)
    match item.law_or_newest(law).late if item else None:
        case TacitGrant():
            return "granted"
        case TacitRefusal():
            return "refused"
    return None


def silences_of(db: Connection, rows: Sequence[CaseRow]) -> Mapping[CaseId, Silence]:
    """What silence caused in these cases, by case; only those in which it did."""
    decided = {
        case for each in at_once(row.case for row in rows if _may_be(row)) for case in _overdue(db, each)
    }
    deemed: Counter[CaseId] = Counter()
    if is_current(steps, inspect(db)):
        for each in at_once(row.case for row in rows):
            counted = (
                select(steps.c.case, func.count().label("deemed"))
                .where(steps.c.case.in_(each), steps.c.how == "deemed")
                .group_by(steps.c.case)
            )
            deemed.update({CaseId(row.case): row.deemed for row in db.execute(counted)})
    return {case: Silence(case in decided, deemed[case]) for case in decided | deemed.keys()}


def _may_be(row: CaseRow) -> bool:
    return row.outcome is not None and decided_by(row.procedure, row.law) is not None


def _overdue(db: Connection, cases: Sequence[CaseId]) -> Iterator[CaseId]:
    """Those of these cases whose statutory limit was over before they were decided."""
    query = (
        select(ledger.c.case, ledger.c.entry)
        .where(ledger.c.case.in_(cases), ledger.c.kind.in_(("overdue", "decided")))
        .order_by(ledger.c.case, ledger.c.sequence)
    )
    following: dict[str, Silences] = {}
    for row in db.execute(query):
        try:
            entry = LedgerEntry.model_validate_json(row.entry)
        except ValidationError:  # `seamless case verify` names it
            continue
        if following.setdefault(row.case, Silences()).add(entry):
            yield CaseId(row.case)
