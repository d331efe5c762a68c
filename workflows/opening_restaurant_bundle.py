"""Opening a restaurant as one matter: one form, one inspection, all approvals at once, one licence."""

from __future__ import annotations

from typing import TypeVar

from contracts.procedures.opening_restaurant import (
    CITY_APPEARANCE,
    FIRE_RESCUE,
    MARKET_REGULATION,
    PAPERS,
    WATER,
    CheckCompleteness,
    Conclude,
    InspectTogether,
    RestaurantApplication,
    approval,
)
from contracts.procedures.opening_restaurant_item import BUNDLE, OPENING_RESTAURANT
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.limits import working_days
from contracts.terms.requests import Answer, Request
from workflows.case import Procedure, procedure

A = TypeVar("A", bound=Answer)


@procedure(OPENING_RESTAURANT, variant=BUNDLE)
class OpeningRestaurantBundle(Procedure[RestaurantApplication]):
    """行政许可法 art. 26(2): one department takes the application in, all of them handle it jointly."""

    async def course(self, application: RestaurantApplication) -> Decision:
        application = await self.complete(application)
        together = (MARKET_REGULATION, FIRE_RESCUE, CITY_APPEARANCE, WATER)
        found = await self.answered(InspectTogether(premises=application.premises, departments=together))
        rulings = await self.ask_all(
            *(approval(kind, application, found) for kind in PAPERS), stop_at="refuse"
        )
        if refusal := rulings.first("refuse"):
            return await self.decide(Refuse(reason=refusal.reason or "not-approved"))
        made = {kind: rulings.of(kind) for kind in PAPERS}
        licence = await self.answered(
            Conclude(
                restaurant=application.restaurant,
                approvals=tuple(each.document for each in made.values() if each and each.document),
                outstanding=tuple(
                    kind.local_name for kind, each in made.items() if not each or not each.document
                ),
            )
        )
        if licence.document is None:
            return await self.decide(Refuse(reason=licence.reason or "not-approved"))
        decision = await self.decide(Grant())
        await self.notify(licence.document)
        return decision

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
