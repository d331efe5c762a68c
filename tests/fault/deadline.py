"""The one deadline of these tests: fire safety is asked, stays silent, and is deemed to consent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from contracts.wire.envelope import Event
from tests.integration.town import Town, consent

DAY_SECONDS = 2.0
"""So long that on a busy machine nine cases are opened, and all but one answer of each is there, in time."""

COMPRESSED = f"compressed:{DAY_SECONDS}"
DEADLINE = timedelta(seconds=13 * DAY_SECONDS)
"""Ten days, and three of grace."""

REVIEW = "construction-permit.review-fire-safety/1"
REFUSAL = {"outcome": "refuse", "reason": "fire-safety-insufficient"}


def all_but_fire_safety(requested: Event) -> dict[str, Any] | None:
    """What a town replies in which fire safety leaves its requests lying."""
    return (
        None if requested.data["request"] == "construction-permit.review-fire-safety" else consent(requested)
    )


async def asked(town: Town, case: str) -> datetime:
    """When fire safety was asked about a case."""
    await town.until(lambda: any(entry.step == REVIEW for entry in town.ledger[case]))
    return next(entry.recorded for entry in town.ledger[case] if entry.step == REVIEW)


async def others_answered(town: Town, *cases: str) -> None:
    """Return when the five other answers have been taken."""
    await town.until(lambda: all(sum(e.kind == "answered" for e in town.ledger[case]) >= 5 for case in cases))
