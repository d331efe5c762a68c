"""The real workflow says on every path what was explored; and a fault that only it can have is seen."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from contracts.platform import Batch, Fence, FencePassed, Published
from contracts.terms.decisions import Decision
from contracts.terms.directory import load_directory
from contracts.terms.law import LawVersion
from contracts.wire.ledger import LedgerEntry
from seamless.explore.agreeing import Agreement, agree
from seamless.explore.graph import Graph
from seamless.explore.paths import LONGEST, RandomWalks
from tests.explored import LAWS, explored
from tests.unit.seamless.explore.permit import Issuing, Plea, Sound, item
from workflows.case import Procedure, procedure
from workflows.case.case import Case
from workflows.case.outbox import Outbox
from workflows.case.runtime import Runtime

DIRECTORY = load_directory()
PATHS = 200
"""Of each procedure, over its law versions and variants."""
SEED = 7


def told(found: Agreement) -> str:
    return "\n\n".join("\n".join([each.told, *each.story]) for each in found.disagreements)


@pytest.mark.long
@pytest.mark.parametrize(("cls", "law"), LAWS, ids=[f"{cls.workflow_type}, {law.id}" for cls, law in LAWS])
def test_the_real_workflow_says_what_was_explored_also_with_a_new_run_after_every_event(
    cls: type[Procedure[Any]], law: LawVersion
) -> None:
    paths = -(-PATHS // len([each for each, _ in LAWS if each.item is cls.item]))
    found = agree(cls, list(explored(cls, law, DIRECTORY)), DIRECTORY, paths, SEED)
    assert not found.disagreements, told(found)
    assert found.paths >= paths
    assert found.strayed <= paths // 20
    assert found.new_runs or found.moves == found.paths


# --- which paths are drawn ----------------------------------------------------------------------------------


@cache
def sound() -> list[Graph]:
    return list(explored(Sound, Sound.item.newest_law, DIRECTORY))


def test_a_seed_draws_the_same_paths_and_another_one_draws_others() -> None:
    graph = sound()[0]
    drawn = [list(RandomWalks(graph, random.Random(seed)).paths(40)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_every_path_goes_from_the_opening_to_a_closed_case() -> None:
    for graph in sound():
        for path in RandomWalks(graph, random.Random(3)).paths(60):
            assert path[0].source == 0
            assert all(each.target == after.source for each, after in pairwise(path))
            assert graph.states[path[-1].target].closed
            assert len(path) < 2 * LONGEST


def test_every_decision_and_in_the_end_every_transition_is_drawn() -> None:
    graph = sound()[0]
    decisions = {repr(each.decided) for each in graph.states if each.closed}
    walks = RandomWalks(graph, random.Random(4))
    first = list(walks.paths(len(decisions)))
    assert {repr(graph.states[path[-1].target].decided) for path in first} == decisions
    list(walks.paths(len(graph.transitions)))
    assert not walks.left


@procedure(item())
class DecidesAtOnce(Issuing):
    async def course(self, plea: Plea) -> Decision:
        return await self.end("decided")


@procedure(item())
class IsNeverClosed(Issuing):
    async def course(self, plea: Plea) -> Decision:
        raise LookupError("a fault")


@pytest.mark.parametrize(("cls", "paths"), [(DecidesAtOnce, 5), (IsNeverClosed, 0)])
def test_a_course_may_have_no_move_at_all(cls: type[Procedure[Any]], paths: int) -> None:
    found = agree(cls, list(explored(cls, cls.item.newest_law, DIRECTORY)), DIRECTORY, 5, SEED)
    assert (found.paths >= paths, found.moves, found.disagreements) == (True, 0, [])


# --- what the comparison sees -------------------------------------------------------------------------------


async def never_rings(self: Runtime, seconds: float, summary: str) -> None:
    await self.until(lambda: False)


REAL_SLEEP, REAL_PUBLISH = Runtime.sleep, Runtime.publish


async def rings_late(self: Runtime, seconds: float, summary: str) -> None:
    await REAL_SLEEP(self, seconds + 1, summary)


async def asks_no_fence(self: Runtime, fence: Fence, step: str) -> FencePassed:
    return FencePassed()


async def asks_for_less(self: Runtime, fence: Fence, step: str) -> FencePassed:
    return await REAL_FENCE(self, fence.model_copy(update={"topics": fence.topics[1:]}), step)


REAL_FENCE = Runtime.await_gateway


async def sends_no_messages(self: Runtime, batch: Batch) -> Published:
    bare = tuple(each.model_copy(update={"letters": ()}) for each in batch.postings)
    return await REAL_PUBLISH(self, batch.model_copy(update={"postings": bare}))


REAL_TAKE, REAL_CARRIED = Outbox._take, Case.carried


def takes_the_last_first(self: Outbox) -> Any:
    return REAL_TAKE(self)[::-1]


def forgets(name: str) -> Callable[[Case], dict[str, Any]]:
    """A new run begins without a part of the journal."""

    def carried(self: Case) -> dict[str, Any]:
        return {key: value for key, value in REAL_CARRIED(self).items() if key != name}

    return carried


def is_behind(self: Runtime) -> Any:
    return REAL_NOW(self) - timedelta(microseconds=1)


REAL_NOW = Runtime.now

MUTANTS: dict[str, tuple[type[Any], str, Any]] = {
    "a timer that never rings": (Runtime, "sleep", never_rings),
    "a timer that rings late": (Runtime, "sleep", rings_late),
    "a clock that is behind": (Runtime, "now", is_behind),
    "no fence": (Runtime, "await_gateway", asks_no_fence),
    "a fence that leaves out an inlet": (Runtime, "await_gateway", asks_for_less),
    "entries without their messages": (Runtime, "publish", sends_no_messages),
    "an outbox that takes the last first": (Outbox, "_take", takes_the_last_first),
    "a new run without its open steps": (Case, "carried", forgets("waits")),
    "a new run without what ended": (Case, "carried", forgets("outcomes")),
    "a new run without its clock": (Case, "carried", forgets("clock")),
    "a new run without who was involved": (Case, "carried", forgets("involved")),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_fault_that_only_the_real_workflow_has_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    graphs = sound()
    monkeypatch.setattr(*MUTANTS[name])
    found = agree(Sound, graphs, DIRECTORY, 12, SEED)
    assert found.disagreements
    assert found.disagreements[0].story[0].startswith("day 0: channel:portal: an application")


def test_without_one_there_is_nothing_to_see() -> None:
    found = agree(Sound, sound(), DIRECTORY, 12, SEED)
    assert not found.disagreements, told(found)


def test_a_broken_chain_is_seen_also_where_both_layers_break_it(monkeypatch: pytest.MonkeyPatch) -> None:
    graphs, sealed = sound(), LedgerEntry.sealed

    def forked(self: LedgerEntry) -> LedgerEntry:
        return sealed(self.model_copy(update={"previous": "0" * 64}))

    monkeypatch.setattr(LedgerEntry, "sealed", forked)
    found = agree(Sound, graphs, DIRECTORY, 2, SEED)
    assert "on whose hash it does not build" in told(found)
