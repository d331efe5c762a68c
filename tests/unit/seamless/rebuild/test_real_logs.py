"""What is said of a real log is what a plain count of its rows says."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bench.rebuild.foretold import foretell
from seamless.rebuild.figures import Measured
from seamless.rebuild.log import EventLog
from seamless.rebuild.measuring import measure
from seamless.rebuild.recorded import read_log
from seamless.rebuild.telling import told

PERMITS = Path(__file__).parents[5] / "shared" / "data" / "wabo_receipt.csv.gz"
pytestmark = pytest.mark.skipif(
    not PERMITS.exists(), reason="the recorded log is not part of this repository"
)


@pytest.fixture(scope="module")
def log() -> EventLog:
    return read_log(PERMITS)


@pytest.fixture(scope="module")
def found(log: EventLog) -> Measured:
    return measure(log)


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, str]]]:
    cases: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    with gzip.open(PERMITS, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            cases[row["case:concept:name"]].append(row)
    return cases


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_cases_open_cases_and_the_average_of_the_finished(
    found: Measured, rows: dict[str, list[dict[str, str]]]
) -> None:
    ended = [its[0] for its in rows.values() if its[0]["case:enddate"]]
    took = [(at(row["case:enddate"]) - at(row["case:startdate"])).total_seconds() / 86400 for row in ended]
    assert (found.cases, found.open) == (len(rows), len(rows) - len(ended))
    assert found.whole is not None
    assert found.whole.finished == pytest.approx(sum(took) / len(took))
    assert found.whole.mean.value > found.whole.finished


def test_late_is_after_the_legal_day_of_the_deadline(
    found: Measured, rows: dict[str, list[dict[str, str]]]
) -> None:
    firsts = [its[0] for its in rows.values() if its[0]["case:enddate"]]
    late = [row for row in firsts if at(row["case:enddate"]).date() > at(row["case:deadline"]).date()]
    assert found.by_law is not None
    assert found.by_law.late == len(late)


def test_the_first_page_tells_the_recorded_phase_from_the_whole(found: Measured) -> None:
    assert found.halves is not None
    assert found.halves.recorded is not None
    assert found.halves.recorded.value < -0.5
    assert found.halves.whole is not None
    assert not found.halves.whole.differs
    assert "an improvement that applicants do not have" in " ".join(told(found, "en").findings)
    assert "申请人并没有感到" in " ".join(told(found, "zh").findings)


def test_a_forecast_rests_on_nothing_that_came_later(log: EventLog) -> None:
    split = log.cases[len(log.cases) // 2].start
    forecast = foretell(log, split)
    known = log.as_seen(split).started(until=split).cases
    assert foretell(replace(log, cases=(*known, *log.started(since=split).cases)), split) == forecast
    assert forecast.error < 0.15


def test_no_officer_is_named(found: Measured, rows: dict[str, list[dict[str, str]]]) -> None:
    officers = {row["org:resource"] for its in rows.values() for row in its}
    said = found.model_dump_json()
    assert [officer for officer in officers if f'"{officer}"' in said] == []
