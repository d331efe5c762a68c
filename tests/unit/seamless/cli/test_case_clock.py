"""The clock of a case as people and programs read it, from the archive alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.terms.calendar import LegalCalendar, calendar
from contracts.terms.limits import hours, weeks, working_days
from contracts.wire.ledger import LedgerEntry
from tests.applications import new_case
from tests.chains import chain, records
from tests.unit.contracts.test_intervals import APPLICANT, HOUSING, OPENED, at, entry, starts
from tests.unit.seamless.cli.running import command
from tests.unit.seamless.cli.test_width import assert_fits
from workers.archive.store import ArchiveStore

CASE = new_case()
STARTED = starts(at("2026-09-14T10:00"), working_days(20), calendar="cn-2026.1")
SUSPENDED = entry(
    at("2026-09-16T14:00"),
    "suspended",
    APPLICANT,
    "suspend",
    step="suspended/1",
    kind="supplement",
    basis="行政许可法 art. 32",
)
RESUMED = entry(at("2026-09-22T10:00"), "resumed", HOUSING, "resume", step="suspended/1")
NOW = "2026-09-30T12:00"

Shown = Callable[..., str]


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    def show(*steps: dict[str, Any], now: str = NOW, options: tuple[str, ...] = (), columns: int = 80) -> str:
        monkeypatch.setattr("seamless.cli.case_clock.now", lambda: at(now))
        write(tmp_path, chain(*({"calendar": "cn-2026.1"} | step for step in steps), case=CASE))
        said = command("case", "clock", CASE, *options, "--data", tmp_path, columns=str(columns))
        assert (said.code, said.err) == (0, "")
        return said.out

    return show


def write(folder: Path, entries: list[LedgerEntry]) -> None:
    (folder / "archive.db").unlink(missing_ok=True)
    store = ArchiveStore(f"sqlite:///{folder / 'archive.db'}")
    store.prepare()
    store.write(records(entries))
    store.close()


def words(out: str) -> str:
    return " ".join(out.split())


def test_it_says_who_held_the_case_what_counted_and_what_is_left(shown: Shown) -> None:
    out = shown(OPENED, STARTED, SUSPENDED, RESUMED)
    assert_fits(out, 80, CASE)
    for told in (
        "times of Asia/Shanghai",
        "2026-09-14 09:00:00–2026-09-14 10:00:00 held by System counted — "
        "why opened; not counted: the limits have not begun",
        "2026-09-14 10:00:00–2026-09-16 14:00:00 held by Housing and construction "
        "counted 2 working days why accepted",
        "2026-09-16 14:00:00–2026-09-22 10:00:00 held by Applicant counted — why suspended "
        "suspended/1 (行政许可法 art. 32); not counted: supplement (行政许可法 art. 32)",
        "2026-09-22 10:00:00–now held by",
        "counted 8 working days",
        "statutory 20 working days: due 2026-10-22 (Asia/Shanghai), 12 working days left",
        "law 2018-33 calendar cn-2026.1",
    ):
        assert told in words(out)


@pytest.mark.parametrize("columns", [40, 80, 132, 300])
def test_it_fits(shown: Shown, columns: int) -> None:
    assert_fits(shown(OPENED, STARTED, SUSPENDED, RESUMED, columns=columns), columns, CASE)


def test_where_there_is_room_each_interval_is_one_line(shown: Shown) -> None:
    assert len(shown(OPENED, STARTED, SUSPENDED, RESUMED, columns=300).splitlines()) == 15


def test_while_it_stands_still_it_says_since_when_and_for_what(shown: Shown) -> None:
    out = words(shown(OPENED, STARTED, SUSPENDED))
    standing = "time stands still since 2026-09-16 14:00:00 for supplement (行政许可法 art. 32)"
    assert f"statutory 20 working days: {standing}" in out
    assert "counted 2 working days statutory" in out


def test_a_case_whose_clock_has_not_begun_says_so(shown: Shown) -> None:
    out = words(shown(OPENED))
    assert "clock has not begun law 2018-33 calendar cn-2026.1" in out
    assert "statutory" not in out


@pytest.mark.parametrize(
    ("decided", "told"),
    [
        ("2026-10-12T09:00", "due 2026-10-16 (Asia/Shanghai), decided 4 working days before"),
        ("2026-10-16T23:00", "due 2026-10-16 (Asia/Shanghai), decided on its last day"),
        ("2026-10-17T00:00", "due 2026-10-16 (Asia/Shanghai), decided when it ended"),
        ("2026-10-17T09:00", "due 2026-10-16 (Asia/Shanghai), decided late"),
        ("2026-10-20T09:00", "due 2026-10-16 (Asia/Shanghai), decided 2 working days late"),
    ],
)
def test_of_a_decided_case_it_says_whether_it_was_in_time(shown: Shown, decided: str, told: str) -> None:
    stop = entry(at(decided), "decided", HOUSING, "stop")
    assert told in words(shown(OPENED, STARTED, stop, now="2027-01-01T00:00"))


@pytest.mark.parametrize(
    ("limit", "now", "told"),
    [
        (working_days(20), "2026-10-16T09:00", "due 2026-10-16 (Asia/Shanghai), the last day"),
        (working_days(20), "2026-10-20T09:00", "overdue for 2 working days"),
        (working_days(90), NOW, "(Asia/Shanghai), provisional, 78 working days left"),
        (weeks(3), NOW, "3 weeks: due 2026-10-05 (Asia/Shanghai), 5 days left"),
        (hours(386), NOW, "386 hours: due 2026-09-30 04:00:00 (UTC), overdue"),
        (hours(388), NOW, "388 hours: due 2026-09-30 06:00:00 (UTC), 2 hours left"),
    ],
)
def test_what_is_left_is_reported_in_the_unit_of_the_limit(
    shown: Shown, limit: Any, now: str, told: str
) -> None:
    assert told in words(shown(OPENED, starts(at("2026-09-14T10:00"), limit), now=now))


def test_it_is_the_same_once_the_data_is_erased(shown: Shown, tmp_path: Path) -> None:
    steps = [{"calendar": "cn-2026.1"} | each for each in (OPENED, STARTED, SUSPENDED, RESUMED)]
    before = shown(OPENED, STARTED, SUSPENDED, RESUMED)
    write(tmp_path, [each.model_copy(update={"data": None}) for each in chain(*steps, case=CASE)])
    assert command("case", "clock", "--last", "--data", tmp_path, columns="80").out == before


def test_a_calendar_that_the_package_lacks_is_read_from_the_ledger(shown: Shown) -> None:
    days = {
        "name": "cn-2031.1",
        "zone": "Asia/Urumqi",
        "first_year": 2026,
        "last_year": 2031,
        "source": "a notice made up for this test",
        "holidays": ("2026-09-15",),
    }
    own = starts(at("2026-09-14T10:00"), working_days(20), calendar="cn-2031.1", days=days)
    out = words(shown(OPENED | {"calendar": "cn-2031.1"}, own | {"calendar": "cn-2031.1"}))
    assert "times of Asia/Urumqi 2026-09-14 07:00:00–2026-09-14 08:00:00" in out
    assert "due 2026-10-13 (Asia/Urumqi)" in out
    assert "calendar cn-2031.1" in out


def test_as_json(shown: Shown) -> None:
    found = json.loads(shown(OPENED, STARTED, SUSPENDED, RESUMED, options=("--json",)))
    assert found["statutory"] == {
        "limits": [{"count": 20, "unit": "working-days"}],
        "due": "2026-10-22T16:00:00Z",
        "provisional": False,
        "overdue": False,
        "left": 12,
    }
    assert [each["counted"] for each in found["intervals"]] == [0, 2, 0, 6]
    assert found["used"] == 8
    assert found["intervals"][2]["still"] == "supplement (行政许可法 art. 32)"
    assert found["intervals"][2]["holders"] == ["applicant"]
    still = json.loads(shown(OPENED, STARTED, SUSPENDED, options=("--json",)))
    assert (still["statutory"]["due"], len(still["stands_still"])) == (None, 1)
    assert json.loads(shown(OPENED, options=("--json",)))["statutory"] is None


def test_what_a_ledger_says_does_not_drive_the_terminal(shown: Shown) -> None:
    hostile = SUSPENDED | {"basis": "[bold]art\u202e. 32"}
    out = shown(OPENED, STARTED, hostile)
    assert "[bold]art\\u202e. 32" in words(out)


@pytest.mark.parametrize("options", [[], [CASE, "--last"]])
def test_one_case_is_chosen(tmp_path: Path, options: list[str]) -> None:
    assert command("case", "clock", *options, "--data", tmp_path).code == 2


def test_a_case_that_there_is_not(shown: Shown, tmp_path: Path) -> None:
    shown(OPENED)
    said = command("case", "clock", new_case(), "--data", tmp_path)
    assert (said.code, "no case" in said.err) == (2, True)


def test_it_says_what_a_calendar_has_moved_from_when_to_when(shown: Shown) -> None:
    """Of the case's limits, its steps, its stages and its penalty payment."""
    first, later, when = at("2026-10-12T00:00"), at("2026-10-14T00:00"), at("2026-09-16T09:00")
    known = calendar("cn-2026.1")
    assert isinstance(known, LegalCalendar)
    days = known.days.model_copy(update={"name": "cn-2026.2"})
    started = starts(at("2026-09-14T10:00"), working_days(20), calendar="cn-2026.1", promised_due=first)
    anew = entry(when, "calendar", HOUSING, "count-anew", days=days, promised_due=later)
    moved = entry(when, "rescheduled", HOUSING, basis="cn-2026.2") | {"due_before": first, "due": later}
    steps = (
        OPENED,
        started,
        anew | {"outcome": "cn-2026.2", "basis": "a notice", "due_before": first, "due": later},
        moved | {"step": "collect/1"},
        moved | {"step": "within/1", "outcome": "substance", "provisional": True},
        moved | {"outcome": "penalty", "due": first},
    )
    out = words(shown(*steps))
    for told in (
        "statutory: from 2026-10-11 (Asia/Shanghai) to 2026-10-13 (Asia/Shanghai) (cn-2026.2)",
        "promised: from 2026-10-11 (Asia/Shanghai) to 2026-10-13 (Asia/Shanghai) (cn-2026.2)",
        "collect/1: from 2026-10-11 (Asia/Shanghai) to 2026-10-13 (Asia/Shanghai) (cn-2026.2)",
        "substance: from 2026-10-11 (Asia/Shanghai) to 2026-10-13 (Asia/Shanghai), provisional (cn-2026.2)",
        "penalty: still 2026-10-11 (Asia/Shanghai) (cn-2026.2)",
    ):
        assert f"moved 2026-09-16 09:00:00 {told}" in out
    found = json.loads(shown(*steps, options=("--json",)))
    assert [each["what"] for each in found["moves"]] == [
        "statutory",
        "promised",
        "collect/1",
        "substance",
        "penalty",
    ]
    assert datetime.fromisoformat(found["moves"][0]["to"]) == later
