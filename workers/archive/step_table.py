"""Writing the archive's table of steps, which follows from the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, Select, delete, or_, select

from archive.steps import OPENING, TELLING, Step, Steps, step_of, steps_of
from archive.tables import cases, ledger, steps
from contracts.wire.ledger import LedgerEntry

ROWS_AT_ONCE = 500


class Ended(NamedTuple):
    """The steps that new entries ended.

    Attributes:
        now: those that end by them.
        before: those that had ended before, and are among ``now`` again, since the steps of their cases were
            made again.
    """

    now: Sequence[Step]
    before: Sequence[Step]


class StepTable:
    """The table ``steps``, in one transaction."""

    def __init__(self, connection: Connection, insert: Any) -> None:
        """``insert`` is the dialect's INSERT into the table."""
        self._connection = connection
        self._insert = insert

    def fill(self) -> None:
        """Create the steps from the ledger where they are missing."""
        opening = select(ledger.c.case).where(ledger.c.kind.in_(OPENING))
        if not self._any(select(steps.c.case)) and self._any(opening):
            self._rebuild()

    def _any(self, query: Select[Any]) -> bool:
        return self._connection.execute(query.limit(1)).first() is not None

    def follow(self, entries: Sequence[LedgerEntry]) -> Ended:
        """Let the steps follow new entries, which are in order. The cases have not been moved forward yet: a
        case whose entries do not come in order has its steps made again. Which steps ended by that."""
        told = by_case(entry for entry in entries if entry.kind in TELLING)
        if not told:
            return Ended((), ())
        heads = select(cases.c.case, cases.c.entries).where(cases.c.case.in_(told))
        known = {row.case: row.entries for row in self._connection.execute(heads)}
        late = {case for case, new in told.items() if new[0].sequence <= known.get(case, 0)}
        open_steps: dict[str, list[Step]] = {}
        if goes_on := known.keys() - late:
            named = {entry.step for new in told.values() for entry in new if entry.step is not None}
            closing = {case_id for case_id, new in told.items() if any(e.kind == "closed" for e in new)}
            waiting = select(steps).where(
                steps.c.case.in_(goes_on),
                steps.c.ended.is_(None),
                or_(steps.c.step.in_(named), steps.c.case.in_(closing)),  # the others do not change
            )
            for row in self._connection.execute(waiting.order_by(steps.c.case, steps.c.sequence)):
                open_steps.setdefault(row.case, []).append(step_of(row))
        changed: list[Step] = []
        for case_id, new in told.items():
            if case_id not in late:
                followed = Steps(open_steps.get(case_id, ()))
                for entry in new:
                    followed.add(entry)
                changed += followed.changed
        self._put(changed)
        ended = [step for step in changed if step.ended is not None]
        if not late:
            return Ended(ended, ())
        held = self._ended(late)
        self._connection.execute(delete(steps).where(steps.c.case.in_(late)))
        self._rebuild(late)
        return Ended([*ended, *self._ended(late)], held)

    def _ended(self, of: Collection[str]) -> list[Step]:
        """The steps of these cases that have ended."""
        query = select(steps).where(steps.c.case.in_(of), steps.c.ended.is_not(None))
        return [step_of(row) for row in self._connection.execute(query)]

    def _rebuild(self, of: Collection[str] | None = None) -> None:
        """Make the steps of these cases, or of all, from their ledgers; they have none in the table."""
        query = select(ledger.c.case, ledger.c.entry).where(ledger.c.kind.in_(TELLING))
        if of is not None:
            query = query.where(ledger.c.case.in_(of))
        rows = self._connection.execute(
            query.order_by(ledger.c.case, ledger.c.sequence), execution_options={"yield_per": ROWS_AT_ONCE}
        )
        made: list[Step] = []
        for _, entries in groupby(rows, key=lambda row: str(row.case)):
            made += steps_of(_legible(row.entry for row in entries))
            if len(made) >= ROWS_AT_ONCE:
                self._put(made)
                made = []
        self._put(made)

    def _put(self, found: Sequence[Step]) -> None:
        if found:
            named = [column.name for column in steps.columns if not column.primary_key]
            put = self._insert.on_conflict_do_update(
                index_elements=[steps.c.case, steps.c.sequence],
                set_={name: self._insert.excluded[name] for name in named},
            )
            columns = steps.columns.keys()
            self._connection.execute(put, [{name: getattr(step, name) for name in columns} for step in found])


def by_case(entries: Iterable[LedgerEntry]) -> dict[str, list[LedgerEntry]]:
    """The entries of each case, in the order in which they stand."""
    found: dict[str, list[LedgerEntry]] = {}
    for entry in entries:
        found.setdefault(str(entry.case), []).append(entry)
    return found


def _legible(texts: Iterable[str]) -> Iterator[LedgerEntry]:
    """The entries that can be read; ``seamless case verify`` names the others."""
    for text in texts:
        try:
            yield LedgerEntry.model_validate_json(text)
        except ValidationError:
            continue
