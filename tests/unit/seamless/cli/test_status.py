"""``seamless status``: one screen, and a report for programs; what one server does not say, the others do."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.terms.directory import load_directory
from contracts.terms.identifiers import CaseId, Party
from seamless.status.report import (
    Cases,
    Holder,
    Letters,
    Need,
    PartyState,
    Proposed,
    Status,
    Stuck,
    Worker,
)
from tests.chains import chain, records
from tests.unit.seamless.cli.hostile_texts import CARRIED, assert_safe
from tests.unit.seamless.cli.running import NOBODY, Said, command
from tests.unit.seamless.cli.test_width import assert_fits
from tests.unit.seamless.status.test_report import CASE, NOW, WELL, worker
from workers.archive.store import ArchiveStore
from workers.process.terminal import visible

SCREEN = 40
"""Lines of a screen on which all agencies of the demonstration have something to do."""


def told(status: Status, *options: str, columns: str = "80", **given: str) -> Said:
    with mock.patch("seamless.status.asking.status_of", mock.AsyncMock(return_value=status)):
        return command("status", *options, columns=columns, **given)


def holder(agency: str, **changes: Any) -> Holder:
    fields: dict[str, Any] = {
        "holder": Party.agency(agency),
        "cases": 12_345,
        "requests": 23_456,
        "overdue": 3,
        "overdue_cases": 2,
        "stuck": 1,
        "oldest_due": datetime(2026, 3, 16, 16, tzinfo=UTC),
        "waiting_since": NOW - timedelta(days=40),
    }
    return Holder(**fields | changes)


BUSY = Cases(open=123_456, holders=tuple(holder(each.id) for each in load_directory().agencies))
STUCK = tuple(Stuck(case=CaseId(f"{CASE[:-1]}{number}"), reason="no-worker") for number in range(3))
TROUBLED = WELL.model_copy(
    update={
        "cases": BUSY,
        "stuck": STUCK,
        "dead_letters": (
            Letters(reason="unknown-case", waiting=2, oldest=NOW - timedelta(days=3), holds=True),
            Letters(reason="invalid", waiting=1000, oldest=NOW - timedelta(hours=3), holds=False),
        ),
        "workers": (*WELL.workers[:1], worker("orchestrator", host="old", seen=NOW - timedelta(minutes=4))),
    }
)


def test_an_installation_that_is_well_says_so_and_exits_with_0() -> None:
    said = told(WELL)
    assert (said.code, said.out.splitlines()[0]) == (0, "all is well")
    for words in (
        "orchestrator         1, build 0.2.0, seen 20 s ago",
        "3 to carry, the oldest 2 s old, most on agency.tax.events; last heartbeat 4 s ago",
        "2 entries to archive, written 1 s ago",
        "cn-2026.1, published to 2026-12-31; 7 open and new cases",
        "compressed:60, no holidays; 1 open case",
        "none wait",
    ):
        assert words in " ".join(said.out.split()) or words in said.out, words
    assert_fits(said.out, 80)


def test_a_busy_installation_in_trouble_fits_one_screen_of_eighty_columns() -> None:
    said = told(TROUBLED)
    assert said.code == 1
    assert_fits(said.out, 80)
    assert len(said.out.splitlines()) <= SCREEN
    words = " ".join(said.out.split())
    assert "and 25 more: seamless case list --by agency" in said.out
    for each in (
        "something needs a person",
        "! 3 cases are stuck → seamless case list --stuck",
        "! 1,002 dead letters wait → seamless dead-letter list",
        "! no gateway is there → seamless worker gateway",
        "gone: old, seen 4 min ago",
        "2 unknown-case, the first 3 d ago; they hold what silence brings",
        "3 no-worker",
        "Fire safety 12,345 3 1 2026-03-16 40 d",
    ):
        assert each in words, each


def test_days_of_seconds_and_long_names_fit_the_screen_too() -> None:
    """As in a simulated town: a due time is an instant there, and no day."""
    due = datetime(2026, 3, 16, 16, 0, 7, tzinfo=UTC)
    longest = sorted(load_directory().agencies, key=lambda each: -len(each.name.en))
    holders = tuple(holder(each.id, oldest_due=due) for each in longest)
    said = told(TROUBLED.model_copy(update={"cases": Cases(open=9, holders=holders)}))
    assert_fits(said.out, 80)
    assert said.out.count("oldest due") == 1, "a table, with its heads once"
    assert re.search(
        r"Regional environmental +12,345 +3 +1 +2026-03-16 16:00:07 +40 d *\nagency *\n", said.out
    )


@pytest.mark.parametrize("columns", [40, 80, 132])
def test_it_fits_and_speaks_one_language(columns: int) -> None:
    said = told(TROUBLED, "--lang", "zh", columns=str(columns))
    assert_fits(said.out, columns)
    assert "消防审验中心" in said.out
    assert "Fire safety" not in said.out
    assert "消防审验中心" in told(TROUBLED, LC_ALL="zh_CN.UTF-8").out


def test_what_waits_for_a_second_person_is_counted_by_lever() -> None:
    waiting = [
        Proposed(kind="case", about=CASE, lever="cancel", since=NOW - timedelta(days=3)),
        Proposed(kind="party", about="agency:planning", lever="pause", since=NOW - timedelta(hours=1)),
        Proposed(kind="case", about=CASE, lever="cancel", since=NOW),
    ]
    said = told(WELL.model_copy(update={"proposed": tuple(waiting)}))
    words = " ".join(said.out.split())
    assert (said.code, "2 cancel, 1 pause; the oldest 3 d ago" in words) == (1, True), said.out
    assert "proposed" not in told(WELL).out


def test_whom_an_order_keeps_out_or_excuses_is_told_and_needs_nobody() -> None:
    parties = (
        PartyState(party=Party("agency:planning"), state="paused", since=NOW - timedelta(days=3)),
        PartyState(party=Party("channel:portal"), state="quarantined", since=NOW - timedelta(hours=1)),
    )
    said = told(WELL.model_copy(update={"parties": parties}))
    words = " ".join(said.out.split())
    assert said.code == 0
    assert "paused: agency:planning, ordered 3 d ago" in words
    assert "quarantined: channel:portal, ordered 60 min ago" in words


def test_of_very_many_things_that_need_a_person_some_are_told_and_all_are_counted() -> None:
    setup = tuple(Need(what=f"check-{number}: wrong", see="mend it") for number in range(30))
    said = told(WELL.model_copy(update={"setup": setup}))
    assert "and 22 more; --json has all" in said.out
    as_json = json.loads(told(WELL.model_copy(update={"setup": setup}), "--json").out)
    assert len(as_json["needs"]) == 30


def test_the_report_for_programs_has_the_same_shape_whatever_is_known() -> None:
    nothing = WELL.model_copy(
        update=dict.fromkeys(
            ["events", "archived", "tasks", "cases", "stuck", "dead_letters", "proposed", "held", "parties"]
        )
        | {"calendars": None, "workers": (), "processes": (), "not_known": {"cases": "archive is away"}}
    )
    whole, known = (json.loads(told(each, "--json").out) for each in (nothing, TROUBLED))
    assert whole.keys() == known.keys()
    assert (whole["result"], known["result"]) == ("away", "needs-a-person")
    assert known["needs"][0].keys() == {"what", "see"}
    assert known["cases"]["holders"][0]["holder"] == "agency:housing"
    assert told(nothing).code == 3


@settings(max_examples=6, deadline=None)
@given(CARRIED, st.sampled_from(["kafka", "temporal", "archive"]))
def test_what_servers_and_processes_say_does_not_drive_the_terminal(text: str, name: str) -> None:
    engine = WELL.engines[0].model_copy(update={"told": text, "answers": False, "address": text})
    hostile = Worker(process=text, host=text, pid=1, build=text, seen=None)
    status = WELL.model_copy(
        update={
            "engines": (engine,),
            "workers": (hostile,),
            "not_known": {name: text},
            "setup": (Need(what=text, see=text),),
            "dead_letters": (Letters(reason=text, waiting=1, oldest=NOW, holds=False),),
        }
    )
    said = told(status, columns="99999")
    assert_safe(said)
    assert visible(text) in said.out
    assert_safe(told(status, "--json"))


# --- real questions, of servers that are away ---------------------------------------------------------------


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store = ArchiveStore(f"sqlite:///{tmp_path / 'archive.db'}")
    store.prepare()
    late = {
        "kind": "requested",
        "step": "construction-permit.review-fire-safety/1",
        "agency": "fire-safety",
        "due": datetime.now(UTC) - timedelta(days=3),
        "holders": ("agency:fire-safety",),
        "calendar": "cn-2026.1",
    }
    store.write(records(chain({"kind": "opened"}, late)))
    store.close()
    return tmp_path


def test_with_kafka_and_temporal_away_the_archive_still_tells_what_it_knows(data: Path) -> None:
    said = command("status", "--data", data, "--json")
    assert said.code == 3, said
    found = json.loads(said.out)
    assert found["result"] == "away"
    assert [(each["engine"], each["answers"]) for each in found["engines"]] == [
        ("kafka", False),
        ("temporal", False),
        ("archive", True),
    ]
    assert found["needs"][0]["what"].startswith("kafka is away: no Kafka broker answers at ")
    assert "nobody listens on port 1" in found["needs"][0]["what"]
    assert set(found["not_known"]) == {
        *("archived", "dead_letters", "gateways", "held", "parties", "proposed", "silent", "stuck"),
        "workers",
    }
    [late] = found["cases"]["holders"]
    assert (late["holder"], late["overdue"], late["stuck"]) == ("agency:fire-safety", 1, None)
    assert [each["cases"] for each in found["calendars"]] == [1]
    shown = command("status", "--data", data, columns="80")
    assert (shown.code, shown.out.splitlines()[0]) == (3, "not everything is known")
    assert f"away  {NOBODY}" in shown.out
    assert "Fire safety" in shown.out
    assert_fits(shown.out, 80)


def test_without_an_archive_the_servers_still_tell_what_they_know(tmp_path: Path) -> None:
    said = command("status", "--data", tmp_path, "--json")
    found = json.loads(said.out)
    assert said.code == 3
    assert "there is no archive" in found["not_known"]["cases"]
    assert found["cases"] is None


def test_a_question_that_fails_by_our_own_fault_takes_no_other_with_it(data: Path) -> None:
    with mock.patch("seamless.status.asking.calendars_of", side_effect=RuntimeError("a bug")):
        found = json.loads(command("status", "--data", data, "--json").out)
    assert "a fault of Seamless: report it: RuntimeError: a bug" in found["not_known"]["calendars"]
    assert found["cases"]["open"] == 1


def test_every_part_of_the_report_is_documented() -> None:
    text = (Path(__file__).parents[4] / "docs" / "operating.md").read_text("utf-8")
    section = text.split("\n## Status\n")[1].split("\n## ")[0]
    rows = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert {*Status.model_fields, *Status.model_computed_fields} - documented == set()
