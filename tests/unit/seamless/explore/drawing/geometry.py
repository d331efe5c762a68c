"""What an SVG of a drawing shows, read from the file alone: boxes, texts with their room, and lines."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple
from xml.etree import ElementTree

from seamless.explore.drawing.text import width_of

SVG = "{http://www.w3.org/2000/svg}"


class Area(NamedTuple):
    """A rectangle of the page, and what it is."""

    what: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Area, by: float = 0.5) -> bool:
        """Whether the two have more in common than ``by``."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > by and down > by

    def holds(self, other: Area) -> bool:
        """Whether the other one lies within this one."""
        return (
            self.left <= other.left + 0.5
            and self.top <= other.top + 0.5
            and self.right >= other.right - 0.5
            and self.bottom >= other.bottom - 0.5
        )


class Shown(NamedTuple):
    """All that is shown."""

    page: Area
    lanes: list[Area]
    frames: list[Area]
    boxes: list[tuple[Area, list[Area]]]
    labels: list[Area]
    others: list[Area]
    ways: list[list[Area]]


def shown(svg: str) -> Shown:
    """What is shown, with texts as wide as they are at most."""
    root = ElementTree.fromstring(svg)
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    boxes = []
    for group in root.iter(f"{SVG}g"):
        if group.attrib.get("class") == "box":
            texts = [_text(each) for each in group.iter(f"{SVG}text")]
            boxes.append((_rect(group.find(f"{SVG}rect"), group.attrib["data-box"]), texts))
    texts = [each for each in root.iter(f"{SVG}text") if each.attrib.get("class")]
    return Shown(
        Area("the page", 0, 0, width, height),
        [_rect(each, "lane") for each in root.iter(f"{SVG}rect") if each.attrib.get("class") == "lane"],
        [_rect(each, "frame") for each in root.iter(f"{SVG}rect") if each.attrib.get("class") == "frame"],
        boxes,
        [_text(each) for each in texts if each.attrib["class"] == "label"],
        [_text(each) for each in texts if each.attrib["class"] != "label"],
        [
            _pieces(group.find(f"{SVG}path"))
            for group in root.iter(f"{SVG}g")
            if group.attrib.get("class") == "edge"
        ],
    )


def _rect(rect: ElementTree.Element | None, what: str) -> Area:
    assert rect is not None
    x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
    return Area(what, x, y, x + width, y + height)


def _text(text: ElementTree.Element) -> Area:
    x, y, size = (float(text.attrib[name]) for name in ("x", "y", "font-size"))
    said = text.text or ""
    width = width_of(said, size, bold=text.attrib.get("font-weight") == "bold")
    left = x - width / 2 if text.attrib.get("text-anchor") == "middle" else x
    return Area(said, left, y - 0.8 * size, left + width, y + 0.22 * size)


def _pieces(path: ElementTree.Element | None) -> list[Area]:
    """The straight pieces of a line."""
    assert path is not None
    points = [tuple(map(float, pair.split())) for pair in re.findall(r"[ML]([^ML]+)", path.attrib["d"])]
    return [
        Area(f"{one} to {other}", min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]),
             max(one[1], other[1]))
        for one, other in pairwise(points)
    ]  # fmt: skip


def faults(svg: str) -> list[str]:
    """What reads badly: what overlaps, what is cut, what passes through something."""
    seen = shown(svg)
    boxes = [box for box, _ in seen.boxes]
    texts = [text for _, inside in seen.boxes for text in inside]
    found = [f"{box.what!r} does not hold {text.what!r}" for box, inside in seen.boxes for text in inside
             if not box.holds(text)]  # fmt: skip
    things = [*boxes, *seen.labels, *seen.others]
    for number, one in enumerate(things):
        found += [f"{one.what!r} meets {other.what!r}" for other in things[number + 1 :] if one.meets(other)]
    for _, inside in seen.boxes:
        for number, one in enumerate(inside):
            found += [
                f"{one.what!r} meets {other.what!r}" for other in inside[number + 1 :] if one.meets(other)
            ]
    found += [f"{each.what!r} is not on the page" for each in [*things, *texts] if not seen.page.holds(each)]
    for way in seen.ways:
        for piece in way:
            for thing in things:
                grown = Area(
                    piece.what, piece.left - 0.1, piece.top - 0.1, piece.right + 0.1, piece.bottom + 0.1
                )
                inner = Area(thing.what, thing.left + 1, thing.top + 1, thing.right - 1, thing.bottom - 1)
                if inner.meets(grown, by=0.0):
                    found.append(f"a line from {piece.what} passes through {thing.what!r}")
    pieces = [(number, piece) for number, way in enumerate(seen.ways) for piece in way]
    for at, (number, one) in enumerate(pieces):
        for other_number, other in pieces[at + 1 :]:
            if number != other_number and _on_one_another(one, other):
                found.append(f"two lines are one: {one.what}, {other.what}")
    return found


def _on_one_another(one: Area, other: Area) -> bool:
    level = one.top == one.bottom and other.top == other.bottom and abs(one.top - other.top) < 2
    upright = one.left == one.right and other.left == other.right and abs(one.left - other.left) < 2
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    return (level and across > 2) or (upright and down > 2)
