"""Dashboards: what is in the repository is what the code makes, and Grafana can read it."""

from __future__ import annotations

import copy
import json
import re
from itertools import combinations, pairwise
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard as grafana

from deploy.grafana.classic import as_json
from deploy.grafana.dashboards import DASHBOARDS, FOLDER, files
from deploy.grafana.panels import WIDTH, Dashboard
from seamless.explore.drawing.text import width_of
from tests.documented import mentioned, misuse

register_default_plugins()  # else the judge takes whatever a panel's options say

SHOWN = pytest.mark.parametrize("shown", DASHBOARDS, ids=lambda each: each.uid)


def test_what_is_in_the_repository_is_what_the_code_makes() -> None:
    stands = {each.name: each.read_text("utf-8") for each in FOLDER.iterdir()}
    assert stands == files(), "make dashboards"


def test_each_has_an_address_of_its_own() -> None:
    assert len({each.uid for each in DASHBOARDS}) == len(DASHBOARDS)
    assert [each.uid for each in DASHBOARDS if not re.fullmatch(r"[a-z-]{1,40}", each.uid)] == []


@SHOWN
def test_grafana_knows_every_field_that_is_written(shown: Dashboard) -> None:
    """Its own library reads the dashboard; what it does not know, it does not write again."""
    assert unknown(as_json(shown)) == []


@pytest.mark.parametrize(
    "place", ["options", "targets/0", "fieldConfig/defaults", "fieldConfig/defaults/custom", ""]
)
def test_a_field_that_grafana_does_not_know_is_found_out(place: str) -> None:
    made = copy.deepcopy(as_json(DASHBOARDS[0]))
    spoiled = next(each for each in made["panels"] if each["type"] == "timeseries")
    for step in place.split("/") if place else ():
        spoiled = spoiled[int(step) if step.isdigit() else step]
    spoiled["colour"] = "red"
    assert [each.rsplit(".", 1)[1] for each in unknown(made)] == ["colour: 'red' became None"]


@SHOWN
def test_panels_do_not_overlap_and_fit_the_page(shown: Dashboard) -> None:
    places = [each["gridPos"] for each in as_json(shown)["panels"]]
    assert [each for each in places if each["x"] + each["w"] > WIDTH] == []
    assert [pair for pair in combinations(places, 2) if overlap(*pair)] == []


@SHOWN
def test_every_panel_asks_for_something_and_says_what_it_means(shown: Dashboard) -> None:
    asking = [each for each in shown.panels if each.kind != "text"]
    assert [each.title for each in asking if not (each.queries and each.says.endswith("."))] == []
    assert [each.title for each in shown.panels if each.kind == "text" and not each.markdown] == []
    titles = [each.title for row in shown.rows for each in row.panels]
    assert sorted(titles) == sorted(set(titles))
    for panel in shown.panels:
        values = [each.value for each in panel.thresholds]
        assert all(low < high for low, high in pairwise(values))


@SHOWN
def test_titles_fit_on_a_screen_of_1440_pixels(shown: Dashboard) -> None:
    room = {each.title: 1440 / WIDTH * each.width - 30 for each in shown.panels}
    assert [title for title, width in room.items() if width_of(title, 12.5, bold=True) > width] == []


@SHOWN
def test_a_variable_is_used_where_it_can_be_chosen(shown: Dashboard) -> None:
    asked = " ".join(shown.queries)
    assert set(re.findall(r"\$(\w+)", asked)) == {each.name for each in shown.variables}


@SHOWN
def test_the_commands_that_it_names_are_there(shown: Dashboard) -> None:
    named = [words for each in shown.panels for words in mentioned(each.markdown)]
    assert [words for words in named if misuse([*words, "--help"])] == []


def unknown(made: Any) -> list[str]:
    """What Grafana's library does not know of a dashboard, by its place."""
    read = grafana.Dashboard.from_json(made)
    return missing(made, json.loads(JSONEncoder(sort_keys=True).encode(read)))


def missing(made: Any, read: Any, at: str = "") -> list[str]:
    """What was written and did not come back, by its place."""
    if isinstance(made, dict) and isinstance(read, dict):
        return [each for key in made for each in missing(made[key], read.get(key), f"{at}.{key}")]
    if isinstance(made, list) and isinstance(read, list) and len(made) == len(read):
        pairs = enumerate(zip(made, read, strict=True))
        return [each for index, pair in pairs for each in missing(*pair, f"{at}[{index}]")]
    return [] if made == read else [f"{at}: {made!r} became {read!r}"]


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )
