"""The layout of a drawing: the position of each box, frame, lane, line and text. Units are those of the
page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from seamless.explore.drawing.model import Edge, Together
from seamless.explore.drawing.sizes import Label, Sized


class Point(NamedTuple):
    """A place on the page."""

    x: float
    y: float


@dataclass
class Rect:
    """A rectangle, by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower side."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + self.height / 2


@dataclass
class Route:
    """An edge as it is drawn, from its first point to the arrow; ``label_at`` is where its text begins, on
    the line."""

    edge: Edge
    label: Label
    label_at: Point
    points: list[Point]


@dataclass
class Page:
    """A whole drawing.

    Attributes:
        lanes: the band of each lane, with the lines of its name; the decisions last.
        head, notes: the lines above and below.
        header: how wide the names of the lanes are.
        together: what a frame says.
        legend: what the kinds of lines mean, each with its place.
    """

    title: list[str]
    head: list[str]
    notes: list[str]
    lanes: list[tuple[Rect, list[str]]]
    frames: list[tuple[Rect, Together]]
    boxes: list[tuple[Rect, Sized]]
    routes: list[Route]
    width: float
    height: float
    header: float
    together: str
    legend: list[tuple[str, str, Point]]
