"""A dashboard as a picture: what its panels ask, and what Prometheus answered, as Grafana would show it."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from deploy.grafana.classic import as_json
from deploy.grafana.panels import Dashboard, Panel, Query
from seamless.explore.drawing.svg import FONTS, INK, SOFT, number
from seamless.explore.drawing.svg import told as escaped
from seamless.explore.drawing.text import width_of, wrapped
from tests.watching.figures import runs, steps, told
from tests.watching.servers import Prometheus, labels_of

COLUMN, UNIT, GAP = 60.0, 34.0, 8.0
PALETTE = [
    "#4c9141",
    "#1f60c4",
    "#e0752d",
    "#b877d9",
    "#c4162a",
    "#37872d",
    "#8f3bb8",
    "#3274d9",
    "#f2cc0c",
    "#705da0",
]
COLORS = {"green": "#37872d", "yellow": "#c79a00", "orange": "#e0752d", "red": "#c4162a"}
SMALL, LEGEND_LINE, ROW_LINE = 10.5, 15.0, 19.0


class Series(NamedTuple):
    """One of the series that answered a query."""

    query: Query
    labels: Mapping[str, str]
    points: list[tuple[float, float]]

    @property
    def name(self) -> str:
        """How it is called, by the legend of its query."""
        return re.sub(r"\{\{(\w+)\}\}", lambda found: self.labels.get(found[1], ""), self.query.legend)

    @property
    def last(self) -> float:
        """Its last value."""
        return self.points[-1][1] if self.points else math.nan


@dataclass(frozen=True)
class Asked:
    """When the questions were put: over which time, and how far apart its moments are."""

    now: float
    seconds: float
    step: float


Answers = Mapping[str, Sequence[Series]]
"""What each panel was answered, by its title."""


async def answers(
    source: Prometheus, dashboard: Dashboard, chosen: Mapping[str, str], asked: Asked
) -> dict[str, list[Series]]:
    """Ask everything that a dashboard asks.

    Args:
        chosen: the value of each of its variables.
    """
    found: dict[str, list[Series]] = {}
    for panel in dashboard.panels:
        found[panel.title] = []
        for query in panel.queries:
            expr = filled(query.expr, chosen)
            if panel.kind in ("bars", "table"):
                answered = await source.query(expr)
            else:
                answered = await source.over_time(expr, seconds=asked.seconds, step=asked.step, now=asked.now)
            for each in answered:
                points = each["values"] if "values" in each else [each["value"]]
                pairs = [(float(at), float(value)) for at, value in points]
                found[panel.title].append(Series(query, labels_of(each), pairs))
    return found


def filled(expr: str, chosen: Mapping[str, str]) -> str:
    """A text of a dashboard with its variables put in."""
    for name, value in chosen.items():
        expr = expr.replace(f"${name}", value)
    return expr


def drawn(dashboard: Dashboard, answered: Answers, chosen: Mapping[str, str], asked: Asked) -> str:
    """The picture, as SVG."""
    panels = as_json(dashboard)["panels"]
    bottom = max(each["gridPos"]["y"] + each["gridPos"]["h"] for each in panels)
    width, height = 24 * COLUMN + GAP, bottom * UNIT + 52
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" '
        f'width="{number(width)}" height="{number(height)}" role="img" font-family="{FONTS}" fill="{INK}">',
        f"<title>{escaped(dashboard.title)}</title>",
        f"<desc>{escaped(dashboard.says)}</desc>",
        f'<rect width="{number(width)}" height="{number(height)}" fill="#f4f5f5"/>',
        _text(12, 30, filled(dashboard.title, chosen), 18, bold=True),
        _text(16 + width_of(dashboard.title, 18, bold=True), 30, dashboard.says, 12, color=SOFT),
    ]
    shown = iter(dashboard.panels)
    for each in panels:
        place = each["gridPos"]
        x, y = place["x"] * COLUMN + GAP, place["y"] * UNIT + 44
        lines.append(f'<g transform="translate({number(x)} {number(y)})">')
        if each["type"] == "row":
            lines.append(_text(2, 22, filled(each["title"], chosen), 14, bold=True))
        else:
            panel = next(shown)
            room = Room(place["w"] * COLUMN - GAP, place["h"] * UNIT - GAP)
            lines += _panel(panel, list(answered.get(panel.title, ())), room, asked)
        lines.append("</g>")
    return "\n".join([*lines, "</svg>"]) + "\n"


class Room(NamedTuple):
    """How large a panel is."""

    width: float
    height: float


def _panel(panel: Panel, series: list[Series], room: Room, asked: Asked) -> Iterator[str]:
    yield (
        f'<rect width="{number(room.width)}" height="{number(room.height)}" rx="3" fill="#ffffff" '
        'stroke="#dcdfe3"/>'
    )
    yield _text(9, 19, _cut(panel.title, room.width - 18, 12.5, bold=True), 12.5, bold=True)
    match panel.kind:
        case "text":
            yield from _markdown(panel.markdown, room)
        case "number":
            yield from _number(panel, series, room)
        case _ if not series:
            yield _text(room.width / 2, room.height / 2 + 10, "No data", 13, color=SOFT, middle=True)
        case "bars":
            yield from _bars(panel, series, room)
        case "table":
            yield from _table(panel, series, room)
        case _:
            yield from _over_time(panel, series, room, asked)


# --- kinds of panels ----------------------------------------------------------------------------------------


def _number(panel: Panel, series: Sequence[Series], room: Room) -> Iterator[str]:
    value = series[0].last if series else math.nan
    if series and len(series[0].points) > 1:
        known = [(at, each) for at, each in series[0].points if math.isfinite(each)]
        highest = max((each for _, each in known), default=0) or 1
        if len(known) > 1 and panel.unit != "dateTimeFromNow":
            begin, span = known[0][0], known[-1][0] - known[0][0]
            places = [
                (8 + (room.width - 16) * (at - begin) / span, room.height - 6 - 26 * max(each, 0) / highest)
                for at, each in known
            ]
            line = " ".join(f"{number(x)},{number(y)}" for x, y in places)
            yield f'<polyline points="{line}" fill="none" stroke="{_color(panel, value)}" opacity="0.35"/>'
    at = room.height / 2 + 18
    yield _text(
        room.width / 2,
        at,
        told(value, panel.unit, whole=panel.whole),
        27,
        color=_color(panel, value),
        middle=True,
    )


def _color(panel: Panel, value: float) -> str:
    reached = [each.color for each in panel.thresholds if value >= each.value]
    return COLORS[reached[-1]] if reached else COLORS["green"] if panel.thresholds else INK


def _bars(panel: Panel, series: Sequence[Series], room: Room) -> Iterator[str]:
    fits = int((room.height - 34) / 22)
    shown = sorted(series, key=lambda each: -each.last)[:fits]
    highest = max((each.last for each in shown if math.isfinite(each.last)), default=0) or 1
    left = min(max(width_of(each.name, SMALL) for each in shown), room.width * 0.45)
    for at, each in enumerate(shown):
        y = 32 + at * 22
        full = room.width - left - 90
        length = full * max(each.last, 0) / highest if math.isfinite(each.last) else 0
        yield _text(9, y + 13, _cut(each.name, left, SMALL), SMALL)
        color = _color(panel, each.last) if panel.thresholds else PALETTE[1]
        place = f'x="{number(16 + left)}" y="{number(y)}"'
        yield f'<rect {place} width="{number(full)}" height="16" fill="#f0f1f3"/>'
        yield f'<rect {place} width="{number(length)}" height="16" fill="{color}" fill-opacity="0.75"/>'
        yield _text(
            24 + left + full, y + 13, told(each.last, panel.unit, whole=panel.whole), SMALL, bold=True
        )
    yield from _left_off(len(series) - len(shown), room)


def _table(panel: Panel, series: Sequence[Series], room: Room) -> Iterator[str]:
    heads = [query.legend for query in panel.queries]
    names = sorted({name for each in series for name in each.labels})
    rows: dict[tuple[str, ...], dict[str, float]] = {}
    for each in series:
        row = rows.setdefault(tuple(each.labels.get(name, "") for name in names), {})
        row[each.query.legend] = each.last
    cells = [
        [*labels, *(told(values.get(head, math.nan), panel.unit, whole=panel.whole) for head in heads)]
        for labels, values in sorted(
            rows.items(), key=lambda each: (-_known(each[1].get(panel.sort, 0.0)), each[0])
        )
    ]
    columns = [*names, *heads]
    fits = int((room.height - 56) / ROW_LINE)
    wide = [
        16 + max(width_of(each, SMALL) for each in column) for column in zip(columns, *cells, strict=True)
    ]
    room_each = [(room.width - 18) * each / sum(wide) for each in wide]
    for line, row_cells in enumerate([columns, *cells[:fits]]):
        x = 9.0
        for cell, width in zip(row_cells, room_each, strict=True):
            yield _text(x, 42 + line * ROW_LINE, _cut(cell, width - 6, SMALL), SMALL, bold=line == 0)
            x += width
    yield from _left_off(len(cells) - fits, room)


def _known(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _left_off(count: int, room: Room) -> Iterator[str]:
    if count > 0:
        yield _text(room.width - 8, 19, f"{count} more below", SMALL, color=SOFT, end=True)


def _over_time(panel: Panel, series: Sequence[Series], room: Room, asked: Asked) -> Iterator[str]:
    legend = [each for each in series if any(math.isfinite(value) for _, value in each.points)]
    rows = list(_legend_rows(legend, room))[:2]
    left, top, right, bottom = 62.0, 32.0, room.width - 12, room.height - 26 - LEGEND_LINE * len(rows)
    curves = _piled(legend) if panel.kind == "stack" else [dict(each.points) for each in legend]
    values = [value for curve in curves for value in curve.values() if math.isfinite(value)]
    scale = steps(min([0.0, *values]), max(values, default=1.0))
    low, high = scale[0], scale[-1]

    def place(at: float, value: float) -> tuple[float, float]:
        x = left + (right - left) * (at - asked.now + asked.seconds) / asked.seconds
        return x, bottom - (bottom - top) * (value - low) / (high - low)

    for each in scale:
        _, y = place(asked.now, each)
        yield f'<path d="M{number(left)} {number(y)}H{number(right)}" stroke="#e8eaed"/>'
        yield _text(left - 5, y + 4, told(each, panel.unit), SMALL, color=SOFT, end=True)
    for share in (0.0, 0.5, 1.0):
        at = asked.now - asked.seconds * (1 - share)
        x, _ = place(at, low)
        clock = time.strftime("%H:%M:%S", time.gmtime(at))
        yield _text(x, bottom + 14, clock, SMALL, color=SOFT, middle=share == 0.5, end=share == 1.0)
    below: dict[float, float] = {}
    for index, curve in enumerate(curves):
        color = PALETTE[index % len(PALETTE)]
        for run in runs(sorted(curve.items()), step=asked.step):
            line = [place(at, value) for at, value in run]
            path = "L".join(f"{number(x)} {number(y)}" for x, y in line)
            if panel.kind == "stack":
                back = [place(at, below.get(at, 0.0)) for at, _ in reversed(run)]
                area = "L".join(f"{number(x)} {number(y)}" for x, y in back)
                yield f'<path d="M{path}L{area}Z" fill="{color}" fill-opacity="0.6"/>'
                continue
            if len(run) == 1:
                (x, y), *_ = line
                yield f'<circle cx="{number(x)}" cy="{number(y)}" r="2" fill="{color}"/>'
            yield f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="1.4"/>'
        below |= curve
    for line, row in enumerate(rows):
        y = room.height - 9 - LEGEND_LINE * (len(rows) - 1 - line)
        for x, index, name in row:
            color = PALETTE[index % len(PALETTE)]
            yield f'<rect x="{number(x)}" y="{number(y - 5)}" width="12" height="3" fill="{color}"/>'
            yield _text(x + 16, y, name, SMALL)


def _piled(series: Sequence[Series]) -> list[dict[float, float]]:
    """Curves on top of one another."""
    height: dict[float, float] = {}
    curves = []
    for each in series:
        curve = {at: height.get(at, 0.0) + value for at, value in each.points if math.isfinite(value)}
        height |= curve
        curves.append(curve)
    return curves


def _legend_rows(series: Sequence[Series], room: Room) -> Iterator[list[tuple[float, int, str]]]:
    row: list[tuple[float, int, str]] = []
    x = 9.0
    for index, each in enumerate(series):
        name = _cut(each.name, room.width - 40, SMALL)
        width = width_of(name, SMALL) + 30
        if row and x + width > room.width:
            yield row
            row, x = [], 9.0
        row.append((x, index, name))
        x += width
    if row:
        yield row


def _markdown(text: str, room: Room) -> Iterator[str]:
    y = 40.0
    for line in re.sub(r"\n {2,}", " ", text.strip()).splitlines():
        for part in wrapped(line.replace("**", "").replace("`", ""), room.width - 20, SMALL):
            yield _text(9, y, part, SMALL)
            y += 15
        y += 3 if line else 4


# --- texts --------------------------------------------------------------------------------------------------


def _cut(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """A text, or its beginning when it does not fit."""
    if width_of(text, size, bold=bold) <= width:
        return text
    while text and width_of(text + "…", size, bold=bold) > width:
        text = text[:-1]
    return text + "…"


def _text(
    x: float, y: float, text: str, size: float, *,
    bold: bool = False, color: str = INK, middle: bool = False, end: bool = False,
) -> str:  # fmt: skip
    anchor = ' text-anchor="middle"' if middle else ' text-anchor="end"' if end else ""
    weight = ' font-weight="bold"' if bold else ""
    where = f'x="{number(x)}" y="{number(y)}" font-size="{number(size)}"'
    return f'<text {where}{anchor}{weight} fill="{color}">{escaped(text)}</text>'
