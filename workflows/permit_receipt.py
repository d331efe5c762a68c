"""The receipt phase of an environmental permit: two branches that the groups of a municipality work on."""

from __future__ import annotations

import asyncio

from contracts.procedures.permit_receipt import (
    PERMIT_RECEIPT,
    ConfirmationChecked,
    ConfirmationDetermined,
    ConfirmationSent,
    PermitRequest,
    PhaseClosed,
    ReceiptConfirmed,
    StopAdviceDetermined,
    StopDetermined,
)
from contracts.terms.decisions import Decision
from contracts.terms.reports import Report
from workflows.case import Procedure, procedure


@procedure(PERMIT_RECEIPT)
class PermitReceipt(Procedure[PermitRequest]):
    """T02, T04, T05 run at the same time as T06, T10; every other step of the groups is recorded."""

    async def course(self, request: PermitRequest) -> Decision:
        async with asyncio.TaskGroup() as group:
            branches = [
                group.create_task(
                    self.steps(
                        ReceiptConfirmed, ConfirmationChecked, ConfirmationDetermined, ConfirmationSent
                    )
                ),
                group.create_task(self.steps(StopAdviceDetermined, StopDetermined)),
            ]
            await self.wait_for(PhaseClosed)
            for branch in branches:
                branch.cancel()
        return await self.end("received")

    async def steps(self, *expected: type[Report]) -> None:
        """One branch: its steps in order, whoever takes them and whatever else is reported in between."""
        for step in expected:
            await self.wait_for(step)
