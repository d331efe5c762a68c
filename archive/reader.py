"""Reading the archive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from pydantic import AwareDatetime
from sqlalchemy import Connection, func, inspect, select

from archive.database import open_for_reading, sqlite_file
from archive.tables import cases, digest, ledger
from archive.verification import Verdict, judge_all, judge_case
from contracts.terms.identifiers import CaseId, ChannelId, Party, ProcedureId
from contracts.terms.values import Contract
from contracts.wire.ledger import LedgerEntry

T = TypeVar("T")

Status = Literal["open", "closed"]


class CaseRow(Contract):
    """Where a case stands.

    Attributes:
        opened: when the broker had its application.
        updated: when its latest entry was recorded.
        outcome: of its decision; None while it is undecided.
        holders: who has it: ``agency:<id>``, ``applicant``, ``system``; nobody, once it is closed.
        entries: how long its ledger is.
        head: the hash of the latest entry.
    """

    case: CaseId
    procedure: ProcedureId
    law: str
    channel: ChannelId
    opened: AwareDatetime
    updated: AwareDatetime
    status: Status
    outcome: str | None
    holders: tuple[Party, ...]
    entries: int
    head: str


class ArchiveReader:
    """Reads the archive, and changes nothing.

    An archive that does not exist yet has no cases. A database that does not answer raises
    ``sqlalchemy.exc.SQLAlchemyError``.
    """

    def __init__(self, url: str) -> None:
        """
        Args:
            url: SQLAlchemy URL, of SQLite or PostgreSQL. Nothing is connected yet.
        """
        self._engine = open_for_reading(url)
        self._file = sqlite_file(url)
        self._exists = False

    async def opening(self, case: str) -> LedgerEntry | None:
        """The entry that opened a case."""
        entries: list[LedgerEntry] = await self._read(lambda db: _entries(db, case, only=1), [])
        return entries[0] if entries else None

    async def knows(self, case: str, cause: str) -> bool:
        """Whether an entry of the case has this cause, such as ``source#id`` of an event."""
        query = select(1).where(ledger.c.case == case, ledger.c.cause == digest(cause)).limit(1)
        return await self._read(lambda db: db.execute(query).first() is not None, False)

    async def closed(self, case: str) -> bool:
        """Whether the case is closed."""
        query = select(1).where(ledger.c.case == case, ledger.c.kind == "closed").limit(1)
        return await self._read(lambda db: db.execute(query).first() is not None, False)

    async def entries(self, case: str) -> list[LedgerEntry]:
        """The ledger of a case, in order."""
        return await self._read(lambda db: _entries(db, case), [])

    async def cases(
        self, *, status: Status | None = None, procedure: str | None = None, limit: int | None = None
    ) -> list[CaseRow]:
        """Cases, the one opened last first."""
        query = select(cases).order_by(cases.c.opened.desc(), cases.c.case.desc()).limit(limit)
        if status is not None:
            query = query.where(cases.c.status == status)
        if procedure is not None:
            query = query.where(cases.c.procedure == procedure)
        return await self._read(lambda db: [_case_row(row) for row in db.execute(query)], [])

    async def case(self, case: str) -> CaseRow | None:
        """Where one case stands."""
        query = select(cases).where(cases.c.case == case)
        rows: list[CaseRow] = await self._read(lambda db: [_case_row(row) for row in db.execute(query)], [])
        return rows[0] if rows else None

    async def faults(self, case: str) -> list[str]:
        """What is wrong with the ledger of a case; empty when it is whole."""

        return (await self.verdict(case)).faults.get(case, [])

    async def verdict(self, case: str) -> Verdict:
        """Whether there is such a case, and what is wrong with its ledger."""
        return await self._read(lambda db: judge_case(db, case), Verdict(0, 0, {}))

    async def all_faults(self, *, since: str = "") -> Verdict:
        """What is wrong with any case, or with any from the id ``since`` on. Reads every entry once, without
        holding them."""
        return await self._read(lambda db: judge_all(db, since), Verdict(0, 0, {}))

    async def count(self, *, since: str = "") -> int:
        """How many entries there are of the cases from the id ``since`` on."""
        query = select(func.count()).select_from(ledger).where(ledger.c.case >= since)
        return await self._read(lambda db: int(db.scalar(query) or 0), 0)

    async def close(self) -> None:
        """Disconnect."""
        await asyncio.to_thread(self._engine.dispose)

    async def _read(self, work: Callable[[Connection], T], otherwise: T) -> T:
        """What ``work`` reads, in a thread; ``otherwise`` while there is no archive."""

        def read() -> T:
            with self._connected() as connection:
                return otherwise if connection is None else work(connection)

        return await asyncio.to_thread(read)

    @contextmanager
    def _connected(self) -> Iterator[Connection | None]:
        if not self._exists and self._file is not None and not self._file.exists():
            yield None
            return
        with self._engine.connect() as connection:
            self._exists = self._exists or inspect(connection).has_table(ledger.name)
            yield connection if self._exists else None


def _entries(db: Connection, case: str, only: int | None = None) -> list[LedgerEntry]:
    query = select(ledger.c.entry).where(ledger.c.case == case).order_by(ledger.c.sequence)
    if only is not None:
        query = query.where(ledger.c.sequence == only)
    return [LedgerEntry.model_validate_json(text) for text in db.scalars(query)]


def _case_row(row: Any) -> CaseRow:
    return CaseRow.model_validate(row._asdict())
