"""Checking procedures: a sound one passes, each broken one fails with a story, and ours all pass."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio import workflow

from contracts.terms.decisions import Decision, Grant
from seamless.explore.drawing.making import drawing_of
from seamless.explore.drawing.svg import svg
from seamless.explore.drawing.words import LANGUAGES, Words
from seamless.explore.listed import named
from seamless.explore.verdict import keep_checked
from tests import drawings
from tests.unit.seamless.explore.broken import BROKEN
from tests.unit.seamless.explore.drawing.geometry import faults
from tests.unit.seamless.explore.explored import DIRECTORY, checked, listed
from tests.unit.seamless.explore.permit import Issuing, Plea, Sound, Work, item
from workflows.case import Procedure, procedure
from workflows.procedures import PROCEDURES

STATIC = ("agency", "check", "material", "promised")
"""Rules that need no way there."""

WAYS = {
    "DoesNotListen": {"day 0: agency:planning: review: refuse (unsound)"},
    "LeavesWhatIsOutstanding": {"day 0: agency:housing: issue: outstanding"},
    "LeavesWhatIsUndelivered": {"day 0: agency:housing: deliver: not-yet"},
    "IgnoresWhatTheLawGrants": {"day 20: nobody says anything until the law's limit is over"},
    "PresumesEverything": {"day 5: nobody says anything more", "  → deemed presumed: consent"},
    "ForgetsWhatWasHandedIn": {"day 0: channel:portal: hands in deed"},
    "IgnoresWithdrawal": {"day 0: channel:portal: takes it back"},
    "WaitsForNobody": {"day 0: agency:planning: work: not-yet"},
}
"""Who said what on the shortest way to it."""


@pytest.mark.parametrize("cls", PROCEDURES, ids=lambda each: each.workflow_type)
def test_every_procedure_passes_and_its_drawings_in_docs_are_current(cls: type[Procedure[Any]]) -> None:
    found = listed(cls)
    keep_checked(found, DIRECTORY)  # the gateways of the tests that follow need not find it again
    told = [f"{each.rule}: {each.told}\n" + "\n".join(each.story) for each in found.findings]
    assert not told, "\n\n".join(told)
    assert found.unreached == []
    for name, text in drawings.files(drawings.drawing(found), DIRECTORY):  # here, since it is explored here
        file = drawings.FOLDER / name
        current = file.exists() and file.read_text("utf-8") == text
        assert current, f"docs/drawings/{name} is not what the code draws: make drawings"


def test_a_sound_procedure_passes_and_every_line_of_it_is_reached() -> None:
    found = checked(Sound)
    assert (found.findings, found.unreached) == ([], [])


@pytest.mark.parametrize(("cls", "rule", "told"), BROKEN, ids=[each[0].__name__ for each in BROKEN])
def test_a_broken_procedure_fails_and_the_path_there_is_reported(
    cls: type[Procedure[Any]], rule: str, told: str
) -> None:
    found = checked(cls)
    mine = [each for each in found.findings if each.rule == rule and told in each.told]
    assert mine, found.findings
    if rule not in STATIC:
        assert mine[0].story[0].startswith("day 0: channel:portal: an application")
        assert not WAYS.get(cls.__name__, set()) - set(mine[0].story)
    drawing = drawing_of(cls.workflow_type, cls.item, found.laws[-1])
    for language in LANGUAGES:  # and it can be drawn all the same
        assert faults(svg(Words(drawing, DIRECTORY, language))) == []


def test_at_least_twenty_mistakes_are_tried() -> None:
    assert len({each[0] for each in BROKEN}) >= 20


@procedure(item())
class HasALineThatNothingReaches(Issuing):
    async def course(self, plea: Plea) -> Decision:
        if plea.text == "never":
            await self.accept()
        if (await self.ask(Work(plan=plea.plan))).outcome == "done":
            return await self.end("worked")
        return await self.end("did not")


def test_a_line_that_nothing_reached_is_named() -> None:
    found = checked(HasALineThatNothingReaches)
    assert [each.text for each in found.unreached] == ["await self.accept()"]


def test_one_can_be_named_by_its_procedure_or_its_workflow_type() -> None:
    assert len(named("tree-felling")) == 2
    assert [each.variant for each in named("tree-felling.added-review")] == ["added-review"]
    assert named(None) == list(PROCEDURES)


@procedure(item())
class SaysMoreSinceAChange(Sound):
    async def course(self, plea: Plea) -> Decision:
        if workflow.patched("a-mark-more"):
            await self.mark("to-do")
        return await super().course(plea)


def test_a_course_that_was_changed_is_explored_as_it_is_and_as_it_was_before() -> None:
    found = checked(SaysMoreSinceAChange)
    assert (found.findings, found.unreached) == ([], [])
    [new, old, *_] = found.laws[0].graphs
    marked = ["marked" in {each.kind for each in graph.transitions[0].happened} for graph in (new, old)]
    assert (new.begun_before, old.begun_before, marked) == (False, True, [True, False])


@procedure(item())
class IsWrongSinceAChange(Sound):
    async def course(self, plea: Plea) -> Decision:
        if workflow.patched("no-reviews"):
            return await self.decide(Grant())
        return await super().course(plea)


@procedure(item())
class WasWrongBeforeAChange(Sound):
    async def course(self, plea: Plea) -> Decision:
        if not workflow.patched("reviews"):
            return await self.decide(Grant())
        return await super().course(plea)


@pytest.mark.parametrize("cls", [IsWrongSinceAChange, WasWrongBeforeAChange])
def test_what_is_wrong_in_either_code_is_found(cls: type[Procedure[Any]]) -> None:
    assert "clock-never-started" in {each.rule for each in checked(cls).findings}


@procedure(item())
class AsksForTheTime(Sound):
    async def course(self, plea: Plea) -> Decision:
        if workflow.now().hour < 12:
            return await self.end("too early")
        return await super().course(plea)


def test_what_else_is_asked_of_temporal_is_named_with_what_to_use_instead() -> None:
    [finding] = [each for each in checked(AsksForTheTime).findings if each.rule == "task-fails"]
    assert "today()" in finding.told
