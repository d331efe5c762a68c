"""Pictures of what was measured, as SVG that stands in a page: curves, parts of a whole, months."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from contracts.terms.bounds import printable
from seamless.rebuild.figures import Duration, Row
from seamless.rebuild.phrases import Phrases

INK, SOFT, GRID = "#1a1a1a", "#5f6368", "#dadce0"
COLOURS = ("#0b57d0", "#e37400", "#137333", "#a142f4", "#5f6368", "#b3261e")
UNKNOWN = "#c4c7c5"
WIDTH = 680
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 40
MOST_MONTHS = 60


class Line(NamedTuple):
    """A curve and what it is called."""

    name: str
    duration: Duration


class Piece(NamedTuple):
    """A part of a whole; of what is not known, there is no colour."""

    name: str
    share: float
    known: bool = True


def text(value: str) -> str:
    """A text as it may stand in a page, whoever wrote it."""
    return escape(printable(value))


def curves(lines: Sequence[Line], say: Phrases, named: str) -> str:
    """How many still wait after a time: the lower, the better."""
    height, horizon = 230, lines[0].duration.horizon
    across, down = WIDTH - LEFT - RIGHT, height - TOP - BOTTOM

    def x(days: float) -> float:
        return LEFT + across * min(days, horizon) / horizon

    def y(share: float) -> float:
        return TOP + down * (1 - share)

    parts = [opening(height, named), *_percents(y)]
    for at in range(5):
        days = horizon * at / 4
        anchor = "end" if at == 4 else "middle"
        parts.append(label(x(days), height - BOTTOM + 16, say.time(days), anchor))
    for number, line in enumerate(lines):
        points = [f"{x(days):.1f},{y(share):.1f}" for days, share in line.duration.curve]
        drawn = f'points="{" ".join(points)}" fill="none" stroke="{COLOURS[number]}"'
        parts.append(f'<polyline {drawn} stroke-width="2.2"/>')
    names = [(line.name, COLOURS[number]) for number, line in enumerate(lines)]
    return "".join([*parts, *legend(names, height - 8), "</svg>"])


def stacked(pieces: Sequence[Piece], say: Phrases, named: str) -> str:
    """The parts of a whole, side by side, with their shares."""
    height = 34 + 20 * len(pieces)
    parts, at = [opening(height, named)], 0.0
    for colour, piece in zip(_coloured(pieces), pieces, strict=True):
        width = piece.share * WIDTH
        parts.append(f'<rect x="{at:.1f}" y="0" width="{width:.1f}" height="26" fill="{colour}"/>')
        at += width
    for number, (colour, piece) in enumerate(zip(_coloured(pieces), pieces, strict=True)):
        line = 46 + 20 * number
        parts.append(f'<rect x="0" y="{line - 10}" width="12" height="12" fill="{colour}"/>')
        parts.append(label(20, line, f"{say.share(piece.share)}  {piece.name}", "start", INK))
    return "".join([*parts, "</svg>"])


def _coloured(pieces: Sequence[Piece]) -> list[str]:
    colours = iter(COLOURS * len(pieces))
    return [next(colours) if piece.known else UNKNOWN for piece in pieces]


def months(rows: Sequence[Row], say: Phrases, named: str) -> str:
    """The mean time of those that started in each month, with its interval; of the last
    :data:`MOST_MONTHS` at most, and of those alone that are counted up to the same horizon."""
    longest = max(row.duration.horizon for row in rows)
    rows = [row for row in rows if row.duration.horizon == longest][-MOST_MONTHS:]
    height = 210
    across, down = WIDTH - LEFT - RIGHT, height - TOP - BOTTOM
    most = max(row.duration.mean.high for row in rows) or 1.0

    def y(days: float) -> float:
        return TOP + down * (1 - days / most)

    parts = [opening(height, named)]
    for at in range(5):
        days = most * at / 4
        parts.append(_rule(y(days)))
        parts.append(label(LEFT - 6, y(days) + 4, say.time(days), "end"))
    step = across / len(rows)
    every = -(-len(rows) // 8)
    for number, row in enumerate(rows):
        middle = LEFT + step * (number + 0.5)
        mean = row.duration.mean
        parts.append(
            f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{y(mean.low):.1f}" y2="{y(mean.high):.1f}" '
            f'stroke="{GRID}" stroke-width="{min(7, step * 0.6):.1f}"/>'
        )
        parts.append(f'<circle cx="{middle:.1f}" cy="{y(mean.value):.1f}" r="2.8" fill="{COLOURS[0]}"/>')
        if number % every == 0:
            parts.append(label(middle, height - BOTTOM + 16, row.key[0] or "", "middle"))
    return "".join([*parts, "</svg>"])


def opening(height: int, said: str) -> str:
    """The beginning of a picture; ``said`` is what it shows, for who cannot see it."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{text(said)}" '
        f'font-size="12" fill="{SOFT}">'
    )


def _percents(y: object) -> Iterator[str]:
    assert callable(y)
    for at in range(5):
        yield _rule(y(at / 4))
        yield label(LEFT - 6, y(at / 4) + 4, f"{at * 25} %", "end")


def _rule(y: float) -> str:
    return f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>'


def label(x: float, y: float, said: str, anchor: str, colour: str = SOFT) -> str:
    """A text in a picture."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{text(said)}</text>'


def legend(names: Sequence[tuple[str, str]], y: float) -> Iterator[str]:
    """Which colour is whose."""
    at = float(LEFT)
    for name, colour in names:
        yield f'<rect x="{at}" y="{y - 9}" width="12" height="4" fill="{colour}"/>'
        yield label(at + 18, y, name, "start", INK)
        at += 40 + sum(12.5 if ord(each) > 0x2E7F else 7 for each in name)
