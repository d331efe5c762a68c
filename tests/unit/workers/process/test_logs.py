"""Logs: what an entry quotes never drives a terminal, whoever writes it."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.process.logs import configure_logs
from workers.process.terminal import indented, json_line, visible

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""What the log puts between texts for a terminal; none of these has a text of its own."""
HOSTILE = "\x1b]0;owned\x07\x1b[41mred\x9b31m\u202eevil\u2028\r\n2026-01-01 [info] all is well"


class Quoting:
    """Something whose ``repr`` quotes what was sent."""

    def __repr__(self) -> str:
        return HOSTILE


class Stream(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture
def kept() -> Iterator[None]:
    """The logging of the other tests, restored."""
    root = logging.getLogger()
    handlers, level, before = root.handlers, root.level, structlog.get_config()
    yield
    root.handlers, root.level = handlers, level
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize("terminal", [True, False])
def test_what_is_logged_drives_no_terminal(
    kept: None, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    stream = Stream(terminal=terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logs("INFO", process=HOSTILE)
    log = structlog.get_logger("test")
    log.info(HOSTILE, text=HOSTILE, thing=Quoting(), nested={HOSTILE: [HOSTILE]}, raw=HOSTILE.encode())
    log.info("named", **{HOSTILE: HOSTILE})
    logging.getLogger(HOSTILE).warning("from a library: %s", HOSTILE)
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        log.exception("failed", of=HOSTILE)
        logging.getLogger("library").exception("failed too")
    said = stream.getvalue()
    assert said.count("owned") > 10
    plain = COLOUR.sub("", said.replace("\x1b[41mred", "kept"))
    assert visible(plain, lines=True) == plain
    assert not [line for line in plain.splitlines() if line.startswith("2026-01-01 [info] all is well")]
    if not terminal:
        lines = [json.loads(line) for line in said.splitlines()]
        assert len(lines) == 5
        assert lines[0]["text"] == HOSTILE


TEXT = st.text(st.characters(codec=None), max_size=40)


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_what_is_shown_of_a_text(text: str) -> None:
    assert visible(text).isprintable() or not set(visible(text)) & set("\n\t\r\x1b\u2028")
    assert visible(visible(text)) == visible(text)
    assert visible(text, lines=True).count("\n") == text.count("\n")
    assert all(line.startswith("  ") or not line for line in indented("x\n" + text).split("\n")[1:])
    visible(text).encode()


@settings(max_examples=200, deadline=None)
@given(st.fixed_dictionaries({"text": TEXT, "list": st.lists(TEXT, max_size=2)}))
def test_json_is_the_same_value_and_drives_no_terminal(value: object) -> None:
    line = json_line(value)
    assert visible(line) == line
    assert json.loads(line) == value


def test_a_text_in_any_script_is_shown_as_it_is() -> None:
    for text in ("不动产登记中心", "Ñandú, naïve", "Дом 5\u3000号", "100\u00a0€", "🏠"):
        assert visible(text) == text
