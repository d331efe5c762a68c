"""How everybody behaves is a table that can be given, and a mistake in it is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.terms.directory import load_directory
from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import AgencyId
from seamless.town.manners import DEMONSTRATION, AgencyManner, load_manners
from seamless.town.scenario import Scenario, agencies_in, channels_in, set_apart

DAY = timedelta(seconds=5)


def test_what_a_table_says_of_one_agency_is_put_on_top_of_what_it_says_of_all(tmp_path: Path) -> None:
    file = tmp_path / "manners.toml"
    file.write_text(
        "[agency]\nlate = 0.5\nrefuses = 0\n[agencies.tax]\nsilent = 1\n[applicants]\nlacks = 0\n", "utf-8"
    )
    manners = load_manners(file)
    assert manners.of(AgencyId("parks")) == AgencyManner(late=0.5, refuses=0)
    assert manners.of(AgencyId("tax")) == AgencyManner(late=0.5, refuses=0, silent=1)
    assert manners.applicants.lacks == 0


def test_without_a_table_it_is_the_demonstration_administration() -> None:
    assert load_manners(None) == DEMONSTRATION


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[agency]\nlate = 2", "agency.late"),
        ("[agency]\nlazy = 0.1", "agency.lazy"),
        ("[agencies.'No such']\nlate = 0.1", "agencies"),
        ("late", "cannot use the manners"),
        ("[agency]\ndays = -1", "agency.days"),
        ("[agency]\ndays = nan", "agency.days"),
    ],
)
def test_a_mistake_in_a_table_is_reported_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "manners.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidInput, match=told):
        load_manners(file)


def test_a_table_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        load_manners(tmp_path / "none.toml")


def test_everybody_is_simulated_but_automated_checks_and_who_is_set_apart() -> None:
    directory = load_directory()
    apart = set_apart(directory, ["fire-safety", "tax"])
    simulated = agencies_in(directory, Scenario(day=DAY, apart=apart))
    left_out = {each.id for each in directory.agencies} - set(simulated)
    assert left_out == {"drainage", "fire-safety", "pilot-office", "steering-committee", "tax"}
    assert channels_in(directory) == ["portal", "counter"]


@pytest.mark.parametrize(("name", "told"), [("fire", "no agency 'fire'"), ("drainage", "automated check")])
def test_only_an_agency_that_would_be_simulated_can_be_set_apart(name: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        set_apart(load_directory(), [name])


@pytest.mark.parametrize("given", [{"per_day": float("nan")}, {"per_day": 0.0}, {"days": 0.0}])
def test_a_town_in_which_nothing_could_happen_is_refused(given: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="more than zero"):
        Scenario(day=DAY, **given)  # type: ignore[arg-type]
