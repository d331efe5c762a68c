"""Verifying the archive: is every case's ledger whole?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, Row, select

from archive.tables import cases, forks, ledger
from contracts.wire.ledger import LedgerEntry, faults

ROWS_AT_ONCE = 500


class Verdict(NamedTuple):
    """The result of verifying cases.

    Attributes:
        cases: how many cases there are.
        entries: how many entries they have together.
        faults: what is wrong, by case; only those where something is.
    """

    cases: int
    entries: int
    faults: dict[str, list[str]]


def judge_case(db: Connection, case: str) -> Verdict:
    """What is wrong with the ledger of one case. A case that is not known counts as none."""
    rows = db.execute(_rows().where(ledger.c.case == case)).all()
    head = _heads(db, case).get(case)
    wrong = _judge(case, rows, head, _forked(db, case)[case])
    return Verdict(1 if rows or head else 0, len(rows), {case: wrong} if wrong else {})


def judge_all(db: Connection, since: str = "") -> Verdict:
    """What is wrong with any case, from the id ``since`` on. Reads every entry once and holds one case at a
    time."""
    heads = {case: head for case, head in _heads(db).items() if case >= since}
    forked = _forked(db)
    found: dict[str, list[str]] = {}
    count = entries = 0
    rows = db.execution_options(yield_per=ROWS_AT_ONCE).execute(_rows().where(ledger.c.case >= since))
    for case, group in groupby(rows, key=lambda row: str(row.case)):
        held = list(group)
        count, entries = count + 1, entries + len(held)
        if wrong := _judge(case, held, heads.pop(case, None), forked.pop(case, [])):
            found[case] = wrong
    for case, head in heads.items():  # known by name, and not one entry left
        found[case] = _judge(case, (), head, forked[case])
    return Verdict(count + len(heads), entries, found)


class _Head(NamedTuple):
    """Where a ledger ends, as it was written together with its last entry."""

    entries: int
    hash: str


def _rows() -> Any:
    return select(ledger.c.case, ledger.c.sequence, ledger.c.entry).order_by(ledger.c.case, ledger.c.sequence)


def _heads(db: Connection, case: str | None = None) -> dict[str, _Head]:
    query = select(cases.c.case, cases.c.entries, cases.c.head)
    if case is not None:
        query = query.where(cases.c.case == case)
    return {row.case: _Head(row.entries, row.head) for row in db.execute(query)}


def _forked(db: Connection, case: str | None = None) -> defaultdict[str, list[int]]:
    """The entries that came again with other content, by case."""
    query = select(forks.c.case, forks.c.sequence).order_by(forks.c.case, forks.c.sequence)
    if case is not None:
        query = query.where(forks.c.case == case)
    found: defaultdict[str, list[int]] = defaultdict(list)
    for row in db.execute(query):
        found[row.case].append(row.sequence)
    return found


def _judge(case: str, rows: Iterable[Row[Any]], head: _Head | None, forked: list[int]) -> list[str]:
    misplaced: list[str] = []
    last: LedgerEntry | None = None

    def legible() -> Iterator[LedgerEntry]:
        nonlocal last
        for row in rows:
            try:
                entry = LedgerEntry.model_validate_json(row.entry)
            except ValidationError:
                misplaced.append(f"entry {row.sequence} cannot be read")
                continue
            if (entry.case, entry.sequence) != (case, row.sequence):
                misplaced.append(f"in place of entry {row.sequence} stands {entry.case}/{entry.sequence}")
            last = entry
            yield entry

    chain = faults(legible())
    again = [f"entry {sequence} came again with other content" for sequence in forked]
    return [*chain, *misplaced, *again, *_end_faults(last, head)]


def _end_faults(last: LedgerEntry | None, head: _Head | None) -> list[str]:
    """A chain does not show that its end is missing; the row of its case does."""
    if last is None:
        return [] if head is None else [f"all {head.entries} entries are missing"]
    if head is None:
        return ["the table of cases does not know it"]
    if last.sequence != head.entries:
        return [f"its ledger ends at entry {last.sequence}, and {head.entries} were written"]
    if last.hash != head.hash:
        return [f"its last entry, {last.sequence}, is not the one that was written"]
    return []
