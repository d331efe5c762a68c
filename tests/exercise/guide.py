"""What the guide says of the exercise: its two tables, the queries that they name, and the runbooks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tests.documented import blocks

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = DOCS / "exercise.md"


class Step(NamedTuple):
    """One step of mending: a command of the runbook, as it is printed there, or what is done by hand."""

    text: str
    by_hand: bool


class Row(NamedTuple):
    """A trouble, as the tables have it.

    Attributes:
        query: that of the Temporal UI by which it is found, if any.
        status: what ``seamless status`` says of it.
        exit_code: with which ``seamless status`` ends.
        alert: the alert that fires.
        steps: what mends it.
    """

    trouble: str
    query: str | None
    status: str
    exit_code: int
    alert: str
    steps: tuple[Step, ...]


def rows() -> dict[str, Row]:
    """The troubles, by their names."""
    found, mended = _tables(GUIDE.read_text("utf-8"))
    assert [each[0] for each in found] == [each[0] for each in mended], "both tables have the same troubles"
    return {
        trouble: Row(
            trouble,
            None if query == "—" else queries()[query],
            status.strip("`"),
            int(code),
            named := alert.partition("]")[0].strip("["),
            tuple(_step(each, named) for each in steps[0].split(", ")),
        )
        for (trouble, query, status, code, alert), (_, *steps) in zip(found, mended, strict=True)
    }


def queries() -> dict[str, str]:
    """The saved queries of the guide, by their questions."""
    _, _, section = (DOCS / "operating.md").read_text("utf-8").partition("\n## Asking in the Temporal UI\n")
    return dict(re.findall(r"^# (.+)\n(.+)$", blocks(section, "text")[0], re.MULTILINE))


def printed(alert: str) -> list[str]:
    """The commands in which the page of an alert ends, a line each."""
    return blocks((DOCS / "runbooks" / f"{alert}.md").read_text("utf-8"), "sh")[-1].splitlines()


def _step(text: str, alert: str) -> Step:
    """A step of a table; of a command, the whole line that the runbook prints."""
    if not text.startswith("`"):
        return Step(text, by_hand=True)
    wanted = f"seamless {text.strip('`')}"
    lines = [line for line in printed(alert) if line == wanted or line.startswith(f"{wanted} ")]
    assert lines, f"{alert} prints no command {wanted}"
    return Step(lines[0], by_hand=False)


def _tables(text: str) -> tuple[list[list[str]], ...]:
    """The rows of each table, without its head."""
    tables = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    return tuple(
        [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]
        for table in tables
    )
