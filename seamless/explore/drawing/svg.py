"""A drawing as SVG: one file that needs nothing else, for a screen, a printer and a screen reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from contracts.terms.bounds import printable
from seamless.explore.drawing.layout import HEAD, MARGIN, NOTE, laid_out
from seamless.explore.drawing.model import Box, Edge
from seamless.explore.drawing.page import Page, Point, Rect, Route
from seamless.explore.drawing.rows import HEADER_PAD
from seamless.explore.drawing.sizes import LABEL, LABEL_LEADING, LEADING, PAD, RULE, SMALL, TITLE, Sized
from seamless.explore.drawing.words import Words

FONTS = "'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', 'DejaVu Sans', Arial, sans-serif"
INK, SOFT, MARKED, BAND = "#1a1a1a", "#5f6368", "#0b57d0", "#f5f6f8"
FILLS = {"granted": "#e6f4ea", "refused": "#fce8e6"}


def svg(words: Words) -> str:
    """A drawing of a procedure, in one language."""
    page = laid_out(words)
    lines = [opening(words.language, page.width, page.height, words.name, words.description())]
    lines += body(page)
    return "\n".join([*lines, "</svg>"]) + "\n"


def opening(language: str, width: float, height: float, title: str, description: str) -> str:
    """The beginning of a file: its size, what it is, how it is printed."""
    lang = "zh-Hans" if language == "zh" else language
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" '
            f'width="{number(width)}" height="{number(height)}" role="img" lang="{lang}" '
            f'aria-labelledby="title description" font-family="{FONTS}" fill="{INK}">',
            f'<title id="title">{told(title)}</title>',
            f'<desc id="description">{told(description)}</desc>',
            "<style>@page { size: landscape; margin: 8mm }</style>",
            f'<rect width="{number(width)}" height="{number(height)}" fill="#ffffff"/>',
        ]
    )


def body(page: Page) -> list[str]:
    """All that is drawn on a page."""
    lines = list(_head(page))
    for at, (band, name) in enumerate(page.lanes):
        lines += _lane(band, name, page.header, shaded=at % 2 == 0)
    lines += [each for rect, group in page.frames for each in _frame(rect, page.together)]
    for route in sorted(page.routes, key=lambda each: each.edge.longest):
        lines.append(_way(route))
    for rect, box in page.boxes:
        lines += _box(rect, box)
    for route in page.routes:
        lines += _label(route)
    return [*lines, *_foot(page)]


def number(value: float) -> str:
    """A length with one place at most."""
    return f"{value:.1f}".removesuffix(".0")


def told(text: str) -> str:
    """A text, whoever wrote it, as it is in XML: on one line, and nothing in it is taken for markup."""
    return escape(" ".join(printable(text).split()))


def _text(text: str, at: Point, size: float, *, anchor: str = "start", kind: str = "", more: str = "") -> str:
    where = f'x="{number(at.x)}" y="{number(at.y)}" font-size="{number(size)}"'
    middle = ' text-anchor="middle"' if anchor == "middle" else ""
    named = f' class="{kind}"' if kind else ""
    return f"<text{named} {where}{middle}{more}>{told(text)}</text>"


def _head(page: Page) -> Iterator[str]:
    y = MARGIN + 14
    for line in page.title:
        yield _text(line, Point(MARGIN, y), HEAD, kind="head", more=' font-weight="bold"')
        y += 22
    for line in page.head:
        yield _text(line, Point(MARGIN, y - 4), NOTE, kind="head", more=f' fill="{SOFT}"')
        y += 15


def _lane(band: Rect, name: Sequence[str], header: float, *, shaded: bool) -> Iterator[str]:
    fill = BAND if shaded else "#ffffff"
    yield f'<rect class="lane" {_at(band)} fill="{fill}" stroke="#c9ccd1"/>'
    y = band.middle - 15 * len(name) / 2 + 11
    for line in name:
        at = Point(band.x + HEADER_PAD, y)
        yield _text(line, at, TITLE, kind="lane-name", more=' font-weight="bold"')
        y += 15
    x = number(band.x + header - 8)
    yield f'<path d="M{x} {number(band.y)}V{number(band.bottom)}" stroke="#c9ccd1"/>'


def _frame(rect: Rect, name: str) -> Iterator[str]:
    yield (
        f'<rect class="frame" {_at(rect)} rx="8" fill="#fff8e1" fill-opacity="0.75" stroke="#9a7b1c" '
        'stroke-dasharray="7 3"/>'
    )
    at = Point(rect.x + 8, rect.y + 13)
    yield _text(name, at, LABEL, kind="frame-name", more=' fill="#6d5610" font-style="italic"')


def _box(rect: Rect, sized: Sized) -> Iterator[str]:
    box = sized.box
    stroke, width = (MARKED, "2.6") if box.longest else (INK, "1.1")
    dashes = ' stroke-dasharray="2 3"' if box.kind == "law" or box.instead_of is not None else ""
    if box.kind == "hand-over":
        dashes = ' stroke-dasharray="9 3"'
    radius = min(rect.height / 2, 16) if sized.pill else 4
    yield f'<g class="box" data-box="{told(box.key)}">'
    yield (
        f'<rect {_at(rect)} rx="{number(radius)}" fill="{_fill(box)}" stroke="{stroke}" '
        f'stroke-width="{width}"{dashes}/>'
    )
    y = rect.y + PAD + (rect.height - _text_height(sized)) / 2 - 1
    ruled = False
    for line in sized.lines:
        if line.style == "silence" and not ruled:
            ruled = True
            x = f"M{number(rect.x + 6)} {number(y + RULE)}H{number(rect.right - 6)}"
            yield f'<path d="{x}" stroke="{SOFT}" stroke-dasharray="1.5 2.5"/>'
            y += 2 * RULE
        y += LEADING[line.style]
        size = TITLE if line.style == "title" else SMALL
        more = {"title": ' font-weight="bold"', "silence": f' font-style="italic" fill="{SOFT}"'}
        at = Point(rect.x + rect.width / 2, y - 4)
        yield _text(line.text, at, size, anchor="middle", more=more.get(line.style, ""))
    yield "</g>"


def _text_height(sized: Sized) -> float:
    rules = 2 * RULE if any(line.style == "silence" for line in sized.lines) else 0
    return sum(LEADING[line.style] for line in sized.lines) + rules + 2 * PAD - 2


def _fill(box: Box) -> str:
    return FILLS.get(box.name, "#eceff3") if box.kind == "decision" else "#ffffff"


def _way(route: Route) -> str:
    """An edge with its arrow, which is drawn and no marker: that some programs print in black only."""
    edge, points = route.edge, route.points
    color, width = (MARKED, "2.4") if edge.longest else (_color(edge), "1.2")
    dashes = ' stroke-dasharray="1.5 3.5"' if edge.dotted else ' stroke-dasharray="6 3"' if edge.back else ""
    path = "M" + "L".join(f"{number(each.x)} {number(each.y)}" for each in _without_head(points))
    x, y = points[-1]
    head = f"M{number(x)} {number(y)}l-8 -3.6v7.2z"
    return (
        f'<g class="edge"><path d="{path}" fill="none" stroke="{color}" stroke-width="{width}"{dashes}/>'
        f'<path d="{head}" fill="{color}"/></g>'
    )


def _without_head(points: Sequence[Point]) -> list[Point]:
    return [*points[:-1], Point(points[-1].x - 7, points[-1].y)]


def _color(edge: Edge) -> str:
    return SOFT if edge.dotted or edge.back else INK


def _label(route: Route) -> Iterator[str]:
    first = route.label_at
    y = first.y - 4 - LABEL_LEADING * (len(route.label.lines) - 1)
    more = f' fill="{MARKED}"' if route.edge.longest else ""
    for line in route.label.lines:
        yield _text(line, Point(first.x, y), LABEL, kind="label", more=more)
        y += LABEL_LEADING


def _foot(page: Page) -> Iterator[str]:
    y = page.height - MARGIN - 15 * len(page.notes) + 12
    for kind, text, at in page.legend:
        if kind == "none":
            yield _text(text, at, NOTE, kind="note")
            continue
        dashes = {"dotted": "1.5 3.5", "back": "6 3"}.get(kind)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        color, width = (MARKED, "2.4") if kind == "longest" else (SOFT, "1.2")
        path = f"M{number(at.x)} {number(at.y - 4)}h28"
        yield f'<path d="{path}" stroke="{color}" stroke-width="{width}"{dashed}/>'
        yield _text(text, Point(at.x + 36, at.y), NOTE, kind="note")
    for line in page.notes:
        yield _text(line, Point(MARGIN, y), NOTE, kind="note", more=f' fill="{SOFT}"')
        y += 15


def _at(rect: Rect) -> str:
    return (
        f'x="{number(rect.x)}" y="{number(rect.y)}" width="{number(rect.width)}" '
        f'height="{number(rect.height)}"'
    )


def side_by_side(left: Words, right: Words) -> str:
    """Two drawings side by side, in one file."""
    pages = [laid_out(left), laid_out(right)]
    width, height = sum(page.width for page in pages), max(page.height for page in pages)
    title, description = (
        " | ".join(texts) for texts in ((left.name, right.name), (left.description(), right.description()))
    )
    lines = [opening(left.language, width, height, title, description)]
    x = 0.0
    for page in pages:
        lines += [f'<g transform="translate({number(x)} 0)">', *body(page), "</g>"]
        x += page.width
    return "\n".join([*lines, "</svg>"]) + "\n"
