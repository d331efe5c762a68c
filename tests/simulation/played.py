"""The procedures that the simulation plays: who takes part, what is applied for, and what is answered."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import BaseModel

from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.procedures.environmental_permit import ENVIRONMENTAL_PERMIT
from contracts.procedures.tree_felling import ADDED_REVIEW, TREE_FELLING
from contracts.terms.identifiers import STANDARD, VariantId
from contracts.terms.service_item import ServiceItem
from tests.applications import application, document, dormer, tree

Answer = Callable[[random.Random], dict[str, Any]]


@dataclass(frozen=True)
class Played:
    """A procedure as it is played.

    Attributes:
        agencies: those that take part; every topic costs steps.
        form: what is applied for.
        checked: the request in which the application may be found incomplete, and the field that is missed.
        consents, refuses: what the agencies answer, by request.
        opened: the legal days on which a run may begin: about when a law changes, or holidays are near.
        calendars: the authority whose calendar it counts with.
        fees: what the applicant of ``form`` has to pay, by law version, where it is known by heart.
        instead_of_checks: what an agency answers that is asked in the place of a department's own worker.
    """

    item: ServiceItem
    agencies: frozenset[str]
    form: Callable[[], BaseModel]
    consents: dict[str, Answer]
    refuses: dict[str, Answer]
    calendars: str
    opened: tuple[date, ...]
    checked: tuple[str, str] | None = None
    variants: tuple[VariantId, ...] = (STANDARD,)
    fees: dict[str, str] = field(default_factory=dict)
    instead_of_checks: dict[str, Answer] = field(default_factory=dict)

    @property
    def requests(self) -> tuple[str, ...]:
        """What agencies may be asked, but for what a department's own worker answers."""
        return tuple(name for name in self.consents if name in {each.name for each in self.item.requests})

    @property
    def missing(self) -> list[dict[str, str]]:
        """What a check finds missing."""
        return [{"zh": "材料", "en": "A document", "field": self.checked[1]}] if self.checked else []


def _says(outcome: str, **more: Any) -> Answer:
    return lambda _: {"outcome": outcome} | more


def _one_of(outcomes: dict[str, dict[str, Any]]) -> Answer:
    def answer(chance: random.Random) -> dict[str, Any]:
        drawn = chance.choice(sorted(outcomes))
        return {"outcome": drawn} | outcomes[drawn]

    return answer


_LETTER = document("permit").model_dump(mode="json")
_ADVICE: dict[str, dict[str, Any]] = {
    "no-objection": {},
    "conditions": {"conditions": ["Two exits"]},
    "more-time": {},
}

CONSTRUCTION = Played(
    item=CONSTRUCTION_PERMIT,
    agencies=frozenset(
        {"housing", "planning", "fire-safety", "civil-air-defence", "environment", "drainage", "service-hall"}
    ),
    form=application,
    checked=("construction-permit.check-completeness", "land_title"),
    consents={
        "construction-permit.check-completeness": _says("complete"),
        "construction-permit.review-planning": _says("consent"),
        "construction-permit.review-fire-safety": _says("consent"),
        "construction-permit.review-civil-air-defence": _says("consent"),
        "construction-permit.review-environment": _says("consent"),
        "construction-permit.issue-permit": _says("issued", document=_LETTER),
        "construction-permit.deliver-permit": _says("delivered"),
    },
    refuses={
        "construction-permit.review-planning": _says("refuse", reason="plan-not-conform"),
        "construction-permit.review-fire-safety": _says("refuse", reason="fire-safety-insufficient"),
        "construction-permit.review-civil-air-defence": _says("refuse", reason="shelter-insufficient"),
        "construction-permit.review-environment": _says("refuse", reason="environmental-harm"),
    },
    calendars="cn",
    opened=(date(2026, 3, 2), date(2026, 2, 10), date(2026, 9, 24)),
    instead_of_checks={"construction-permit.review-drainage": _says("consent")},
)

TREE = Played(
    item=TREE_FELLING,
    agencies=frozenset({"parks", "environment"}),
    form=tree,
    consents={"tree-felling.inspect-tree": _says("fell"), "tree-felling.review-habitat": _says("fell")},
    refuses={"tree-felling.inspect-tree": _says("keep"), "tree-felling.review-habitat": _says("keep")},
    calendars="cn",
    opened=(date(2026, 4, 29), date(2026, 4, 30), date(2026, 5, 1)),
    variants=(STANDARD, ADDED_REVIEW),
    fees={"2017": "0.00", "2026": "500.00"},
)

ENVIRONMENTAL = Played(
    item=ENVIRONMENTAL_PERMIT,
    agencies=frozenset(
        {"municipality", "mayor-and-aldermen", "environmental-service", "fire-brigade", "water-board"}
    ),
    form=dormer,
    checked=("environmental-permit.check-completeness", "soil_report"),
    consents={
        "environmental-permit.take-in": _says("needed"),
        "environmental-permit.check-completeness": _says("complete"),
        "environmental-permit.advise-on-safety": _one_of(_ADVICE),
        "environmental-permit.advise-on-water": _one_of(_ADVICE),
        "environmental-permit.approve-extension": _one_of({"approved": {}, "refused": {}}),
        "environmental-permit.assess": _says("grant"),
        "environmental-permit.take-decision": _says("grant", conditions=["Two exits"]),
        "environmental-permit.send-decision": _says("issued", document=_LETTER),
    },
    refuses={
        "environmental-permit.advise-on-safety": _says("object", reason="unsafe"),
        "environmental-permit.advise-on-water": _says("object", reason="water-at-risk"),
        "environmental-permit.assess": _says("refuse", reason="unsafe"),
        "environmental-permit.take-decision": _says("refuse", reason="contrary-to-plan"),
    },
    calendars="nl",
    opened=(date(2023, 12, 30), date(2023, 12, 31), date(2024, 1, 1)),
    fees={"wabo-2010": "3000.00", "omgevingswet-2024": "3000.00"},
)

PLAYED = {each.item.procedure: each for each in (CONSTRUCTION, TREE, ENVIRONMENTAL)}
