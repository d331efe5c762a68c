"""Reading event logs: XES (IEEE 1849) and CSV, plain or packed with gzip, trace by trace.

Whatever the format, names are those of XES: ``concept:name`` is the activity, ``time:timestamp`` when it
happened, ``org:resource`` who did it. In CSV, columns of the case begin with ``case:``.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast
from xml.etree import ElementTree

from contracts.terms.errors import InvalidInput

CASE = "case:"
REFERENCE, ACTIVITY, TIME = "concept:name", "concept:name", "time:timestamp"

PLAIN_NAMES = {
    "case_id": CASE + REFERENCE,
    "activity": ACTIVITY,
    "timestamp": TIME,
    "resource": "org:resource",
}
"""Names of columns that CSV logs have where they do not have those of XES."""

VALUES = {"string", "date", "int", "float", "boolean", "id"}
"""The elements of XES that hold one value."""


class BadLog(InvalidInput):
    """A log that cannot be read; the message says where and why."""


class Trace(NamedTuple):
    """One case of a log: its reference, what it has as a whole, and its events in order.

    Values are as written; what is empty is left out.
    """

    reference: str
    attributes: dict[str, str]
    events: list[dict[str, str]]


def read_traces(path: Path) -> Iterator[Trace]:
    """The traces of a log, in the file's order: ``.xes``, ``.csv``, and either with ``.gz``.

    XES is streamed. The rows of a case need not stand together in CSV, so that one is read first, and let go
    trace by trace.

    Raises:
        BadLog: it is no such file, or cannot be read; says what and where.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes[-1:] == [".gz"]
    kind = suffixes[-2 if packed else -1 :][:1]
    if kind not in ([".csv"], [".xes"]):
        raise BadLog(f"{path}: a log's name ends in .csv, .csv.gz, .xes or .xes.gz")
    try:
        with cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb") as file:
            yield from (_xes if kind == [".xes"] else _csv)(file)
    except BadLog as error:
        raise BadLog(f"{path}: {error}") from None
    except ElementTree.ParseError as error:
        raise BadLog(f"{path}: no XES: {error}") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise BadLog(f"{path}: {error}") from None


def _csv(file: IO[bytes]) -> Iterator[Trace]:
    rows = csv.reader(line.decode("utf-8-sig" if not number else "utf-8") for number, line in enumerate(file))
    names = [PLAIN_NAMES.get(name, name) for name in next(rows, [])]
    if missing := {CASE + REFERENCE, ACTIVITY, TIME} - set(names):
        plain = {name: other for other, name in PLAIN_NAMES.items()}
        told = ", ".join(sorted(f"{name} (or {plain[name]})" for name in missing))
        raise BadLog(f"the log lacks the columns {told}")
    place = names.index(CASE + REFERENCE)
    cases: dict[str, list[list[str]]] = {}
    for row in rows:
        if row:
            if len(row) != len(names):
                raise BadLog(f"line {rows.line_num} has {len(row)} columns, and the first has {len(names)}")
            cases.setdefault(row[place], []).append(row)
    while cases:
        reference = next(iter(cases))
        events = [_filled(zip(names, row, strict=True)) for row in cases.pop(reference)]
        attributes = {
            name.removeprefix(CASE): value for name, value in events[0].items() if name.startswith(CASE)
        }
        for event in events:
            for name in [name for name in event if name.startswith(CASE)]:
                del event[name]
        yield _checked(Trace(reference, attributes, events))


def _xes(file: IO[bytes]) -> Iterator[Trace]:
    parsed = ElementTree.iterparse(file, events=("start", "end"))
    _, log = next(parsed)
    if _local(log) != "log":
        raise BadLog(f"no XES: its root is <{_local(log)}>, not <log>")
    for stage, element in parsed:
        if stage == "end" and _local(element) == "trace":
            attributes = _attributes(element)
            events = [_attributes(each) for each in element if _local(each) == "event"]
            yield _checked(Trace(attributes.get(REFERENCE, ""), attributes, events))
            log.clear()


def _attributes(element: ElementTree.Element) -> dict[str, str]:
    return _filled((each.get("key", ""), each.get("value", "")) for each in element if _local(each) in VALUES)


def _filled(pairs: Iterator[tuple[str, str]] | zip[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in pairs if value}


def _local(element: ElementTree.Element) -> str:
    """The element's name without its namespace: logs are found with one and without."""
    return element.tag.rpartition("}")[2]


def _checked(trace: Trace) -> Trace:
    """A trace whose events all say what happened and when."""
    if not trace.reference:
        raise BadLog(f"a case without {REFERENCE}")
    for number, event in enumerate(trace.events, start=1):
        for name in (ACTIVITY, TIME):
            if name not in event:
                raise BadLog(f"case {trace.reference}: its event {number} has no {name}")
    return trace
