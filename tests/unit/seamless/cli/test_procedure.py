"""``seamless procedure``: the catalogue as people and programs read it."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from contracts.procedures.catalogue import CATALOGUE
from tests.unit.seamless.cli.running import command


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
        "by 6 weeks, approved by municipality; Wabo",
        "环境许可",
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
        (["show", "building"], "there is no procedure 'building'; there are: construction-permit"),
        (["show", "traffic-fine", "--law", "1950"], "no law version '1950'; there are: cds-1992"),
    ],
)  # fmt: skip
def test_what_there_is_not_is_told_with_what_there_is(words: list[str], told: str) -> None:
    said = command("procedure", *words)
    assert (said.code, told in " ".join(said.err.split())) == (2, True)
