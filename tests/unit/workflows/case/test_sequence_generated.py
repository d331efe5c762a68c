"""A case that slept comes to the ledger of one that was awake: generated courses, laws and schedules.

All that the course waits for begins at once, and nobody stands in for anybody, since what is asked later is
due later. ``SEED=17 pytest …`` runs one of them.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import pytest

from contracts.platform import Delivered
from contracts.terms.decisions import Decision, Grant
from contracts.terms.fees import Fee, FeeSchedule
from contracts.terms.identifiers import CaseId, Party
from contracts.terms.law import RequestTerms
from contracts.terms.limits import working_days
from contracts.terms.requests import deem, escalate, lapse, remind
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual
from contracts.wire.messages import (
    Answered,
    ApplicantWithdrew,
    NoticeOfDefault,
    Paid,
    Question,
    Received,
    Supplemented,
)
from tests.unit.workflows.case.clocked import (
    HOUSING,
    MISSING,
    Advise,
    ApproveExtension,
    Carried,
    Course,
    Inspect,
    Plea,
    item,
)
from tests.unit.workflows.case.courses import BILL, FEE, LATES
from tests.unit.workflows.case.running import DAY, START, SettledRuntime, delivered, nothing_left_running
from workflows.case import Lapsed, Procedure, carrier

COURSES = 80
SEEDS = [int(os.environ["SEED"])] if "SEED" in os.environ else range(COURSES)
BLOCK = 20
CASE = CaseId("portal-01a20bc3-a4c4-7044-b136-000000000001")
BRANCHES = ("advise", "inspect", "approve-extension", "both", "collect", "supplement")
AGENCIES = {"advise": "planning", "inspect": "housing", "approve-extension": "environment"}
LAST = 75
"""Days."""


@dataclass(frozen=True)
class Plan:
    """A law, a course, and what comes and when."""

    item: ServiceItem
    course: Course
    events: tuple[Delivered, ...]
    story: str


def plan(seed: int) -> Plan:
    draw = random.Random(f"sequence/{seed}")
    branches = draw.sample(BRANCHES, draw.randint(1, 5))
    if "both" in branches:
        branches = [each for each in branches if each not in ("advise", "inspect")]
    stages = {each: _stage(draw) for each in branches}
    law = item(
        draw.choice(LATES),
        statutory=working_days(draw.randint(3, 12)),
        promised=working_days(draw.randint(2, 12)),
        fees=FeeSchedule(
            currency="EUR",
            lines=(Fee(code="fee", name=Bilingual(zh="费", en="Fee"), basis="art. 11", amount=FEE),),
        ),
        requests={
            "advise": RequestTerms(
                limit=working_days(draw.randint(1, 12)), overdue=_ladder(draw, "yes", "no")
            ),
            "inspect": RequestTerms(
                limit=working_days(draw.randint(1, 12)), overdue=_ladder(draw, "yes", "no")
            ),
            "approve-extension": RequestTerms(
                limit=working_days(draw.randint(1, 12)), overdue=_ladder(draw, "approved", "refused")
            ),
        },
    )
    limits = {each: draw.randint(1, 12) for each in branches}
    course = _course(branches, stages, limits, draw.choice([None, "no"]))
    events = _events(draw)
    told = [f"{each.received - START} {each.actor} {each.event.type} {each.event.data}" for each in events]
    return Plan(
        law, course, events, "\n".join([str(law.laws[0].late), f"{branches} {stages} {limits}", *told])
    )


def _stage(draw: random.Random) -> tuple[int, str | None] | None:
    return draw.choice([None, None, (draw.randint(1, 12), None), (draw.randint(1, 12), "stage-over")])


def _ladder(draw: random.Random, *outcomes: str) -> tuple[Any, ...]:
    ends = [*(deem(each) for each in outcomes), lapse("silent")]
    before: list[Any] = [remind(at=0.5)] if draw.random() < 0.5 else []
    if draw.random() < 0.4:
        before.append(escalate(to=HOUSING, grace=working_days(draw.randint(1, 3))))
    return (*before, draw.choice(ends))


def _course(
    branches: Sequence[str],
    stages: dict[str, tuple[int, str | None] | None],
    limits: dict[str, int],
    stop_at: str | None,
) -> Course:
    async def branch(author: Procedure[Plea], name: str) -> str:
        match name:
            case "advise" | "inspect" | "approve-extension":
                asked: Any = {"advise": Advise, "inspect": Inspect}.get(name, ApproveExtension)
                answer = await author.ask(asked())
                return f"{name} {answer.outcome} {answer.deemed}"
            case "both":
                answers = await author.ask_all(Advise(), Inspect(), stop_at=stop_at)
                return f"both {[(each.outcome, each.deemed) for each in answers]}"
            case "collect":
                return f"paid {await author.collect(BILL, working_days(limits[name]))}"
        plea = await author.supplement(Plea(), MISSING, working_days(limits[name]), "not-supplemented")
        return f"supplemented {plea.text}"

    async def in_stage(author: Procedure[Plea], name: str) -> str:
        stage = stages[name]
        if stage is None:
            return await branch(author, name)
        days, otherwise = stage
        try:
            async with author.within(working_days(days), name, otherwise=otherwise):
                return await branch(author, name)
        except Lapsed as lapsed:
            return f"{name} {lapsed.reason}"

    async def course(author: Procedure[Plea]) -> Decision:
        await author.accept()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(in_stage(author, name)) for name in branches]
        return await author.decide(Grant(conditions=tuple(task.result() for task in tasks)))

    return course


def _events(draw: random.Random) -> tuple[Delivered, ...]:
    """What comes, by when the broker received it: also at the very instants at which something is due."""
    offsets = [timedelta(0), timedelta(milliseconds=-1), timedelta(milliseconds=1), 0.4 * DAY]
    found: list[Delivered] = []
    instants = sorted(
        START + draw.choice([draw.randint(1, 13), draw.randint(1, 13), draw.randint(14, LAST)]) * DAY + offset
        for offset in draw.choices(offsets, k=draw.randint(0, 9))
    )
    for number, at in enumerate(instants):
        name = draw.choice(list(AGENCIES))
        agency = Party.agency(draw.choice([AGENCIES[name], AGENCIES[name], "housing"]))
        step = f"clock-test.{name}/1"
        words = ["approved", "refused"] if "approve" in name else ["yes", "no"]
        text = Bilingual(zh="什么？", en="What?")
        message, sender, about = draw.choice(
            [
                *[(Answered(answer={"outcome": draw.choice(words)}), agency, step)] * 5,
                (Received(), agency, step),
                (Question(text=text), agency, step),
                (Supplemented(application={"text": f"more {number}"}), Party("channel:portal"), None),
                (Paid(amount=FEE, reference=f"bank-{number}"), Party("channel:portal"), None),
                (NoticeOfDefault(), Party("channel:portal"), None),
                (ApplicantWithdrew(), Party("channel:portal"), None),
            ]
        )
        found.append(delivered(message, CASE, sender, step=about, received=at, event_id=f"e{number}"))
    return tuple(found)


class Lived:
    """A case of a plan."""

    def __init__(self, of: Plan) -> None:
        self.runtime = SettledRuntime()
        self.carried = Carried(self.runtime, of.item, of.course, case=CASE)
        self.came: list[Delivered] = []

    @property
    def is_open(self) -> bool:
        return not self.carried.carrying.done()

    async def wakes(self, at: datetime, came: Sequence[Delivered] = ()) -> None:
        """It is carried on at ``at``, and finds what came."""
        for each in came:
            self.carried.case.inbox.put(each)
            self.came.append(each)
        await self.carried.goes_on(max(timedelta(0), at - self.runtime.time))
        for _ in range(3):
            await self.carried.goes_on()

    async def stays_awake(self, until: datetime) -> None:
        """It is carried on whenever something is due."""
        while self.is_open:
            due = self.carried.case.journal.next_due()
            rung = due.next_rung if due else None
            if rung is None or rung.at > until or rung.at <= self.runtime.time:
                return
            await self.wakes(rung.at)

    def told(self) -> list[tuple[Any, ...]]:
        """The ledger, but for when it was written."""
        return [
            (
                each.kind, each.step, each.outcome, each.reason, each.actor, each.cause, each.due,
                each.clock and (each.clock.does, each.clock.at), each.penalty,
            )
            for each in self.carried.entries
        ]  # fmt: skip

    def decision(self) -> Decision:
        return self.carried.carrying.result().decision


async def awake(of: Plan) -> Lived:
    """Carried on at every instant at which something comes or is due."""
    lived = Lived(of)
    await lived.wakes(START)
    for at, came in groupby(of.events, key=lambda each: each.received):
        await lived.stays_awake(at)
        if not lived.is_open:
            break
        await lived.wakes(at, list(came))
    await lived.stays_awake(START + 2 * LAST * DAY)
    return lived


async def asleep(of: Plan, came: Sequence[Delivered], draw: random.Random) -> Lived:
    """Carried on now and then. What came meanwhile is found in any order, but for what one sender said."""
    lived = Lived(of)
    await lived.wakes(START)
    wakes = sorted(START + draw.uniform(0, LAST) * DAY for _ in range(draw.choice([0, 1, 3])))
    rest = list(came)
    for at in [*wakes, START + (LAST + 1) * DAY]:
        found = [each for each in rest if each.received <= at]
        rest = rest[len(found) :]
        if lived.is_open:
            await lived.wakes(at, _shuffled(found, draw))
    await lived.stays_awake(START + 2 * LAST * DAY)
    return lived


async def behind(of: Plan, came: Sequence[Delivered], draw: random.Random) -> Lived:
    """Always awake, and what comes reaches it at once; but its fences are passed hours later."""
    lived = Lived(of)
    await lived.wakes(START)
    for at, together in groupby(came, key=lambda each: each.received):
        await lived.stays_awake(at)
        if lived.is_open:
            await lived.wakes(at, list(together))
        lived.runtime.gateway_up = draw.random() < 0.3
        await lived.wakes(lived.runtime.time)
    lived.runtime.gateway_up = True
    await lived.wakes(lived.runtime.time)
    await lived.stays_awake(START + 2 * LAST * DAY)
    return lived


async def carried_late(of: Plan, came: Sequence[Delivered], draw: random.Random) -> Lived:
    """Always awake, but the gateway is away and carries what came meanwhile later."""
    lived = Lived(of)
    await lived.wakes(START)
    waiting: list[Delivered] = []
    for at, together in groupby(came, key=lambda each: each.received):
        await lived.stays_awake(at)
        waiting += together
        if draw.random() < 0.4 and lived.is_open:
            await lived.wakes(at, _shuffled(waiting, draw))
            waiting, lived.runtime.gateway_up = [], True
            await lived.wakes(at)
        lived.runtime.gateway_up = False
    if lived.is_open:
        await lived.wakes(lived.runtime.time, _shuffled(waiting, draw))
    lived.runtime.gateway_up = True
    await lived.wakes(lived.runtime.time)
    await lived.stays_awake(START + 2 * LAST * DAY)
    return lived


def _shuffled(came: Sequence[Delivered], draw: random.Random) -> list[Delivered]:
    """In any order, but what one sender said in its own."""
    senders = [each.actor for each in came]
    draw.shuffle(senders)
    of = {sender: iter([each for each in came if each.actor == sender]) for sender in senders}
    return [next(of[sender]) for sender in senders]


@pytest.mark.parametrize("events_per_run", [1000, 1], ids=["one run", "a new run after every event"])
@pytest.mark.parametrize("block", range(0, len(SEEDS), BLOCK))
async def test_a_case_that_slept_comes_to_the_ledger_of_one_that_was_awake(
    block: int, events_per_run: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", events_per_run)
    for seed in SEEDS[block : block + BLOCK]:
        async with nothing_left_running():
            await is_the_same_case(seed)


async def is_the_same_case(seed: int) -> None:
    of, draw = plan(seed), random.Random(f"sleep/{seed}")
    first = await awake(of)
    assert first.told()[-1][0] == "closed", of.story
    for others in (asleep, behind, carried_late):
        other = await others(of, first.came, draw)
        if others is not carried_late:  # who is reminded depends on what has come by then
            assert other.told() == first.told(), f"SEED={seed} {others.__name__}\n{of.story}"
        assert other.decision() == first.decision(), f"SEED={seed} {others.__name__}\n{of.story}"
