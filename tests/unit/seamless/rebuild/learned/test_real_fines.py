"""On the recorded fines, what is foretold is held against plain counts of rows."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

import pytest

from bench.rebuild.whatif import COLLECTION, SENT, collect, swaps
from seamless.rebuild.learned.runs import run_days
from seamless.rebuild.learned.swapped import taken
from seamless.rebuild.log import EventLog
from seamless.rebuild.recorded import read_log

FINES = Path(__file__).parents[6] / "shared" / "data" / "traffic_fines.csv.gz"
pytestmark = pytest.mark.skipif(not FINES.exists(), reason="the recorded log is not part of this repository")
NOTIFIED = "Insert Fine Notification"


@pytest.fixture(scope="module")
def log() -> EventLog:
    return read_log(FINES)


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, str]]]:
    cases: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    with gzip.open(FINES, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            cases[row["case_id"]].append(row)
    return cases


def test_the_runs_are_the_days_on_which_nearly_all_were_collected(
    log: EventLog, rows: dict[str, list[dict[str, str]]]
) -> None:
    days = Counter(row["timestamp"] for its in rows.values() for row in its if row["activity"] == COLLECTION)
    runs = {str(day) for day in run_days(log, COLLECTION)}
    assert sum(days[day] for day in runs) >= 0.95 * days.total()
    assert min(days[day] for day in runs) > max((n for day, n in days.items() if day not in runs), default=0)


@pytest.mark.parametrize("half", [0, 1])
def test_of_each_half_of_the_cases_most_are_foretold_to_go_in_the_right_run(log: EventLog, half: int) -> None:
    part = replace(log, cases=log.cases[half::2])
    found = collect(part, COLLECTION, datetime(2007, 1, 1, tzinfo=UTC))
    went = sum(
        step.activity == COLLECTION and step.completed is not None and step.completed.year >= 2007
        for case in part.cases
        for step in case.steps
    )
    assert found.cases == went
    assert found.right > 0.88
    assert found.distance < 40 < 100 < found.naive_distance


def test_the_time_to_the_notification_is_that_of_the_rows(
    log: EventLog, rows: dict[str, list[dict[str, str]]]
) -> None:
    took = []
    for its in rows.values():
        at = {row["activity"]: datetime.fromisoformat(row["timestamp"]) for row in reversed(its)}
        start = datetime.fromisoformat(its[0]["timestamp"])
        if start.year == 2007 and NOTIFIED in at and (at[NOTIFIED] - start).days <= 365:
            took.append((at[NOTIFIED] - start).days)
    year = log.started(datetime(2007, 1, 1, tzinfo=UTC), datetime(2008, 1, 1, tzinfo=UTC))
    found = taken(year, SENT, NOTIFIED, 365)
    assert (int(found.reached.sum()), found.mean) == (len(took), pytest.approx(mean(took)))


def test_quarters_of_other_years_are_foretold_from_one_another(log: EventLog) -> None:
    some = log.started(datetime(2002, 1, 1, tzinfo=UTC), datetime(2007, 1, 1, tzinfo=UTC))
    goal = next(swaps(some, milestones=(NOTIFIED,)))
    assert goal.held, goal
