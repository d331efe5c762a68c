"""The options of a simulation, and how what goes on is told; no server is needed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.terms.identifiers import AgencyId
from seamless.cli.console import Console
from seamless.cli.town import figures, now, told
from seamless.town.scenario import Scenario
from seamless.town.town import Town
from tests.chains import chain
from tests.unit.seamless.cli.running import command
from workers.process.settings import load_settings


@pytest.mark.parametrize(
    "given",
    [["--seed", "3"], ["--rate", "3"], ["--except", "tax"], ["--applications", "3"], ["--days", "3"]],
    ids=" ".join,
)
def test_what_only_a_simulation_has_is_refused_without_one(given: list[str]) -> None:
    said = command("up", *given)
    assert said.code == 2
    assert "add --simulate" in said.err


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["--except", "fire"], "there is no agency 'fire' in the directory; there are: housing, planning"),
        (["--except", "drainage"], "automated check"),
        (["--days", "0"], "more than zero"),
        (["--manners", "nowhere.toml"], "No such file"),
    ],
)
def test_a_mistake_in_a_simulation_is_reported_before_anything_starts(given: list[str], why: str) -> None:
    said = command("up", "--simulate", *given)
    assert said.code == 2
    assert why in said.err


def test_what_goes_on_is_reported_in_one_line_and_as_json(tmp_path: Path) -> None:
    apart = frozenset({AgencyId("tax")})
    settings = load_settings(data=tmp_path, calendar="compressed:5.0")
    town = Town(settings, Scenario(day=timedelta(seconds=5), per_day=2, apart=apart))
    overdue = {"kind": "requested", "step": "ask/1", "agency": "tax", "due": "2026-03-02T00:00:00Z"}
    for entry in chain({"kind": "opened"}, overdue):
        town.players.board.enter(entry)
    console = Console()
    with console.capture() as captured:
        for each in (*told(town), now(town)):
            console.print(each)
    text = captured.get()
    for part in ("5 s", "every 2.5 s", "2 a day", "seed 33", "not simulated: tax", "1 overdue (tax 1)"):
        assert part in text
    shown = figures(town)
    assert (shown["opened"], shown["overdue"]) == (1, {"agency:tax": 1})
