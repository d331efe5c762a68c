"""A pilot's cases are read from the ledger as they were assigned, also once all data was erased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from archive.pilots.cases import PilotCase
from archive.pilots.reading import days_of, pilot_cases
from bench.rebuild.erased import erase
from contracts.terms.identifiers import CaseId, ProcedureId
from tests.applications import new_case
from tests.chains import START, chain, records
from workers.archive.store import ArchiveStore

PILOT = new_case()
FIRST, SECOND = new_case(), new_case()
TRIED = ProcedureId("construction-permit")
DAY = timedelta(days=1)


def assigned(case: CaseId, arm: str, place: int, day: int, *then: dict[str, Any], block: int = 1) -> Any:
    at = START + day * DAY
    opened = {
        "kind": "opened", "received": at, "pilot": PILOT, "arm": arm, "block": block, "place": place,
        "probability": 0.2 if arm == "new" else 0.8,
    }  # fmt: skip
    return chain(opened, *then, case=case)


def closed(day: int) -> dict[str, Any]:
    return {"kind": "closed", "recorded": START + day * DAY}


def decided(outcome: str) -> dict[str, Any]:
    return {"kind": "decided", "outcome": outcome}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "archive.db"


@pytest.fixture
def store(file: Path) -> Iterator[ArchiveStore]:
    store = ArchiveStore(f"sqlite:///{file}")
    store.prepare()
    store.write(records(chain({"kind": "opened", "received": START - DAY}, case=PILOT)))
    yield store
    store.close()


def read(file: Path) -> list[PilotCase]:
    with create_engine(f"sqlite:///{file}").connect() as db:
        return pilot_cases(db, PILOT)


def day(number: int) -> float:
    return days_of(START + number * DAY)


def test_each_case_has_its_block_its_arm_and_its_time(store: ArchiveStore, file: Path) -> None:
    store.write(records(assigned(SECOND, "new", 2, 3)))
    store.write(records(assigned(FIRST, "old", 1, 2, decided("granted"), closed(9))))
    assert read(file) == [
        PilotCase(
            block=1, size=5, arm="old", start=day(2), end=day(9), refused=False, case=FIRST, procedure=TRIED
        ),
        PilotCase(block=1, size=5, arm="new", start=day(3), case=SECOND, procedure=TRIED),
    ]


def test_cases_that_no_draw_assigned_are_not_of_the_pilot(store: ArchiveStore, file: Path) -> None:
    store.write(records(chain({"kind": "opened", "received": START, "pilot": PILOT})))
    store.write(records(chain({"kind": "opened", "received": START, "content": {"says": PILOT}})))
    assert read(file) == []


@pytest.mark.parametrize(
    ("then", "refused"),
    [
        ((decided("refused"), closed(9)), True),
        ((decided("granted"), closed(9)), False),
        pytest.param((closed(9),), False, id="withdrawn"),
        pytest.param((decided("refused"),), None, id="not closed yet"),
    ],
)
def test_a_refusal_is_known_once_the_case_is_closed(
    store: ArchiveStore, file: Path, then: tuple[dict[str, Any], ...], refused: bool | None
) -> None:
    store.write(records(assigned(FIRST, "old", 1, 2, *then)))
    assert [case.refused for case in read(file)] == [refused]


def test_what_follows_a_case_is_an_objection_or_a_complaint(store: ArchiveStore, file: Path) -> None:
    store.write(records(assigned(FIRST, "new", 1, 2, decided("refused"), closed(9))))
    for number, complaint in ((12, "rude"), (14, None), (13, None)):
        at = START + number * DAY
        opened = {"kind": "opened", "received": at, "linked": FIRST, "complaint": complaint}
        store.write(records(chain(opened)))
    (found,) = read(file)
    assert (found.objected, found.complained) == (day(13), day(12))


def test_nothing_of_it_is_read_from_what_may_be_erased(store: ArchiveStore, file: Path) -> None:
    store.write(records(assigned(FIRST, "new", 1, 2, decided("refused"), closed(9))))
    store.write(records(chain({"kind": "opened", "received": START + 10 * DAY, "linked": FIRST})))
    before = read(file)
    assert erase(file) > 0
    assert read(file) == before
