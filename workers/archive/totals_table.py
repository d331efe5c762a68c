"""Writing the archive's table of totals, which follows from the ledger and the steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, and_, delete, not_, select

from archive.steps import step_of
from archive.tables import ledger, steps, totals
from archive.totals import LAYOUT, Place, Tally
from contracts.wire.ledger import LedgerEntry

ROWS_AT_ONCE = 500

LAID_OUT = Place("layout", str(LAYOUT))
"""The row that says what the others mean."""


class TotalsTable:
    """The table ``totals``, in one transaction."""

    def __init__(self, connection: Connection, insert: Any) -> None:
        """``insert`` is the dialect's INSERT into the table."""
        self._connection = connection
        self._insert = insert

    def fill(self) -> None:
        """Count the whole ledger if it was not counted, or with another meaning. The table of steps is
        complete."""
        layout = {**LAID_OUT._asdict(), "value": 1}
        mine = self._insert.on_conflict_do_nothing().returning(totals.c.value)
        if self._connection.execute(mine, layout).first() is None:
            return  # this waited for another worker that starts at the same time
        this = and_(totals.c.total == LAID_OUT.total, totals.c.first == LAID_OUT.first)
        self._connection.execute(delete(totals).where(not_(this)))
        tally = Tally()
        streamed = {"yield_per": ROWS_AT_ONCE}
        for text in self._connection.execute(select(ledger.c.entry), execution_options=streamed).scalars():
            try:
                tally.entry(LedgerEntry.model_validate_json(text))
            except ValidationError:
                continue  # `seamless case verify` names it
        ended = select(steps).where(steps.c.ended.is_not(None))
        for row in self._connection.execute(ended, execution_options=streamed):
            tally.step(step_of(row))
        self.add(tally.added)

    def add(self, values: Mapping[Place, float]) -> None:
        """Add to the totals. In one order, so that of two workers neither waits for the other for ever."""
        if values:
            put = self._insert.on_conflict_do_update(
                index_elements=[totals.c.total, totals.c.first, totals.c.second],
                set_={"value": totals.c.value + self._insert.excluded.value},
            )
            rows = [{**place._asdict(), "value": value} for place, value in sorted(values.items())]
            self._connection.execute(put, rows)
