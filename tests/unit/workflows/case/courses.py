"""Courses of procedures that nobody wrote: nested and in sequence, drawn by a seed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from contracts.terms.clock_rules import Late, NothingFollows, TacitGrant, TacitRefusal
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.fees import Bill, Fee, FeeLine, FeeSchedule
from contracts.terms.limits import working_days
from contracts.terms.requests import Request
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, Money
from tests.unit.workflows.case.clocked import (
    ANEW,
    HEARING,
    LONGER,
    MISSING,
    PENALTY,
    SUPPLEMENT,
    Advise,
    ApproveExtension,
    Course,
    Inspect,
    Plea,
    item,
)
from workflows.case import DecidedBySilence, Lapsed, Procedure

Step = Callable[[Procedure[Plea]], Coroutine[Any, Any, None]]
FEE = Money(amount=Decimal("12.00"), currency="EUR")
BILL = Bill(currency="EUR", lines=(FeeLine(code="fee", amount=FEE),))
CATALOGUED = Money(amount=Decimal("1200.00"), currency="EUR")
"""A course may collect the fee in many parts."""
LATES: tuple[Late, ...] = (
    NothingFollows(),
    TacitGrant(basis="art. 20"),
    TacitRefusal(basis="art. 21", reason="silent"),
    PENALTY,
)


@dataclass(frozen=True)
class Words:
    """What a branch may use. Branches at the same time share no step name, as authors are told."""

    requests: tuple[Callable[[], Request[Any]], ...] = (Advise, Inspect)
    suspends: bool = True
    stages: bool = True
    extends: bool = True
    supplements: bool = True
    collects: bool = True

    def halves(self, draw: random.Random) -> tuple[Words, Words]:
        """Two branches: what one may use, the other may not."""
        said = {
            name: draw.random() < 0.5 for name in ("suspends", "stages", "extends", "supplements", "collects")
        }
        first = {name: getattr(self, name) and mine for name, mine in said.items()}
        second = {name: getattr(self, name) and not mine for name, mine in said.items()}
        cut = draw.randint(0, len(self.requests))
        return (
            replace(self, requests=self.requests[:cut], **first),
            replace(self, requests=self.requests[cut:], **second),
        )


def a_law(draw: random.Random) -> ServiceItem:
    """A law with one of each kind of what follows from lateness."""
    return item(
        draw.choice(LATES),
        starts=draw.choice(["accepted", "accepted", "opened"]),
        outage_basis=draw.choice([None, "art. 10"]),
        fees=FeeSchedule(
            currency="EUR",
            lines=(Fee(code="fee", name=Bilingual(zh="费", en="Fee"), basis="art. 11", amount=CATALOGUED),),
        ),
    )


def a_course(draw: random.Random) -> tuple[Course, str]:
    """A course, and how it reads."""
    told: list[str] = []
    first = _steps(draw, Words(), 0, told, 0)
    accepts_first = draw.random() < 0.85
    second = _steps(draw, Words(), 1, told, 0)
    catches = draw.random() < 0.4
    decided = draw.choice([Grant(), Refuse(reason="late")])

    async def steps(author: Procedure[Plea]) -> Decision:
        if accepts_first:
            await author.accept()
        await first(author)
        if not accepts_first:
            await author.accept()
        await second(author)
        return await author.decide(decided)

    async def course(author: Procedure[Plea]) -> Decision:
        try:
            return await steps(author)
        except DecidedBySilence as silence:
            if not catches:
                raise
            await author.ask(Advise(text="after the law has decided"))
            return silence.decision

    return course, "\n".join([f"accepts first: {accepts_first}, catches: {catches}", *told])


def _steps(draw: random.Random, words: Words, depth: int, told: list[str], inset: int) -> Step:
    steps = [_step(draw, words, depth, told, inset) for _ in range(draw.choice([0, 1, 1, 2, 2, 3]))]

    async def run(author: Procedure[Plea]) -> None:
        for step in steps:
            await step(author)

    return run


def _step(draw: random.Random, words: Words, depth: int, told: list[str], inset: int) -> Step:
    kinds = [
        *(["ask"] * 2 if words.requests else []),
        *(["ask_all"] if len(words.requests) > 1 else []),
        *(["suspended"] * 2 if words.suspends and depth < 4 else []),
        *(["within"] * 2 if words.stages and depth < 4 else []),
        *(["extend"] if words.extends else []),
        *(["supplement"] if words.supplements else []),
        *(["collect"] if words.collects else []),
        *(["group"] if depth < 2 else []),
    ]
    kind = draw.choice(kinds) if kinds else "nothing"
    told.append("  " * inset + kind)

    def inner(its: Words) -> Step:
        return _steps(draw, its, depth + 1, told, inset + 1)

    match kind:
        case "ask":
            return _ask(draw.choice(words.requests))
        case "ask_all":
            return _ask_all(words.requests, draw.choice([None, "no"]))
        case "suspended":
            basis = draw.choice([SUPPLEMENT, HEARING, ANEW]).basis
            told[-1] += f" {basis}"
            return _suspended(basis, inner(words))
        case "within":
            limit, otherwise, caught = (
                draw.randint(1, 8),
                draw.choice([None, "stage-over"]),
                draw.random() < 0.6,
            )
            told[-1] += f" {limit} {otherwise} {caught}"
            return _within(limit, otherwise, caught, inner(words))
        case "extend":
            return _extend(draw.randint(1, 5))
        case "supplement":
            return _supplement(draw.randint(1, 12))
        case "collect":
            return _collect(draw.randint(1, 12))
        case "group":
            one, other = words.halves(draw)
            return _group([inner(one), inner(other)])
    return _nothing


async def _nothing(author: Procedure[Plea]) -> None:
    return None


def _ask(request: Callable[[], Request[Any]]) -> Step:
    async def run(author: Procedure[Plea]) -> None:
        await author.ask(request())

    return run


def _ask_all(requests: Sequence[Callable[[], Request[Any]]], stop_at: str | None) -> Step:
    async def run(author: Procedure[Plea]) -> None:
        await author.ask_all(*(request() for request in requests), stop_at=stop_at)

    return run


def _suspended(basis: str, inner: Step) -> Step:
    async def run(author: Procedure[Plea]) -> None:
        async with author.suspended(basis):
            await inner(author)

    return run


def _within(limit: int, otherwise: str | None, caught: bool, inner: Step) -> Step:
    async def run(author: Procedure[Plea]) -> None:
        async with author.within(working_days(limit), "stage", otherwise=otherwise):
            await inner(author)

    async def catching(author: Procedure[Plea]) -> None:
        try:
            await run(author)
        except* Lapsed:
            pass

    return catching if caught else run


def _extend(by: int) -> Step:
    async def run(author: Procedure[Plea]) -> None:
        await author.extend(working_days(by), basis=LONGER.basis, approved=ApproveExtension())

    return run


def _supplement(within: int) -> Step:
    async def run(author: Procedure[Plea]) -> None:
        await author.supplement(Plea(), MISSING, working_days(within), "not-supplemented")

    return run


def _collect(within: int) -> Step:
    async def run(author: Procedure[Plea]) -> None:
        await author.collect(BILL, working_days(within))

    return run


def _group(branches: Sequence[Step]) -> Step:
    async def run(author: Procedure[Plea]) -> None:
        async with asyncio.TaskGroup() as group:
            for branch in branches:
                group.create_task(branch(author))

    return run
