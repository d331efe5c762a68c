"""Publishing a calendar: whom it reaches, how fast, and how it goes on after it was broken off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

from archive.reader import ArchiveReader
from contracts.terms.calendar import LegalCalendar, calendar
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.clock_marks import ClockMark
from contracts.terms.errors import InvalidInput, Unavailable
from contracts.terms.identifiers import CaseId
from seamless.cli import calendar as command_module
from seamless.operate import publishing
from seamless.operate.publishing import CasesInTemporal, Outcome, Reach, Told, publish, reach_of
from tests.applications import new_case
from tests.chains import START, chain, records
from tests.unit.seamless.cli.running import command
from workers.archive.store import ArchiveStore
from workers.process.temporal import SIGNAL_LIMIT


def of_version(name: str, **changes: Any) -> CalendarDays:
    fields = {"zone": "Asia/Shanghai", "first_year": 2026, "last_year": 2027, "source": "a test"}
    return CalendarDays.model_validate({"name": name, "holidays": ["2027-01-01"]} | fields | changes)


NEXT = of_version("cn-2027.1")


class Archived:
    """An archive that a test fills."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'archive.db'}"
        self.store, self.reader = ArchiveStore(url), ArchiveReader(url)
        self.store.prepare()
        self._offset = 0

    def case(self, *calendars: str | None, days: CalendarDays | None = None, closed: bool = False) -> CaseId:
        """A case whose entries name these calendars; the last one brought these days."""
        steps: list[dict[str, Any]] = [{"kind": "opened", "calendar": calendars[0]}]
        for name in calendars[1:]:
            mark = ClockMark(does="count-anew", at=START, calendar=name, days=days)
            steps.append({"kind": "calendar", "calendar": name, "clock": mark})
        if closed:
            steps.append({"kind": "closed", "calendar": calendars[-1], "holders": ()})
        case = new_case()
        self.store.write(records(chain(*steps, case=case), offset=self._offset))
        self._offset += len(steps)
        return case


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archived]:
    archived = Archived(tmp_path)
    yield archived
    archived.store.close()
    await archived.reader.close()


class Cases:
    """Cases that hear; what came of it, where not all is well."""

    def __init__(self, **came: Outcome) -> None:
        self.heard: list[str] = []
        self.at: list[float] = []
        self.came = came

    async def tell(self, case: str, days: CalendarDays) -> Outcome:
        self.heard.append(case)
        self.at.append(asyncio.get_running_loop().time())
        return self.came.get(case, "told")


async def test_it_reaches_the_open_cases_that_count_with_an_earlier_version(archive: Archived) -> None:
    earlier = [
        archive.case("cn-2026.1"),
        archive.case("cn-2026.1", "cn-2026.2", days=of_version("cn-2026.2")),
    ]
    archive.case("cn-2026.1", closed=True)
    archive.case("cn-2026.1", "cn-2027.1", days=NEXT)
    archive.case("cn-2026.1", "cn-2027.2", days=of_version("cn-2027.2"))
    archive.case("nl-2026.1")
    archive.case("compressed:60")
    archive.case(None)
    archive.case("cn-2025.1", "cn-2025.2", days=of_version("cn-2025.2", zone="Asia/Urumqi"))
    reach = await reach_of(archive.reader, NEXT)
    assert sorted(reach.cases) == sorted(earlier)
    assert reach.passed_over == {
        "has-it": 1,
        "newer": 1,
        "another-authority": 1,
        "compressed": 1,
        "not-known": 1,
        "another-zone": 1,
    }


async def test_a_case_whose_clock_has_not_begun_is_reached_though_its_days_are_not_in_its_ledger(
    archive: Archived,
) -> None:
    case = archive.case("cn-2026.7")
    assert (await reach_of(archive.reader, NEXT)).cases == (case,)


async def test_days_that_are_published_never_change(archive: Archived) -> None:
    built_in = calendar("cn-2026.1")
    assert isinstance(built_in, LegalCalendar)
    assert (await reach_of(archive.reader, built_in.days)).cases == ()
    with pytest.raises(InvalidInput, match=r"cn-2026.1 of this release has other days.* a later version"):
        await reach_of(archive.reader, of_version("cn-2026.1"))
    archive.case("cn-2026.1", "cn-2027.1", days=of_version("cn-2027.1", holidays=["2027-01-04"]))
    with pytest.raises(InvalidInput, match=r"counts with other days that are called cn-2027.1"):
        await reach_of(archive.reader, NEXT)


async def test_it_goes_on_with_those_that_have_not_said_so_yet(archive: Archived) -> None:
    one, other = archive.case("cn-2026.1"), archive.case("cn-2026.1")
    cases, reach = Cases(), await reach_of(archive.reader, NEXT)
    await publish(reach, NEXT, cases, rate=1000, tell=lambda done: None)
    assert sorted(cases.heard) == sorted([one, other])
    entries = await archive.reader.entries(one)
    said = chain(
        {"kind": "opened", "calendar": "cn-2026.1"}, {"kind": "calendar", "calendar": "cn-2027.1"}, case=one
    )
    assert said[0].hash == entries[0].hash
    archive.store.write(records(said[1:], offset=90))
    again = await reach_of(archive.reader, NEXT)
    assert (again.cases, again.passed_over) == ((other,), {"has-it": 1})


async def test_it_tells_so_many_a_second_and_how_far_it_is() -> None:
    cases, done = Cases(b="unknown", c="full"), list[int]()
    told = await publish(
        Reach(cases=("a", "b", "c", "d"), passed_over={}), NEXT, cases, rate=20, tell=done.append
    )
    assert told == Told(told=2, unknown=("b",), full=("c",))
    assert done == [1, 2, 3, 4]
    assert cases.at[-1] - cases.at[0] >= 0.15


class Temporal:
    """A server that answers a signal so."""

    def __init__(self, *errors: RPCError | None) -> None:
        self.errors = list(errors)
        self.sent: list[Any] = []

    def get_workflow_handle(self, case: str) -> Temporal:
        return self

    async def signal(self, name: str, days: CalendarDays, **options: Any) -> None:
        if error := self.errors.pop(0):
            raise error
        self.sent.append((name, days))


async def test_what_temporal_says_of_a_case() -> None:
    server = Temporal(
        None,
        RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b""),
        RPCError(f"exceeded {SIGNAL_LIMIT}", RPCStatusCode.INVALID_ARGUMENT, b""),
        RPCError("Namespace x is not found", RPCStatusCode.NOT_FOUND, b""),
    )
    cases = CasesInTemporal(server)  # type: ignore[arg-type]
    assert [await cases.tell("a", NEXT) for _ in range(3)] == ["told", "unknown", "full"]
    assert server.sent == [("publish-calendar", NEXT)]
    with pytest.raises(RPCError):
        await cases.tell("a", NEXT)


async def test_where_temporal_stops_answering_it_says_how_many_were_told() -> None:
    away = RPCError("connection refused", RPCStatusCode.UNAVAILABLE, b"")
    reach = Reach(cases=("a", "b", "c"), passed_over={})
    with pytest.raises(
        Unavailable, match=r"connection refused. 1 of 3 cases were reached; run the command again"
    ):
        await publish(
            reach,
            NEXT,
            CasesInTemporal(Temporal(None, away)),
            rate=1000,
            tell=lambda done: None,  # type: ignore[arg-type]
        )


def a_file(folder: Path, **changes: Any) -> Path:
    file = folder / "cn-2027.1.json"
    file.write_text(json.dumps(NEXT.model_dump(mode="json") | changes), "utf-8")
    return file


async def test_a_dry_run_asks_the_archive_only(archive: Archived, tmp_path: Path) -> None:
    archive.case("cn-2026.1")
    archive.case("compressed:60")
    words = ("calendar", "publish", a_file(tmp_path), "--dry-run", "--data", tmp_path)
    said = await asyncio.to_thread(command, *words, columns="80")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        "cn-2027.1 would reach 1 open case.",
        "skipped 1: they count with compressed days",
    ]
    as_json = await asyncio.to_thread(command, *words, "--json")
    assert json.loads(as_json.out) == {
        "calendar": "cn-2027.1",
        "dry_run": True,
        "reach": 1,
        "told": 0,
        "unknown": [],
        "full": [],
        "skipped": {"compressed": 1},
    }


def test_the_command_says_who_was_told_and_who_was_not(capsys: pytest.CaptureFixture[str]) -> None:
    reach = Reach(cases=("a", "b"), passed_over={"has-it": 3})
    assert command_module._report(NEXT, reach, Told(told=2), dry_run=False, as_json=False) == 0
    left = Told(told=1, unknown=("b",))
    assert command_module._report(NEXT, reach, left, dry_run=False, as_json=False) == 1
    out = capsys.readouterr().out
    assert "2 open cases given cn-2027.1." in out
    assert "skipped 3: they count with it already" in out
    assert "unknown to Temporal  b" in out


def test_without_a_server_or_a_usable_file_it_says_so(tmp_path: Path) -> None:
    said = command("calendar", "publish", a_file(tmp_path), "--data", tmp_path)
    assert said.code == 3
    said = command("calendar", "publish", a_file(tmp_path, zone="Nowhere"), "--data", tmp_path)
    assert (said.code, "zone: " in said.err) == (2, True)


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_the_calendars_there_are(tmp_path: Path, columns: int) -> None:
    a_file(tmp_path)
    said = command("calendar", "list", columns=str(columns), SEAMLESS_CALENDARS=str(tmp_path))
    assert said.code == 0
    for name in ("cn-2026.1", "cn-2027.1", "it-2026.1", "nl-2026.1"):
        assert name in said.out
    assert "New cases count with cn-2026.1." in said.out
    found = json.loads(command("calendar", "list", "--json", SEAMLESS_CALENDARS=str(tmp_path)).out)
    assert [each["name"] for each in found["calendars"] if each["new_cases"]] == ["cn-2026.1"]
    assert found["calendars"][-1]["from"] == str(tmp_path)


def test_no_reason_is_left_without_words() -> None:
    assert set(command_module.WHY) == set(publishing.Why.__args__)  # type: ignore[attr-defined]
