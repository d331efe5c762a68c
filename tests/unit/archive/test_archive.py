"""The archive's store and reader, on a SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from archive.completeness import NoArchive, Position
from archive.reader import ArchiveReader
from archive.tables import metadata
from archive.verification import judge_all
from contracts.wire.ledger import LedgerEntry
from network.broker.topic_state import TopicState
from tests.applications import new_case
from tests.chains import START, chain, plain_chain, record, records
from workers.archive.store import ArchiveStore, LedgerRecord, Move, OtherTopic, Overtaken

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "an archive & more #1" / "archive.db"


@pytest.fixture
def store(file: Path) -> Iterator[ArchiveStore]:
    opened = ArchiveStore(f"sqlite:///{file}")
    opened.prepare()
    yield opened
    opened.close()


@pytest.fixture
def reader(file: Path) -> Iterator[ArchiveReader]:
    opened = ArchiveReader(f"sqlite:///{file}")
    yield opened
    run(opened.close())


def forged(entry: LedgerEntry, outcome: str = "granted") -> LedgerEntry:
    """Another entry for the same place."""
    return entry.model_copy(update={"outcome": outcome}).sealed()


def test_entries_are_kept_as_they_came(store: ArchiveStore, reader: ArchiveReader) -> None:
    entries = plain_chain(5)
    receipt = store.write(records(entries))
    assert (receipt.new, receipt.copies, receipt.forks, receipt.strays) == (5, 0, [], [])
    assert run(reader.entries(entries[0].case)) == entries
    assert run(reader.opening(entries[0].case)) == entries[0]
    assert run(reader.faults(entries[0].case)) == []


def test_copies_are_dropped(store: ArchiveStore, reader: ArchiveReader) -> None:
    entries = plain_chain(5)
    store.write(records(entries[:3]))
    receipt = store.write(records(entries[1:]))
    assert (receipt.new, receipt.copies) == (2, 2)
    receipt = store.write([*records(entries, offset=100), *records(entries, offset=200)])
    assert (receipt.new, receipt.copies) == (0, 10)
    assert run(reader.entries(entries[0].case)) == entries


def test_copies_within_one_batch_are_dropped(store: ArchiveStore, reader: ArchiveReader) -> None:
    entries = plain_chain(3)
    receipt = store.write([*records(entries), *records(entries[:2], offset=3)])
    assert (receipt.new, receipt.copies, receipt.forks) == (3, 2, [])
    assert run(reader.faults(entries[0].case)) == []


@pytest.mark.parametrize("together", [True, False])
def test_a_fork_is_kept_and_shown(store: ArchiveStore, reader: ArchiveReader, together: bool) -> None:
    entries = plain_chain(3)
    fork = forged(entries[1])
    batches = [[*records(entries), record(fork, 3)]] if together else [records(entries), [record(fork, 3)]]
    receipts = [store.write(batch) for batch in batches]
    assert list(receipts[-1].forks) == [fork]
    assert run(reader.entries(entries[0].case)) == entries, "what stands, stands"
    assert run(reader.faults(entries[0].case)) == ["entry 2 came again with other content"]
    store.write([record(fork, 3)])  # read again after a kill
    assert run(reader.faults(entries[0].case)) == ["entry 2 came again with other content"]


def test_other_data_under_the_same_hash_is_a_fork(store: ArchiveStore) -> None:
    entries = plain_chain(1)
    store.write(records(entries))
    data = entries[0].data
    assert data is not None
    changed = entries[0].model_copy(update={"data": data.model_copy(update={"content": {"number": 7}})})
    assert store.write([record(changed, 1)]).forks == [changed]


def test_erased_data_is_no_fork(store: ArchiveStore, reader: ArchiveReader) -> None:
    entries = plain_chain(2)
    erased = [entry.model_copy(update={"data": None}) for entry in entries]
    store.write(records(erased))
    receipt = store.write(records(entries, offset=2))
    assert (receipt.copies, receipt.forks) == (2, [])
    assert run(reader.faults(entries[0].case)) == []
    assert run(reader.entries(entries[0].case)) == erased, "what was erased does not come back"


@pytest.mark.parametrize(
    "value",
    [None, b"", b"not json", b"\xff\x00", b'{"specversion": "1.0"}', b"[" * 100_000],
)
def test_a_stray_is_kept_and_stops_nothing(store: ArchiveStore, file: Path, value: bytes | None) -> None:
    entries = plain_chain(2)
    stray = LedgerRecord("case.ledger", 2, 7, value, [("content-type", b"text/plain")])
    for _ in range(2):
        receipt = store.write([stray, *records(entries)])
    assert [each.record for each in receipt.strays] == [stray]
    with sqlite3.connect(file) as db:
        rows = db.execute('select topic, partition, "offset", value from strays').fetchall()
    assert rows == [("case.ledger", 2, 7, value)]


def test_an_event_that_is_no_entry_is_a_stray(store: ArchiveStore) -> None:
    entry = plain_chain(1)[0]
    good = record(entry)
    assert good.value is not None
    for old, new in (
        (b"org.seamless.ledger.entry.v1", b"org.seamless.ledger.entry.v2"),
        (b'"sequence":1', b'"sequence":0'),
        (entry.hash.encode(), b"no hash"),
    ):
        assert store.write([good._replace(value=good.value.replace(old, new))]).strays


def test_the_table_of_cases_follows(store: ArchiveStore, reader: ArchiveReader) -> None:
    entries = chain(
        {"kind": "opened"},
        {"kind": "requested", "holders": ("agency:fire-safety", "agency:planning")},
        {"kind": "decided", "outcome": "granted"},
        {"kind": "closed", "outcome": "granted", "holders": ()},
        {"kind": "refused", "outcome": "case-closed", "holders": ()},
        case=new_case("counter"),
    )
    expected = [
        ("open", None, ("system",)),
        ("open", None, ("agency:fire-safety", "agency:planning")),
        ("open", "granted", ("system",)),
        ("closed", "granted", ()),
        ("closed", "granted", ()),
    ]
    for entry, state in zip(entries, expected, strict=True):
        store.write([record(entry)])
        row = run(reader.case(entry.case))
        assert row is not None
        assert (row.status, row.outcome, row.holders) == state
        assert (row.entries, row.head, row.updated) == (entry.sequence, entry.hash, entry.recorded)
    assert (row.opened, row.channel, row.law) == (entries[0].received, "counter", "2018-33")
    for entry in entries:  # copies come again: nothing moves back
        store.write([record(entry, 100)])
    assert run(reader.case(entries[0].case)) == row
    assert run(reader.closed(entries[0].case))


def test_a_whole_case_in_one_batch(store: ArchiveStore, reader: ArchiveReader) -> None:
    entries = chain(
        {"kind": "opened"}, {"kind": "decided", "outcome": "refused"}, {"kind": "closed", "holders": ()}
    )
    store.write(records(entries))
    row = run(reader.case(entries[0].case))
    assert row is not None
    assert (row.status, row.outcome, row.entries, row.holders) == ("closed", "refused", 3, ())


def test_what_a_case_knows(store: ArchiveStore, reader: ArchiveReader) -> None:
    cause = "urn:cn-demo:channel:portal#" + "很长" * 400
    entries = chain({"kind": "opened", "cause": cause}, {})
    store.write(records(entries))
    case = entries[0].case
    assert [entry.cause for entry in run(reader.caused_by(case, cause))] == [cause]
    assert run(reader.caused_by(case, "urn:cn-demo:channel:portal#2")) == []
    assert run(reader.caused_by(new_case(), cause)) == []
    assert not run(reader.closed(case))


def test_cases_are_listed_by_opening(store: ArchiveStore, reader: ArchiveReader) -> None:
    older = chain({"kind": "opened"}, {"kind": "closed", "outcome": "granted"})
    newer = chain({"kind": "opened", "received": older[1].recorded.replace(year=2027)})
    store.write([*records(newer), *records(older, offset=5)])
    listed = [row.case for row in run(reader.cases())]
    assert listed == [newer[0].case, older[0].case]
    assert [row.case for row in run(reader.cases(limit=1))] == [newer[0].case]
    assert [row.case for row in run(reader.cases(status="closed"))] == [older[0].case]
    assert run(reader.cases(procedure="permit-receipt")) == []


def test_an_archive_that_does_not_exist_answers_nothing(reader: ArchiveReader, file: Path) -> None:
    case = new_case()

    def answers_nothing() -> None:
        questions: list[Callable[[], Coroutine[Any, Any, object]]] = [
            lambda: reader.opening(case),
            lambda: reader.case(case),
            lambda: reader.caused_by(case, "x"),
            lambda: reader.closed(case),
            lambda: reader.entries(case),
            reader.cases,
            lambda: reader.faults(case),
            reader.all_faults,
            reader.count,
            reader.positions,
        ]
        for question in questions:
            with pytest.raises(NoArchive, match="there is no archive in"):
                run(question())

    answers_nothing()
    assert not file.exists(), "a reader makes no file"
    file.parent.mkdir()
    sqlite3.connect(file).close()  # a file without tables
    answers_nothing()
    writer = ArchiveStore(f"sqlite:///{file}")
    writer.prepare()
    assert run(reader.entries(case)) == []
    entries = plain_chain(1)
    writer.write(records(entries))
    assert run(reader.entries(entries[0].case)) == entries, "seen by a reader that was there before"
    writer.close()


def test_a_reader_does_not_go_on_with_a_file_that_was_deleted(
    store: ArchiveStore, reader: ArchiveReader, file: Path
) -> None:
    first, second = plain_chain(2), plain_chain(3)
    store.write(records(first))
    assert run(reader.count()) == 2
    aside = file.with_suffix(".old")
    file.rename(aside)
    with pytest.raises(NoArchive):
        run(reader.count())
    other = ArchiveStore(f"sqlite:///{file}")
    other.prepare()
    other.write(records(second))
    assert run(reader.entries(first[0].case)) == []
    assert run(reader.entries(second[0].case)) == second
    other.close()


def test_an_answer_and_its_positions_are_of_one_moment(store: ArchiveStore, reader: ArchiveReader) -> None:
    state = TopicState("case.ledger", "one", {0: 0}, {0: 2}, START)
    store.claim(state, {})
    entries = plain_chain(2)

    def count(db: Connection) -> int:
        before = judge_all(db).entries
        if not before:
            store.write(records(entries), [Move(0, 0, 2, 2)])  # in between, by the worker
        return before

    assert run(reader.ask(count)) == (0, {0: Position("case.ledger", "one", 0, 2, 0)})
    assert run(reader.ask(count)) == (2, {0: Position("case.ledger", "one", 2, 2, 0)})


def test_rows_and_position_are_written_together_or_not_at_all(
    store: ArchiveStore, reader: ArchiveReader
) -> None:
    entries = plain_chain(2)
    store.claim(TopicState("case.ledger", "one", {0: 0}, {0: 2}, START), {})
    for wrong in (Move(0, 1, 3, 3), Move(1, 0, 2, 2)):
        with pytest.raises(Overtaken):
            store.write(records(entries), [wrong])
        assert run(reader.count()) == 0
    store.write(records(entries), [Move(0, 0, 2, 2)])
    with pytest.raises(Overtaken):
        store.write(records(entries), [Move(0, 0, 2, 2)])
    assert (run(reader.count()), store.positions()) == (2, {0: 2})


def test_a_claim_notices_another_worker_and_another_topic(store: ArchiveStore) -> None:
    state = TopicState("case.ledger", "one", {0: 0}, {0: 5}, START)
    assert store.claim(state, {}) == {0: 0}
    store.write([], [Move(0, 0, 3, 5)])
    with pytest.raises(Overtaken):
        store.claim(state, {0: 0})
    assert store.claim(state, {0: 3}) == {0: 3}
    for other in (state._replace(topic_id="two"), state._replace(topic="x.case.ledger")):
        with pytest.raises(OtherTopic, match=r"case\.ledger"):
            store.claim(other, {0: 3})
    assert store.positions() == {0: 3}


def test_a_reader_changes_nothing(store: ArchiveStore, reader: ArchiveReader) -> None:
    store.write(records(plain_chain(1)))
    with reader._engine.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.exec_driver_sql("delete from ledger")


def tamper(file: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(file) as db:
        assert db.execute(statement, values).rowcount


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("delete from ledger where sequence = 2", "entry 2 is missing: 3 follows 1"),
        ("delete from ledger where sequence >= 3", "its ledger ends at entry 2, and 4 were written"),
        ("delete from ledger", "all 4 entries are missing"),
        ("delete from cases", "the table of cases does not know it"),
        (
            "update ledger set entry = replace(entry, '\"platform\"', '\"a\"') where sequence = 3",
            "entry 3 has a wrong hash",
        ),
        ("update ledger set entry = '{' where sequence = 4", "entry 4 cannot be read"),
        ("update ledger set sequence = 9 where sequence = 4", "in place of entry 9 stands {case}/4"),
        (
            "update cases set head = substr(head, 2) || substr(head, 1, 1)",
            "its last entry, 4, is not the one that was written",
        ),
    ],
)
def test_tampering_is_found(
    store: ArchiveStore, reader: ArchiveReader, file: Path, statement: str, fault: str
) -> None:
    broken, whole = plain_chain(4), plain_chain(4)
    store.write(records(whole))
    before = run(reader.all_faults())
    assert before == (1, 4, {})
    store.write(records(broken, offset=10))
    where = " and" if "where" in statement else " where"
    tamper(file, f'{statement}{where} "case" = ?', broken[0].case)
    case = broken[0].case
    found = run(reader.faults(case))
    assert fault.format(case=case) in found
    assert run(reader.all_faults()).faults == {case: found}
    assert run(reader.faults(whole[0].case)) == []


def test_a_ledger_under_another_name_is_found(store: ArchiveStore, reader: ArchiveReader, file: Path) -> None:
    entries, other = plain_chain(2), new_case()
    store.write(records(entries))
    tamper(file, 'update ledger set "case" = ?', other)
    tamper(file, 'update cases set "case" = ?', other)
    assert run(reader.faults(other))[0] == f"in place of entry 1 stands {entries[0].case}/1"


def test_all_that_a_verdict_reads_is_of_one_moment(store: ArchiveStore, reader: ArchiveReader) -> None:
    entries = plain_chain(3)
    store.write(records(entries[:2]))
    with reader._engine.connect() as connection:
        connection.exec_driver_sql("select 1 from cases")
        store.write(records(entries[2:]))
        assert judge_all(connection) == (1, 2, {})
    assert run(reader.all_faults()) == (1, 3, {})


def test_the_tables_come_all_at_once(tmp_path: Path) -> None:
    other = ArchiveStore(f"sqlite:///{tmp_path / 'archive.db'}")
    with other._engine.begin() as connection:
        metadata.create_all(connection)
        connection.rollback()
    watching = ArchiveReader(f"sqlite:///{tmp_path / 'archive.db'}")
    with pytest.raises(NoArchive):
        run(watching.all_faults())


def test_the_tables_are_made_of_what_both_databases_have() -> None:
    for dialect in (postgresql.dialect(), sqlite.dialect()):
        for table in metadata.sorted_tables:
            assert table.name in str(CreateTable(table).compile(dialect=dialect))


def test_many_cases(store: ArchiveStore, reader: ArchiveReader) -> None:
    chains = [plain_chain(3) for _ in range(300)]
    mixed = [entry for place in range(3) for entries in chains for entry in entries[place : place + 1]]
    for start in range(0, len(mixed), 500):
        store.write(records(mixed[start : start + 500], offset=start))
    assert run(reader.all_faults()) == (300, 900, {})
