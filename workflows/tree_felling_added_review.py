"""Felling a tree where the administration has the animals in it reviewed, too."""

from __future__ import annotations

from contracts.procedures.tree_felling import (
    ADDED_REVIEW,
    TREE_FELLING,
    InspectTree,
    ReviewHabitat,
    TreeApplication,
)
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.limits import working_days
from workflows.case import Procedure, procedure


@procedure(TREE_FELLING, variant=ADDED_REVIEW)
class TreeFellingAddedReview(Procedure[TreeApplication]):
    """The tree falls if both reviews, at the same time, say so."""

    async def course(self, application: TreeApplication) -> Decision:
        await self.accept()
        place, photo = application.place, application.photo
        opinions = await self.ask_all(
            InspectTree(place=place, photo=photo), ReviewHabitat(place=place, photo=photo), stop_at="keep"
        )
        if opinions.first("keep"):
            return await self.decide(Refuse(reason="tree-is-kept"))
        if not await self.collect(self.law.fees.of(application), within=working_days(10)):
            return await self.decide(Refuse(reason="fee-not-paid"))
        return await self.decide(Grant())
