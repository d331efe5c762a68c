"""How large each box and each label is, with its text in lines; in units of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from seamless.explore.drawing.model import Box, Edge
from seamless.explore.drawing.text import width_of, wrapped
from seamless.explore.drawing.words import Words

Style = Literal["title", "plain", "silence"]

TITLE, SMALL, LABEL = 12.0, 10.5, 10.5
LEADING = {"title": 16.0, "plain": 14.0, "silence": 14.0}
LABEL_LEADING = 13.0
PAD = 6.0
RULE = 5.0
"""Above and below the dotted rule before what silence brings."""

STEP, WIDER, LABEL_WIDTH = 134.0, 216.0, 74.0
SLOT, PORT = 10.0, 9.0
"""What an edge needs at least of the side of its box, where it leaves and where it enters."""


class Line(NamedTuple):
    """A line of a box's text."""

    text: str
    style: Style


@dataclass
class Sized:
    """A box with its text.

    Attributes:
        pill: it is not a step, but where the course begins, or how it ends.
    """

    box: Box
    lines: list[Line]
    width: float
    height: float
    pill: bool


def sized(words: Words, box: Box) -> Sized:
    """A box as large as its text needs."""
    pill = box.kind in ("start", "law", "decision", "closed")
    title = words.title(box)
    widest = STEP
    if sum(len(wrapped(each, STEP - 2 * PAD, TITLE, bold=True)) for each in (title, *words.details(box))) > 6:
        widest = WIDER
    inner = widest - 2 * PAD - (8 if pill else 0)
    lines = [Line(each, "title") for each in wrapped(title, inner, TITLE, bold=True)]
    for detail in words.details(box):
        lines += [Line(each, "plain") for each in wrapped(detail, inner, SMALL)]
    if silence := words.silence(box):
        lines += [Line(each, "silence") for each in wrapped(silence, inner, SMALL)]
    width = widest
    if pill:
        width = max(width_of(each.text, TITLE, bold=True) for each in lines) + 2 * PAD + 10
    height = sum(LEADING[each.style] for each in lines) + 2 * PAD - 2
    if silence:
        height += 2 * RULE
    return Sized(box, lines, width, height, pill)


class Label(NamedTuple):
    """The text of an edge."""

    lines: tuple[str, ...]

    @property
    def width(self) -> float:
        """How wide it is at most."""
        return max((width_of(each, LABEL) for each in self.lines), default=0.0)

    @property
    def height(self) -> float:
        """How high it is."""
        return LABEL_LEADING * len(self.lines)

    @property
    def slot(self) -> float:
        """What the edge needs of the side of its box, with its text above it."""
        return max(SLOT, self.height + 6)


def label(words: Words, edge: Edge) -> Label:
    """The text of an edge, in lines."""
    text = words.label(edge)
    return Label(tuple(wrapped(text, LABEL_WIDTH, LABEL)) if text else ())
