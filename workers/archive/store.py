"""Writing the archive: what becomes of the records of the ledger's topic."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, Select, Table, case, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from archive.completeness import Position, Positions, is_of, read_positions
from archive.database import open_for_writing
from archive.steps import OPENING, TELLING, Step, Steps, step_of, steps_of
from archive.tables import cases, digest, forks, ledger, metadata, positions, steps, strays
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import CaseId
from contracts.wire.envelope import Headers
from contracts.wire.ledger import LedgerEntry
from network.broker.topic_state import TopicState

ROWS_AT_ONCE = 500


class LedgerRecord(NamedTuple):
    """One record as it was read from the ledger's topic."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    headers: Headers


class StoredEntry(NamedTuple):
    """An entry, and the JSON of it that stood on the topic."""

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
    """The archive does not stand where this worker left it: another worker writes it, or it was replaced."""


@dataclass(frozen=True)
class Receipt:
    """What became of a batch of records.

    Attributes:
        new: entries that were added.
        copies: entries that stood already, with the same content; dropped.
        forks: entries that came with other content than the one that stands; kept beside it.
        strays: records that are no entries; kept.
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
        """Make the tables that are missing: all of them, or none. Steps that were never written, as in an
        archive from before there were any, are made from the ledger."""
        with self._engine.begin() as connection:
            metadata.create_all(connection)
            if not _any(connection, select(steps.c.case)) and _any(
                connection, select(ledger.c.case).where(ledger.c.kind.in_(OPENING))
            ):
                self._rebuild_steps(connection)

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
            self._project_steps(connection, new)
            self._project(connection, new)
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
        """Insert the entries whose place is free; the keys of those."""
        rows = [_row(each) for each in entries]
        if not rows:
            return set()
        statement = self._insert(ledger).on_conflict_do_nothing().returning(ledger.c.case, ledger.c.sequence)
        return {(row.case, row.sequence) for row in connection.execute(statement, rows)}

    def _forks(self, connection: Connection, entries: Sequence[StoredEntry]) -> list[LedgerEntry]:
        """Keep the entries that differ from the one that stands in their place; those."""
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
        by_case = _by_case(entries)
        if not by_case:
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
        connection.execute(forward, [_case_row(each) for each in by_case.values()])

    def _project_steps(self, connection: Connection, entries: Sequence[LedgerEntry]) -> None:
        """Let the steps follow new entries, which are in order. The cases have not been moved forward yet: a
        case whose entries do not come in order has its steps made anew."""
        by_case = _by_case(entry for entry in entries if entry.kind in TELLING)
        if not by_case:
            return
        heads = select(cases.c.case, cases.c.entries).where(cases.c.case.in_(by_case))
        known = {row.case: row.entries for row in connection.execute(heads)}
        late = {case for case, new in by_case.items() if new[0].sequence <= known.get(case, 0)}
        open_steps: dict[str, list[Step]] = {}
        if goes_on := known.keys() - late:
            named = {entry.step for new in by_case.values() for entry in new if entry.step is not None}
            closing = {case_id for case_id, new in by_case.items() if any(e.kind == "closed" for e in new)}
            waiting = select(steps).where(
                steps.c.case.in_(goes_on),
                steps.c.ended.is_(None),
                or_(steps.c.step.in_(named), steps.c.case.in_(closing)),  # the others do not change
            )
            for row in connection.execute(waiting.order_by(steps.c.case, steps.c.sequence)):
                open_steps.setdefault(row.case, []).append(step_of(row))
        changed: list[Step] = []
        for case_id, new in by_case.items():
            if case_id not in late:
                followed = Steps(open_steps.get(case_id, ()))
                for entry in new:
                    followed.add(entry)
                changed += followed.changed
        self._put_steps(connection, changed)
        if late:
            connection.execute(delete(steps).where(steps.c.case.in_(late)))
            self._rebuild_steps(connection, late)

    def _rebuild_steps(self, connection: Connection, of: Collection[str] | None = None) -> None:
        """Make the steps of these cases, or of all, from their ledgers; they have none in the table."""
        query = select(ledger.c.case, ledger.c.entry).where(ledger.c.kind.in_(TELLING))
        if of is not None:
            query = query.where(ledger.c.case.in_(of))
        rows = connection.execute(
            query.order_by(ledger.c.case, ledger.c.sequence), execution_options={"yield_per": ROWS_AT_ONCE}
        )
        made: list[Step] = []
        for _, entries in groupby(rows, key=lambda row: str(row.case)):
            made += steps_of(_legible(row.entry for row in entries))
            if len(made) >= ROWS_AT_ONCE:
                self._put_steps(connection, made)
                made = []
        self._put_steps(connection, made)

    def _put_steps(self, connection: Connection, found: Sequence[Step]) -> None:
        if found:
            insert = self._insert(steps)
            named = [column.name for column in steps.columns if not column.primary_key]
            put = insert.on_conflict_do_update(
                index_elements=[steps.c.case, steps.c.sequence],
                set_={name: insert.excluded[name] for name in named},
            )
            columns = steps.columns.keys()
            connection.execute(put, [{name: getattr(step, name) for name in columns} for step in found])

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


def _any(connection: Connection, query: Select[Any]) -> bool:
    return connection.execute(query.limit(1)).first() is not None


def _by_case(entries: Iterable[LedgerEntry]) -> dict[str, list[LedgerEntry]]:
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
    """Whether two entries say the same. Erased data is no difference: its digest stands in the entry."""
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
    """A case's row, from its new entries in order; the latest says where it stands."""
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
