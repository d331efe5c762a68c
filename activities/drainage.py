"""Drainage: an automated check, answered immediately by the department's worker."""

from __future__ import annotations

from decimal import Decimal

import structlog
from temporalio import activity

from activities.automated import automated
from contracts.procedures.construction_permit import Review, ReviewDrainage

log = structlog.get_logger(__name__)

CAPACITY = Decimal("0.02")
"""The capacity of the demonstration city's sewer, in m³ per day and m² of parcel."""


@automated(ReviewDrainage)
async def review_drainage(request: ReviewDrainage) -> Review:
    """Consent up to the sewer's capacity; up to twice that with a retention tank; refuse beyond."""
    capacity = request.site.area * CAPACITY
    log.info("checked", agency=request.agency, case=activity.info().workflow_id, sewage=str(request.sewage))
    if request.sewage <= capacity:
        return Review(outcome="consent")
    if request.sewage <= 2 * capacity:
        tank = (request.sewage - capacity).quantize(Decimal(1))
        return Review(
            outcome="consent-with-conditions",
            conditions=(
                f"设置不小于 {tank} 立方米的调蓄池 / A retention tank of at least {tank} m³ is built.",
            ),
        )
    return Review(outcome="refuse", reason="sewer-capacity")
