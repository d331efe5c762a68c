"""Drawings: those in docs/ are current, and every drawing can be read."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from seamless.explore.drawing.making import drawing_of
from seamless.explore.drawing.mermaid import mermaid
from seamless.explore.drawing.model import Drawing
from seamless.explore.drawing.svg import svg
from seamless.explore.drawing.words import LANGUAGES, Language, Words
from tests import drawings
from tests.unit.seamless.explore.broken import BROKEN
from tests.unit.seamless.explore.drawing.geometry import faults, shown
from tests.unit.seamless.explore.explored import DIRECTORY, checked, listed
from tests.unit.seamless.explore.permit import Sound
from workflows.case import Procedure
from workflows.procedures import PROCEDURES

PICTURES = sorted(drawings.FOLDER.glob("*.svg"))


@pytest.mark.parametrize("cls", PROCEDURES, ids=lambda each: each.workflow_type)
def test_the_drawings_in_docs_are_current(cls: type[Procedure[Any]]) -> None:
    for name, text in drawings.files(drawings.drawing(listed(cls)), DIRECTORY):
        file = drawings.FOLDER / name
        current = file.exists() and file.read_text("utf-8") == text
        assert current, f"docs/drawings/{name} is not what the code draws: make drawings"


def test_every_procedure_has_its_drawings_and_no_other_is_there() -> None:
    wanted = {f"{each.workflow_type}.{kind}" for each in PROCEDURES for kind in ("en.svg", "zh.svg", "md")}
    assert {file.name for file in drawings.FOLDER.iterdir()} == wanted | {"README.md"}


@pytest.mark.parametrize("file", PICTURES, ids=lambda each: each.name)
def test_in_a_drawing_nothing_overlaps_and_no_text_is_cut(file: Any) -> None:
    assert faults(file.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "file", [each for each in PICTURES if ".zh." in each.name], ids=lambda each: each.name
)
def test_in_a_chinese_drawing_no_word_is_english(file: Any) -> None:
    """But for the references of the law, and the numbers of the municipality's steps."""
    seen = shown(file.read_text("utf-8"))
    texts = [text.what for _, inside in seen.boxes for text in inside] + [each.what for each in seen.labels]
    assert [each for each in texts if any(word.isascii() and word.isalpha() for word in each.split())] == []


def drawn(cls: type[Procedure[Any]]) -> Drawing:
    return drawing_of(cls.workflow_type, cls.item, checked(cls).laws[-1])


@pytest.mark.parametrize("cls", [Sound, *(each[0] for each in BROKEN)], ids=lambda each: each.__name__)
def test_a_procedure_that_nobody_drew_before_can_be_read_too(cls: type[Procedure[Any]]) -> None:
    drawing = drawn(cls)
    for language in LANGUAGES:
        words = Words(drawing, DIRECTORY, language)
        assert faults(svg(words)) == []
        assert mermaid(words).splitlines()[1] == "flowchart LR"


# --- what a drawing says ------------------------------------------------------------------------------------


def permit() -> Drawing:
    [cls] = [each for each in PROCEDURES if each.workflow_type == "construction-permit"]
    return drawings.drawing(listed(cls))


def test_reviews_stand_side_by_side_and_a_refusal_of_one_is_enough() -> None:
    drawing = permit()
    [together] = drawing.together
    assert {drawing.box(key).lane for key in together.members} >= {
        f"agency:{each}"
        for each in ("planning", "fire-safety", "civil-air-defence", "environment", "drainage")
    }
    leaving = {edge.target: edge for edge in drawing.edges if edge.source == together.key}
    assert leaving["refused"].of == "one"
    assert leaving["refused"].said == ("refuse",)
    assert leaving["collect applicant"].of == "all"
    assert leaving["collect applicant"].said == ("consent", "consent-with-conditions")


def test_what_is_handed_in_leads_back_and_silence_is_dotted() -> None:
    drawing = permit()
    edges = {(edge.source, edge.target): edge for edge in drawing.edges}
    check, supplement = "check-completeness agency:housing", "supplement applicant"
    assert edges[supplement, check].back
    assert [edge for edge in drawing.edges if edge.back] == [edges[supplement, check]]
    assert edges[supplement, "refused"].dotted
    assert edges["review-drainage agency:drainage", "review-drainage agency:housing"].dotted
    assert not edges[check, supplement].dotted


def test_the_longest_path_leads_over_who_stands_in() -> None:
    drawing = permit()
    assert drawing.reckoned == "with-silence"
    assert {box.key for box in drawing.boxes if box.longest} == {
        "check-completeness agency:housing",
        "review-environment agency:environment",
        "review-environment agency:housing",
    }
    assert ("review-environment agency:environment", "review-environment agency:housing") in {
        (edge.source, edge.target) for edge in drawing.edges if edge.longest
    }


def test_a_step_that_is_opened_again_is_the_same_box() -> None:
    [cls] = [each for each in PROCEDURES if each.workflow_type == "environmental-permit"]
    drawing = drawings.drawing(listed(cls))
    assert len({(box.name, box.lane) for box in drawing.boxes}) == len(drawing.boxes)
    [again] = [edge for edge in drawing.edges if edge.source == edge.target]
    assert (again.source, again.back) == ("take-decision agency:municipality", True)
    advice = next(edge for edge in drawing.edges if edge.source.startswith("approve") and edge.back)
    assert (advice.said, advice.target) == (("approved",), drawing.together[0].key)


# --- what others wrote --------------------------------------------------------------------------------------

HOSTILE = "</text><script>alert(1)</script>&amp;\"'`<br/>]]> %%{init}%% end subgraph \x1b[31m \u202e 桥" * 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_name_stays_a_text(language: Language) -> None:
    drawing = drawn(Sound)
    named = {"zh": HOSTILE, "en": HOSTILE}
    item = drawing.item.model_copy(
        update={
            "name": drawing.item.name.model_copy(update=named),
            "titles": {"review": drawing.item.name.model_copy(update=named)},
            "outcomes": {"consent": drawing.item.name.model_copy(update=named)},
        }
    )
    directory = DIRECTORY.model_copy(
        update={
            "agencies": tuple(
                each.model_copy(update={"name": each.name.model_copy(update=named)})
                for each in DIRECTORY.agencies
            )
        }
    )
    words = Words(Drawing(**{**vars(drawing), "item": item}), directory, language)
    text = svg(words)
    kinds = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()}
    assert kinds == {"svg", "title", "desc", "style", "rect", "path", "g", "text"}
    assert faults(text) == []
    made = mermaid(words)
    assert not set("<>`%") & set(
        made.replace("%% ", "", 1).replace("<br/>", "").replace("-->", "").replace("-.->", "")
    )
    assert "\x1b" not in text + made


def test_a_drawing_says_what_it_is_to_who_cannot_see_it() -> None:
    text = svg(Words(permit(), DIRECTORY, "en"))
    root = ElementTree.fromstring(text)
    assert root.attrib["role"] == "img"
    title, description = root[0], root[1]
    assert (title.text, title.attrib["id"]) == ("Construction permit (parallel approval)", "title")
    assert "Review fire safety (Fire safety)" in (description.text or "")
    assert root.attrib["aria-labelledby"] == "title description"
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_the_geometry_finds_what_overlaps() -> None:
    text = svg(Words(permit(), DIRECTORY, "en"))
    assert faults(text.replace(">Planning<", f">{'Planning ' * 9}<"))
    first, second = [box for box, _ in shown(text).boxes][1:3]
    moved = text.replace(
        f'x="{second.left:.1f}"'.replace(".0", ""), f'x="{first.left:.1f}"'.replace(".0", "")
    )
    assert faults(moved)
