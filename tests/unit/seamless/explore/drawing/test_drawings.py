"""Drawings: those in docs/ are current, and every drawing can be read."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from contracts.terms.decisions import Decision, Refuse
from contracts.terms.identifiers import AgencyId
from contracts.terms.limits import working_days
from contracts.terms.requests import Request, escalate, refer
from contracts.terms.values import DocumentRef
from seamless.explore.drawing.making import drawing_of
from seamless.explore.drawing.mermaid import mermaid
from seamless.explore.drawing.model import Drawing, Edge
from seamless.explore.drawing.ranks import columns
from seamless.explore.drawing.svg import svg
from seamless.explore.drawing.words import LANGUAGES, Language, Words
from tests import drawings
from tests.unit.seamless.explore.drawing.geometry import faults, shown
from tests.unit.seamless.explore.explored import DIRECTORY, checked
from tests.unit.seamless.explore.permit import (
    CheckPlea,
    Issue,
    Issuing,
    Opinion,
    Plea,
    Presumed,
    Sound,
    Work,
    item,
)
from workflows.case import Lapsed, Procedure, procedure
from workflows.procedures import PROCEDURES

PICTURES = sorted(drawings.FOLDER.glob("*.svg"))


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


HOUSING, PLANNING = AgencyId("housing"), AgencyId("planning")


class StoodInFor(
    Request[Opinion],
    agency=PLANNING,
    limit=working_days(5),
    basis="art. 2",
    overdue=[
        escalate(to=HOUSING, grace=working_days(2)),
        refer(to=HOUSING, within=working_days(3), otherwise="not-reviewed"),
    ],
    reasons=["unsound"],
):
    plan: DocumentRef


# --- what a drawing says ------------------------------------------------------------------------------------


@procedure(item({"requests": (CheckPlea, StoodInFor, Presumed, Issue, Work)}))
class StandsIn(Issuing):
    """Reviews at the same time, one of them by a stand-in; what is missing; work that is not done."""

    async def course(self, plea: Plea) -> Decision:
        while (check := await self.ask(CheckPlea(plea=plea))).outcome == "incomplete":
            plea = await self.supplement(plea, check.missing, working_days(5), "not-supplemented")
        await self.accept()
        try:
            reviews = await self.ask_all(
                StoodInFor(plan=plea.plan), Presumed(plan=plea.plan), stop_at="refuse"
            )
        except Lapsed as lapsed:
            return await self.decide(Refuse(reason=lapsed.reason))
        if refusal := reviews.first("refuse"):
            return await self.decide(Refuse(reason=refusal.reason or "unsound"))
        while (await self.ask(Work(plan=plea.plan))).outcome == "not-yet":
            continue
        return await self.granted(plea)


CHECK, SUPPLEMENT, WORK = "check-plea agency:housing", "supplement applicant", "work agency:planning"
REVIEW, INSTEAD = "stood-in-for agency:planning", "stood-in-for agency:housing"


def edges(drawing: Drawing) -> dict[tuple[str, str], Edge]:
    return {(edge.source, edge.target): edge for edge in drawing.edges}


def test_reviews_stand_side_by_side_and_a_refusal_of_one_is_enough() -> None:
    drawing = drawn(StandsIn)
    [together] = drawing.together
    assert set(together.members) == {REVIEW, INSTEAD, "presumed agency:planning"}
    refused, goes_on = edges(drawing)[together.key, "refused"], edges(drawing)[together.key, WORK]
    assert (refused.of, refused.said, refused.dotted) == ("one", ("refuse",), False)
    assert (goes_on.of, goes_on.said) == ("all", ("consent",))
    assert edges(drawing)[CHECK, together.key].said == ("complete",)


def test_where_only_one_decides_it_is_said_what_that_one_says() -> None:
    drawing = drawn(Sound)
    leaving = {edge.target: edge for edge in drawing.edges if edge.source == drawing.together[0].key}
    assert (leaving["refused"].said, leaving["refused"].of) == (("refuse",), None)
    assert (leaving["collect applicant"].said, leaving["collect applicant"].of) == (("consent",), None)


def test_what_is_handed_in_leads_back_and_silence_is_dotted() -> None:
    found = edges(drawn(StandsIn))
    assert {key for key, edge in found.items() if edge.back} == {(SUPPLEMENT, CHECK), (WORK, WORK)}
    assert found[SUPPLEMENT, "refused"].dotted
    assert found[REVIEW, INSTEAD].dotted
    assert not found[CHECK, SUPPLEMENT].dotted


def test_the_longest_path_leads_through_the_stand_in() -> None:
    drawing = drawn(StandsIn)
    assert drawing.reckoned == "with-silence"
    longest = {box.key for box in drawing.boxes if box.longest}
    assert {CHECK, REVIEW, INSTEAD, WORK} <= longest
    assert "presumed agency:planning" not in longest
    assert edges(drawing)[REVIEW, INSTEAD].longest


def test_a_step_that_is_opened_again_is_the_same_box() -> None:
    drawing = drawn(StandsIn)
    assert len({(box.name, box.lane) for box in drawing.boxes}) == len(drawing.boxes)
    assert edges(drawing)[WORK, WORK].said == ("not-yet",)


def test_each_edge_leads_from_left_to_right_or_back() -> None:
    drawing = drawn(StandsIn)
    at = columns(drawing)
    for edge in drawing.edges:
        if not edge.back:
            source = next(
                (each.members for each in drawing.together if each.key == edge.source), (edge.source,)
            )
            target = next(
                (each.members for each in drawing.together if each.key == edge.target), (edge.target,)
            )
            assert max(at[key] for key in source) < min(at[key] for key in target), edge


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
    text = svg(Words(drawn(StandsIn), DIRECTORY, "en"))
    root = ElementTree.fromstring(text)
    assert root.attrib["role"] == "img"
    title, description = root[0], root[1]
    assert (title.text, title.attrib["id"]) == ("Example", "title")
    assert "stood in for (Planning)" in (description.text or "")
    assert "stood in for (in place of Planning) (Housing and construction)" in (description.text or "")
    assert root.attrib["aria-labelledby"] == "title description"
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_the_geometry_finds_what_overlaps() -> None:
    text = svg(Words(drawn(StandsIn), DIRECTORY, "en"))
    assert faults(text.replace(">Planning<", f">{'Planning ' * 9}<"))
    first, second = [box for box, _ in shown(text).boxes][1:3]
    moved = text.replace(
        f'x="{second.left:.1f}"'.replace(".0", ""), f'x="{first.left:.1f}"'.replace(".0", "")
    )
    assert faults(moved)
