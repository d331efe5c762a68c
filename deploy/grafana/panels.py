"""What a dashboard is made of: rows of panels, each with its queries to Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["lines", "stack", "number", "bars", "table", "text"]
"""How a panel shows what it asked for: over time as lines, or as areas that add up; as it is now as a large
number, as a bar for each, or as a table. ``text`` asks for nothing."""

Unit = Literal["short", "s", "percentunit", "dateTimeFromNow", "ops"]
"""Grafana's name of a unit: a count, seconds, a ratio of 1, an instant, events a second."""

WIDTH = 24
"""The columns of a page of Grafana."""

HEIGHT = 8


@dataclass(frozen=True)
class Query:
    """What is asked of Prometheus.

    Attributes:
        expr: in PromQL. ``$name`` stands for a variable of the dashboard.
        legend: how a series is called, with its labels as ``{{label}}``; in a table, the head of its column.
    """

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Threshold:
    """From which value on something is shown in another colour."""

    value: float
    color: Literal["green", "yellow", "orange", "red"]


@dataclass(frozen=True)
class Panel:
    """One picture of a dashboard.

    Attributes:
        says: what it shows, and what follows from it for applicants or operators.
        markdown: what a panel of kind ``text`` shows.
        sort: the column by which a table is sorted, the largest first.
        thresholds: ascending; below the first of them all is well.
        width: in columns of a page, see :data:`WIDTH`.
        height: in Grafana's units, 30 pixels each.
    """

    title: str
    says: str
    kind: Kind
    queries: tuple[Query, ...] = ()
    unit: Unit = "short"
    thresholds: tuple[Threshold, ...] = ()
    width: int = 8
    height: int = HEIGHT
    markdown: str = ""
    sort: str = ""

    @property
    def whole(self) -> bool:
        """Whether it counts what is whole, and shows no fractions: what a counter grew by is an estimate."""
        return self.unit == "short" and self.kind in ("number", "bars", "table")


@dataclass(frozen=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Variable:
    """What is chosen at the head of a dashboard: a value of a label.

    Attributes:
        metric: the metric whose label has the values that there are.
    """

    name: str
    title: str
    metric: str

    @property
    def expr(self) -> str:
        """How Grafana asks Prometheus for the values."""
        return f"label_values({self.metric}, {self.name})"


@dataclass(frozen=True)
class Dashboard:
    """A page of Grafana.

    Attributes:
        uid: by which Grafana knows it, whatever its title becomes.
        hours: how much of the past it shows unless one chooses otherwise.
    """

    uid: str
    title: str
    says: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = field(default=())
    hours: int = 24

    @property
    def panels(self) -> Iterator[Panel]:
        """All its panels, in their order."""
        for row in self.rows:
            yield from row.panels

    @property
    def queries(self) -> Iterator[str]:
        """Everything that it asks Prometheus, variables left open."""
        for panel in self.panels:
            for query in panel.queries:
                yield query.expr


# --- panels as they are used most ---------------------------------------------------------------------------


def number(
    title: str, says: str, expr: str, *, unit: Unit = "short", red: float | None = None, width: int = 4
) -> Panel:
    """One figure as it is now.

    Args:
        red: the value from which on somebody has to do something.
    """
    thresholds = () if red is None else (Threshold(red, "red"),)
    query = Query(expr, title)
    return Panel(title, says, "number", (query,), unit, thresholds, width, height=4)


def lines(title: str, says: str, *queries: tuple[str, str], unit: Unit = "short", width: int = 8) -> Panel:
    """Figures over time, each query with its legend."""
    return Panel(title, says, "lines", tuple(Query(*each) for each in queries), unit, width=width)


def stack(title: str, says: str, *queries: tuple[str, str], unit: Unit = "short", width: int = 8) -> Panel:
    """Figures over time that add up, the first at the bottom."""
    return Panel(title, says, "stack", tuple(Query(*each) for each in queries), unit, width=width)


def bars(
    title: str, says: str, expr: str, legend: str, *, unit: Unit = "short", red: float | None = None,
    width: int = 8,
) -> Panel:  # fmt: skip
    """A figure of each agency, procedure or reason as it is now, the largest first, without those that are
    zero."""
    thresholds = () if red is None else (Threshold(red, "red"),)
    return Panel(title, says, "bars", (Query(f"sort_desc({expr} > 0)", legend),), unit, thresholds, width)


def table(
    title: str, says: str, *columns: tuple[str, str], sort: str = "", width: int = WIDTH, height: int = HEIGHT
) -> Panel:
    """Figures as they are now, side by side: each query is a column, with its head; each set of labels is a
    row."""
    queries = tuple(Query(*each) for each in columns)
    return Panel(title, says, "table", queries, width=width, height=height, sort=sort)


def text(title: str, markdown: str, *, width: int = WIDTH, height: int = HEIGHT) -> Panel:
    """What a person has to know, and no figure."""
    return Panel(title, "", "text", width=width, height=height, markdown=markdown)
