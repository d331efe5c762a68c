"""Drawings that no procedure has yet: whatever is in them, they can be read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.terms.identifiers import APPLICANT, Party
from contracts.terms.limits import calendar_days, working_days
from contracts.terms.requests import deem
from seamless.explore.drawing.mermaid import mermaid
from seamless.explore.drawing.model import START, Box, Drawing, Edge, Silent, Together
from seamless.explore.drawing.svg import svg
from seamless.explore.drawing.words import Words
from tests.unit.seamless.explore.drawing.geometry import faults
from tests.unit.seamless.explore.explored import DIRECTORY

LANES = [
    APPLICANT,
    *(Party.agency(each) for each in ("housing", "planning", "drainage", "a-long-name-of-nobody")),
]
NAMES = st.text(st.sampled_from("ab WM桥-。é"), min_size=1, max_size=40)
OUTCOMES = st.lists(NAMES, max_size=6, unique=True).map(tuple)


@st.composite
def drawn(draw: st.DrawFn) -> Drawing:
    """A drawing of some boxes: a few of them open together, edges from each to later ones and back."""
    count = draw(st.integers(1, 9))
    boxes = [Box(START, "start", START, APPLICANT)]
    for number in range(count):
        limits: dict[str, Any] = {"limit": working_days(5)} if draw(st.booleans()) else {}
        if draw(st.booleans()):
            limits |= {"graces": (calendar_days(3),), "end": deem("none")}
        boxes.append(
            Box(f"box {number}", "request", draw(NAMES), draw(st.sampled_from(LANES)), **limits,
                longest=draw(st.booleans()))
        )  # fmt: skip
    first, last = sorted((draw(st.integers(1, count)), draw(st.integers(1, count))))
    together = (
        [Together("together", tuple(box.key for box in boxes[first : last + 1]))] if last > first else []
    )
    boxes.append(Box("granted", "decision", "granted", None))
    units = [box.key for box in boxes if not together or box.key not in together[0].members]
    if together:
        units.insert(first, "together")
    edges = []
    for at, source in enumerate(units[:-1]):
        for target in draw(st.lists(st.sampled_from(units[1:]), min_size=1, max_size=3, unique=True)):
            edges.append(_edge(draw, source, target, back=units.index(target) <= at))
    for at, source in enumerate(together[0].members if together else ()):
        for target in draw(
            st.lists(st.sampled_from([*together[0].members[at + 1 :], "granted"]), max_size=2, unique=True)
        ):
            edges.append(_edge(draw, source, target, back=False))
    lanes = tuple(each for each in LANES if any(box.lane == each for box in boxes))
    law = CONSTRUCTION_PERMIT.newest_law
    return Drawing(
        "any", CONSTRUCTION_PERMIT, law, tuple(boxes), tuple(together), tuple(edges), lanes, None, None, None
    )


def _edge(draw: st.DrawFn, source: str, target: str, *, back: bool) -> Edge:
    silent = draw(st.sampled_from([(), (Silent("over"),), (Silent("deemed", "none"),)]))
    return Edge(source, target, draw(OUTCOMES), silent, back=back, longest=draw(st.booleans()))


@settings(max_examples=60, deadline=None)
@given(drawn(), st.sampled_from(["zh", "en"]))
def test_whatever_is_drawn_nothing_overlaps_and_nothing_is_cut(drawing: Drawing, language: Any) -> None:
    words = Words(drawing, DIRECTORY, language)
    text = svg(words)
    assert faults(text) == []
    assert svg(words) == text
    assert mermaid(words).count("subgraph") == mermaid(words).count("\n  end\n")


@pytest.mark.parametrize("many", [6, 12, 25])
def test_a_frame_has_room_for_all_that_comes_back_to_it(many: int) -> None:
    late = [f"late {number}" for number in range(many)]
    lanes = [Party.agency("housing"), Party.agency("planning")]
    boxes = [
        Box(START, "start", START, APPLICANT),
        *(Box(each.id, "request", "M", each) for each in lanes),
        *(Box(each, "request", "M", APPLICANT) for each in late),
        Box("granted", "decision", "granted", None),
    ]
    frame = Together("together", tuple(each.id for each in lanes))
    edges = [Edge(START, frame.key), *(Edge(each, frame.key, back=True) for each in late)]
    law = CONSTRUCTION_PERMIT.newest_law
    drawing = Drawing(
        "any", CONSTRUCTION_PERMIT, law, tuple(boxes), (frame,), tuple(edges),
        (APPLICANT, *lanes), None, None, None,
    )  # fmt: skip
    assert faults(svg(Words(drawing, DIRECTORY, "en"))) == []
