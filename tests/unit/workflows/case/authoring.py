"""Calling the verbs one by one, as a course would, and what these tests call them with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from contracts.procedures.construction_permit import (
    CONSTRUCTION_PERMIT,
    Application,
    CheckCompleteness,
    ReviewDrainage,
    ReviewFireSafety,
    ReviewPlanning,
)
from contracts.procedures.traffic_fine import CollectDebt, euro
from contracts.terms.fees import Bill, FeeLine
from contracts.terms.identifiers import AgencyId, Party
from contracts.terms.limits import working_days
from contracts.terms.requests import Answer, Request, lapse
from contracts.terms.values import Bilingual, MissingItem, Money
from contracts.wire.envelope import Message
from contracts.wire.messages import Answered
from tests.applications import application
from tests.unit.workflows.case.running import VirtualRuntime, delivered, take
from workflows.case import Procedure
from workflows.case.case import Case

UNUSUAL = {"unusual": Bilingual(zh="异常", en="Unusual")}
FEE = Money(amount=Decimal("100.00"), currency="CNY")
BILL = Bill(currency="CNY", lines=(FeeLine(code="infrastructure", amount=FEE),))
"""A part of what the catalogue has: an author may collect a fee in parts."""

DEBT = CollectDebt(fine="F1", debt=euro(Decimal(5)))
COMPLETE = CheckCompleteness(application=application())
PLANNING = ReviewPlanning(site=application().site, plan=application().plan)
FIRE = ReviewFireSafety(site=application().site, design=application().design)
DRAINAGE = ReviewDrainage(site=application().site, sewage=Decimal(40))
MISSING = [MissingItem(zh="用地批准", en="Land title", field="land_title")]


class RepairBridge(
    Request[Answer],
    agency=AgencyId("housing"),
    limit=working_days(5),
    basis="a request of these tests",
    overdue=[lapse("review-refused")],
):
    """A request whose silence makes the application fail."""


RepairBridge.bind(CONSTRUCTION_PERMIT.procedure)
LAW = CONSTRUCTION_PERMIT.laws[-1]
LATE_FEE = LAW.reasons["fee-not-paid"].model_copy(update={"charges": True})
ITEM = CONSTRUCTION_PERMIT.model_copy(
    update={
        "laws": (LAW.model_copy(update={"reasons": LAW.reasons | {"fee-not-paid": LATE_FEE}}),),
        "flags": UNUSUAL,
        "reporters": None,
        "requests": (*CONSTRUCTION_PERMIT.requests, RepairBridge),
        "hand_overs": (CollectDebt,),
    }
)


class Author:
    """A procedure whose verbs a test calls one by one, as an author's course would."""

    def __init__(self, case: Case, runtime: VirtualRuntime) -> None:
        self.case = case
        self.runtime = runtime
        self.procedure = Procedure[Application](runtime)
        self.procedure.item = case.item  # type: ignore[misc]
        self.procedure._case = case

    async def begins(self, verb: Awaitable[Any]) -> asyncio.Task[Any]:
        """Start a verb and let it come to where it waits."""
        task = asyncio.ensure_future(verb)
        await self.runtime.advance()
        return task

    async def hears(self, message: Message, sender: Party, **details: Any) -> None:
        """An event takes effect."""
        take(self.case, delivered(message, self.case.opened.case, sender, **details))
        await self.runtime.advance()

    async def lets_pass(self, by: timedelta) -> None:
        """Time passes, and what is due takes effect, fences included."""
        await self.runtime.advance(by)
        take(self.case)
        await self.runtime.advance()
        take(self.case)
        await self.runtime.advance()


def answered(outcome: str, **more: Any) -> Answered:
    return Answered(answer={"outcome": outcome} | more)
