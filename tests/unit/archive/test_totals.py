"""The totals: what the whole ledger adds up to, however its entries came into the archive."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from archive.figures import figures_of
from archive.steps import steps_of
from archive.totals import DAY, EFFECT_DELAY, LAYOUT, OTHER, WAIT, Buckets, Place, Tally
from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.wire.ledger import Kind, LedgerEntry
from tests.applications import new_case
from tests.chains import START, chain, records
from tests.unit.archive.test_steps import LEDGERS, about_review
from workers.archive.store import ArchiveStore

CAUSE = "urn:cn-demo:agency:planning#1"


def counted(ledgers: Iterable[list[LedgerEntry]]) -> Mapping[Place, float]:
    """What ledgers add up to, told at once."""
    tally = Tally()
    for ledger in ledgers:
        for entry in ledger:
            tally.entry(entry)
        for step in steps_of(ledger):
            tally.step(step)
    return tally.added


def kept(file: Path) -> dict[Place, float]:
    """What the archive has kept."""
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as db:
        found = dict(figures_of(db, START).totals)
    engine.dispose()
    assert found.pop(Place("layout", str(LAYOUT))) == 1
    return {place: value for place, value in found.items() if value}


def approximately(found: Mapping[Place, float]) -> object:
    return pytest.approx(dict(found))


# --- what an entry adds -------------------------------------------------------------------------------------


def test_silence_that_counts_as_consent_is_counted_with_the_time_that_the_agency_had() -> None:
    case = new_case()
    asked = about_review(case, "requested")
    silent = about_review(case, "deemed", outcome="consent", occurred=START + timedelta(days=9, hours=2))
    found = counted([chain({"kind": "opened"}, asked, silent, case=case)])
    assert found[Place("requests_asked", "fire-safety")] == 1
    assert found[Place("requests_ended", "fire-safety", "deemed")] == 1
    assert found[Place("requests_deemed", "fire-safety", "consent")] == 1
    assert found[Place("request_wait_seconds_sum", "fire-safety")] == 9 * DAY
    assert found[Place("request_wait_seconds_bucket", "fire-safety", str(WAIT.bounds.index(14 * DAY)))] == 1


def test_a_request_that_was_stopped_tells_nothing_of_how_long_an_agency_takes() -> None:
    case = new_case()
    ledger = chain(about_review(case, "requested"), about_review(case, "cancelled"), case=case)
    found = counted([ledger])
    assert found[Place("requests_ended", "fire-safety", "stopped")] == 1
    assert not [place for place in found if place.total.startswith("request_wait")]


def test_who_answers_in_the_place_of_another_is_the_one_that_is_counted() -> None:
    case = new_case()
    referred = about_review(case, "referred", agency="housing")
    answered = about_review(case, "answered", agency="housing", outcome="consent")
    found = counted([chain(about_review(case, "requested"), referred, answered, case=case)])
    assert found[Place("requests_asked", "fire-safety")] == found[Place("requests_asked", "housing")] == 1
    assert {place.first for place in found if place.total == "requests_ended"} == {"housing"}


@pytest.mark.parametrize(
    ("procedure", "law", "decided"),
    [
        ("environmental-permit", "wabo-2010", "granted"),
        ("construction-permit", "2018-33", None),
        ("no-such-procedure", "x", None),
    ],
)
def test_where_the_law_decides_by_silence_that_is_counted(
    procedure: str, law: str, decided: str | None
) -> None:
    over = {"kind": "overdue", "outcome": "statutory", "procedure": ProcedureId(procedure), "law": law}
    found = counted([chain(over)])
    assert found[Place("case_limits_missed", procedure, "statutory")] == 1
    assert {place.second for place in found if place.total == "decisions_deemed"} == ({decided} - {None})


def test_a_stage_that_is_over_is_no_statutory_limit() -> None:
    found = counted([chain({"kind": "overdue", "outcome": "statutory", "step": "stage/1"})])
    assert dict(found) == {Place("case_limits_missed", "construction-permit", "stage"): 1}


def test_the_delay_of_what_an_event_brought_about_is_that_from_the_broker_to_the_case() -> None:
    received = START + timedelta(hours=1)
    recorded = received + timedelta(milliseconds=300)
    by_event = {"kind": "question", "cause": CAUSE, "received": received, "recorded": recorded}
    by_entry = by_event | {"cause": "portal-0/3"}
    found = counted([chain(by_event), chain(by_entry), chain(by_event | {"cause": None})])
    bucket = str(EFFECT_DELAY.bounds.index(0.5))
    assert dict(found) == {
        Place("event_effect_delay_seconds_bucket", "", bucket): 1,
        Place("event_effect_delay_seconds_sum"): pytest.approx(0.3),
    }


@given(st.floats(-1e9, 1e9), st.lists(st.floats(0, 1e6), min_size=1, unique=True).map(sorted))
def test_a_time_is_in_the_first_bucket_that_holds_it(seconds: float, bounds: list[float]) -> None:
    time = timedelta(seconds=seconds)
    added = Buckets("t", tuple(bounds)).adds(time)
    [bucket] = [int(place.second) for place in added if place.total == "t_bucket"]
    length = max(0.0, time.total_seconds())
    assert bucket == len([bound for bound in bounds if bound < length])
    assert added[Place("t_sum")] == length


@given(st.sampled_from(get_args(Kind)), st.text(max_size=200), st.text(max_size=200))
def test_what_is_no_code_is_counted_and_stops_nothing(kind: Kind, outcome: str, reason: str) -> None:
    """The ledger's topic can hold what no case of ours has said."""
    tally = Tally()
    [entry] = chain({"kind": kind})
    tally.entry(entry.model_copy(update={"outcome": outcome, "reason": reason, "step": None}))
    for place in tally.added:
        for label in place[1:]:
            assert len(label) <= 100
            assert label.isprintable()
    if kind == "decided" and "\0" in outcome:
        assert tally.added[Place("cases_decided", "construction-permit", OTHER)] == 1


# --- what the archive keeps ---------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(data=st.data(), in_order=st.booleans())
def test_the_totals_are_those_of_the_ledger_however_it_came(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, in_order: bool
) -> None:
    """Cases side by side in any batches, copies, forks, and entries in any order."""
    file = tmp_path_factory.mktemp("archive") / "archive.db"
    ledgers = data.draw(st.lists(st.sampled_from(LEDGERS), min_size=1, max_size=3, unique_by=id))
    coming = [entry for ledger in ledgers for entry in ledger]
    copies = data.draw(st.lists(st.sampled_from(coming), max_size=5))
    if not in_order:
        coming = data.draw(st.permutations(coming))
    forks = [entry.model_copy(update={"kind": "deemed", "law": "other"}).sealed() for entry in copies]
    told = [*coming, *copies, *forks]
    store = ArchiveStore(f"sqlite:///{file}")
    while told:
        store.prepare()  # the worker starts again
        size = data.draw(st.integers(1, len(told)))
        batch, told = told[:size], told[size:]
        store.write(records(batch))
    store.close()
    assert kept(file) == approximately(counted(ledgers))


@pytest.mark.parametrize(
    "before",
    [
        "drop table totals",
        "delete from totals",
        f"update totals set first = '{LAYOUT + 1}' where total = 'layout'",
        "drop index cases_open_by_procedure",
    ],
)
def test_an_archive_of_another_build_is_counted_anew(tmp_path: Path, before: str) -> None:
    file = tmp_path / "archive.db"
    store = ArchiveStore(f"sqlite:///{file}")
    store.prepare()
    for ledger in LEDGERS:
        store.write(records(ledger))
    with sqlite3.connect(file) as db:
        db.execute(before)
    store.prepare()
    store.prepare()
    store.close()
    assert kept(file) == approximately(counted(LEDGERS))
    with sqlite3.connect(file) as db:
        assert {"cases_open_by_procedure", "steps_open"} <= {
            name for (name,) in db.execute("select name from sqlite_master")
        }


def test_an_entry_that_cannot_be_read_keeps_nobody_from_counting(tmp_path: Path) -> None:
    file = tmp_path / "archive.db"
    store = ArchiveStore(f"sqlite:///{file}")
    store.prepare()
    store.write(records(chain({"kind": "opened"}, {"kind": "closed"})))
    with sqlite3.connect(file) as db:
        db.execute("update ledger set entry = '{}' where sequence = 1")
        db.execute("delete from totals")
    store.prepare()
    store.close()
    assert kept(file) == {Place("cases_closed", "construction-permit"): 1}


# --- what is open -------------------------------------------------------------------------------------------


def test_open_requests_are_told_by_what_time_is_left_and_the_earliest_by_when(tmp_path: Path) -> None:
    file = tmp_path / "archive.db"
    store = ArchiveStore(f"sqlite:///{file}")
    store.prepare()
    now = START + timedelta(days=100)
    left = {
        "overdue": timedelta(0), "1d": timedelta(seconds=1), "3d": timedelta(days=3),
        "10d": timedelta(days=4), "later": timedelta(days=11), "none": None,
    }  # fmt: skip
    for number, time in enumerate(left.values()):
        case = new_case()
        due = None if time is None else now + time
        opening = [{"kind": "opened"}, about_review(case, "requested", due=due)]
        if number == 0:  # two at once in one case
            again = about_review(case, "requested", due=due, step="review-fire-safety/2")
            paying = {"kind": "fee-due", "step": "collect/1", "due": due, "holders": ("applicant",)}
            opening += [again, paying]
        store.write(records(chain(*opening, case=case)))
    over = new_case()
    answered = about_review(over, "answered", outcome="consent")
    store.write(
        records(chain(about_review(over, "requested", due=now), answered, {"kind": "closed"}, case=over))
    )
    store.close()
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as db:
        figures = figures_of(db, now)
        plans = [
            str(row)
            for query in (
                "select count(*) from cases where status = 'open' group by procedure",
                "select count(*) from steps where ended is null group by agency",
            )
            for row in db.exec_driver_sql(f"explain query plan {query}")
        ]
    engine.dispose()
    assert figures.open_cases == {"construction-permit": 6}
    assert figures.open_requests == {
        ("fire-safety", "overdue"): 2, ("applicant", "overdue"): 1,
        **{("fire-safety", each): 1 for each in left if each != "overdue"},
    }  # fmt: skip
    assert figures.overdue_cases == {"fire-safety": 1, "applicant": 1}
    assert figures.earliest_due == {"fire-safety": now, "applicant": now}
    assert any("cases_open_by_procedure" in plan for plan in plans)
    assert any("steps_open" in plan for plan in plans)


def test_nothing_is_open_in_an_archive_that_is_empty(tmp_path: Path) -> None:
    store = ArchiveStore(f"sqlite:///{tmp_path / 'archive.db'}")
    store.prepare()
    store.close()
    engine = create_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    with engine.connect() as db:
        figures = figures_of(db, datetime.fromisoformat("2026-03-02T00:00:00Z"))
    engine.dispose()
    assert (figures.open_cases, figures.open_requests, figures.earliest_due) == ({}, {}, {})


def test_an_agency_may_be_called_as_it_likes() -> None:
    case = new_case()
    odd = about_review(case, "requested", agency="third-party")
    found = counted([chain(odd, case=case)])
    assert found[Place("requests_asked", AgencyId("third-party"))] == 1
