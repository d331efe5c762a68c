"""The steps of cases: as the ledger says, and as the archive keeps them while entries come in."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.completeness import NoArchive
from archive.reader import ArchiveReader
from archive.steps import ENDING, OPENING, Step, steps_of
from contracts.terms.identifiers import AgencyId, CaseId
from contracts.wire.ledger import PART, LedgerEntry
from tests.applications import new_case
from tests.chains import chain, record, records
from tests.replay.replaying import ledger_of, load, recorded_histories
from workers.archive.store import ArchiveStore

REVIEW = "review-fire-safety/1"
CASES = [new_case(), new_case("counter"), new_case()]


def recorded_ledgers() -> list[list[LedgerEntry]]:
    """The ledgers of the recorded cases; the runs of one case in one."""
    found: dict[CaseId, list[LedgerEntry]] = {}
    for path in recorded_histories():
        for entry in ledger_of(load(path)):
            found.setdefault(entry.case, []).append(entry)
    return list(found.values())


LEDGERS = recorded_ledgers()


def about_review(case: CaseId, kind: str, agency: str = "fire-safety", **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "step": REVIEW,
        "request": f"{case}/{REVIEW}",
        "agency": AgencyId(agency),
        "holders": (f"agency:{agency}",),
    } | more


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "archive.db"


@pytest.fixture
def store(file: Path) -> Iterator[ArchiveStore]:
    opened = ArchiveStore(f"sqlite:///{file}")
    opened.prepare()
    yield opened
    opened.close()


def kept(file: Path, **chosen: Any) -> list[Step]:
    async def read() -> list[Step]:
        reader = ArchiveReader(f"sqlite:///{file}")
        try:
            return await reader.steps(**chosen)
        finally:
            await reader.close()

    return asyncio.run(read())


# --- what a ledger says -------------------------------------------------------------------------------------


def test_a_step_is_due_when_its_limit_ends_that_has_moved_and_never_while_it_stands_still() -> None:
    case, first, then = new_case(), "2026-03-16T16:00:00Z", "2026-03-20T16:00:00Z"
    asked = about_review(case, "requested", due=first)
    still = about_review(case, "rescheduled", due=None, due_before=first)
    moved = about_review(case, "rescheduled", due=then, provisional=True)
    (step,) = steps_of(chain({"kind": "opened"}, asked, still, case=case))
    assert step.due is None
    (step,) = steps_of(chain({"kind": "opened"}, asked, still, moved, case=case))
    assert (step.due, step.provisional) == (datetime.fromisoformat(then), True)
    held = about_review(case, "held", due="2026-03-23T16:00:00Z", due_before=then)
    (step,) = steps_of(chain({"kind": "opened"}, asked, moved, held, case=case))
    assert step.due == datetime.fromisoformat("2026-03-23T16:00:00Z")
    definite = about_review(case, "rescheduled", due=then, due_before=then)
    (step,) = steps_of(chain({"kind": "opened"}, asked, moved, definite, case=case))
    assert (step.due, step.provisional) == (datetime.fromisoformat(then), False)
    others = [{"kind": "rescheduled", "outcome": "penalty"}, {"kind": "rescheduled", "step": "within/1"}]
    (step,) = steps_of(
        chain({"kind": "opened"}, asked, *({"due": then} | each for each in others), case=case)
    )
    assert step.due == datetime.fromisoformat(first), "a stage and a penalty payment are no steps"
    waits = about_review(case, "held")
    (step,) = steps_of(chain({"kind": "opened"}, asked, moved, waits, case=case))
    assert step.due == datetime.fromisoformat(then), "what is held for a fence has the limit that it had"


def test_a_request_is_a_step_from_its_asking_to_the_moment_the_broker_had_the_answer() -> None:
    case = new_case()
    ledger = chain(
        {"kind": "opened"},
        about_review(case, "requested", basis="消防法", provisional=True),
        about_review(case, "received"),
        about_review(case, "received"),
        about_review(case, "escalated"),
        about_review(case, "answered", outcome="refuse", reason="no-exit", automated=False),
        about_review(case, "corrected"),
        case=case,
    )
    (step,) = steps_of(ledger)
    assert (step.step, step.request, step.agency, step.basis, step.provisional) == (
        REVIEW, "review-fire-safety", "fire-safety", "消防法", True,
    )  # fmt: skip
    assert (step.opened, step.acknowledged, step.ended) == (
        ledger[1].recorded, ledger[2].received, ledger[5].received,
    )  # fmt: skip
    assert (step.how, step.outcome, step.reason, step.automated, step.escalated) == (
        "answered", "refuse", "no-exit", False, True,
    )  # fmt: skip


def test_a_step_that_is_referred_is_the_other_agency_s_from_then_on() -> None:
    case = new_case()
    ledger = chain(
        about_review(case, "requested"),
        about_review(case, "received"),
        about_review(case, "referred", "housing"),
        about_review(case, "lapsed", "housing", reason="not-reviewed", automated=True),
        case=case,
    )
    (step,) = steps_of(ledger)
    assert (step.agency, step.referred_by, step.acknowledged) == ("housing", "fire-safety", None)
    assert (step.opened, step.asked) == (ledger[0].recorded, ledger[2].recorded)
    assert (step.how, step.outcome, step.reason) == ("lapsed", None, "not-reviewed")


def test_a_step_ends_with_the_last_part_of_a_payment_and_else_with_the_case() -> None:
    fee: dict[str, Any] = {"step": "collect/1", "holders": ("applicant",)}
    part = chain({"kind": "fee-due"} | fee, {"kind": "paid", "outcome": PART} | fee)
    assert [(step.holder, step.ended) for step in steps_of(part)] == [("applicant", None)]
    closed = chain({"kind": "fee-due"} | fee, {"kind": "closed", "outcome": "granted", "holders": ()})
    assert [(step.how, step.outcome) for step in steps_of(closed)] == [("stopped", None)]


# --- what the archive keeps ---------------------------------------------------------------------------------


def a_ledger(case: CaseId) -> st.SearchStrategy[list[LedgerEntry]]:
    """Any order of any kinds about a few steps; more than a case would say."""
    kinds = sorted(OPENING | ENDING.keys() | {"received", "escalated", "reported", "late", "marked"})
    agencies = st.sampled_from(["fire-safety", "housing", None])
    entry = st.fixed_dictionaries(
        {
            "kind": st.sampled_from([*kinds, "closed"]),
            "step": st.sampled_from(["review-planning/1", REVIEW, "collect/1", None]),
            "agency": agencies.map(lambda agency: AgencyId(agency) if agency else None),
            "outcome": st.sampled_from(["consent", PART, None]),
            "reason": st.sampled_from(["late", None]),
            "automated": st.sampled_from([True, False, None]),
        }
    )
    return st.lists(entry, min_size=1, max_size=12).map(lambda steps: chain(*steps, case=case))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), in_order=st.booleans())
def test_the_steps_that_are_kept_follow_from_the_ledger(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, in_order: bool
) -> None:
    """Whatever comes when: several cases in any batches, copies, forks, and entries in any order."""
    folder = tmp_path_factory.mktemp("archive")
    ledgers = [data.draw(a_ledger(case)) for case in CASES]
    coming = [entry for ledger in ledgers for entry in ledger]
    copies = data.draw(st.lists(st.sampled_from(coming), max_size=5))
    if in_order:
        order = data.draw(st.permutations([place for place, ledger in enumerate(ledgers) for _ in ledger]))
        each = [iter(ledger) for ledger in ledgers]
        coming = [next(each[place]) for place in order]
    else:
        coming = data.draw(st.permutations(coming))
    forks = [entry.model_copy(update={"kind": "cancelled", "law": "other"}).sealed() for entry in copies]
    told = [*coming, *copies, *forks]
    store = ArchiveStore(f"sqlite:///{folder / 'archive.db'}")
    store.prepare()
    while told:
        size = data.draw(st.integers(1, len(told)))
        batch, told = told[:size], told[size:]
        store.write(records(batch))
    store.close()
    for case, ledger in zip(CASES, ledgers, strict=True):
        expected = sorted(steps_of(ledger), key=lambda step: (step.opened, step.sequence))
        assert kept(folder / "archive.db", case=case) == expected


@pytest.mark.parametrize("ledger", LEDGERS, ids=lambda ledger: str(ledger[0].procedure))
def test_the_steps_of_recorded_cases_are_kept_entry_by_entry(
    store: ArchiveStore, file: Path, ledger: list[LedgerEntry]
) -> None:
    for entry in ledger:
        store.write([record(entry)])
        assert kept(file) == steps_of(ledger[: entry.sequence])
    assert steps_of(ledger)
    assert kept(file, open_only=True) == [], "a case that is closed waits for nothing"


def test_steps_are_found_by_case_by_agency_and_by_being_open(store: ArchiveStore, file: Path) -> None:
    one, other = CASES[:2]
    store.write(records(chain(about_review(one, "requested"), about_review(one, "answered"), case=one)))
    store.write(records(chain(about_review(other, "requested"), case=other)))
    assert [step.case for step in kept(file)] == sorted([one, other])
    assert [step.case for step in kept(file, agency="fire-safety", open_only=True)] == [other]
    assert kept(file, agency="housing") == []
    assert len(kept(file, limit=1)) == len(kept(file, case=one)) == 1


# --- an archive from before there were steps ----------------------------------------------------------------


@pytest.mark.parametrize(
    "before", ["drop table steps", "delete from steps", "alter table steps drop column referred_by"]
)
def test_an_archive_without_steps_gets_them_from_its_ledger(
    store: ArchiveStore, file: Path, before: str
) -> None:
    for ledger in LEDGERS:
        store.write(records(ledger))
    whole = kept(file)
    with sqlite3.connect(file) as db:
        db.execute("update ledger set entry = '{}' where sequence = 1")  # what cannot be read stops nothing
        db.execute(before)
    if "drop" in before:
        with pytest.raises(NoArchive, match="no steps yet"):
            kept(file)
    store.prepare()
    assert kept(file) == whole
    store.prepare()
    assert kept(file) == whole
