"""What the guide says of the exercise: its two tables, the queries that they name, and the runbooks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tests.documented import blocks

DOCS = Path(__file__).parents[2] / "docs"
NONE = "—"


class Step(NamedTuple):
    """One step of mending: a command of the runbook, as it is printed there, or what is done by hand."""

    text: str
    by_hand: bool


class Row(NamedTuple):
    """A trouble, as the tables have it.

    Attributes:
        query: that of the Temporal UI by which it is found, if any.
        status: what ``seamless status`` says of it.
        exit_code: with which ``seamless status`` ends; None: that depends on all else.
        alert: the alert that fires.
        steps: what mends it.
    """

    trouble: str
    query: str | None
    status: str
    exit_code: int | None
    alert: str
    steps: tuple[Step, ...]

    def is_told_in(self, status: str) -> bool:
        """Whether a status says it. It has one blank for any number of them."""
        wanted = re.escape(self.status).replace("N", r"[\d,]+")
        return re.search(wanted, " ".join(status.split())) is not None


def rows() -> dict[str, Row]:
    """The troubles, by their names."""
    found, mended = _tables((DOCS / "exercise.md").read_text("utf-8"))
    assert [each[0] for each in found] == [each[0] for each in mended], "both tables have the same troubles"
    return {each[0]: _row(each, steps) for each, (_, steps) in zip(found, mended, strict=True)}


def _row(found: list[str], steps: str) -> Row:
    trouble, query, status, exit_code, alert = found
    name = f"Seamless{alert.strip('[]')}"
    return Row(
        trouble,
        None if query == NONE else queries()[query],
        status.strip("`"),
        None if exit_code == NONE else int(exit_code),
        name,
        tuple(_step(each, name) for each in steps.split(", ")),
    )


def queries() -> dict[str, str]:
    """The saved queries of the guide, by their questions."""
    _, _, section = (DOCS / "operating.md").read_text("utf-8").partition("\n## Asking in the Temporal UI\n")
    return dict(re.findall(r"^# (.+)\n(.+)$", blocks(section, "text")[0], re.MULTILINE))


def printed(alert: str) -> list[str]:
    """The commands in which the page of an alert ends, a line each."""
    return blocks((DOCS / "runbooks" / f"{alert}.md").read_text("utf-8"), "sh")[-1].splitlines()


def _step(text: str, alert: str) -> Step:
    """A step of a table; of a command, the whole line that the runbook prints: the one that is just this, or
    else the first that begins with it."""
    if not text.startswith("`"):
        return Step(text, by_hand=True)
    wanted, lines = f"seamless {text.strip('`')}", printed(alert)
    fitting = [line for line in lines if line == wanted] or [
        line for line in lines if line.startswith(wanted)
    ]
    assert fitting, f"{alert} prints no command {wanted}"
    return Step(fitting[0], by_hand=False)


def _tables(text: str) -> list[list[list[str]]]:
    """The rows of each table, without its head."""
    tables = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    return [
        [[cell.strip(" ") for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]
        for table in tables
    ]
