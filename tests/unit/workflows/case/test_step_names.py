"""The step names of the verbs: those of requests and hand-overs have a dot, and no others."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from contracts.procedures.construction_permit import Application
from contracts.procedures.traffic_fine import FineNotified
from contracts.terms.decisions import Grant
from contracts.terms.limits import working_days
from tests.applications import application, document
from tests.unit.workflows.case.authoring import (
    BILL,
    COMPLETE,
    DEBT,
    FEE,
    FIRE,
    ITEM,
    MISSING,
    PLANNING,
    Author,
)
from tests.unit.workflows.case.running import VirtualRuntime, a_case
from workflows.case import Procedure

USES: dict[str, Callable[[Procedure[Application]], Awaitable[Any] | date]] = {
    "ask": lambda p: p.ask(COMPLETE),
    "ask_all": lambda p: p.ask_all(PLANNING, FIRE),
    "accept": lambda p: p.accept(),
    "supplement": lambda p: p.supplement(application(), MISSING, working_days(1), "not-supplemented"),
    "collect": lambda p: p.collect(BILL, working_days(1)),
    "notify": lambda p: p.notify(document("permit")),
    "hand_over": lambda p: p.hand_over(DEBT),
    "charge": lambda p: p.charge("fee-not-paid", FEE, since=date(2026, 3, 1), balance=FEE),
    "mark": lambda p: p.mark("unusual"),
    "wait_for": lambda p: p.wait_for(FineNotified),
    "decide": lambda p: p.decide(Grant()),
    "end": lambda p: p.end("received"),
    "suspended": lambda p: p.suspended("行政许可法 art. 45: 听证").__aenter__(),
    "within": lambda p: p.within(working_days(3), "substance").__aenter__(),
    "today": lambda p: p.today(),
}
"""One use of each verb."""


def test_every_verb_is_among_those_that_are_looked_at() -> None:
    public = {name for name, _ in inspect.getmembers(Procedure, inspect.isfunction) if name[0] != "_"}
    by_another_verb = {"extend"}  # it asks
    assert (
        set(USES) == public - {"course", "carry", "deliver", "cancel", "publish_calendar"} - by_another_verb
    )


async def test_the_step_of_a_request_cannot_be_taken_for_that_of_a_verb(runtime: VirtualRuntime) -> None:
    named: set[str] = set()
    for use in USES.values():
        author = Author(a_case(runtime, ITEM), runtime)
        verb = use(author.procedure)
        if not isinstance(verb, date):
            await author.begins(verb)
        named |= set(author.case.journal._ordinals)
    requests = {request.name for request in (COMPLETE, PLANNING, FIRE)} | {DEBT.name}
    waits = {name for name in named if name.startswith("wait-for-")}
    assert waits == {"wait-for-insert-fine-notification"}
    assert requests <= named
    assert {name for name in named if "." in name} == requests
