"""States are told apart by what the rest of a course can see, wherever Python keeps it: each of these courses
ends with all that it was answered, so every combination has to be found."""

from __future__ import annotations

import asyncio
from itertools import product
from typing import Any

import pytest

from activities.checks import CHECKS
from contracts.terms.decisions import Decision, Ended
from contracts.terms.directory import load_directory
from seamless.explore import frames
from seamless.explore.check import check
from tests.unit.seamless.explore.permit import Inspect, Issuing, Plea, Work, item
from workflows.case import Procedure, procedure

TWO = {f"{one}, {other}" for one, other in product(("done", "not-yet"), repeat=2)}
PAIRS = {f"{one}, {other}" for one, other in product(("done", "not-yet"), ("well", "lacking"))}


class Asking(Issuing):
    async def work(self, plea: Plea, text: str = "x") -> str:
        """Two different requests by their content, so that no step stands for another."""
        return (await self.ask(Work(plan=plea.plan))).outcome


@procedure(item())
class OnTheStack(Asking):
    """The first answer is in no variable while the second one is awaited."""

    async def course(self, plea: Plea) -> Decision:
        return await self.end(", ".join((await self.work(plea), await self.work(plea))))


@procedure(item())
class InALoop(Asking):
    async def course(self, plea: Plea) -> Decision:
        found = []
        for _ in range(2):
            found.append(await self.work(plea))
        return await self.end(", ".join(found))


@procedure(item())
class InAnIterator(Asking):
    """How far the loop is, only its iterator knows: the values are the same."""

    async def course(self, plea: Plea) -> Decision:
        found = ""
        for each in [plea, plea]:
            found += f", {await self.work(each)}"
        return await self.end(found[2:])


@procedure(item())
class InAClosure(Asking):
    async def course(self, plea: Plea) -> Decision:
        first = await self.work(plea)

        def both(other: str) -> str:
            return f"{first}, {other}"

        return await self.end(both(await self.work(plea)))


@procedure(item())
class InAnObject(Asking):
    async def course(self, plea: Plea) -> Decision:
        kept = Kept()
        kept.found.append(await self.work(plea))
        kept.found.append(await self.work(plea))
        return await self.end(", ".join(kept.found))


class Kept:
    def __init__(self) -> None:
        self.found: list[str] = []


@procedure(item())
class InAHandler(Asking):
    """Read only where something was raised."""

    async def course(self, plea: Plea) -> Decision:
        first = await self.work(plea)
        try:
            second = await self.work(plea)
            raise KeyError
        except KeyError:
            return await self.end(f"{first}, {second}")


@procedure(item())
class InAGenerator(Asking):
    async def course(self, plea: Plea) -> Decision:
        return await self.end(", ".join([each async for each in self.found(plea)]))

    async def found(self, plea: Plea) -> Any:
        yield await self.work(plea)
        yield await self.work(plea)


@procedure(item())
class AtOnce(Asking):
    async def course(self, plea: Plea) -> Decision:
        answers = await self.ask_all(Work(plan=plea.plan), Inspect(plan=plea.plan))
        work, look = answers.of(Work), answers.of(Inspect)
        return await self.end(f"{work.outcome if work else ''}, {look.outcome if look else ''}")


@procedure(item())
class InBranches(Asking):
    async def course(self, plea: Plea) -> Decision:
        async with asyncio.TaskGroup() as group:
            work = group.create_task(self.work(plea))
            look = group.create_task(self.look(plea))
        return await self.end(f"{work.result()}, {look.result()}")

    async def look(self, plea: Plea) -> str:
        return (await self.ask(Inspect(plan=plea.plan))).outcome


@pytest.mark.parametrize(
    ("cls", "expected"),
    [
        *((each, TWO) for each in (OnTheStack, InALoop, InAnIterator, InAClosure, InAnObject, InAHandler)),
        (InAGenerator, TWO),
        (AtOnce, PAIRS),
        (InBranches, PAIRS),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_every_combination_is_found(cls: type[Procedure[Any]], expected: set[str]) -> None:
    found = check(cls, load_directory(), CHECKS)
    assert found.findings == []
    graphs = [graph for law in found.laws for graph in law.graphs]
    decisions = [state.decided for graph in graphs for state in graph.states if state.closed]
    results = {each.result for each in decisions if isinstance(each, Ended)}
    assert results - {"broken-off"} == expected


@procedure(item())
class Forgets(Asking):
    async def course(self, plea: Plea) -> Decision:
        first = await self.work(plea)
        assert first
        for _ in range(3):
            await self.ask(Inspect(plan=plea.plan))
        return await self.end("done")


def test_what_is_never_read_again_distinguishes_no_states() -> None:
    [law] = check(Forgets, load_directory(), CHECKS).laws
    open_steps = [state.open[0].step for state in law.graphs[0].states if state.open]
    asked = [f"check-test.inspect/{number}" for number in (1, 2, 3)]
    # Twice each, since a rule asks whether an agency has said anything yet.
    assert sorted(open_steps) == sorted([*asked, *asked, "check-test.work/1"])


@procedure(item())
class AsksAgain(Asking):
    """In each round the answer of the round before is still there, and is not read any more."""

    async def course(self, plea: Plea) -> Decision:
        while True:
            work = await self.ask(Work(plan=plea.plan))
            if work.outcome != "not-yet":
                return await self.end("done")


def test_what_is_overwritten_before_it_is_read_distinguishes_no_states() -> None:
    [law] = check(AsksAgain, load_directory(), CHECKS).laws
    # Thrice, since a rule asks whether an agency has said anything yet, or was only taken to have.
    assert len([state for state in law.graphs[0].states if state.open]) == 3


def handles(whether: bool) -> None:
    try:
        if whether:
            raise KeyError
    except KeyError:
        pass


async def paused(whether: bool) -> None:
    handles(whether)
    await asyncio.sleep(0)


def test_an_exception_that_was_handled_before_distinguishes_no_states() -> None:
    """A verb handles some only the first time: in a run that is made again, its step is begun already."""
    found = []
    for whether in (False, True):
        coroutine = paused(whether)
        coroutine.send(None)
        found.append(frames._frame(coroutine, ()))
        coroutine.close()
    assert found[0] == found[1]
