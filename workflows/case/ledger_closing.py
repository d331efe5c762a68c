"""Closing the ledger of a case whose workflow is gone."""

from __future__ import annotations

from temporalio import workflow

from contracts.platform import CLOSE_LEDGER, Batch, Published
from workflows.case.runtime import Runtime


@workflow.defn(name=CLOSE_LEDGER)
class LedgerClosing:
    """Publishes the last entries of a ledger: a workflow, so that they are in history before they leave, and
    so that Temporal lets one operator do it, once."""

    @workflow.run
    async def run(self, batch: Batch) -> Published:
        """Return when they are published."""
        return await Runtime().publish(batch)
