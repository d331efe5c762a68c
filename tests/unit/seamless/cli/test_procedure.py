"""``seamless procedure``: the catalogue as people and programs read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from rich.cells import cell_len

from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.directory import load_directory
from contracts.terms.identifiers import Party
from contracts.terms.values import Bilingual
from tests.unit.seamless.cli.running import command
from tests.unit.seamless.explore.broken import DoesNotListen


@pytest.mark.parametrize("columns", [40, 80, 132])
@pytest.mark.parametrize("words", [["list"], *(["show", name] for name in CATALOGUE)])
def test_it_fits_and_names_the_procedure(words: list[str], columns: int) -> None:
    said = command("procedure", *words, columns=str(columns))
    assert said.code == 0
    names = CATALOGUE if words == ["list"] else words[1:]
    assert all(name in said.out for name in names)
    assert [each for each in said.out.splitlines() if cell_len(each.rstrip()) > columns] == []


def test_a_procedure_is_shown_with_what_its_law_says() -> None:
    said = " ".join(
        command("procedure", "show", "permit-receipt", "--law", "wabo-2010", columns="80").out.split()
    )
    for told in (
        "8 weeks, from opened",
        "by 6 weeks, approved by Municipality; Wabo",
    ):
        assert told in said


def test_what_was_published_and_what_is_assumed_is_shown() -> None:
    said = " ".join(command("procedure", "show", "opening-restaurant", columns="80").out.split())
    for told in (
        "58 working days; agencies 4, approvals 6, forms 4, materials 31, visits 6, inspections 3",
        "10 working days; agencies 4, approvals 6, forms 1, materials 12, visits 1, inspections 1",
        "Which six approvals these are, and of which four departments, is assumed.",
        "Fetch the licence; in person",
    ):
        assert told in said


def test_a_procedure_as_json() -> None:
    shown = json.loads(command("procedure", "show", "construction-permit", "--json").out)
    review = shown["requests"]["construction-permit.review-fire-safety"]
    assert (review["agency"], review["limit"]) == ("fire-safety", {"count": 10, "unit": "working-days"})
    assert (shown["law"]["id"], shown["laws"]) == ("2018-33", ["2018-33"])
    listed = json.loads(command("procedure", "list", "--json").out)["procedures"]
    assert [each["procedure"] for each in listed] == list(CATALOGUE)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["show", "building"], f"there is no procedure 'building'; there are: {min(CATALOGUE)}"),
        (["show", "traffic-fine", "--law", "1950"], "no law version '1950'; there are: cds-1992"),
    ],
)  # fmt: skip
def test_what_there_is_not_is_reported_with_what_there_is(words: list[str], told: str) -> None:
    said = command("procedure", *words)
    assert (said.code, told in " ".join(said.err.split())) == (2, True)


@pytest.mark.parametrize("columns", [40, 80, 132])
def test_a_check_fits_and_says_what_was_found(columns: int) -> None:
    said = command("procedure", "check", "tree-felling", columns=str(columns))
    assert said.code == 0
    assert "tree-felling.added-review" in said.out
    assert [each for each in said.out.splitlines() if cell_len(each.rstrip()) > columns] == []


def test_a_check_as_json() -> None:
    [found] = json.loads(command("procedure", "check", "permit-receipt", "--json").out)["procedures"]
    assert (found["procedure"], found["passed"], found["unreached"]) == ("permit-receipt", True, [])
    [law] = found["laws"]
    assert (law["law"], law["findings"]) == ("wabo-2010", [])
    assert law["applications"][0]["states"] > 10


def test_what_is_wrong_exits_with_1_and_is_reported_with_its_story(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seamless.explore.listed.PROCEDURES", (DoesNotListen,))
    said = command("procedure", "check", "check-test", columns="100")
    assert said.code == 1
    words = " ".join(said.out.split())
    assert "granted-after-refusal: it is granted although check-test.review was answered: refuse" in words
    assert "day 0: agency:planning: review: refuse (unsound)" in words


def test_a_procedure_that_there_is_not_cannot_be_checked() -> None:
    said = command("procedure", "check", "building")
    assert (said.code, "there is no procedure 'building'" in " ".join(said.err.split())) == (2, True)


def texts_of(value: Any) -> Iterator[Bilingual]:
    """All that people read of a part of the catalogue."""
    if isinstance(value, Bilingual):
        yield value
    elif isinstance(value, BaseModel):
        yield from texts_of([each for _, each in value])
    elif isinstance(value, dict):
        yield from texts_of([*value.values()])
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_of(each)


@pytest.mark.parametrize("name", CATALOGUE)
@pytest.mark.parametrize(("given", "lang", "other"), [("--lang", "en", "zh"), ("LANG", "zh", "en")])
def test_a_procedure_is_shown_in_one_language(name: str, given: str, lang: str, other: str) -> None:
    """Whatever the catalogue says in two; rules and sources are cited as they were written."""
    item = CATALOGUE[name]
    environment = {"LC_ALL": f"{lang}_XX.UTF-8"} if given == "LANG" else {"LC_ALL": f"{other}_XX.UTF-8"}
    words = ["--lang", lang] if given == "--lang" else []
    said = command("procedure", "show", name, *words, **environment).out
    shown = [each for each in texts_of(item) if each.text(lang) in said]
    assert item.name in shown
    assert item.consequences in shown
    lead = load_directory().name_of(Party.agency(item.lead))
    assert lead is not None
    assert lead.text(lang) in said
    cited = " ".join([*item.basis, item.newest_law.model_dump_json()])
    strange = {each.text(other) for each in texts_of([item.name, item.consequences, *item.materials, lead])}
    assert [each for each in strange if len(each) > 3 and each in said and each not in cited] == []
