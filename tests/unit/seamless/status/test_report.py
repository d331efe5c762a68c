"""What of a report needs a person: each thing by itself, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.held import REASONS
from contracts.terms.identifiers import AgencyId, CaseId
from seamless.status.report import (
    Archived,
    CalendarEnd,
    Cases,
    Engine,
    Events,
    Held,
    Letters,
    Need,
    Proposed,
    Silent,
    Status,
    Stuck,
    Tasks,
    Worker,
)
from tests.documented import misuse

ROOT = Path(__file__).parents[4]

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
CASE = CaseId("portal-0199a1b2-0000-7000-8000-000000000001")


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def engine(name: Any, *, answers: bool = True) -> Engine:
    return Engine(engine=name, address="x:1", answers=answers, told="nobody listens on port 1 of x")


def worker(process: str, **changes: Any) -> Worker:
    fields = {"process": process, "host": "h", "pid": 1, "build": "0.2.0", "seen": ago(seconds=20)}
    return Worker(**fields | changes)


def proposed(kind: Any, about: str) -> Proposed:
    return Proposed(kind=kind, about=about, lever="cancel", since=ago(days=3))


ENGINES = tuple(engine(name) for name in ("kafka", "temporal", "archive"))
WELL = Status(
    as_of=NOW,
    engines=ENGINES,
    workers=(worker("orchestrator"), worker("department-drainage"), worker("gateway", seen=None)),
    events=Events(
        records=3, topics={"agency.tax.events": 3}, oldest=ago(seconds=2), heartbeat=ago(seconds=4)
    ),
    archived=Archived(missing=2, lost=0, written=ago(seconds=1)),
    tasks=(Tasks(queue="cases", kind="workflow", waiting=4, oldest_seconds=2.5),),
    cases=Cases(open=7, holders=()),
    silent=(),
    stuck=(),
    dead_letters=(),
    proposed=(),
    parties=(),
    held=(),
    calendars=(
        CalendarEnd(calendar="cn-2026.1", ends=date(2026, 12, 31), days_left=59, cases=7, new_cases=True),
        CalendarEnd(calendar="compressed:60", ends=None, days_left=None, cases=1, new_cases=False),
    ),
    setup=(),
    outage_after_seconds=60,
    processes=("orchestrator", "department-drainage", "gateway"),
    not_known={},
)


def changed(**parts: Any) -> Status:
    return WELL.model_copy(update=parts)


def test_an_installation_that_is_well_needs_nobody() -> None:
    assert (WELL.result, WELL.needs) == ("well", ())


ENDING = CalendarEnd(calendar="cn-2026.1", ends=date(2026, 11, 30), days_left=28, cases=0, new_cases=True)
LETTERS = Letters(reason="unknown-case", waiting=2, oldest=ago(days=1), holds=True)
SILENT = Silent(agency=AgencyId("fire-safety"), overdue=3, asked=ago(hours=1), heard=ago(hours=2))
EVENTS, ARCHIVED = WELL.events, WELL.archived
assert EVENTS is not None
assert ARCHIVED is not None


@pytest.mark.parametrize(
    ("parts", "what", "see"),
    [
        ({"stuck": (Stuck(case=CASE, reason="no-worker"),)}, "1 case is stuck", "case list --stuck"),
        (
            {"silent": (SILENT,)},
            "fire-safety is silent: 3 requests are overdue, and nothing has come from it for 2:00:00",
            "SeamlessAgencySilent",
        ),
        (
            {"silent": (SILENT.model_copy(update={"overdue": 1, "heard": None}),)},
            "fire-safety is silent: 1 request is overdue, and nothing has come from it yet",
            "SeamlessAgencySilent",
        ),
        ({"dead_letters": (LETTERS, LETTERS)}, "4 dead letters wait", "dead-letter list"),
        (
            {"held": (Held(case=CASE, reason="gateway-away", told=""),)},
            "1 consequence of a deadline is held: gateway-away",
            "seamless worker gateway",
        ),
        (
            {"proposed": (proposed("case", CASE), proposed("case", CASE))},
            "2 orders about cases wait for a second person",
            f"seamless case show {CASE}",
        ),
        (
            {"proposed": (proposed("party", "agency:planning"),)},
            "1 order about parties waits for a second person",
            "seamless party list",
        ),
        (
            {"proposed": (proposed("dead-letter", "agency.planning.events/0/1"),)},
            "1 order about dead letters waits for a second person",
            "seamless dead-letter list",
        ),
        ({"workers": WELL.workers[1:]}, "no orchestrator is there", "seamless worker orchestrator"),
        (
            {"workers": (*WELL.workers[::2], worker("department-drainage", seen=ago(seconds=100)))},
            "no department-drainage is there",
            "seamless worker department --agency drainage",
        ),
        ({"workers": WELL.workers[:2]}, "no gateway is there", "seamless worker gateway"),
        (
            {"events": EVENTS.model_copy(update={"oldest": ago(hours=2)})},
            "an event has waited for the gateway for 2:00:00",
            "log",
        ),
        (
            {
                "events": EVENTS.model_copy(
                    update={"topics": {"agency.tax.events": 1000, "agency.post.events": 1001}}
                )
            },
            "1,001 events on agency.post.events are not carried yet",
            "SeamlessPartyFloods",
        ),
        (
            {"events": EVENTS.model_copy(update={"heartbeat": ago(seconds=61)})},
            "no gateway has been well for 0:01:01",
            "log",
        ),
        ({"archived": Archived(missing=0, lost=1, written=NOW)}, "1 record is lost", "case verify --all"),
        (
            {"archived": Archived(missing=1200, lost=0, written=ago(minutes=6))},
            "the archive lacks 1,200 records and is not written",
            "seamless worker archive",
        ),
        ({"archived": Archived(missing=1, lost=0, written=None)}, "lacks 1 record", "worker archive"),
        (
            {"tasks": (Tasks(queue="agency.drainage", kind="activity", waiting=1, oldest_seconds=3600),)},
            "a task of agency.drainage has waited for a worker for 1:00:00",
            "case list --stuck",
        ),
        (
            {"calendars": (ENDING,)},
            "the published holidays of cn-2026.1 end on 2026-11-30",
            "calendar publish",
        ),
        ({"setup": (Need(what="topics: 2 are missing", see="seamless topics apply"),)}, "topics: 2", "apply"),
    ],
)
def test_what_needs_a_person_is_told_with_where_to_look(parts: dict[str, Any], what: str, see: str) -> None:
    status = changed(**parts)
    [need] = status.needs
    assert (status.result, what in need.what, see in need.see) == ("needs-a-person", True, True), need


@pytest.mark.parametrize(
    "parts",
    [
        {"archived": Archived(missing=50_000, lost=0, written=ago(seconds=3))},  # it catches up
        {"archived": Archived(missing=0, lost=0, written=ago(days=20))},  # nothing happened
        {"events": Events(records=9, topics={}, oldest=None, heartbeat=None)},  # a platform that is new
        {"workers": (*WELL.workers, worker("orchestrator", seen=ago(minutes=4)))},  # one was replaced
        {"workers": (), "processes": ()},  # nobody could be asked
    ],
)
def test_what_mends_itself_needs_nobody(parts: dict[str, Any]) -> None:
    assert changed(**parts).needs == ()


def test_a_server_that_is_away_is_named_first_and_the_rest_is_told_too() -> None:
    engines = (engine("kafka", answers=False), *ENGINES[1:])
    status = changed(engines=engines, events=None, not_known={"gateways": "kafka cannot be asked"})
    assert status.result == "away"
    assert status.needs[0].what.startswith("kafka is away: nobody listens on port 1")
    stuck = status.model_copy(update={"stuck": (Stuck(case=CASE, reason="no-worker"),)})
    assert (stuck.result, len(stuck.needs)) == ("away", 2)


def test_what_no_server_answers_is_not_taken_for_well() -> None:
    assert changed(stuck=None, not_known={"stuck": "no answer within 60 s"}).result == "away"


def test_what_is_not_set_up_needs_a_person_and_is_no_server_that_is_away() -> None:
    """As `seamless doctor` has it: the namespace is missing, and so Temporal has nothing to say."""
    setup = (Need(what="namespace: there is none of this name", see="make it"),)
    assert changed(setup=setup, not_known={"workers": "namespace not found"}).result == "needs-a-person"


@pytest.mark.parametrize("reason", [*REASONS, "of-another-build"])
def test_what_is_held_is_told_with_what_mends_it(reason: str) -> None:
    """A command that there is, or a page that there is: nobody has to look for it."""
    [need] = changed(held=(Held(case=CASE, reason=reason, told=""),)).needs
    if need.see.startswith("docs/"):
        assert "## Mend" in (ROOT / need.see).read_text("utf-8")
    else:
        assert misuse(need.see.split()) is None


def test_each_reason_for_which_something_is_held_is_told_by_itself() -> None:
    """What mends one does not mend the other."""
    held = [Held(case=CASE, reason=each, told="") for each in ("gateway-away", "broker-away", "gateway-away")]
    needs = changed(held=tuple(held)).needs
    assert [each.what for each in needs] == [
        "2 consequences of deadlines are held: gateway-away",
        "1 consequence of a deadline is held: broker-away",
    ]
    assert len({each.see for each in needs}) == 2
