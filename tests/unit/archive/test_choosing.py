"""Cases are chosen by who has them and until when, and counted by holder: as the ledgers say."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine
from sqlalchemy.dialects import postgresql

from archive import choosing
from archive.choosing import (
    Choice,
    by_holder,
    calendars_in_use,
    cases_ending,
    chosen_cases,
    count_open,
    overdue_cases,
)
from archive.completeness import NoSteps
from archive.reader import ArchiveReader
from archive.steps import steps_of
from archive.tables import cases, metadata, steps
from contracts.terms.case_number import number_of, tail_of
from contracts.terms.identifiers import APPLICANT, SYSTEM, CaseId, Party
from contracts.wire.ledger import LedgerEntry
from tests.applications import new_case
from tests.chains import START, chain, records
from workers.archive.store import ArchiveStore

T = TypeVar("T")

NOW = datetime(2026, 3, 20, 1, tzinfo=UTC)
PLANNING, FIRE = Party("agency:planning"), Party("agency:fire-safety")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "archive.db"


@pytest.fixture
def store(file: Path) -> Iterator[ArchiveStore]:
    opened = ArchiveStore(f"sqlite:///{file}")
    opened.prepare()
    yield opened
    opened.close()


def asked(file: Path, question: Callable[[Connection], T]) -> T:
    async def ask() -> T:
        reader = ArchiveReader(f"sqlite:///{file}")
        try:
            return (await reader.ask(question))[0]
        finally:
            await reader.close()

    return asyncio.run(ask())


def chosen(file: Path, **choice: Any) -> list[CaseId]:
    return [row.case for row in asked(file, lambda db: chosen_cases(db, Choice(**choice)))]


def requested(agency: Party, days: int, ordinal: int = 1) -> dict[str, Any]:
    """A request of an agency that is due so many days after NOW, or before it."""
    return {
        "kind": "requested",
        "step": f"review-{agency.id}/{ordinal}",
        "agency": agency.id,
        "due": NOW + timedelta(days=days),
        "holders": (agency,),
    }


def answered(agency: Party, ordinal: int = 1) -> dict[str, Any]:
    return {"kind": "answered", "step": f"review-{agency.id}/{ordinal}", "agency": agency.id}


OPENED = {"kind": "opened"}
SUPPLEMENT = {"kind": "asked-applicant", "step": "supplement/1", "due": NOW, "holders": (APPLICANT,)}
CLOSED = {"kind": "closed", "holders": ()}

TOWN = {
    "late": chain(OPENED, requested(FIRE, -2), requested(PLANNING, 5)),
    "soon": chain(OPENED, requested(FIRE, 1)),
    "twice": chain(OPENED, requested(FIRE, -1), requested(FIRE, -4, 2), requested(PLANNING, 9)),
    "answered": chain(OPENED, requested(FIRE, -9), answered(FIRE)),
    "applicant": chain(OPENED, SUPPLEMENT),
    "closed": chain(OPENED, requested(FIRE, -9), CLOSED),
}
CASES = {name: entries[0].case for name, entries in TOWN.items()}


@pytest.fixture
def town(store: ArchiveStore) -> ArchiveStore:
    for entries in TOWN.values():
        store.write(records(entries))
    return store


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ({}, set(TOWN)),
        ({"due_by": NOW}, {"late", "twice", "applicant"}),
        ({"holder": FIRE}, {"late", "soon", "twice"}),
        ({"holder": PLANNING}, {"late", "twice"}),
        ({"holder": PLANNING, "due_by": NOW}, set()),  # others are overdue in them, and not planning
        ({"holder": FIRE, "due_by": NOW}, {"late", "twice"}),
        ({"holder": FIRE, "due_by": NOW + timedelta(days=1)}, {"late", "soon", "twice"}),
        ({"holder": APPLICANT}, {"applicant"}),
        ({"holder": SYSTEM}, {"answered"}),
        ({"holder": SYSTEM, "due_by": NOW}, set()),
        ({"holder": Party("platform")}, set()),
        ({"status": "closed"}, {"closed"}),
        ({"status": "closed", "due_by": NOW}, set()),
        ({"procedure": "traffic-fine", "due_by": NOW}, set()),
        ({"procedure": "construction-permit", "status": "open", "holder": APPLICANT}, {"applicant"}),
    ],
)
def test_all_that_is_chosen_has_to_be_so(
    town: ArchiveStore, file: Path, choice: dict[str, Any], names: set[str]
) -> None:
    assert set(chosen(file, **choice)) == {CASES[name] for name in names}


def test_they_are_listed_by_opening_and_cut_there(town: ArchiveStore, file: Path) -> None:
    every = chosen(file, due_by=NOW)
    found = asked(file, lambda db: chosen_cases(db, Choice(due_by=NOW), 2))
    assert [row.case for row in found] == every[:2]


def test_everybody_s_work_is_counted(town: ArchiveStore, file: Path) -> None:
    fire, applicant, planning = asked(file, lambda db: by_holder(db, Choice(), NOW))
    assert (fire.holder, fire.cases, fire.requests, fire.overdue, fire.overdue_cases) == (FIRE, 3, 4, 3, 2)
    assert (fire.oldest_due, fire.waiting_since) == (NOW - timedelta(days=4), START + timedelta(hours=2))
    assert (applicant.holder, applicant.cases, applicant.overdue) == (APPLICANT, 1, 1)
    assert (planning.holder, planning.cases, planning.overdue) == (PLANNING, 2, 0)
    assert asked(file, count_open) == 5
    assert asked(file, lambda db: overdue_cases(db, NOW, 2)) == [CASES["twice"], CASES["late"]]


def test_a_choice_is_counted_by_holder(town: ArchiveStore, file: Path) -> None:
    def count(**choice: Any) -> dict[str, int]:
        found = asked(file, lambda db: by_holder(db, Choice(**choice), NOW))
        return {each.holder: each.requests for each in found}

    assert count(due_by=NOW) == {FIRE: 3, APPLICANT: 1}
    assert count(holder=PLANNING) == {PLANNING: 2}
    assert count(holder=SYSTEM) == {}
    assert count(status="closed") == {}
    assert count(procedure="construction-permit", holder=FIRE) == {FIRE: 4}


# --- whatever the ledgers say -------------------------------------------------------------------------------

AGENCIES = st.sampled_from([PLANNING, FIRE])
EVENTS = st.one_of(
    st.builds(requested, AGENCIES, st.integers(-3, 3), st.integers(1, 2)),
    st.builds(answered, AGENCIES, st.integers(1, 2)),
    st.just(SUPPLEMENT),
    st.just(CLOSED),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(EVENTS, max_size=6), min_size=1, max_size=5), st.integers(-3, 3))
def test_what_is_counted_is_what_the_ledgers_leave_open(
    tmp_path_factory: Any, courses: list[list[dict[str, Any]]], days: int
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    store = ArchiveStore(f"sqlite:///{folder / 'archive.db'}")
    store.prepare()
    ledgers = [chain(OPENED, *course) for course in courses]
    for entries in ledgers:
        store.write(records(entries))
    store.close()
    now = NOW + timedelta(days=days)
    waiting = [step for entries in ledgers for step in steps_of(entries) if step.ended is None]
    counted = asked(folder / "archive.db", lambda db: by_holder(db, Choice(), now))
    for holder in {step.holder for step in waiting} | {each.holder for each in counted}:
        theirs = [step for step in waiting if step.holder == holder]
        late = [step for step in theirs if step.due is not None and step.due <= now]
        [found] = [each for each in counted if each.holder == holder]
        assert (found.requests, found.overdue) == (len(theirs), len(late))
        assert found.overdue_cases == len({step.case for step in late})
        assert set(chosen(folder / "archive.db", holder=holder)) == {step.case for step in theirs}
        assert set(chosen(folder / "archive.db", holder=holder, due_by=now)) == {step.case for step in late}


# --- numbers, calendars, older archives ---------------------------------------------------------------------


def test_a_case_is_found_by_its_number_and_two_of_one_number_both(store: ArchiveStore, file: Path) -> None:
    case = new_case()
    twin = CaseId(f"counter-0199a1b2-0000-7000-8000-00{case[-10:]}")
    for each in (case, new_case()):
        store.write(records(chain(OPENED, case=each)))
    tail = tail_of(number_of(case))
    assert asked(file, lambda db: cases_ending(db, tail)) == [case]
    store.write(records(chain(OPENED, case=twin)))
    assert set(asked(file, lambda db: cases_ending(db, tail))) == {case, twin}


def test_the_calendars_of_open_cases_are_counted(store: ArchiveStore, file: Path) -> None:
    def written(*steps: dict[str, Any]) -> list[LedgerEntry]:
        return chain(*steps)

    for entries in (
        written(OPENED | {"calendar": "cn-2026.1"}, {"calendar": "cn-2027.1"}),
        written(OPENED | {"calendar": "cn-2026.1"}),
        written(OPENED | {"calendar": "cn-2026.1"}, CLOSED | {"calendar": "cn-2026.1"}),
        written(OPENED),
    ):
        store.write(records(entries))
    assert asked(file, calendars_in_use) == {"cn-2027.1": 1, "cn-2026.1": 1, None: 1}


def test_an_archive_of_an_older_worker_gets_the_indexes_and_says_that_it_has_no_steps(
    town: ArchiveStore, file: Path
) -> None:
    with sqlite3.connect(file) as db:
        db.execute("drop index steps_open")
        db.execute("drop index cases_open")
    assert len(chosen(file, due_by=NOW)) == 3, "only slower"
    town.prepare()
    with sqlite3.connect(file) as db:
        names = {name for (name,) in db.execute("select name from sqlite_master where type = 'index'")}
    assert names >= {"steps_open", "cases_open", "cases_by_opening", "steps_by_agency"}
    with sqlite3.connect(file) as db:
        db.execute("drop table steps")
    for question in (
        lambda db: chosen_cases(db, Choice(due_by=NOW)),
        lambda db: by_holder(db, Choice(), NOW),
        lambda db: overdue_cases(db, NOW, 1),
    ):
        with pytest.raises(NoSteps, match="no steps yet"):
            asked(file, question)  # type: ignore[arg-type]
    assert len(chosen(file)) == 6


@pytest.mark.parametrize("index", ["steps_open", "cases_open"])
def test_what_is_open_is_found_without_reading_what_is_closed(
    town: ArchiveStore, file: Path, index: str
) -> None:
    """Whatever is asked, the plan names the index, also where nothing has gathered statistics."""
    plans = {
        "steps_open": "select agency, third_party, count(*), min(due) from steps where ended is null "
        "group by agency, third_party",
        "cases_open": "select * from cases where status = 'open' "
        'order by opened desc, "case" desc limit 20',
    }
    with sqlite3.connect(file) as db:
        told = " ".join(str(row) for row in db.execute(f"explain query plan {plans[index]}"))
    assert index in told


def test_the_questions_are_ones_that_postgresql_takes() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as db:
        metadata.create_all(db)
        choice = Choice("open", "tree-felling", FIRE, NOW)
        query = choosing._of(db, cases.select(), choice)
    text = str(query.compile(dialect=postgresql.dialect()))
    assert "steps.ended IS NULL" in text
    assert {index.name for index in steps.indexes} >= {"steps_open"}
