"""Felling a tree: one question, one answer, one decision."""

from __future__ import annotations

from contracts.procedures.tree_felling import (
    DANGEROUS,
    REPLANTING,
    TREE_FELLING,
    InspectTree,
    TreeApplication,
)
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.limits import working_days
from workflows.case import Procedure, Waived, procedure


@procedure(TREE_FELLING)
class TreeFelling(Procedure[TreeApplication]):
    """The parks department decides on what its inspector saw."""

    async def course(self, application: TreeApplication) -> Decision:
        await self.accept()
        opinion = await self.ask(InspectTree(place=application.place, photo=application.photo))
        if opinion.outcome == "keep":
            return await self.decide(Refuse(reason="tree-is-kept"))
        bill = self.law.fees.of(application)
        waived = [Waived(REPLANTING, DANGEROUS, by=InspectTree)] if bill.lines and opinion.dangerous else []
        if not await self.collect(bill, within=working_days(10), waived=waived):
            return await self.decide(Refuse(reason="fee-not-paid"))
        return await self.decide(Grant())
