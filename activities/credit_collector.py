"""Credit collector: the register of debts takes over what a fine left unpaid."""

from __future__ import annotations

import structlog
from temporalio import activity

from contracts.traffic_fine import CollectDebt, Collection

log = structlog.get_logger(__name__)


@activity.defn(name=CollectDebt.name)
async def collect_debt(request: CollectDebt) -> Collection:
    """Take the debt over, if there is one."""
    log.debug("debt", case=activity.info().workflow_id, amount=str(request.debt.amount))
    return Collection(outcome="taken-over" if request.debt.amount else "nothing-owed")
