"""Beside the evidence: how long both arms take, and whether the old way has changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine

from archive.pilots.reading import pilot_cases
from archive.reader import entries_of
from bench.rebuild.erased import erase
from contracts.terms.identifiers import AgencyId, CaseId
from seamless.rebuild.phrases import AsWritten, Language
from seamless.rebuild.pilot import read_pilot
from seamless.rebuild.pilot_telling import told
from seamless.rebuild.pilot_times import PilotTimes, pilot_times
from tests.applications import new_case
from tests.chains import START, chain, records
from workers.archive.store import ArchiveStore

PILOT = new_case()
BEGUN, UNTIL = 100, 200
"""Days: before the pilot there are cases of the old variant, and since then of both."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "archive.db"


@pytest.fixture
def store(file: Path) -> Iterator[ArchiveStore]:
    store = ArchiveStore(f"sqlite:///{file}")
    store.prepare()
    store.write(records(chain({"kind": "opened", "received": at(BEGUN)}, case=PILOT)))
    yield store
    store.close()


def at(day: float) -> Any:
    return START + timedelta(days=day)


def write(store: ArchiveStore, number: int, opened: float, asked: float, ended: float, **more: Any) -> None:
    """A case that one agency had from a day to another, and that was closed then; if it was by now."""
    case = CaseId(f"portal-{number:08x}-0000-7000-8000-000000000000")
    review = {"step": "review/1", "request": f"{case}/review/1", "agency": AgencyId("housing")}
    entries: list[dict[str, Any]] = [
        {"kind": "opened", "received": at(opened), "recorded": at(opened), "variant": "chain", **more},
        {"kind": "requested", "recorded": at(asked), "received": at(asked), **review},
    ]
    if ended < UNTIL:
        times = {"recorded": at(ended), "received": at(ended)}
        entries += [{"kind": "answered", **times, **review}, {"kind": "closed", **times}]
    store.write(records(chain(*entries, case=case), offset=10 * number))


def town(store: ArchiveStore, officers: int, *, longer: float = 1.0) -> None:
    """An agency with so many officers, three days for each case; all wait until one is free.

    Args:
        longer: how much longer a case takes in the new variant.
    """
    random = np.random.default_rng(4)
    free = np.zeros(officers)
    for number, opened in enumerate(np.sort(random.uniform(0, UNTIL, 120))):
        block, place = divmod(number, 2)
        more: dict[str, Any] = {}
        if opened >= BEGUN:
            arm = "new" if place == block % 2 else "old"
            more = {"pilot": PILOT, "arm": arm, "block": block + 1, "place": place + 1, "probability": 0.5}
            more["variant"] = {"new": "bundle", "old": "chain"}[arm]
        officer = int(free.argmin())
        work = random.exponential(3.0) * (longer if more.get("arm") == "new" else 1.0)
        free[officer] = max(free[officer], opened) + work
        write(store, number, float(opened), float(opened), float(free[officer]), **more)


def read(file: Path, day: float = UNTIL) -> PilotTimes:
    with create_engine(f"sqlite:///{file}").connect() as db:
        arms = {case.case: case.arm for case in pilot_cases(db, PILOT) if case.case is not None}
        return pilot_times(db, "construction-permit", arms, at(day))


def test_both_arms_are_counted_up_to_the_same_days_with_their_difference(
    store: ArchiveStore, file: Path
) -> None:
    town(store, 20, longer=4.0)
    found = read(file)
    new, old = found.means["new"], found.means["old"]
    assert new.horizon == old.horizon
    assert new.mean.low < new.mean.value < new.mean.high
    assert found.difference is not None
    assert found.difference.value == pytest.approx(new.mean.value / old.mean.value - 1)
    assert found.difference.value > 0.5
    assert found.difference.differs


def test_where_nobody_waits_for_anybody_the_old_way_stays_as_it_was(store: ArchiveStore, file: Path) -> None:
    town(store, 60, longer=4.0)
    found = read(file)
    assert found.before is not None
    assert found.since is not None
    assert not found.since.differs


def test_a_new_way_that_keeps_the_officers_of_both_busy_makes_the_old_one_slower(
    store: ArchiveStore, file: Path
) -> None:
    town(store, 2, longer=4.0)
    found = read(file)
    assert found.since is not None
    assert found.since.differs
    assert found.since.value > 1


@pytest.mark.parametrize(
    ("language", "old_way", "agency"),
    [
        ("en", "Beware: compared with before the pilot", "Beware: both ways need"),
        ("zh", "原办法比此前长", "两种办法都要经过"),
    ],
)
@pytest.mark.parametrize(("officers", "warned"), [(2, True), (60, False)])
def test_who_reads_of_the_evidence_is_warned_where_the_ways_disturb_one_another(
    store: ArchiveStore,
    file: Path,
    language: Language,
    old_way: str,
    agency: str,
    officers: int,
    warned: bool,
) -> None:
    town(store, officers, longer=4.0)
    with create_engine(f"sqlite:///{file}").connect() as db:
        pilot = read_pilot(db, entries_of(db, PILOT), at(UNTIL))
    said = " ".join(told(pilot, language, AsWritten(), UTC).evidence)
    assert (old_way in said, agency in said) == (warned, warned)


def test_cases_before_the_pilot_are_seen_as_they_stood_when_it_began(store: ArchiveStore, file: Path) -> None:
    """What they went through since then may be the pilot's doing."""
    town(store, 2, longer=4.0)
    found, at_once = read(file), read(file, BEGUN + 15)
    assert found.before is not None
    assert at_once.before is not None
    assert found.before.open > 0
    assert found.before.open == at_once.before.open


def test_a_pilot_without_cases_says_nothing(store: ArchiveStore, file: Path) -> None:
    town(store, 20)
    found = read(file, BEGUN - 1)
    assert found == PilotTimes({}, None, None, None)


def test_it_is_the_same_once_all_data_was_erased(store: ArchiveStore, file: Path) -> None:
    town(store, 2, longer=4.0)
    before = read(file)
    assert erase(file) > 0
    assert read(file) == before
