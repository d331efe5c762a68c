"""Files, folders, ports and pipes that a command cannot use: one sentence, and never a traceback."""

from __future__ import annotations

import ctypes
import gzip
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from deploy.local.child import ChildProcess
from deploy.local.folders import private_folder
from seamless.cli import operator
from seamless.cli.operator import login_name
from tests.chains import plain_chain, records
from tests.unit.seamless.cli.running import NOBODY, command
from workers.archive.store import ArchiveStore

ROOT = Path(__file__).parents[4]
FINES = ROOT / "tests" / "commands" / "fines.csv"
BAD = ROOT / "tests" / "payloads" / "bad" / "construction-permit.json"

PR_CAPBSET_DROP, PAST_PERMISSIONS = 24, (1, 2)


def as_any_user() -> None:
    """Permissions count for the child, also where the tests are run by root."""
    if os.getuid() == 0:
        for capability in PAST_PERMISSIONS:
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def seamless(*arguments: object, settings: Mapping[str, str] | None = None, **how: Any) -> Any:
    servers = {"PYTHONPATH": str(ROOT), "SEAMLESS_KAFKA": NOBODY, "SEAMLESS_TEMPORAL": NOBODY}
    ended = subprocess.run(
        [sys.executable, "-m", "seamless.cli.main", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | servers | dict(settings or {}),
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=as_any_user,
        **{"stdout": subprocess.DEVNULL} | how,
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    store = ArchiveStore(f"sqlite:///{folder / 'archive.db'}")
    store.prepare()
    store.write(records(plain_chain(3)))
    store.close()
    return folder


PRINTING = [
    ["version"],
    ["--version"],
    ["case", "list", "--data", "DATA"],
    ["case", "list", "--data", "DATA", "--json"],
    ["case", "show", "--last", "--data", "DATA"],
    ["case", "timeline", "--last", "--data", "DATA"],
    ["case", "timeline", "--last", "--data", "DATA", "--json"],
    ["submit", BAD, "--json"],
    ["--help"],
    ["case", "list", "--help"],
]


@pytest.mark.parametrize("arguments", PRINTING, ids=lambda words: " ".join(map(str, words[:3])))
def test_a_reader_that_goes_away_ends_a_command_in_silence(data: Path, arguments: list[Any]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = seamless(*(str(word).replace("DATA", str(data)) for word in arguments), stdout=writing)
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("arguments", PRINTING[:5], ids=lambda words: " ".join(map(str, words[:3])))
def test_output_that_cannot_be_written_is_reported(data: Path, arguments: list[Any]) -> None:
    with Path("/dev/full").open("w") as full:
        ended = seamless(*(str(word).replace("DATA", str(data)) for word in arguments), stdout=full)
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == ["seamless: cannot read or write: No space left on device"]


def test_output_that_was_closed_from_the_start_is_not_a_mistake(data: Path) -> None:
    closed = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "seamless.cli.main"]
    ended = subprocess.run(
        [*closed, "case", "list", "--data", str(data)],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")


def test_what_an_encoding_lacks_is_written_out(data: Path) -> None:
    latin = {"PYTHONIOENCODING": "ascii", "COLUMNS": "200"}
    ended = seamless("case", "show", "--last", "--data", data, settings=latin, stdout=subprocess.PIPE)
    assert ended.returncode == 0
    assert "Construction permit" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["up", "--data", "{file}"], "/file is a file, and the data need a directory"),
        (["demo", "--data", "{file}"], "/file is a file, and the data need a directory"),
        (["up", "--data", "{file}/below"], "cannot be made: Not a directory"),
        (["case", "list", "--data", "{file}"], "there is no archive in"),
        (["case", "list", "--data", "{loop}"], "it leads nowhere"),
        (["up", "--data", "{loop}"], "it leads nowhere"),
        (["case", "list", "--data", "x" * 300], "File name too long"),
        (["submit", "{file}/x"], "cannot read"),
        (["submit", "/dev/zero"], "it has more than 16777216 bytes"),
        (["replay", "{bad}.csv", "--procedure", "traffic-fine"], "bad.csv: "),
        (["replay", "{bad}.csv.gz", "--procedure", "traffic-fine"], "bad.csv.gz: "),
        (["replay", FINES, "--procedure", "traffic-fine", "--report", "{file}/r"], "/r: Not a directory"),
    ],
    ids=str,
)
def test_a_place_that_cannot_be_used_is_reported(tmp_path: Path, arguments: list[Any], told: str) -> None:
    file, bad, loop = tmp_path / "file", tmp_path / "bad", tmp_path / "loop"
    file.touch()
    loop.symlink_to(loop)
    bad.with_suffix(".csv").write_bytes(b"\xff")
    packed = bytearray(gzip.compress(FINES.read_bytes()))
    packed[40:60] = b"x" * 20
    bad.with_suffix(".csv.gz").write_bytes(packed)
    said = command(*(str(word).format(file=file, bad=bad, loop=loop) for word in arguments))
    assert (said.code, told in said.err) == (2, True), said
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["up", "--data", "{readonly}"], "cannot be written to: choose another --data"),
        (["up", "--data", "{readonly}/new"], "/new cannot be made: Permission denied"),
        (["case", "list", "--data", "{unreadable}"], "cannot read the archive"),
        (["submit", "{unreadable}/archive.db"], "Permission denied"),
    ],
    ids=str,
)
def test_a_place_that_may_not_be_used_is_reported(tmp_path: Path, arguments: list[Any], told: str) -> None:
    readonly, unreadable = tmp_path / "readonly", tmp_path / "unreadable"
    readonly.mkdir(mode=0o555)
    unreadable.mkdir()
    (unreadable / "archive.db").touch(mode=0)
    ended = seamless(*(word.format(readonly=readonly, unreadable=unreadable) for word in arguments))
    assert (ended.returncode in (2, 3), told in ended.stderr) == (True, True), ended
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe\x00", "cannot read"),
        (b"a = " + b"[" * 100_000, "cannot read"),
        (b"", "administration"),
        (None, "Is a dir"),
    ],
)
def test_a_directory_file_that_cannot_be_read_is_reported(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    file = tmp_path / "directory.toml"
    if content is not None:
        file.write_bytes(content)
    said = command("case", "list", SEAMLESS_DIRECTORY=str(file if content is not None else tmp_path))
    assert (said.code, told in said.err) == (2, True), said
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            ["up", option, number]
            for option in ("--kafka-port", "--ui-port")
            for number in (0, 99999, -1, "x")
        ),
        ["up", "--kafka-port", 9092, "--temporal-port", 9092],
        ["up", "--kafka", "somewhere:99999"],
        ["up", "--temporal", "somewhere:0"],
        ["up", "--day", "²s"],
        ["up", "--day", "0s"],
        ["up", "--day", "9" * 400 + "s"],
        ["demo", "--day", "0.000001ms"],
        ["case", "list", "--limit", 10**30],
        ["topics", "apply", "--replication", 99999],
        ["case", "list", "--archive", "postgresql://h:port/x"],
        ["case", "list", "--procedure", "\udcff"],
    ],
    ids=lambda words: " ".join(map(str, words))[:60].encode("ascii", "replace").decode(),
)
def test_a_bad_value_is_reported(arguments: list[Any]) -> None:
    said = command(*arguments)
    assert said.code == 2, said
    assert "Traceback" not in said.err


@pytest.mark.parametrize("name", ["HEARTBEAT_SECONDS", "CLOCK_SKEW_SECONDS", "GATHER_MS"])
@pytest.mark.parametrize("value", ["inf", "nan", "1e300", "9" * 30, "-1", ""])
def test_no_setting_is_beyond_all_bounds(name: str, value: str) -> None:
    said = command("case", "list", **{f"SEAMLESS_{name}": value})
    assert said.code == 2
    assert f"SEAMLESS_{name} cannot be" in said.err


def test_a_metrics_port_that_is_taken_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = seamless("worker", "archive", settings={"SEAMLESS_METRICS_PORT": port})
    assert ended.returncode == 2
    assert (
        ended.stderr
        == f"seamless: the setting SEAMLESS_METRICS_PORT cannot be {port}: Address already in use\n"
    )


def test_a_user_without_a_name_is_told_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pwd.getpwuid", mock.Mock(side_effect=KeyError("uid not found")))
    monkeypatch.setattr(operator, "LOGGED_IN", Path("/nowhere"))
    assert login_name() == f"user {os.getuid()}"


@pytest.mark.parametrize("name", ["LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER"])
def test_who_runs_a_command_is_not_what_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = login_name()
    monkeypatch.setenv(name, "somebody-else")
    assert login_name() == before


@pytest.mark.parametrize(
    ("logged_in", "number"), [("1234\n", 1234), ("4294967295", None), ("", None), ("x", None)]
)
def test_who_logged_in_goes_before_whom_they_have_become(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, logged_in: str, number: int | None
) -> None:
    file = tmp_path / "loginuid"
    file.write_text(logged_in)
    monkeypatch.setattr(operator, "LOGGED_IN", file)
    asked = mock.Mock(side_effect=KeyError("uid not found"))
    monkeypatch.setattr("pwd.getpwuid", asked)
    assert login_name() == f"user {os.getuid() if number is None else number}"


# --- what is written is its owner's alone -------------------------------------------------------------------


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_holds_personal_data_is_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        folder = private_folder(tmp_path / "data")
        store = ArchiveStore(f"sqlite:///{folder / 'deep' / 'archive.db'}")
        store.prepare()
        store.write(records(plain_chain(1)))
        made = list((folder / "deep").iterdir())
        assert {file.name for file in made} >= {"archive.db", "archive.db-wal"}
        assert {mode(file) for file in made} == {0o600}
        store.close()
        script = "import os; open('file', 'w'); os.mkdir('folder')"
        child = ChildProcess([sys.executable, "-c", script], log=folder / "log", folder=folder)
        child._process.wait(20)
    finally:
        os.umask(before)
    assert child.exit_code == 0
    assert (mode(folder), mode(folder / "deep"), mode(folder / "folder")) == (0o700, 0o700, 0o700)
    assert (mode(folder / "log"), mode(folder / "file")) == (0o600, 0o600)
