"""A town applies only for what opens cases, and says why the rest does not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from contracts.procedures.catalogue import CATALOGUE
from seamless.town.openness import openness
from workers.process.settings import load_settings
from workers.process.verdicts import NoVerdict, Verdict

TODAY = date(2026, 11, 26)


async def test_what_is_broken_unknown_or_without_a_law_is_not_applied_for(tmp_path: Path) -> None:
    asked: list[str] = []

    async def ask(workflow_type: str) -> Verdict:
        asked.append(workflow_type)
        if workflow_type == "traffic-fine":
            raise NoVerdict("traffic-fine could not be explored")
        return Verdict(workflow_type, ("closes",) if workflow_type.startswith("tree-felling") else ())

    settings = load_settings(data=tmp_path, variants="tree-felling=added-review")
    found = {each.item.procedure: each.against for each in await openness(settings, TODAY, ask)}
    assert found.keys() == CATALOGUE.keys()
    assert found["tree-felling"] == "its check fails (closes)"
    assert found["traffic-fine"] == "traffic-fine could not be explored"
    assert found["construction-permit"] is None
    assert "tree-felling.added-review" in asked, "the variant in which the gateway would open the case"

    before_all_laws = await openness(settings, date(1900, 1, 1), ask)
    assert all("no law version is in force" in (each.against or "") for each in before_all_laws)


async def test_what_a_setting_lets_open_cases_unchecked_is_applied_for(tmp_path: Path) -> None:
    async def ask(workflow_type: str) -> Verdict:
        return Verdict(workflow_type, ("closes",))

    settings = load_settings(data=tmp_path, unchecked="tree-felling")
    found = await openness(settings, TODAY, ask)
    assert [each.item.procedure for each in found if each.against is None] == ["tree-felling"]
