"""``seamless procedure draw`` and ``compare``: what they print and write; what they say about a wrong
name."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.cells import cell_len

from contracts.procedures.opening_restaurant_item import OPENING_RESTAURANT
from tests.drawings import FOLDER
from tests.unit.seamless.cli.running import command


@pytest.mark.parametrize(("name", "lang"), [("tree-felling", "en"), ("tree-felling.added-review", "zh")])
def test_a_drawing_is_printed_or_written_as_it_is_in_docs(tmp_path: Path, name: str, lang: str) -> None:
    wanted = (FOLDER / f"{name}.{lang}.svg").read_text("utf-8")
    printed = command("procedure", "draw", name, "--lang", lang)
    assert (printed.code, printed.out) == (0, wanted)
    written = command("procedure", "draw", name, "--lang", lang, "--out", tmp_path / "a.svg")
    assert (written.code, written.out) == (0, "")
    assert (tmp_path / "a.svg").read_text("utf-8") == wanted


def test_a_drawing_of_another_law_version_as_text() -> None:
    said = command("procedure", "draw", "tree-felling", "--law", "2017", "--format", "mermaid")
    assert said.code == 0
    assert said.out.splitlines()[1] == "flowchart LR"
    assert "10 working days<br/>silence: keep" in said.out
    assert "Pay the fee" not in said.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["draw", "building"], "there is no procedure 'building'; there are: construction-permit"),
        (["draw", "tree-felling", "--law", "1950"], "no law version '1950'; there are: 2017, 2026"),
        (["draw", "tree-felling.big"], "no variant 'big'; there are: standard, added-review"),
        (["draw", "tree-felling.added-review", "--law", "2017"], "does not know the variant 'added-review'"),
        (["compare", "tree-felling", "tree-felling@1950"], "no law version '1950'; there are: 2017, 2026"),
        (["compare", "building", "tree-felling"], "there is no procedure 'building'"),
        (["draw", "tree-felling", "--out", "/nowhere/a.svg"], "cannot use /nowhere/a.svg"),
        (["draw", "tree-felling", "--format", "png"], "'png' is not one of"),
    ],
)  # fmt: skip
def test_what_there_is_not_is_reported_with_what_there_is(words: list[str], told: str) -> None:
    said = command("procedure", *words)
    assert (said.code, told in " ".join(said.err.split())) == (2, True), said


def test_two_law_versions_are_compared_by_what_they_ask(tmp_path: Path) -> None:
    said = command(
        "procedure",
        "compare",
        "tree-felling@2017",
        "tree-felling@2026",
        "--json",
        "--svg",
        tmp_path / "b.svg",
    )
    assert said.code == 0
    before, after = json.loads(said.out)["compared"]
    assert (before["compared"], after["compared"]) == ("tree-felling@2017", "tree-felling@2026")
    assert (before["steps"], after["steps"]) == ({"all": 1, "plain_path": 1}, {"all": 2, "plain_path": 2})
    assert (before["fees"], [each["code"] for each in after["fees"]]) == ([], ["replanting"])
    assert (before["handoffs"]["plain_path"], after["handoffs"]["plain_path"]) == (1, 2)
    assert (before["statutory"]["count"], after["statutory"]["count"]) == (20, 15)
    assert [before["longest_days"]["in_time"], after["longest_days"]["in_time"]] == [14.0, 7.0]
    assert (before["forms"], before["visits"]) == (
        None,
        None,
    )  # the catalogue does not say, and 0 is not that
    pair = (tmp_path / "b.svg").read_text("utf-8")
    ElementTree.fromstring(pair)
    assert pair.count('id="title"') == 1
    assert pair.count('class="lane-name"') >= 4


def test_what_is_done_at_once_is_one_handoff_and_waits_for_the_same() -> None:
    said = command("procedure", "compare", "tree-felling", "tree-felling.added-review", "--json")
    alone, together = json.loads(said.out)["compared"]
    assert (len(alone["agencies"]), len(together["agencies"])) == (1, 2)
    assert alone["handoffs"] == together["handoffs"]
    waits = {each["step"]: [before["step"] for before in each["after"]] for each in together["waits_for"]}
    assert waits["collect"] == ["inspect-tree", "review-habitat"]
    assert waits["inspect-tree"] == waits["review-habitat"] == []


def test_where_a_step_has_no_limit_nobody_knows_how_long_it_takes() -> None:
    said = command("procedure", "compare", "permit-receipt", "permit-receipt", "--json")
    found = json.loads(said.out)["compared"][0]
    assert found["longest_days"]["in_time"] is None
    assert "wait-for-receipt-phase-closed" in found["longest_days"]["without_limit"]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("columns", [40, 80, 132])
def test_a_comparison_fits(columns: int, lang: str) -> None:
    said = command(
        "procedure",
        "compare",
        "tree-felling",
        "tree-felling.added-review",
        "--lang",
        lang,
        columns=str(columns),
    )
    assert said.code == 0
    assert [each for each in said.out.splitlines() if cell_len(each.rstrip()) > columns] == []
    assert {"en": "not known", "zh": "不明"}[lang] in said.out


def test_what_was_published_is_beside_what_is_counted() -> None:
    sides = ("opening-restaurant.chain", "opening-restaurant.bundle")
    said = command("procedure", "compare", *sides, "--json")
    table = command("procedure", "compare", *sides, columns="200").out
    for found, published in zip(json.loads(said.out)["compared"], OPENING_RESTAURANT.published, strict=True):
        variant = found["compared"].partition(".")[2].partition("@")[0]
        errands = [each for each in OPENING_RESTAURANT.errands if variant in (each.variants or (variant,))]
        assert len(found["materials_asked"]) == sum(len(each.materials) for each in errands)
        assert set(found["forms"]) == {each.form for each in errands if each.form}
        assert found["visits"] == sum(each.in_person for each in errands)
        assert found["inspections"] == len([each for each in found["waits_for"] if "inspect" in each["step"]])
        assert found["published"] == published.model_dump(mode="json")
        counted = len(found["materials_asked"])
        assert f"{counted} (published: {published.materials})" in table
        assert published.source in table
    assert json.loads(said.out)["compared"][0]["assumed"][0]["en"][:40] in table
