"""The departments around the restaurants of the tests: each takes a part of its limit, and then answers."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

from contracts.terms.identifiers import Party
from contracts.wire.envelope import Event
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import Requested
from tests.applications import document, restaurant
from tests.integration.town import Town
from workers.process.settings import Settings

PART = (0.2, 0.8)
"""Of its limit, a department takes so much."""
CASES_A_DAY = 15
"""So many applicants apply."""
REFUSED = 0.04
"""So many restaurants are not safe enough, whichever way they go."""


def reply(requested: Event) -> dict[str, Any] | None:
    """What a department answers; the committee of the pilots answers by commands."""
    procedure, _, name = requested.data["request"].partition(".")
    if procedure != "opening-restaurant":
        return None
    if name == "check-completeness":
        return {"outcome": "complete"}
    if name.startswith("inspect"):
        return {"outcome": "passed"}
    if name == "check-fire-safety" and Random(requested.subject).random() < REFUSED:
        return {"outcome": "refuse", "reason": "fire-safety-insufficient"}
    return {"outcome": "approve", "document": document(name).model_dump(mode="json")}


class Departments(Town):
    """Everybody around the restaurants, where a day lasts ``day_seconds``."""

    def __init__(self, settings: Settings, day_seconds: float) -> None:
        super().__init__(settings, reply=reply)
        self.day_seconds = day_seconds

    async def _react(self, party: Party, letter: Event) -> None:
        if letter.type == Requested.type:
            asked = Requested.model_validate(letter.data)
            took = Random(str(letter.requestid)).uniform(*PART)
            await asyncio.sleep(took * (asked.due - letter.time).total_seconds())
        await super()._react(party, letter)

    async def opens(self, count: int) -> list[str]:
        """So many applicants apply, evenly; their cases."""
        cases = []
        for _ in range(count):
            cases.append(str(await self.apply(procedure="opening-restaurant", of=restaurant())))
            await asyncio.sleep(self.day_seconds / CASES_A_DAY)
        return cases

    def opened(self, case: str) -> LedgerEntry:
        """How a case began."""
        return self.ledger[case][0]
