"""The receipt phase of an environmental permit: two branches that the groups of a municipality work on."""

from __future__ import annotations

import asyncio

from temporalio import workflow

from contracts.case import Closing, Opened
from contracts.decisions import Decision
from contracts.permit_receipt import (
    CHECK_CONFIRMATION,
    CONFIRM,
    DETERMINE_CONFIRMATION,
    DETERMINE_STOP,
    DETERMINE_STOP_ADVICE,
    PERMIT_RECEIPT,
    PHASE_CLOSED,
    SEND_CONFIRMATION,
    PermitRequest,
)
from workflows.case import Case, procedure


@procedure(PERMIT_RECEIPT)
class PermitReceipt(Case[PermitRequest]):
    """T02, T04, T05 and T06, T10 run side by side; what else the groups do is recorded."""

    @workflow.run
    async def run(self, opened: Opened[PermitRequest]) -> Closing:
        return await self.carry(opened, self.receive)

    async def receive(self, request: PermitRequest) -> Decision:
        async with asyncio.TaskGroup() as group:
            branches = [
                group.create_task(
                    self.steps(CONFIRM, CHECK_CONFIRMATION, DETERMINE_CONFIRMATION, SEND_CONFIRMATION)
                ),
                group.create_task(self.steps(DETERMINE_STOP_ADVICE, DETERMINE_STOP)),
            ]
            await self.wait_for(PHASE_CLOSED)
            for branch in branches:
                branch.cancel()
        return await self.end("received")

    async def steps(self, *expected: str) -> None:
        """One branch: its steps in order, whoever takes them and however they lie among the others."""
        for step in expected:
            await self.wait_for(step)
