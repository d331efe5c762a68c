"""The rows of a recorded log, XES or CSV, case by case, each with where it stands in the file."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from seamless.rebuild.columns import OF_THE_CASE
from seamless.replay.traces import BadLog, read_traces

ABSENT = frozenset({"", "EMPTY", "NULL", "null", "None", "NaN", "nan", "N/A", "NA"})
"""How logs write that there is no value."""

ENCODINGS = ("utf-8-sig", "gb18030")
"""A log that is not the first of them is of the second: what a Chinese office saves."""


class Row(NamedTuple):
    """One row: ``where`` it stands, and its values by column; what is absent is left out."""

    where: str
    values: Mapping[str, str]


def is_log(name: str) -> bool:
    """Whether a name is that of a file with a log."""
    return name.lower().removesuffix(".gz").endswith((".csv", ".xes"))


def read_rows(path: Path) -> tuple[list[str], list[Row]]:
    """The columns of a log, and its rows, in the file's order.

    Raises:
        BadLog: it is no log, or cannot be read; says where and why.
    """
    if path.name.lower().removesuffix(".gz").endswith(".xes"):
        return _xes(path)
    if not is_log(path.name):
        raise BadLog(f"{path}: a log's name ends in .csv, .csv.gz, .xes or .xes.gz")
    try:
        held = path.read_bytes()
        text = _decoded(gzip.decompress(held) if path.name.lower().endswith(".gz") else held)
        return _csv(text)
    except BadLog as error:
        raise BadLog(f"{path}: {error}") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise BadLog(f"{path}: {error}") from None


def _decoded(held: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return held.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadLog("its text is neither UTF-8 nor GB 18030; save it as UTF-8")


def _csv(text: str) -> tuple[list[str], list[Row]]:
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    names = [name.strip() for name in next(lines, [])]
    named = [name for name in names if name]
    if repeated := sorted({name for name in named if named.count(name) > 1}):
        raise BadLog(f"line 1: the column {repeated[0]!r} is there twice; rename one of them")
    rows = []
    for values in lines:
        if not any(value.strip() for value in values):
            continue
        if len(values) != len(names):
            raise BadLog(
                f"line {lines.line_num} has {len(values)} columns, and line 1 has {len(names)}; a value that "
                f"has {separator!r} in it stands in quotation marks"
            )
        rows.append(Row(f"line {lines.line_num}", _present(zip(names, values, strict=True))))
    return named, rows


def _xes(path: Path) -> tuple[list[str], list[Row]]:
    names: dict[str, None] = {}
    rows = []
    for trace in read_traces(path):
        of_case = {OF_THE_CASE + name: value for name, value in trace.attributes.items()}
        for number, event in enumerate(trace.events or [{}], start=1):
            values = _present(iter((of_case | event).items()))
            names |= dict.fromkeys(values)
            rows.append(Row(f"case {trace.reference}, event {number}", values))
    return list(names), rows


def _present(pairs: Iterator[tuple[str, str]] | zip[tuple[str, str]]) -> dict[str, str]:
    """What has a name and a value. A table that was saved with its row numbers has them in a column without a
    name, and one with empty columns has commas at the ends of its lines."""
    return {name: value.strip() for name, value in pairs if name and value.strip() not in ABSENT}
