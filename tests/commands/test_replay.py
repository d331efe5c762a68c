"""``seamless replay``: logs are replayed, and what came of them agrees with a count of their rows."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.commands.counted import count, total
from tests.commands.counted_limits import limits, overdue, permits
from tests.commands.running import COMMAND, REAL_LOGS, ROOT, left_running, seamless

pytestmark = pytest.mark.integration

HERE = Path(__file__).parent
REAL_PERMITS = REAL_LOGS / "wabo_receipt.csv.gz"
REAL_FINES = REAL_LOGS / "traffic_fines.csv.gz"


WHOLE_LOG_SECONDS = 3000


def replayed(
    log: Path, folder: Path, *options: object, timeout: float = 280
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The report of a replay of fines, and what was found of each case, by its reference."""
    findings = folder / "findings.jsonl"
    command = ("replay", log, "--procedure", "traffic-fine", "--report", findings, "--json")
    code, made = seamless(*command, *options, timeout=timeout)
    assert (code, made["events_lost"], made["ledger_broken"]) == (0, 0, 0)
    lines = [json.loads(line) for line in findings.read_text("utf-8").splitlines()]
    return made, {line["reference"]: line for line in lines}


@pytest.mark.parametrize(
    ("cases", "seconds"),
    [
        pytest.param(200, 280, marks=pytest.mark.long),
        pytest.param(
            12_000, WHOLE_LOG_SECONDS, marks=[pytest.mark.full_size, pytest.mark.timeout(WHOLE_LOG_SECONDS)]
        ),
    ],
)
def test_real_fines_come_out_as_their_rows_say(cases: int, seconds: int, tmp_path: Path) -> None:
    if not REAL_FINES.exists():
        pytest.skip("the real log of fines is not here (data folder absent)")
    made, findings = replayed(REAL_FINES, tmp_path, "--limit", cases, timeout=seconds)
    counted = count(REAL_FINES, cases)
    print(json.dumps(made))
    expected = total(counted.values())
    assert {name: made[name] for name in expected} == expected
    assert made["penalties_on_day_60"] == made["penalties"]
    assert made["differences"] == 0
    assert findings.keys() == counted.keys()
    for reference, case in counted.items():
        found = findings[reference]
        assert found["outcome"] == case.outcome, reference
        assert found["flags"] == case.flags, reference
        days = [each.split()[0] for each in found["platform"] if each.endswith("charged penalty")]
        assert days == [day.isoformat() for day in case.penalties], reference


IRREGULAR = {
    "F1": ("paid", ["payment-of-nothing"], []),
    "F2": ("paid", [], []),
    "F3": ("collected", [], []),
    "F4": ("dismissed", [], []),  # appealed on day 60, which is the last of the limit
    "F5": ("dismissed", ["appeal-after-60-days"], []),
    "F6": ("dismissed", ["sent-although-dismissed"], []),
    "F7": ("collected", ["sent-although-paid", "penalty-although-paid", "collection-although-paid"], []),
    "F8": ("paid", ["doubled-step", "doubled-step"], ["penalty-missing-in-log"]),
    "F9": ("open", ["notified-before-sent", "appeal-after-60-days"], ["penalty-on-another-day"]),
    "F10": ("collected", ["collection-before-penalty"], ["event-refused"]),  # paid after the end
}
"""Each fine of our own log: how it is in the end, its marks, and how the log differs from the law."""


def test_a_small_log_with_every_irregularity(tmp_path: Path) -> None:
    """As CSV; that the same log as XES says the same is a unit test."""
    made, findings = replayed(HERE / "fines.csv", tmp_path, "--data", tmp_path / "data")
    assert left_running(tmp_path) == []
    assert (made["cases"], made["events"]) == (10, 50)
    for reference, (outcome, flags, differences) in IRREGULAR.items():
        found = findings[reference]
        assert found["outcome"] == outcome, reference
        assert found["flags"] == Counter(flags), reference
        assert [each["kind"] for each in found["differences"]] == differences, reference
    assert made["differences"] == 3
    assert made["flags"]["penalty-missing-in-log"] == 1
    assert (made["penalties"], made["penalties_on_day_60"]) == (7, 7)
    late = [each for each in findings["F9"]["platform"] if each.endswith("charged penalty")]
    assert late == ["2011-12-30 charged penalty"]  # 60 days over the end of summer time's 25-hour day


@pytest.mark.long
def test_the_real_permit_log_is_relived_without_loss(tmp_path: Path) -> None:
    if not REAL_PERMITS.exists():
        pytest.skip("the real permit log is not here (data folder absent)")
    command = ("replay", REAL_PERMITS, "--procedure", "permit-receipt", "--limit", 60, "--data", tmp_path)
    report = tmp_path / "findings.jsonl"
    code, made = seamless(*command, "--report", report, "--json")
    assert code == 0
    assert made["cases"] == 60
    assert made["events"] == sum(len(steps) for steps in _permits(REAL_PERMITS)[:60])
    assert (made["events_lost"], made["ledger_broken"]) == (0, 0)
    findings = map(json.loads, report.read_text("utf-8").splitlines())
    differing = {each["reference"]: each["differences"] for each in findings if each["differences"]}
    ended_early = "Receipt phase closed of 2011-11-11: 2011-11-14"  # the log ends it before its last step
    assert differing == {"case-10095": [{"kind": "event-on-another-day", "detail": ended_early}]}
    cases = permits(REAL_PERMITS, 60)
    assert made["limits"] == limits(cases)
    assert made["overdue"] == overdue(cases)


def test_a_logs_deadlines_are_held_against_the_clocks_of_its_cases(tmp_path: Path) -> None:
    log, findings = HERE / "permit_limits.csv", tmp_path / "findings.jsonl"
    code, made = seamless("replay", log, "--procedure", "permit-receipt", "--report", findings, "--json")
    assert (code, made["cases"], made["events_lost"]) == (0, 8, 0)
    assert made["limits"] == limits(permits(log))
    assert (made["warned"], made["overdue"]) == (5, 2)
    told = {line["reference"]: line for line in map(json.loads, findings.read_text("utf-8").splitlines())}
    assert told["extended"]["platform"][2:7] == [
        "2011-11-18 warned statutory",
        "2011-11-18 warned promised",
        "2011-11-30 overdue statutory",
        "2011-11-30 overdue promised",
        "2012-01-11 reported Receipt phase closed",
    ]
    assert told["extended-and-suspended"]["limit"]["days_if_extended"] == 3
    assert "limit" not in told["no-deadline"]


def bare(folder: Path) -> Path:
    """A directory that knows neither the channel nor any party of a log."""
    file = folder / "bare.toml"
    file.write_text(
        'administration = "nl-demo"\npartitions = 1\nchannels = []\n'
        '[[agencies]]\nid = "housing"\nname = { zh = "住房", en = "Housing" }\n',
        "utf-8",
    )
    return file


def test_a_small_permit_log_of_our_own_is_relived_and_parties_that_the_directory_lacks_are_taken_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEAMLESS_DIRECTORY", str(bare(tmp_path)))
    code, made = seamless("replay", HERE / "permit_log.csv", "--procedure", "permit-receipt", "--json")
    assert code == 0
    assert (made["cases"], made["events"], made["events_lost"]) == (3, 10, 0)
    assert (made["closed"], made["open"]) == (2, 1)


@pytest.mark.parametrize("server", ["--kafka", "--temporal"])
def test_on_servers_that_run_already_they_are_named_and_nothing_is_started(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEAMLESS_DIRECTORY", str(bare(tmp_path)))
    log = HERE / "permit_log.csv"
    ended = subprocess.run(
        [*COMMAND, "replay", str(log), "--procedure", "permit-receipt", server, "127.0.0.1:1"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    told = " ".join(ended.stderr.split())
    assert "the directory lacks parties of" in told
    for party in ("agency:group-1", "agency:group-4", "agency:municipality", "channel:log"):
        assert party in told


def _permits(log: Path) -> list[list[dict[str, str]]]:
    cases: dict[str, list[dict[str, str]]] = {}
    with gzip.open(log, "rt", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            cases.setdefault(row["case:concept:name"], []).append(row)
    return list(cases.values())


@pytest.mark.parametrize(
    ("log", "procedure", "said"),
    [
        (HERE / "fines.csv", "tree-felling", "no log is known for 'tree-felling'"),
        (HERE / "nothing.csv", "traffic-fine", "No such file"),
        (HERE / "permit_log.csv", "traffic-fine", "case own-1: it has no 'Create Fine'"),
        (HERE / "test_replay.py", "traffic-fine", "a log's name ends in .csv, .csv.gz, .xes or .xes.gz"),
    ],
)
def test_a_users_mistake_is_told_before_anything_is_started(log: Path, procedure: str, said: str) -> None:
    ended = subprocess.run(
        [*COMMAND, "replay", str(log), "--procedure", procedure],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
