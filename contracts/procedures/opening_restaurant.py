"""Opening a restaurant (开饭店): what is asked of whom.

Six approvals of four departments. What the law says about them, how it came to be one matter, and what of it
is assumed is in the service item, ``opening_restaurant_item.py``. The limits here are those of before, one
after the other.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from contracts.terms.identifiers import AgencyId
from contracts.terms.limits import working_days
from contracts.terms.requests import (
    Answer,
    CompletenessCheck,
    Inspection,
    Request,
    Rung,
    deem,
    escalate,
    remind,
)
from contracts.terms.values import Contract, DocumentRef, Statement, Text, absent

MARKET_REGULATION = AgencyId("market-regulation")
FIRE_RESCUE = AgencyId("fire-rescue")
CITY_APPEARANCE = AgencyId("city-appearance")
WATER = AgencyId("water")
SERVICE_HALL = AgencyId("service-hall")

LICENSING = "行政许可法"
REGISTRATION = "公司登记管理条例; since 2022 市场主体登记管理条例 art. 19, 20"
REFORM = "上海市“一网通办”：开饭店“一件事”"
SILENCE = "silence neither grants nor refuses; who has not decided is asked again"


class Premises(Contract):
    """Where it is. ``area`` in square metres."""

    address: Text
    area: Decimal = Field(gt=0, le=10**6)
    seats: int = Field(ge=0, le=10**5)


class RestaurantApplication(Statement):
    """The one form, and what goes with it."""

    applicant: Text
    contact: Text
    restaurant: Text
    premises: Premises
    identity: DocumentRef
    premises_title: DocumentRef
    articles: DocumentRef
    floor_plan: DocumentRef
    kitchen_layout: DocumentRef
    food_safety_rules: DocumentRef
    health_certificates: DocumentRef | None = Field(default=None, exclude_if=absent)
    fire_facilities: DocumentRef
    evacuation_plan: DocumentRef
    sign_design: DocumentRef
    waste_contract: DocumentRef
    drainage_plan: DocumentRef


class Completeness(CompletenessCheck, of=RestaurantApplication):
    """Whether the application is complete; if not, everything that is missing."""


class Ruling(Answer, needs={"approve": "document", "refuse": "reason"}):
    """What a department decides of its approval; ``outstanding``: nothing yet, the duty to decide stands."""

    outcome: Literal["approve", "refuse", "outstanding"]
    document: DocumentRef | None = Field(default=None, exclude_if=absent)


def late(grace: int) -> list[Rung]:
    """The service hall, which answers for the promise, is told. It takes nobody's decision."""
    return [remind(at=0.8), escalate(to=SERVICE_HALL, grace=working_days(grace)), deem("outstanding")]


class CheckCompleteness(
    Request[Completeness],
    agency=MARKET_REGULATION,
    limit=working_days(5),
    basis=f"{LICENSING} art. 32(4): all that is missing is told at once, within five days; silence accepts",
    overdue=[remind(at=0.8), deem("complete")],
):
    application: RestaurantApplication


class RegisterBusiness(
    Request[Ruling],
    agency=MARKET_REGULATION,
    limit=working_days(2),
    basis=f"{REGISTRATION}; {SILENCE}",
    overdue=late(1),
    reasons=["not-registrable"],
):
    premises: Premises
    papers: tuple[DocumentRef, ...]
    inspection: Inspection | None = Field(default=None, exclude_if=absent)


class InspectKitchen(
    Request[Inspection],
    agency=MARKET_REGULATION,
    limit=working_days(4),
    basis=f"{LICENSING} art. 34(3); 食品安全法 art. 35; {SILENCE}",
    overdue=late(1),
):
    premises: Premises


class LicenseFood(
    Request[Ruling],
    agency=MARKET_REGULATION,
    limit=working_days(8),
    basis=f"食品安全法 art. 35; {LICENSING} art. 42; {SILENCE}",
    overdue=late(2),
    reasons=["food-safety-insufficient"],
):
    premises: Premises
    papers: tuple[DocumentRef, ...]
    inspection: Inspection | None = Field(default=None, exclude_if=absent)


class InspectFireSafety(
    Request[Inspection],
    agency=FIRE_RESCUE,
    limit=working_days(4),
    basis=f"消防法 art. 15; {SILENCE}",
    overdue=late(1),
):
    premises: Premises


class CheckFireSafety(
    Request[Ruling],
    agency=FIRE_RESCUE,
    limit=working_days(4),
    basis=f"消防法 art. 15: within ten days; {SILENCE}",
    overdue=late(1),
    reasons=["fire-safety-insufficient"],
):
    premises: Premises
    papers: tuple[DocumentRef, ...]
    inspection: Inspection | None = Field(default=None, exclude_if=absent)


class ApproveSign(
    Request[Ruling],
    agency=CITY_APPEARANCE,
    limit=working_days(6),
    basis=f"上海市户外招牌设置管理; {LICENSING} art. 42; {SILENCE}",
    overdue=late(1),
    reasons=["sign-not-conform"],
):
    premises: Premises
    papers: tuple[DocumentRef, ...]
    inspection: Inspection | None = Field(default=None, exclude_if=absent)


class RegisterWaste(
    Request[Ruling],
    agency=CITY_APPEARANCE,
    limit=working_days(4),
    basis=f"上海市餐厨废弃物管理; {SILENCE}",
    overdue=late(1),
    reasons=["waste-not-arranged"],
):
    premises: Premises
    papers: tuple[DocumentRef, ...]
    inspection: Inspection | None = Field(default=None, exclude_if=absent)


class InspectDrains(
    Request[Inspection],
    agency=WATER,
    limit=working_days(4),
    basis=f"城镇排水与污水处理条例 art. 21; {SILENCE}",
    overdue=late(1),
):
    premises: Premises


class PermitDrainage(
    Request[Ruling],
    agency=WATER,
    limit=working_days(8),
    basis=f"城镇排水与污水处理条例 art. 21; {LICENSING} art. 42; {SILENCE}",
    overdue=late(2),
    reasons=["drainage-insufficient"],
):
    premises: Premises
    papers: tuple[DocumentRef, ...]
    inspection: Inspection | None = Field(default=None, exclude_if=absent)


class InspectTogether(
    Request[Inspection],
    agency=MARKET_REGULATION,
    limit=working_days(1),
    basis=f"{LICENSING} art. 26(2), 34(3); {REFORM}: all departments come at the same time; {SILENCE}",
    overdue=late(1),
):
    premises: Premises
    departments: tuple[AgencyId, ...]


class Conclude(
    Request[Ruling],
    agency=MARKET_REGULATION,
    limit=working_days(1),
    basis=f"{LICENSING} art. 26(2): the lead handles jointly what the departments say, in one licence; "
    f"nobody presumes what a department left outstanding: the lead gets it first; {SILENCE}",
    overdue=late(1),
    reasons=[
        "not-registrable",
        "food-safety-insufficient",
        "fire-safety-insufficient",
        "sign-not-conform",
        "waste-not-arranged",
        "drainage-insufficient",
    ],
):
    restaurant: Text
    approvals: tuple[DocumentRef, ...]
    outstanding: tuple[Text, ...]


PAPERS: dict[type[Request[Ruling]], tuple[str, ...]] = {
    RegisterBusiness: ("identity", "premises_title", "articles"),
    LicenseFood: (
        "identity",
        "premises_title",
        "floor_plan",
        "kitchen_layout",
        "food_safety_rules",
        "health_certificates",
    ),
    CheckFireSafety: ("identity", "premises_title", "floor_plan", "fire_facilities", "evacuation_plan"),
    ApproveSign: ("identity", "premises_title", "sign_design"),
    RegisterWaste: ("identity", "premises_title", "waste_contract"),
    PermitDrainage: ("identity", "premises_title", "floor_plan", "drainage_plan"),
}
"""The six approvals, each with the documents of the application that its department needs."""


def approval(
    kind: type[Request[Ruling]], application: RestaurantApplication, inspection: Inspection | None = None
) -> Request[Ruling]:
    """One of the six approvals, asked for: with the documents that it needs, and what was inspected."""
    papers = [getattr(application, field) for field in PAPERS[kind]]
    said = {"premises": application.premises, "papers": filter(None, papers), "inspection": inspection}
    return kind.model_validate(said)
