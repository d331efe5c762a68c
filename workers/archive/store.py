"""Writing the archive: what becomes of the records of the ledger's topic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, case, func, inspect, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from archive.completeness import Position, Positions, is_of, read_positions
from archive.database import open_for_writing
from archive.tables import (
    cases,
    digest,
    forks,
    is_current,
    ledger,
    make_indexes,
    metadata,
    positions,
    steps,
    strays,
    totals,
)
from archive.totals import Place, Tally
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import CaseId
from contracts.wire.envelope import Headers
from contracts.wire.ledger import LedgerEntry
from network.broker.topic_state import TopicState
from workers.archive.step_table import Ended, StepTable, by_case
from workers.archive.totals_table import TotalsTable


class LedgerRecord(NamedTuple):
    """One record as it was read from the ledger's topic."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    headers: Headers


class StoredEntry(NamedTuple):
    """An entry, and the JSON of it that was on the topic."""

    entry: LedgerEntry
    text: str


class Stray(NamedTuple):
    """A record that is no ledger entry, and why."""

    record: LedgerRecord
    reason: str


class Move(NamedTuple):
    """A partition was read from ``start`` up to ``next``; it ends at ``end``, as far as is known."""

    partition: int
    start: int
    next: int
    end: int


class OtherTopic(Exception):
    """The archive was written from another topic than the one that is read now."""


class Overtaken(Exception):
    """The archive is not where this worker left it: another worker writes it, or it was replaced."""


@dataclass(frozen=True)
class Receipt:
    """What became of a batch of records.

    Attributes:
        new: entries that were added.
        copies: entries that were there already, with the same content; dropped.
        forks: entries whose content differs from the one that is there; kept beside it.
        strays: records that are not entries; kept.
    """

    new: int
    copies: int
    forks: Sequence[LedgerEntry]
    strays: Sequence[Stray]


class ArchiveStore:
    """The archive's writing side. Blocking: call it in a thread."""

    def __init__(self, url: str) -> None:
        """
        Args:
            url: SQLAlchemy URL, of SQLite or PostgreSQL. Nothing is connected yet.
        """
        self._engine = open_for_writing(url)

    def prepare(self) -> None:
        """Create missing tables: all of them, or none. Steps that were never written, as in an
        archive from before there were any, are made from the ledger."""
        with self._engine.begin() as connection:
            if not is_current(steps, inspect(connection)):
                steps.drop(connection, checkfirst=True)
            metadata.create_all(connection)
            make_indexes(connection)
            StepTable(connection, self._insert(steps)).fill()
            TotalsTable(connection, self._insert(totals)).fill()

    def positions(self) -> dict[int, int]:
        """The offset that is read next, by partition."""
        with self._engine.begin() as connection:
            return _next_of(read_positions(connection))

    def claim(self, topic: TopicState, before: Mapping[int, int]) -> dict[int, int]:
        """Say from which topic the archive is written; where its reading goes on, by partition.

        A partition that ends before the archive's position has lost records that the archive has, and new
        ones take their offsets: it is read from its start again. One that begins after it has lost records
        that the archive will never have: they are counted.

        Args:
            topic: as it was after ``before`` was read.
            before: what :meth:`positions` said.

        Raises:
            OtherTopic: it is written from another one. Nothing is changed.
            Overtaken: the positions are not ``before`` any more.
        """
        with self._engine.begin() as connection:
            connection.execute(select(positions.c.partition).with_for_update())  # SQLite locks all, always
            found = read_positions(connection)
            if not is_of(found, topic.topic, topic.topic_id):
                written = next(iter(found.values()))
                raise OtherTopic(
                    f"it was written from the topic {written.topic} with the id {written.topic_id}, and the "
                    f"broker's {topic.topic} has the id {topic.topic_id}"
                )
            if _next_of(found) != before:
                raise Overtaken
            rows = [_position_row(topic, partition, found.get(partition)) for partition in topic.ends]
            insert = self._insert(positions)
            new = insert.excluded
            claimed = insert.on_conflict_do_update(
                index_elements=[positions.c.partition],
                set_={name: new[name] for name in ("next", "end", "lost", "moved")},
            )
            connection.execute(claimed, rows)
            return {row["partition"]: row["next"] for row in rows}

    def write(self, records: Sequence[LedgerRecord], moves: Sequence[Move] = ()) -> Receipt:
        """Write a batch, and how far it was read, in one transaction.

        Raises:
            Overtaken: a partition is not where the batch begins. Nothing is changed.
        """
        read, astray = _read(records)
        firsts: dict[tuple[str, int], StoredEntry] = {}
        for each in read:
            firsts.setdefault(_key(each.entry), each)
        with self._engine.begin() as connection:
            self._move(connection, moves)
            added = self._add(connection, firsts.values())
            again = [
                each for each in read if _key(each.entry) not in added or each is not firsts[_key(each.entry)]
            ]
            forked = self._forks(connection, again)
            new = sorted((firsts[key].entry for key in added), key=lambda each: each.sequence)
            ended = StepTable(connection, self._insert(steps)).follow(new)
            self._project(connection, new)
            TotalsTable(connection, self._insert(totals)).add(_counted(new, ended))
            self._keep_strays(connection, astray)
        return Receipt(len(added), len(again) - len(forked), forked, astray)

    @staticmethod
    def _move(connection: Connection, moves: Sequence[Move]) -> None:
        """Move the positions forward. A row that is moved is locked until the transaction ends, so of two
        workers that read the same records one writes them."""
        for move in moves:
            moved = connection.execute(
                update(positions)
                .where(positions.c.partition == move.partition, positions.c.next == move.start)
                .values(next=move.next, end=max(move.next, move.end), moved=datetime.now(UTC))
            )
            if moved.rowcount != 1:
                raise Overtaken

    def close(self) -> None:
        """Disconnect."""
        self._engine.dispose()

    def _insert(self, table: Table) -> Any:
        """An INSERT that can say what to do on a conflict: each dialect has its own."""
        return postgresql.insert(table) if self._engine.dialect.name == "postgresql" else sqlite.insert(table)

    def _add(self, connection: Connection, entries: Iterable[StoredEntry]) -> set[tuple[str, int]]:
        """Insert the entries whose number is free; returns their keys."""
        rows = [_row(each) for each in entries]
        if not rows:
            return set()
        statement = self._insert(ledger).on_conflict_do_nothing().returning(ledger.c.case, ledger.c.sequence)
        return {(row.case, row.sequence) for row in connection.execute(statement, rows)}

    def _forks(self, connection: Connection, entries: Sequence[StoredEntry]) -> list[LedgerEntry]:
        """Keep the entries that differ from the one that has their number; returns those."""
        if not entries:
            return []
        keys = {_key(each.entry) for each in entries}
        found = connection.execute(
            select(ledger.c.case, ledger.c.sequence, ledger.c.entry).where(
                tuple_(ledger.c.case, ledger.c.sequence).in_(keys)
            )
        )
        kept = {(row.case, row.sequence): LedgerEntry.model_validate_json(row.entry) for row in found}
        forked = [each for each in entries if not _same(each.entry, kept[_key(each.entry)])]
        if forked:
            now = datetime.now(UTC)
            rows = [
                {
                    "case": each.entry.case,
                    "sequence": each.entry.sequence,
                    "digest": digest(each.text),
                    "hash": each.entry.hash,
                    "entry": each.text,
                    "seen_at": now,
                }
                for each in forked
            ]
            connection.execute(self._insert(forks).on_conflict_do_nothing(), rows)
        return [each.entry for each in forked]

    def _project(self, connection: Connection, entries: Sequence[LedgerEntry]) -> None:
        """Move the cases forward to their newest entry; ``entries`` are in order."""
        told = by_case(entries)
        if not told:
            return
        insert = self._insert(cases)
        new = insert.excluded
        forward = insert.on_conflict_do_update(
            index_elements=[cases.c.case],
            set_={
                "updated": new.updated,
                "status": case((cases.c.status == "closed", "closed"), else_=new.status),
                "outcome": func.coalesce(new.outcome, cases.c.outcome),
                "holders": new.holders,
                "entries": new.entries,
                "head": new.head,
            },
            where=cases.c.entries < new.entries,
        )
        connection.execute(forward, [_case_row(each) for each in told.values()])

    def _keep_strays(self, connection: Connection, found: Sequence[Stray]) -> None:
        if found:
            now = datetime.now(UTC)
            rows = [
                {
                    "topic": record.topic,
                    "partition": record.partition,
                    "offset": record.offset,
                    "value": record.value,
                    "reason": reason.replace("\0", ""),
                    "seen_at": now,
                }
                for record, reason in found
            ]
            connection.execute(self._insert(strays).on_conflict_do_nothing(), rows)


def _counted(new: Iterable[LedgerEntry], ended: Ended) -> Mapping[Place, float]:
    """What new entries, and the steps that ended by them, add to the totals."""
    tally = Tally()
    for entry in new:
        tally.entry(entry)
    for step in ended.now:
        tally.step(step)
    for step in ended.before:
        tally.step(step, times=-1)
    return tally.added


def _next_of(found: Positions) -> dict[int, int]:
    return {partition: each.next for partition, each in found.items()}


def _position_row(topic: TopicState, partition: int, old: Position | None) -> dict[str, Any]:
    """Where reading a partition goes on, as a row; ``old`` is where the archive stands."""
    start, end = topic.starts[partition], topic.ends[partition]
    position, lost = (old.next, old.lost) if old else (0, 0)
    if position > end:
        position = start
    elif position < start:
        position, lost = start, lost + start - position
    return {
        "partition": partition,
        "topic": topic.topic,
        "topic_id": topic.topic_id,
        "next": position,
        "end": end,
        "lost": lost,
        "moved": datetime.now(UTC),
    }


def _read(records: Sequence[LedgerRecord]) -> tuple[list[StoredEntry], list[Stray]]:
    read: list[StoredEntry] = []
    astray: list[Stray] = []
    for record in records:
        try:
            read.append(StoredEntry(*LedgerEntry.decode(record.value, record.headers)))
        except Refusal as refusal:
            astray.append(Stray(record, str(refusal)))
    return read, astray


def _key(entry: LedgerEntry) -> tuple[str, int]:
    return str(entry.case), entry.sequence


def _same(one: LedgerEntry, other: LedgerEntry) -> bool:
    """Whether two entries say the same. Erased data is not a difference: its digest is in the entry."""
    if None not in (one.data, other.data) and one.data != other.data:
        return False
    without = {"data": None}
    return one.model_copy(update=without) == other.model_copy(update=without)


def _row(stored: StoredEntry) -> dict[str, Any]:
    entry, text = stored
    return {
        "case": str(entry.case),
        "sequence": entry.sequence,
        "hash": entry.hash,
        "previous": entry.previous,
        "kind": entry.kind,
        "cause": None if entry.cause is None else digest(entry.cause),
        "recorded": entry.recorded,
        "entry": text,
    }


def _case_row(entries: Sequence[LedgerEntry]) -> dict[str, Any]:
    """A case's row, from its new entries in order; the latest says where it is."""
    first, latest = entries[0], entries[-1]
    outcomes = [entry.outcome for entry in entries if entry.kind in ("decided", "closed") and entry.outcome]
    return {
        "case": str(latest.case),
        "procedure": str(latest.procedure),
        "law": latest.law,
        "channel": str(CaseId(latest.case).channel),
        "opened": first.received,
        "updated": latest.recorded,
        "status": "closed" if any(entry.kind == "closed" for entry in entries) else "open",
        "outcome": outcomes[-1] if outcomes else None,
        "holders": list(latest.holders),
        "entries": latest.sequence,
        "head": latest.hash,
    }
