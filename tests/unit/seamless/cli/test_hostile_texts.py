"""What others wrote never drives a terminal: every command that people read, with texts that try to."""

from __future__ import annotations

import csv
import io
import json
import os
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text

from archive.completeness import Completeness
from archive.verification import Verdict
from contracts.terms.directory import load_directory
from contracts.terms.identifiers import OPERATOR
from contracts.wire.dead_letter import DeadLetter, Place, Settlement
from network.broker.topics import TopicReport
from seamless.cli.case_completeness import Comparison, Sample
from seamless.cli.console import Console, line
from seamless.cli.main import app
from tests.chains import chain, records
from tests.unit.seamless.cli.hostile_texts import CARRIED, PASSED, TEXTS, WHOLE, assert_safe, fuzzed
from tests.unit.seamless.cli.running import command
from workers.archive.store import ArchiveStore
from workers.process.terminal import visible

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "docs" / "examples" / "construction-permit.json"
LOG = Path(__file__).with_name("measured.csv")
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


# --- what the archive holds ---------------------------------------------------------------------------------

NOT_COMPARED = Comparison(topic=None, sample=None, not_compared=("",), unread=0)


@fuzzed
@given(CARRIED, CARRIED, CARRIED, CARRIED, CARRIED)
def test_cases(tmp_path_factory: Any, name: str, value: str, step: str, outcome: str, officer: str) -> None:
    folder = tmp_path_factory.mktemp("archive")
    opened = {
        "kind": "opened",
        "law": outcome,
        "officer": officer,
        "content": {"application": {name: value, "list": [value, {value: name}]}},
    }
    waiting = {"kind": "waiting", "step": step, "content": {"due": "2026-03-16T16:00:00Z"}}
    waiting |= {"holders": ("applicant",)}
    decided = {"kind": "decided", "outcome": outcome, "holders": ("applicant",)}
    decided |= {"content": {"decision": {"outcome": "refused", "reason": value}}}
    marked = {"kind": "marked", "outcome": outcome, "holders": ("applicant",)}
    ordered = {"kind": "proposed", "actor": OPERATOR, "outcome": outcome, "step": step, "cause": f"x#{step}"}
    ordered |= {"holders": ("applicant",), "content": {"why": value, "on_behalf_of": name}}
    entries = chain(opened, waiting, marked, decided, ordered)
    store = ArchiveStore(f"sqlite:///{folder / 'archive.db'}")
    store.prepare()
    store.write(records(entries))
    store.close()
    case = entries[0].case
    listed, shown, told = (
        command("case", *words, "--data", folder) for words in (["list"], ["show", case], ["timeline", case])
    )
    with mock.patch("seamless.cli.case_completeness.compare", mock.AsyncMock(return_value=NOT_COMPARED)):
        verified = command("case", "verify", case, "--data", folder)
    for said in (listed, shown, told, verified):
        assert said.code == 0, said
        assert_safe(said)
    assert visible(outcome) in listed.out
    for text in (name, step, outcome):
        assert visible(text) in shown.out
    assert all(part in shown.out for part in visible(value, lines=True).split("\n"))
    for text in (officer, step, outcome):
        assert visible(text) in told.out


# --- what a log holds ---------------------------------------------------------------------------------------


@fuzzed
@given(TEXTS.filter(str.strip), TEXTS.filter(str.strip))
def test_a_log(tmp_path_factory: Any, activity: str, group: str) -> None:
    file = tmp_path_factory.mktemp("log") / "log.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["case", "activity", "timestamp", "group", group + "?"])
        for at in range(1, 29):
            rows.writerow([at, f"{activity}{at % 2}", f"2026-03-{at:02}", f"{group}{at % 3}", activity])
    page = file.with_suffix(".html")
    for words in ((), ("--by", "step"), ("--lang", "zh", "--html", page)):
        said = command("measure", file, *words)
        assert said.code == 0, said
        assert_safe(said)
    assert "<script" not in page.read_text("utf-8")


# --- dead letters -------------------------------------------------------------------------------------------


def dead_letter(text: str, value: bytes) -> DeadLetter:
    return DeadLetter(
        id=text,
        place=Place(text, 0, 1),
        received=NOW,
        refused=datetime(1, 1, 1, tzinfo=UTC),
        reason=text,
        detail=text,
        field=text,
        key=text.encode(errors="surrogatepass"),
        value=value,
        headers=((text, value), ("none", None)),
        group=text,
        replay_of=text,
        by=text,
        why=text,
        proposed=Settlement(text, "discarded", text, text, NOW, proposed=True),
    )


@fuzzed
@given(TEXTS, st.one_of(TEXTS.map(str.encode), st.binary(max_size=40)))
def test_dead_letters(text: str, value: bytes) -> None:
    letters = [dead_letter(text, value)]
    with mock.patch("network.broker.dead_letters.list_dead_letters", mock.AsyncMock(return_value=letters)):
        listed, shown = command("dead-letter", "list"), command("dead-letter", "show", "--", text)
        missing = command("dead-letter", "show", "--", text + "x")
        as_json = command("dead-letter", "list", "--json")
    assert (listed.code, shown.code, missing.code, as_json.code) == (0, 0, 2, 0), (listed, shown, missing)
    for said in (listed, shown, missing, as_json):
        assert_safe(said)
    assert visible(text) in listed.out
    assert visible(text) in shown.out
    assert json.loads(as_json.out)["dead_letters"][0]["detail"] == text


# --- what a person or a script gives ------------------------------------------------------------------------


GIVEN = [
    ["case", "show", "TEXT"],
    ["case", "timeline", "TEXT"],
    ["case", "timeline", "TEXT", "--follow"],
    ["case", "verify", "TEXT"],
    ["case", "clock", "TEXT"],
    ["calendar", "list", "TEXT"],
    ["calendar", "publish", "TEXT"],
    ["case", "list", "--archive", "TEXT"],
    ["case", "list", "--status", "TEXT"],
    ["case", "TEXT"],
    ["case", "list", "TEXT"],
    *(["case", "list", f"--{each}", "TEXT"] for each in ("holder", "due-before", "by", "lang")),
    ["case", "cancel", "TEXT", "--why", "mistake"],
    ["case", "resend", "TEXT", "review-planning", "--why", "lost"],
    ["case", "move", "TEXT", "review-planning", "--to", "housing", "--why", "mistake"],
    ["case", "extend", "TEXT", "--approval", "1", "--why", "floods"],
    ["case", "release", "TEXT", "statutory", "--why", "asked"],
    ["case", "confirm", "TEXT", "--why", "seen"],
    ["party", "pause", "TEXT", "--why", "away"],
    ["party", "resume", "TEXT", "--why", "back"],
    ["party", "quarantine", "TEXT", "--why", "floods"],
    ["party", "readmit", "TEXT", "--why", "mended"],
    ["party", "confirm", "--why", "seen", "--kafka", "TEXT:9092"],
    ["party", "list", "TEXT"],
    ["dead-letter", "list", "--party", "TEXT "],
    ["dead-letter", "list", "--since", "TEXT"],
    ["dead-letter", "list", "--case", "TEXT"],
    ["dead-letter", "confirm", "--since", "TEXT", "--why", "seen"],
    ["dead-letter", "discard", "--until", "TEXT", "--why", "old"],
    ["case", "list", "--stuck", "--temporal", "TEXT"],
    ["recover", "--backup", "TEXT"],
    *(["measure", each] for each in ("TEXT", "TEXT.csv")),
    ["measure", "TEXT.xes.gz", "--lang", "zh"],
    *(["measure", LOG, f"--{each}", "TEXT"] for each in ("map", "end", "by", "since", "split", "horizon")),
    ["measure", LOG, "--map", "group=TEXT"],
    ["measure", LOG, "--time-format", "TEXT"],
    *(["rebuild", each, LOG, "--map", "TEXT"] for each in ("rank", "compare", "size")),
    ["submit", "TEXT"],
    ["submit", EXAMPLE, "--channel", "TEXT"],
    ["submit", EXAMPLE, "--case", "TEXT"],
    ["submit", EXAMPLE, "--procedure", "TEXT"],
    ["submit", EXAMPLE, "--kafka", "TEXT:9092"],
    ["dead-letter", "list", "--reason", "TEXT"],
    ["dead-letter", "replay", "--reason", "TEXT"],
    ["replay", "TEXT", "--procedure", "traffic-fine"],
    ["replay", "TEXT.csv", "--procedure", "traffic-fine"],
    ["replay", EXAMPLE, "--procedure", "TEXT"],
    ["demo", "--day", "TEXT"],
    ["demo", "--lang", "TEXT"],
    ["procedure", "show", "tree-felling", "--lang", "TEXT"],
    ["demo", "--apart", "TEXT"],
    ["up", "--day", "TEXT"],
    ["up", "--kafka-port", "TEXT"],
    ["up", "--kafka", "TEXT"],
    ["up", "--simulate", "--except", "TEXT"],
    ["up", "--simulate", "--manners", "TEXT"],
    ["up", "--simulate", "--rate", "TEXT"],
    ["doctor", "--kafka", "TEXT"],
    *(["status", f"--{each}", "TEXT"] for each in ("kafka", "temporal", "archive", "lang")),
    ["doctor", "--temporal", "TEXT"],
    ["procedure", "show", "tree-felling", "--law", "TEXT"],
    ["procedure", "check", "tree-felling", "--paths", "TEXT"],
    ["procedure", "new", "TEXT", "--folder", "nowhere"],
    ["procedure", "new", "dog-licence", "--title-en", "TEXT", "--folder", "nowhere"],
    ["procedure", "new", "dog-licence", "--folder", "TEXT"],
    *(["procedure", each, "TEXT"] for each in ("list", "show", "check", "draw", "predict")),
    *(["procedure", "predict", "tree-felling", f"--{each}", "TEXT"] for each in ("from", "time", "officers")),
    ["procedure", "compare", "tree-felling", "tree-felling@TEXT"],
    ["pilot", "open", "TEXT", "--new", "TEXT", "--why", "TEXT"],
    *(["pilot", *it.split(), "TEXT"] for it in ("show", "approve --as a", "adopt --as a", "stop --why a")),
    ["rebuild", "runs", LOG, "--of", "TEXT", "--on", "2026-04-01"],
    ["rebuild", "swap", LOG, "--step", "TEXT", "--cases", "2026-01-01..2026-12-01", "--with", "TEXT"],
    ["topics", "apply", "--kafka", "TEXT"],
    ["topics", "apply", "--replication", "TEXT"],
    ["worker", "department", "--agency", "TEXT"],
    ["worker", "TEXT"],
    ["TEXT"],
    ["--TEXT"],
]


@pytest.mark.parametrize("arguments", GIVEN, ids=lambda words: " ".join(str(word) for word in words[:3]))
@settings(max_examples=3, deadline=None, phases=WHOLE)
@given(text=PASSED, encoded=st.booleans())
def test_arguments(arguments: list[Any], text: str, encoded: bool) -> None:
    text = text + "\udcff" if encoded else text
    said = command(*(str(word).replace("TEXT", text) for word in arguments))
    assert said.code == 2, said
    assert_safe(said)


@pytest.mark.parametrize(
    "name",
    [
        *("KAFKA", "TEMPORAL", "TOPIC_PREFIX", "DIRECTORY", "CALENDAR", "LOG_LEVEL", "AGENCY", "WINDOW"),
        *("VIRTUAL_TIME", "METRICS_PORT", "METRICS_ADDRESS", "HEARTBEAT_SECONDS", "ARCHIVE", "DATA"),
    ],
)
@settings(max_examples=3, deadline=None, phases=WHOLE)
@given(text=PASSED)
def test_settings(name: str, text: str) -> None:
    said = command("case", "list", **{f"SEAMLESS_{name}": text})
    assert said.code == 2, said
    assert_safe(said)


@fuzzed
@given(TEXTS, TEXTS)
def test_what_is_wrong_with_an_application(tmp_path_factory: Any, name: str, value: str) -> None:
    content = json.loads(EXAMPLE.read_text("utf-8"))["application"]
    content["site"] = {name: value}
    content[name] = {value: "\x00"}
    file = tmp_path_factory.mktemp("files") / "application.json"
    file.write_text(json.dumps(content))
    said = command("submit", file)
    assert said.code == 2
    assert_safe(said)
    assert_safe(command("submit", file, "--json"))
    file.write_text(value + "{")
    assert_safe(command("submit", file))


@fuzzed
@given(CARRIED.filter(str.strip))
def test_names_in_the_directory(tmp_path_factory: Any, name: str) -> None:
    folder = tmp_path_factory.mktemp("directory")
    made = load_directory().model_dump(mode="json")
    for member in [*made["agencies"], *made["channels"]]:
        member["name"] = {"zh": name, "en": name}
    (folder / "directory.json").write_text(json.dumps(made))
    store = ArchiveStore(f"sqlite:///{folder / 'archive.db'}")
    store.prepare()
    entries = chain({"kind": "opened", "holders": ("agency:planning",)})
    store.write(records(entries))
    store.close()
    for words in (["list"], ["show", "--last"], ["timeline", "--last"]):
        said = command("case", *words, "--data", folder, SEAMLESS_DIRECTORY=str(folder / "directory.json"))
        assert said.code == 0, said
        assert_safe(said)
        assert visible(name) in said.out


# --- what servers say ---------------------------------------------------------------------------------------


@fuzzed
@given(TEXTS)
def test_topics(text: str) -> None:
    reports = [TopicReport(text, "changed", 3, {text: (text, text)})]
    with mock.patch("network.broker.topics.apply_topics", mock.AsyncMock(return_value=reports)):
        said = command("topics", "apply")
    assert_safe(said)
    assert visible(text) in said.out


@fuzzed
@given(CARRIED)
def test_a_verification(tmp_path_factory: Any, text: str) -> None:
    folder = tmp_path_factory.mktemp("archive")
    store = ArchiveStore(f"sqlite:///{folder / 'archive.db'}")
    store.prepare()
    store.close()
    compared = Comparison(
        topic=Completeness(
            complete=False,
            missing=1,
            lost=0,
            as_of=NOW,
            topic=text,
            topic_id=text,
            topic_id_matches=False,
            partitions=(),
        ),
        sample=Sample(asked=text, sampled=1, unknown=(text,)),
        not_compared=(text,),
        unread=0,
    )
    verdict = Verdict(cases=1, entries=1, faults={text: [text]})
    with (
        mock.patch("seamless.cli.case_completeness.compare", mock.AsyncMock(return_value=compared)),
        mock.patch("archive.reader.ArchiveReader.all_faults", mock.AsyncMock(return_value=verdict)),
    ):
        said = command("case", "verify", "--all", "--data", folder)
    assert said.code == 1, said
    assert_safe(said)
    assert said.out.count(visible(text)) >= 5


# --- nothing goes around it ---------------------------------------------------------------------------------


def test_every_command_is_among_these() -> None:
    """A new command has to be tried, too."""
    tried = {" ".join(str(word) for word in words[:2]) for words in GIVEN}
    names = set()
    for group in app.registered_groups:
        assert group.typer_instance is not None
        for each in group.typer_instance.registered_commands:
            assert each.callback is not None
            names.add(f"{group.name} {each.name or each.callback.__name__.replace('_', '-')}")
    single = {each.name for each in app.registered_commands} - {"version"}
    known = {
        "dead-letter show",
        *(f"worker {name}" for name in ("orchestrator", "gateway", "archive", "watcher")),
    }
    assert names - tried - known == set()
    assert single - {each.split()[0] for each in tried} == set()


def test_markup_and_emoji_of_our_own_texts_are_off(capsys: pytest.CaptureFixture[str]) -> None:
    Console().print("[red]urn:x:1[/red] :bomb:")
    assert capsys.readouterr().out == "[red]urn:x:1[/red] :bomb:\n"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@fuzzed
@given(TEXTS)
def test_on_a_terminal_there_are_no_codes_but_those_of_styles(text: str) -> None:
    styles = {"TERM": "xterm-256color", "COLUMNS": "99999", "NO_COLOR": ""}
    with mock.patch.dict(os.environ, styles), redirect_stdout(Terminal()) as shown:
        console = Console()
        console.print(line((text, "red")))
        console.print(Text(text))  # which no command makes
    first, *others = shown.getvalue().rstrip("\n").split("\n")
    assert first == f"\x1b[31m{visible(text)}\x1b[0m"
    assert [each for each in others if visible(each) != each] == []
