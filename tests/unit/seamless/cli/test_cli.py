"""The command line: exit codes, and what a user's mistake is answered with. No server is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from contracts.terms.identifiers import CaseId
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import Applied
from network.broker.connection import Broker
from network.broker.publisher import Publisher
from network.broker.topic_state import TopicState
from network.parties import ChannelClient
from seamless.cli.main import main
from tests.applications import new_case
from tests.chains import START, chain, plain_chain, records
from workers.archive.store import ArchiveStore, Move

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "docs" / "examples" / "construction-permit.json"
BAD = ROOT / "tests" / "payloads" / "bad" / "construction-permit.json"
NOBODY = "127.0.0.1:1"


class Said(NamedTuple):
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def seamless(*arguments: object, stdin: str = "", settings: Mapping[str, str] | None = None) -> Said:
    """Run the command as a process of its own."""
    ours = ("SEAMLESS_", "COLUMNS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    ended = subprocess.run(
        [sys.executable, "-m", "seamless.cli.main", *map(str, arguments)],
        cwd=ROOT,
        env=environment
        | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
        | {"SEAMLESS_KAFKA": NOBODY, "SEAMLESS_TEMPORAL": NOBODY}
        | dict(settings or {}),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    return Said(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture
def within(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command in this process: for what ends before any asynchronous work."""

    def run(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["seamless", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return Said(int(ended.value.code or 0), *capsys.readouterr())

    return run


# --- help and version ---------------------------------------------------------------------------------------


def test_the_help_shows_examples_and_exit_codes(within: Any) -> None:
    said = within("--help")
    assert said.code == 0
    for word in ("Examples", "Exit codes", "130", "submit", "case", "dead-letter", "topics"):
        assert word in said.out


@pytest.mark.parametrize(
    "command",
    [
        ["submit"],
        ["replay"],
        ["case", "list"],
        ["case", "show"],
        ["case", "timeline"],
        ["case", "verify"],
        ["version"],
    ],
)
def test_every_command_shows_an_example(within: Any, command: list[str]) -> None:
    said = within(*command, "--help")
    assert said.code == 0
    assert f"seamless {' '.join(command)}" in said.out


def test_the_version(within: Any) -> None:
    assert set(within("version", "--json").json()) >= {"seamless", "python", "temporalio", "aiokafka"}
    assert within("--version").out.startswith("seamless ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["submit"],
        ["submit", "x", "--nonsense"],
        ["case", "show"],
        ["case", "show", "x", "--last"],
        ["case", "verify"],
        ["case", "verify", "x", "--all"],
        ["case", "list", "--status", "lost"],
        ["case", "list", "--limit", "0"],
    ],
    ids=" ".join,
)
def test_wrong_use_exits_2(within: Any, arguments: list[str]) -> None:
    said = within(*arguments)
    assert said.code == 2
    assert "Usage" in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["up"],
        ["demo"],
        ["replay", "tests/commands/fines.csv", "--procedure", "traffic-fine"],
        ["submit", "docs/examples/construction-permit.json"],
        ["case", "list"],
        ["case", "verify", "--all"],
        ["topics", "apply"],
        ["worker", "gateway"],
        ["worker", "department", "--agency", "drainage"],
    ],
    ids=" ".join,
)
def test_a_bad_setting_is_one_sentence_from_every_command(
    within: Any, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SEAMLESS_WINDOW", "abc")
    said = within(*arguments)
    assert said.code == 2
    assert said.err.startswith("seamless: the setting SEAMLESS_WINDOW cannot be 'abc': ")
    assert len(said.err.splitlines()) == 1


def test_a_bad_setting_is_one_sentence_also_where_work_has_begun() -> None:
    said = seamless("dead-letter", "list", settings={"SEAMLESS_WINDOW": "abc"})
    assert said.code == 2
    assert len(said.err.splitlines()) == 1


# --- submit -------------------------------------------------------------------------------------------------


def test_the_example_is_a_good_application() -> None:
    content = json.loads(EXAMPLE.read_text("utf-8"))
    portal = ChannelClient(Publisher(Broker(NOBODY)), "cn-demo", "portal")
    assert portal.application(content["procedure"], content["application"]).type == Applied.type


def test_a_bad_application_is_reported_field_by_field(within: Any) -> None:
    said = within("submit", BAD)
    assert said.code == 2
    assert "nothing was submitted" in said.err
    fields = {line.split(":")[0].strip() for line in said.err.splitlines() if line.startswith("  ")}
    assert fields == {"applicant.contact", "site.area", "plan.uri", "plan.sha256", "design"}


def test_a_bad_application_as_json(within: Any) -> None:
    said = within("submit", BAD, "--json")
    assert said.code == 2
    assert said.json()["submitted"] is False
    assert {"field": "site.area", "message": "Input should be greater than 0"} in said.json()["faults"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"{", "line 1, column 2"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "application: Input should be"),
        (b'{"procedure": "moon-landing", "application": {}}', "there is no 'moon-landing'; there are:"),
        (b'{"procedure": "permit-receipt", "application": {}}', "reference: Field required"),
        (b'{"site": {"area": 1, "area": 2}}', "area: stands twice in one object"),
        (b'{"application": {}, "application": {}}', "application: stands twice in one object"),
    ],
)
def test_a_bad_file_is_reported(within: Any, tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "application.json"
    file.write_bytes(content)
    said = within("submit", file)
    assert said.code == 2
    assert words in said.err


def test_other_mistakes_are_reported(within: Any, tmp_path: Path) -> None:
    for arguments, words in (
        (["submit", tmp_path / "none.json"], "No such file"),
        (["submit", tmp_path], "Is a directory"),
        (["submit", EXAMPLE, "--channel", "moon"], "there is no channel 'moon'; there are: portal"),
        (["submit", EXAMPLE, "--case", "portal-1"], "'portal-1' is not a case id"),
        (["submit", EXAMPLE, "--case", new_case("counter")], "say --channel counter"),
        (["submit", EXAMPLE, "--procedure", "permit-receipt"], "is an application for construction-permit"),
    ):
        said = within(*arguments)
        assert (said.code, words in said.err) == (2, True), said


def test_an_application_that_is_too_large_is_reported_before_it_is_sent(within: Any, tmp_path: Path) -> None:
    content = json.loads(EXAMPLE.read_text("utf-8"))
    content["application"]["remarks"] = "很长" * 20_000
    file = tmp_path / "large.json"
    file.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    said = within("submit", file)
    assert said.code == 2
    assert "bytes and the limit is 65536" in said.err


def test_a_broker_that_is_away_exits_3() -> None:
    said = seamless("submit", "-", stdin=EXAMPLE.read_text("utf-8"))
    assert (said.code, said.out) == (3, "")
    assert f"no Kafka broker answers at {NOBODY}" in said.err


# --- case ---------------------------------------------------------------------------------------------------


OPENED = {
    "kind": "opened",
    "content": {"application": {"project": "桥 Bridge"}, "procedure": "construction-permit"},
}
REQUESTED = {
    "kind": "requested",
    "step": "construction-permit.review-planning/1",
    "holders": ("agency:planning",),
    "agency": "planning",
    "due": datetime(2026, 3, 16, 16, tzinfo=UTC),
    "basis": "城乡规划法 art. 40",
}
ANSWERED = {
    "kind": "answered",
    "step": "construction-permit.review-planning/1",
    "actor": "agency:planning",
    "outcome": "refuse",
}
DECIDED = {
    "kind": "decided",
    "outcome": "refused",
    "content": {"decision": {"outcome": "refused", "reason": "plan-not-conform"}},
}
CLOSED = {"kind": "closed", "outcome": "refused", "holders": ()}


class Archived(NamedTuple):
    """An archive with a closed case, an open one, which was opened last, and a broken one."""

    data: Path
    closed: list[LedgerEntry]
    open: list[LedgerEntry]
    broken: list[LedgerEntry]


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Archived:
    data = tmp_path_factory.mktemp("data")
    closed = chain(OPENED, REQUESTED, ANSWERED, DECIDED, CLOSED)
    waiting = chain(OPENED | {"received": closed[0].received.replace(year=2027)}, REQUESTED)
    broken = plain_chain(3)
    store = ArchiveStore(f"sqlite:///{data / 'archive.db'}")
    store.prepare()
    store.write(records([*closed, *waiting, broken[0], broken[2]]))
    store.close()
    return Archived(data, closed, waiting, broken)


def test_cases_are_listed(archived: Archived) -> None:
    cases = seamless("case", "list", "--data", archived.data, "--json").json()["cases"]
    assert (cases[0]["status"], cases[0]["outcome"]) == ("open", None)
    assert {each["case"] for each in cases} == {entries[0].case for entries in archived[1:]}
    said = seamless("case", "list", "--data", archived.data, "--status", "closed")
    assert (said.code, archived.closed[0].case in said.out, archived.open[0].case in said.out) == (
        0,
        True,
        False,
    )


def test_a_case_is_shown(archived: Archived) -> None:
    said = seamless("case", "show", archived.closed[0].case, "--data", archived.data)
    assert said.code == 0
    for words in ("Construction permit", "refused", "The plan does not conform", "桥 Bridge"):
        assert words in said.out
    shown = seamless("case", "show", "--last", "--data", archived.data, "--json").json()
    assert shown["case"] == archived.open[0].case
    assert shown["holders"] == [{"holder": "agency:planning", "since": "2026-03-02T03:00:00Z"}]
    expected = {
        "step": "construction-permit.review-planning/1",
        "holder": "agency:planning",
        "due": "2026-03-16T16:00:00Z",
        "basis": "城乡规划法 art. 40",
        "escalated": False,
        "ended": None,
    }
    assert expected.items() <= shown["waiting"][0].items()


def test_a_timeline_is_the_ledger(archived: Archived) -> None:
    case = archived.closed[0].case
    entries = seamless("case", "timeline", case, "--data", archived.data, "--json").json()
    assert [LedgerEntry.model_validate(entry) for entry in entries] == archived.closed
    said = seamless("case", "timeline", case, "--data", archived.data)
    assert "Planning" in said.out
    assert len(said.out.splitlines()) == len(entries) + 1


def test_a_ledger_is_verified(archived: Archived) -> None:
    def verify(*arguments: str) -> Said:
        return seamless("case", "verify", *arguments, "--data", archived.data)

    whole, broken = verify(archived.closed[0].case), verify(archived.broken[0].case)
    assert (whole.code, "no fault found, completeness not checked" in whole.out) == (0, True)
    assert "whole" not in whole.out, "which only an archive is that was compared with its topic"
    assert f"not compared with the ledger's topic: no Kafka broker answers at {NOBODY}" in whole.out
    assert (broken.code, "entry 2 is missing" in broken.out) == (1, True)
    assert verify(new_case()).code == 2
    everything = verify("--all", "--json")
    assert everything.code == 1
    found = everything.json()
    assert (found["cases"], found["entries"], list(found["broken"])) == (3, 9, [archived.broken[0].case])
    assert (found["complete"], found["topic"], found["sample"]) == (None, None, None)
    assert [each.split(":")[0] for each in found["not_compared"]] == ["the ledger's topic", "the open cases"]


@pytest.mark.parametrize("place", ["none", "empty.db"])
def test_where_there_is_no_archive_nothing_is_whole(tmp_path: Path, place: str) -> None:
    (tmp_path / "empty.db").touch()
    for command in (["list"], ["show", "--last"], ["verify", "--all"], ["verify", new_case(), "--json"]):
        said = seamless("case", *command, "--archive", f"sqlite:///{tmp_path / place}")
        assert (said.code, said.out) == (2, ""), said
        assert "there is no archive in" in said.err
    assert not (tmp_path / "none").exists()


def test_an_archive_that_is_being_rebuilt_says_so(archived: Archived, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'archive.db'}"
    store = ArchiveStore(url)
    store.prepare()
    store.claim(TopicState("case.ledger", "one", {0: 0}, {0: 9}, START), {})
    store.write(records(archived.open), [Move(0, 0, 2, 9)])
    store.close()
    said = seamless("case", "list", "--json", "--archive", url)
    assert (said.code, said.json()["unread"]) == (0, 7)
    assert "incomplete: it lacks 7 records" in said.err
    said = seamless("case", "verify", "--all", "--archive", url)
    assert (said.code, "its worker had 7 records left to read" in said.out) == (1, True)
    assert "no fault found in them, but the archive is incomplete" in said.out


def test_an_archive_that_cannot_be_used_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "archive.db"
    file.write_bytes(b"this is no database, and long enough to be taken for one" * 100)
    for url, code in (("nonsense", 2), ("oracle+none://u:secret@h/x", 2), (f"sqlite:///{file}", 3)):
        said = seamless("case", "list", "--archive", url)
        assert (said.code, "secret" in said.err) == (code, False), said
    assert seamless("case", "show", "--last", "--data", tmp_path / "none").code == 2


def test_a_case_id_is_one_of_its_channel() -> None:
    assert CaseId(new_case("counter")).channel == "counter"
