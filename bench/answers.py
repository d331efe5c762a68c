"""What is applied for and what is answered, on both sides: the same data, as plain JSON."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

Json = dict[str, Any]


def _document(name: str) -> Json:
    return {"uri": f"urn:document:{name}", "sha256": "0" * 63 + "1", "size": 200_000}


APPLICATION: Json = {
    "applicant": {"name": "华建公司 / Huajian Ltd", "contact": "+86 10 5555 0100"},
    "project": "示范小学 / A school",
    "site": {"parcel": "P-0001", "address": "建设路1号", "area": "5000"},
    "floor_area": "2000",
    "sewage": "40",
    "plan": _document("plan"),
    "design": _document("design"),
    "land_title": _document("land-title"),
    "shelter_plan": _document("shelter-plan"),
}

FEE: Json = {"amount": "210010.00", "currency": "CNY"}
PAYMENT: Json = {"amount": FEE, "reference": "bank-1"}
CONSENT: Json = {"outcome": "consent"}

_ANSWERS: dict[str, Json] = {
    "construction-permit.check-completeness": {"outcome": "complete"},
    "construction-permit.issue-permit": {"outcome": "issued", "document": _document("permit")},
    "construction-permit.deliver-permit": {"outcome": "delivered"},
    "pay": PAYMENT,
}


def answer_to(request: str) -> Json:
    """What a request is answered: everybody consents, and the fee is paid."""
    return _ANSWERS.get(request, CONSENT)


class Pace:
    """How fast answers come: immediately, or for one case one after another, so many seconds apart."""

    def __init__(self, apart_seconds: float) -> None:
        self._apart = apart_seconds
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def turn(self, case: str) -> None:
        """Return when the next answer of ``case`` may go."""
        if self._apart:
            async with self._turns[case]:
                await asyncio.sleep(self._apart)
