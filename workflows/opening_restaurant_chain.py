"""Opening a restaurant as it was: from department to department, one approval after the other."""

from __future__ import annotations

from typing import TypeVar

from contracts.procedures.opening_restaurant import (
    ApproveSign,
    CheckCompleteness,
    CheckFireSafety,
    InspectDrains,
    InspectFireSafety,
    InspectKitchen,
    LicenseFood,
    PermitDrainage,
    RegisterBusiness,
    RegisterWaste,
    RestaurantApplication,
    Ruling,
    approval,
)
from contracts.procedures.opening_restaurant_item import CHAIN, OPENING_RESTAURANT
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.limits import working_days
from contracts.terms.requests import Answer, Request
from workflows.case import Procedure, procedure

A = TypeVar("A", bound=Answer)
Stage = tuple[type[InspectKitchen | InspectFireSafety | InspectDrains] | None, type[Request[Ruling]]]

STAGES: tuple[Stage, ...] = (
    (None, RegisterBusiness),
    (InspectKitchen, LicenseFood),
    (InspectFireSafety, CheckFireSafety),
    (None, ApproveSign),
    (None, RegisterWaste),
    (InspectDrains, PermitDrainage),
)
"""Which approval follows which, and who inspects before it."""


@procedure(OPENING_RESTAURANT, variant=CHAIN)
class OpeningRestaurantChain(Procedure[RestaurantApplication]):
    """Each approval is handed out when it is made: the next department wants to see it."""

    async def course(self, application: RestaurantApplication) -> Decision:
        application = await self.complete(application)
        *earlier, last = STAGES
        for stage in earlier:
            ruling = await self.ruled(application, stage)
            if ruling.document is None:
                return await self.decide(Refuse(reason=ruling.reason or "not-approved"))
            await self.notify(ruling.document)
        ruling = await self.ruled(application, last)
        if ruling.document is None:
            return await self.decide(Refuse(reason=ruling.reason or "not-approved"))
        decision = await self.decide(Grant())  # with the last approval it may open
        await self.notify(ruling.document)
        return decision

    async def ruled(self, application: RestaurantApplication, stage: Stage) -> Ruling:
        """What a department decides, after its inspection."""
        inspect, approve = stage
        found = await self.answered(inspect(premises=application.premises)) if inspect else None
        return await self.answered(approval(approve, application, found))

    async def answered(self, request: Request[A]) -> A:
        """The answer. The duty to act does not end with its limit: who has not answered is asked again."""
        while True:
            answer = await self.ask(request)
            if answer.outcome != "outstanding":
                return answer

    async def complete(self, application: RestaurantApplication) -> RestaurantApplication:
        """The application once it is complete: everything that is missing is asked for at once."""
        while (check := await self.ask(CheckCompleteness(application=application))).outcome == "incomplete":
            application = await self.supplement(
                application, check.missing, within=working_days(10), otherwise="not-supplemented"
            )
        await self.accept()
        return application
