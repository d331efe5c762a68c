"""What people are shown: other people's texts cannot control a terminal.

Applicants, agencies and file names put texts into errors, logs and tables. A terminal interprets some
characters as commands (escape codes), or shows what follows them in another order (bidirectional overrides).
They are written out instead, so that the reader sees them.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
import unicodedata
from collections.abc import Callable
from typing import Any


def visible(text: str, *, lines: bool = False) -> str:
    """A text that only shows: what is not to be read in it is written out, as ``\\x1b`` or ``\\u202e``.

    Args:
        lines: line feeds stay. Without it the result is one line, so that a text cannot forge the next one.
    """
    if text.isprintable():
        return text
    return "".join(each if _shows(each, lines) else _escaped(each) for each in text)


def json_line(value: Any, default: Callable[[Any], Any] | None = None) -> str:
    """A value as one line of JSON, in which such characters are escaped: read back, it is the same value."""
    text = json.dumps(value, ensure_ascii=False, default=default)
    if text.isprintable():
        return text
    return "".join(each if _shows(each, lines=False) else json.dumps(each)[1:-1] for each in text)


def tell(text: str) -> None:
    """Tell a person, at standard error, what ended the program."""
    with contextlib.suppress(OSError):  # nobody reads it
        print(f"seamless: {indented(text)}", file=sys.stderr, flush=True)


def indented(text: str) -> str:
    """A visible text whose further lines are indented: nothing quoted in it looks like another message."""
    return re.sub(r"\n(?!  )", "\n  ", visible(text, lines=True).rstrip())


def _shows(character: str, lines: bool) -> bool:
    return character.isprintable() or (lines and character == "\n") or unicodedata.category(character) == "Zs"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
