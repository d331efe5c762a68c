"""Where everything goes that a command prints.

A plain ``str`` is data, whoever wrote it: it is shown as it is, on one line, and neither its characters nor
anything that looks like markup or an emoji's name does anything. Styles and lines are ours, and are made
with :func:`line` and :func:`block`. No other module prints.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text

from workers.process.terminal import json_line, visible

WIDE = 240
"""Columns where no terminal says how many there are: whole lines, for programs that read lines."""
USUAL = 80
NARROWEST = 20
UNBOUNDED = 1_000_000
INDENT = 4
GAP = 2

Part: TypeAlias = str | tuple[str, str]
"""A text, or a text and its style."""


class Console(RichConsole):
    """Standard output or standard error, which what others wrote cannot drive."""

    def __init__(self, *, errors: bool = False) -> None:
        """
        Args:
            errors: standard error, not standard output.
        """
        super().__init__(
            stderr=errors, markup=False, emoji=False, highlight=False, width=_width(errors), height=25
        )

    def render_str(self, text: str, **options: Any) -> Text:
        """A text as it is shown: nothing in it is taken for a style."""
        return super().render_str(visible(text), **options | {"markup": False, "emoji": False})

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What is shown of anything: the last place where a character could still drive the terminal."""
        for segment in super().render(renderable, options):
            shown = segment.text if segment.control else visible(segment.text, lines=True)
            yield segment if shown == segment.text else segment._replace(text=shown)

    def on_broken_pipe(self) -> None:
        """Nobody reads any more: the command ends by that, see :mod:`workers.process.ending`. The error has
        no number, since Typer takes one that has for a mistake."""
        raise BrokenPipeError

    def whole(self, *parts: Part) -> None:
        """Print a line that is never cut nor broken by us, for ids to be copied."""
        self.print(line(*parts), soft_wrap=True)

    def json(self, value: Any) -> None:
        """Print a value as one line of JSON, for a program to read."""
        try:
            self.file.write(json_line(value) + "\n")
            self.file.flush()
        except BrokenPipeError:
            self.on_broken_pipe()


def line(*parts: Part) -> Text:
    """One line of texts, each with its style."""
    return _assembled(parts, lines=False)


def block(*parts: Part) -> Text:
    """The same of texts that may have lines of their own."""
    return _assembled(parts, lines=True)


def _assembled(parts: Sequence[Part], *, lines: bool) -> Text:
    pairs = ((part, "") if isinstance(part, str) else part for part in parts)
    return Text.assemble(*((visible(text, lines=lines), style) for text, style in pairs))


def facts(console: Console, rows: Sequence[tuple[str, Text]]) -> None:
    """Print names and their values side by side. A value of one word, such as a hash, is never broken."""
    named = [(line((name, "dim")), value) for name, value in rows]
    width = min(max((name.cell_len for name, _ in named), default=0), console.width // 3)
    for name, value in named:
        if value.cell_len > console.width - width - GAP and value.plain.isascii() and " " not in value.plain:
            console.print(name)
            console.print(value, soft_wrap=True)
            continue
        pair = Table.grid(Column(width=width, overflow="fold"), Column(overflow="fold"), padding=(0, GAP))
        pair.add_row(name, value)
        console.print(pair)


def listing(
    console: Console, headers: Sequence[str], rows: Sequence[Sequence[Text]], *, named: bool = False
) -> None:
    """Print rows, the id first in each: as a table where that fits, else each id on a line of its own and the
    rest below it. An id is never cut nor broken.

    Args:
        named: a name is first and no id: in a table, it may be broken between its words.
    """
    table = Table(
        Column(headers[0], no_wrap=not named),
        *(Column(each, no_wrap=True) for each in headers[1:]),
        box=None,
        pad_edge=False,
    )
    for row in rows:
        table.add_row(*row)
    unbounded = console.options.update(width=UNBOUNDED)
    needed = console.measure(table, options=unbounded).maximum
    if named:
        cells = [line(headers[0]), *(row[0] for row in rows)]
        firsts = [console.measure(each, options=unbounded) for each in cells]
        needed -= max(each.maximum for each in firsts) - max(each.minimum for each in firsts)
    if needed <= console.width:
        console.print(table)
        return
    for first, *rest in rows:
        console.print(first, soft_wrap=True)
        told = (line((name, "dim"), " ") + cell for name, cell in zip(headers[1:], rest, strict=True) if cell)
        console.print(Padding(Text("  ").join(told), (0, 0, 0, INDENT)))


def progress(console: Console) -> Progress:
    """A bar that says how many of how many are done, and since when."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console)


def _width(errors: bool) -> int:
    """The columns that there are: what COLUMNS says, or the terminal."""
    stream = sys.stderr if errors else sys.stdout
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and given.isascii() and len(given) < 6:
        return max(NARROWEST, int(given))
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL
    except (AttributeError, OSError, ValueError):  # no stream, or no terminal
        return USUAL if stream is not None and stream.isatty() else WIDE
