"""Ways of working that nobody has: the same requests one after the other, or in two branches.

They are for the planted worlds of :mod:`bench.rebuild.twins` only: real procedure classes on the real service
items, which no catalogue lists.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from contracts.procedures.construction_permit import (
    CONSTRUCTION_PERMIT,
    Application,
    DeliverPermit,
    IssuePermit,
    ReviewCivilAirDefence,
    ReviewDrainage,
    ReviewEnvironment,
    ReviewFireSafety,
    ReviewPlanning,
)
from contracts.procedures.opening_restaurant import RestaurantApplication
from contracts.procedures.opening_restaurant_item import OPENING_RESTAURANT
from contracts.procedures.tree_felling import TREE_FELLING, InspectTree, ReviewHabitat, TreeApplication
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.limits import working_days
from workflows.case import procedure
from workflows.construction_permit import ConstructionPermit
from workflows.opening_restaurant_chain import STAGES, OpeningRestaurantChain, Stage
from workflows.tree_felling_added_review import TreeFellingAddedReview


@procedure(CONSTRUCTION_PERMIT, variant="one-by-one")
class ConstructionPermitOneByOne(ConstructionPermit):
    """Each agency reviews when the one before it has; all else as in the real one."""

    async def course(self, application: Application) -> Decision:
        application = await self.complete(application)
        site, conditions = application.site, list[str]()
        for request in (
            ReviewPlanning(site=site, plan=application.plan),
            ReviewFireSafety(site=site, design=application.design),
            ReviewCivilAirDefence(
                site=site, floor_area=application.floor_area, shelter_plan=application.shelter_plan
            ),
            ReviewEnvironment(site=site),
            ReviewDrainage(site=site, sewage=application.sewage),
        ):
            review = await self.ask(request)
            if review.outcome == "refuse":
                return await self.decide(Refuse(reason=review.reason or "review-refused"))
            conditions += review.conditions
        if not await self.collect(self.law.fees.of(application), within=working_days(10)):
            return await self.decide(Refuse(reason="fee-not-paid"))
        decision = await self.decide(Grant(conditions=tuple(conditions)))
        permit = await self.ask(IssuePermit(project=application.project, decision=decision))
        if permit.document is not None:
            await self.notify(permit.document)
            await self.ask(DeliverPermit(document=permit.document))
        return decision


@procedure(TREE_FELLING, variant="one-by-one")
class TreeFellingOneByOne(TreeFellingAddedReview):
    """The habitat is reviewed once the tree was inspected; then as with the added review."""

    async def course(self, application: TreeApplication) -> Decision:
        await self.accept()
        place, photo = application.place, application.photo
        for request in (InspectTree(place=place, photo=photo), ReviewHabitat(place=place, photo=photo)):
            if (await self.ask(request)).outcome == "keep":
                return await self.decide(Refuse(reason="tree-is-kept"))
        if not await self.collect(self.law.fees.of(application), within=working_days(10)):
            return await self.decide(Refuse(reason="fee-not-paid"))
        return await self.decide(Grant())


@procedure(OPENING_RESTAURANT, variant="two-branches")
class OpeningRestaurantTwoBranches(OpeningRestaurantChain):
    """As in the chain, but the later departments do not wait for the earlier ones."""

    async def course(self, application: RestaurantApplication) -> Decision:
        application = await self.complete(application)
        async with asyncio.TaskGroup() as group:
            branches = [
                group.create_task(self.branch(application, stages)) for stages in (STAGES[:3], STAGES[3:])
            ]
        for each in branches:
            if (reason := each.result()) is not None:
                return await self.decide(Refuse(reason=reason))
        return await self.decide(Grant())

    async def branch(self, application: RestaurantApplication, stages: Sequence[Stage]) -> str | None:
        """One approval after the other; why one was refused."""
        for stage in stages:
            ruling = await self.ruled(application, stage)
            if ruling.document is None:
                return ruling.reason or "not-approved"
        return None
