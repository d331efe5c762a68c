"""Pictures of dashboards, with invented answers."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deploy.grafana.dashboards import DASHBOARDS
from deploy.grafana.panels import Dashboard
from seamless.explore.drawing.text import width_of
from tests.watching.figures import runs, steps, told
from tests.watching.picture import Asked, Series, drawn

ASKED = Asked(now=1_800_000_000.0, seconds=60.0, step=10.0)
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</svg><script>\x1b[31m & 消防" * 8


def answered(shown: Dashboard, label: str, value: float) -> dict[str, list[Series]]:
    points = [(ASKED.now - 60 + 10 * at, value * at) for at in range(7)]
    return {
        panel.title: [
            Series(query, dict.fromkeys(("agency", "reason", "topic", "kind"), label), points)
            for query in panel.queries
        ]
        for panel in shown.panels
    }


@pytest.mark.parametrize("value", [0.0, 1.0, -3.0, 1e12, math.nan])
@pytest.mark.parametrize("shown", DASHBOARDS, ids=lambda each: each.uid)
def test_whatever_was_answered_is_drawn_inside_its_panel(shown: Dashboard, value: float) -> None:
    picture = ElementTree.fromstring(drawn(shown, answered(shown, HOSTILE, value), {}, ASKED))
    panels = [each for each in picture.iter(f"{SVG}g") if each.find(f"{SVG}rect") is not None]
    assert len(panels) == len(list(shown.panels))
    for panel in panels:
        width = float(panel.find(f"{SVG}rect").attrib["width"])  # type: ignore[union-attr]
        for text in panel.iter(f"{SVG}text"):
            assert right_of(text) <= width + 1, text.text


def right_of(text: ElementTree.Element) -> float:
    x, wide = float(text.attrib["x"]), width_of(str(text.text), float(text.attrib["font-size"]))
    return x + {"end": 0.0, "middle": wide / 2}.get(text.attrib.get("text-anchor", ""), wide)


@pytest.mark.parametrize("shown", DASHBOARDS, ids=lambda each: each.uid)
def test_where_nothing_was_answered_the_picture_says_so(shown: Dashboard) -> None:
    picture = drawn(shown, {}, {}, ASKED)
    asking = [each for each in shown.panels if each.kind not in ("number", "text")]
    assert picture.count(">No data<") == len(asking)


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
@example(0.0, 5e-324)
@example(1e9, 1e-7)
@example(-5e-324, 5.0)
def test_a_scale_holds_what_it_is_for_and_is_not_crowded(low: float, more: float) -> None:
    scale = steps(low, low + more)
    unseen = 1e-6 * max(abs(low), abs(low + more))
    assert scale[0] <= low + unseen
    assert scale[-1] >= (low + more) - unseen
    assert 2 <= len(scale) <= 8


def test_a_gap_is_not_a_line() -> None:
    points = [(0.0, 1.0), (1.0, math.nan), (2.0, 1.0), (3.0, 2.0), (9.0, 1.0)]
    assert runs(points, step=1.0) == [[(0.0, 1.0)], [(2.0, 1.0), (3.0, 2.0)], [(9.0, 1.0)]]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (90, "s", "1.5 min"),
        (0, "s", "0 s"),
        (0.0042, "s", "4.2 ms"),
        (0.25, "percentunit", "25 %"),
        (12_345, "short", "12.3 k"),
        (math.nan, "short", "–"),
        (1.5, "ops", "1.5/s"),
        (0.025, "ops", "0.025/s"),
    ],
)
def test_figures_have_their_units(value: float, unit: str, text: str) -> None:
    assert told(value, unit) == text
