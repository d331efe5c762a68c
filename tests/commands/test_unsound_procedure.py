"""A procedure whose check fails opens no new case on a running platform, whatever else runs there; a setting
opens it nevertheless."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contracts.procedures.tree_felling import EXAMPLE
from tests.applications import application
from tests.commands.running import copy_of_the_code, running_up, seamless

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def no_last_year(monkeypatch: pytest.MonkeyPatch) -> None:
    """Days of which none is the last that is published: doctor would tell of it."""
    monkeypatch.setenv("SEAMLESS_CALENDAR", "compressed:60")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code in which an author has forgotten that a case is accepted, so that its limits run."""
    copy = copy_of_the_code(tmp_path_factory.mktemp("broken"))
    course = copy / "workflows" / "tree_felling.py"
    sound = course.read_text()
    assert sound.count("        await self.accept()\n") == 1
    course.write_text(sound.replace("        await self.accept()\n", ""))
    return copy


def submit(source: Path, platform: Mapping[str, Any], procedure: str, said: str, tmp_path: Path) -> str:
    """Hand in an application; the id of its case."""
    file = tmp_path / f"{procedure}.json"
    file.write_text(said)
    servers = ["--kafka", platform["kafka"]]
    code, submitted = seamless("submit", file, "--procedure", procedure, *servers, "--json", source=source)
    assert code == 0
    return str(submitted["case"])


def cases_of(source: Path, data: Path, wanted: str) -> set[str]:
    """The cases that the archive has, once ``wanted`` is one of them."""
    for _ in range(90):
        _, listed = seamless("case", "list", "--data", data, "--json", source=source)
        found = {each["case"] for each in listed["cases"]}
        if wanted in found:
            return found
    raise AssertionError(f"{wanted} was not opened")


def gateway_log(data: Path) -> str:
    [log] = data.rglob("gateway*.log")
    return log.read_text()


def test_it_opens_no_case_and_the_others_do(source: Path, tmp_path: Path) -> None:
    with running_up(tmp_path, source=source) as platform:
        servers = ("--kafka", platform["kafka"], "--temporal", platform["temporal"], "--data", tmp_path)
        refused = submit(source, platform, "tree-felling", EXAMPLE.model_dump_json(), tmp_path)
        opened = submit(source, platform, "construction-permit", application().model_dump_json(), tmp_path)
        assert refused not in cases_of(source, tmp_path, opened)
        for _ in range(90):
            _, letters = seamless("dead-letter", "list", *servers[:2], "--json", source=source)
            if letters["dead_letters"]:
                break
        [letter] = letters["dead_letters"]
        assert (letter["reason"], letter["key"]) == ("procedure-not-open", refused)
        assert "clock-never-started" in letter["detail"]
        code, doctor = seamless("doctor", *servers, "--json", source=source)
        [wrong] = [each for each in doctor["findings"] if each["result"] != "well"]
        assert (code, wrong["check"]) == (1, "procedures")
        assert "tree-felling breaks clock-never-started" in wrong["compared"]
    assert "opens no new cases" in gateway_log(tmp_path)


def test_a_setting_opens_it_all_the_same_and_the_log_says_so(source: Path, tmp_path: Path) -> None:
    with running_up(tmp_path, source=source, settings={"SEAMLESS_UNCHECKED": "tree-felling"}) as platform:
        case = submit(source, platform, "tree-felling", EXAMPLE.model_dump_json(), tmp_path)
        assert case in cases_of(source, tmp_path, case)
    assert "although its check fails" in gateway_log(tmp_path)
