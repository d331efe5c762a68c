"""Commands and queries as documents print them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from unittest import mock

from typer.core import TyperCommand

from tests.unit.seamless.cli.running import command

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(seamless [^`]+)`")
ENDS = {"|", "||", "&&", ";", "&", ">", ">>", "<"}


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of a Markdown text in one language."""
    return [body for named, body in BLOCK.findall(text) if named == language]


def queries(text: str) -> list[str]:
    """The PromQL queries of a Markdown text, one a line."""
    return [line for block in blocks(text, "promql") for line in block.splitlines() if line.strip()]


def views(text: str) -> dict[str, str]:
    """The queries for Temporal's UI that a Markdown text has, by their names."""
    return dict(re.findall(r"^# (.+)\n(.+)$", "".join(blocks(text, "text")), re.MULTILINE))


def commands(text: str) -> list[list[str]]:
    """Every command of ours in the shell blocks of a Markdown text, as words; variables as they stand."""
    return [words for block in blocks(text, "sh") for words in _commands(block)]


def mentioned(text: str) -> list[list[str]]:
    """Every command of ours that a Markdown text names within a line."""
    return [words for each in INLINE.findall(" ".join(text.split())) for words in _commands(each)]


def _commands(shell: str) -> Iterator[list[str]]:
    for line in shell.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if word not in ENDS:
                words.append(word)
                continue
            if words[:1] == ["seamless"]:
                yield words
            words = []


def misuse(words: Sequence[str]) -> str | None:
    """Why the command line does not take a command; None when it does. The command itself is not run."""
    with mock.patch.object(TyperCommand, "invoke", return_value=0):
        said = command(*words[1:])
    return said.err or f"exit code {said.code}" if said.code else None
