"""Reading the archive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from pydantic import AwareDatetime, computed_field
from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.exc import OperationalError

from archive.completeness import (
    Completeness,
    NoArchive,
    NoSteps,
    Position,
    Positions,
    completeness,
    read_positions,
)
from archive.database import NoFile, open_for_reading, shown, sqlite_file
from archive.steps import Step, step_of
from archive.tables import cases, digest, is_current, ledger, positions, steps
from archive.verification import Verdict, judge_all, judge_case
from contracts.terms.case_number import number_of
from contracts.terms.identifiers import CaseId, ChannelId, Party, ProcedureId
from contracts.terms.values import Contract
from contracts.wire.ledger import LedgerEntry

T = TypeVar("T")

Status = Literal["open", "closed"]


class CaseRow(Contract):
    """Where a case stands.

    Attributes:
        opened: when the broker received its application.
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

    @computed_field  # type: ignore[prop-decorator]
    @property
    def number(self) -> str:
        """The number that people use for it."""
        return number_of(self.case)


class ArchiveReader:
    """Reads the archive, and changes nothing.

    What it says about a case that it does not know counts only for an archive that is complete: see
    :meth:`completeness`, and :meth:`ask` for both in one moment. A file that was replaced is opened again.

    Every method raises :class:`NoArchive` where there is no archive, and
    ``sqlalchemy.exc.SQLAlchemyError`` when the database does not answer.
    """

    def __init__(self, url: str) -> None:
        """
        Args:
            url: SQLAlchemy URL, of SQLite or PostgreSQL. Nothing is connected yet.
        """
        self._engine = open_for_reading(url)
        self._file = sqlite_file(url)
        self._shown = shown(url)

    async def ask(self, question: Callable[[Connection], T]) -> tuple[T, Positions]:
        """An answer, such as :func:`opening_of`'s, and how far the archive had read in that moment."""
        return await self._read(lambda db: (question(db), read_positions(db)))

    async def completeness(
        self, *, topic: str, topic_id: str, ends: Mapping[int, int], as_of: AwareDatetime
    ) -> Completeness:
        """Compare the archive with the ends of the ledger's topic, which were taken before."""
        found = await self.positions()
        return completeness(found, topic=topic, topic_id=topic_id, ends=ends, as_of=as_of)

    async def positions(self) -> dict[int, Position]:
        """How far it has read the ledger's topic, by partition."""
        return await self._read(read_positions)

    async def opening(self, case: str) -> LedgerEntry | None:
        """The entry that opened a case."""
        return await self._read(lambda db: opening_of(db, case))

    async def caused_by(self, case: str, cause: str) -> list[LedgerEntry]:
        """The entries of the case that have this cause, such as ``source#id`` of an event."""
        return await self._read(lambda db: entries_caused_by(db, case, cause))

    async def closed(self, case: str) -> bool:
        """Whether the case is closed."""
        return await self._read(lambda db: is_closed(db, case))

    async def entries(self, case: str) -> list[LedgerEntry]:
        """The ledger of a case, in order."""
        return await self._read(lambda db: entries_of(db, case))

    async def hashes(self, case: str, first: int, last: int) -> dict[int, str]:
        """The hashes of a case's entries from number ``first`` to ``last``, as far as there are any."""
        query = select(ledger.c.sequence, ledger.c.hash).where(
            ledger.c.case == case, ledger.c.sequence.between(first, last)
        )
        return await self._read(lambda db: {row.sequence: row.hash for row in db.execute(query)})

    async def cases(
        self, *, status: Status | None = None, procedure: str | None = None, limit: int | None = None
    ) -> list[CaseRow]:
        """Cases, the most recently opened first."""
        query = select(cases).order_by(cases.c.opened.desc(), cases.c.case.desc()).limit(limit)
        if status is not None:
            query = query.where(cases.c.status == status)
        if procedure is not None:
            query = query.where(cases.c.procedure == procedure)
        return await self._read(lambda db: [_case_row(row) for row in db.execute(query)])

    async def calendars_of_open_cases(self) -> dict[str, str | None]:
        """The open cases, the one opened first first, each with the calendar version that it counts with;
        None where its latest entry does not say."""
        query = (
            select(cases.c.case, ledger.c.entry)
            .join(ledger, (ledger.c.case == cases.c.case) & (ledger.c.sequence == cases.c.entries))
            .where(cases.c.status == "open")
            .order_by(cases.c.opened, cases.c.case)
        )

        def read(db: Connection) -> dict[str, str | None]:
            return {
                row.case: LedgerEntry.model_validate_json(row.entry).calendar for row in db.execute(query)
            }

        return await self._read(read)

    async def case(self, case: str) -> CaseRow | None:
        """Where one case stands."""
        query = select(cases).where(cases.c.case == case)
        rows = await self._read(lambda db: [_case_row(row) for row in db.execute(query)])
        return rows[0] if rows else None

    async def steps(
        self,
        *,
        case: str | None = None,
        agency: str | None = None,
        open_only: bool = False,
        limit: int | None = None,
    ) -> list[Step]:
        """Steps of cases, the one opened first first.

        Args:
            case: of this case only.
            agency: of this agency only, where it was asked last.
            open_only: only those that have not ended.
        """
        query = select(steps).order_by(steps.c.opened, steps.c.case, steps.c.sequence).limit(limit)
        if case is not None:
            query = query.where(steps.c.case == case)
        if agency is not None:
            query = query.where(steps.c.agency == agency)
        if open_only:
            query = query.where(steps.c.ended.is_(None))

        def read(db: Connection) -> list[Step]:
            if not is_current(steps, inspect(db)):
                raise NoSteps
            return [step_of(row) for row in db.execute(query)]

        return await self._read(read)

    async def faults(self, case: str) -> list[str]:
        """What is wrong with the ledger of a case; empty when it is whole."""
        return (await self.verdict(case)).faults.get(case, [])

    async def verdict(self, case: str) -> Verdict:
        """Whether there is such a case, and what is wrong with its ledger."""
        return await self._read(lambda db: judge_case(db, case))

    async def all_faults(self, *, since: str = "") -> Verdict:
        """What is wrong with any case, or with any from the id ``since`` on. Reads every entry once, without
        keeping them in memory."""
        return await self._read(lambda db: judge_all(db, since))

    async def count(self, *, since: str = "") -> int:
        """How many entries there are of the cases from the id ``since`` on."""
        query = select(func.count()).select_from(ledger).where(ledger.c.case >= since)
        return await self._read(lambda db: int(db.scalar(query) or 0))

    async def close(self) -> None:
        """Disconnect."""
        await asyncio.to_thread(self._engine.dispose)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` reads, in a thread."""

        def read() -> T:
            try:
                with self._engine.connect() as connection:
                    self._check_tables(connection)
                    return work(connection)
            except OperationalError as error:
                if isinstance(error.orig, NoFile) or (self._file is not None and not self._file.exists()):
                    raise self._no_archive() from None
                raise

        return await asyncio.to_thread(read)

    def _check_tables(self, connection: Connection) -> None:
        if not connection.info.get("has tables"):
            if not inspect(connection).has_table(positions.name):
                raise self._no_archive()
            connection.info["has tables"] = True  # as long as it is connected: a new file, a new connection

    def _no_archive(self) -> NoArchive:
        return NoArchive(f"there is no archive in {self._shown}; start one with `seamless worker archive`")


def opening_of(db: Connection, case: str) -> LedgerEntry | None:
    """The entry that opened a case."""
    return next(iter(entries_of(db, case, only=1)), None)


def entries_caused_by(db: Connection, case: str, cause: str) -> list[LedgerEntry]:
    """The entries of the case that have this cause, in order."""
    query = select(ledger.c.entry).where(ledger.c.case == case, ledger.c.cause == digest(cause))
    return [LedgerEntry.model_validate_json(text) for text in db.scalars(query.order_by(ledger.c.sequence))]


def is_closed(db: Connection, case: str) -> bool:
    """Whether the case's ledger is closed."""
    query = select(1).where(ledger.c.case == case, ledger.c.kind == "closed").limit(1)
    return db.execute(query).first() is not None


def entries_of(db: Connection, case: str, only: int | None = None) -> list[LedgerEntry]:
    """The ledger of a case, in order; or the entry of this number ``only``."""
    query = select(ledger.c.entry).where(ledger.c.case == case).order_by(ledger.c.sequence)
    if only is not None:
        query = query.where(ledger.c.sequence == only)
    return [LedgerEntry.model_validate_json(text) for text in db.scalars(query)]


def _case_row(row: Any) -> CaseRow:
    return CaseRow.model_validate(row._asdict())
