"""Applications and events as tests need them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import uuid_utils

from contracts.procedures.construction_permit import Applicant, Application, Site
from contracts.procedures.environmental_permit import PermitApplication
from contracts.procedures.opening_company import EXAMPLE as OPENING_COMPANY_EXAMPLE
from contracts.procedures.opening_company import CompanyApplication
from contracts.procedures.opening_restaurant import PAPERS, RestaurantApplication
from contracts.procedures.opening_restaurant_item import EXAMPLE as OPENING_RESTAURANT_EXAMPLE
from contracts.procedures.traffic_fine import Fine, euro
from contracts.procedures.tree_felling import TreeApplication
from contracts.terms.identifiers import CaseId, Party
from contracts.terms.values import DocumentRef
from contracts.wire.envelope import Event

ADMINISTRATION = "cn-demo"


def new_case(channel: str = "portal") -> CaseId:
    """A fresh case id, as a channel mints it."""
    return CaseId(f"{channel}-{uuid_utils.uuid7()}")


def document(name: str) -> DocumentRef:
    """A document by reference."""
    return DocumentRef(uri=f"urn:document:{name}", sha256="0" * 63 + "1", size=1000)


def application(**changes: Any) -> Application:
    """A complete application; sewage within the sewer's capacity."""
    fields: dict[str, Any] = {
        "applicant": Applicant(name="华建公司 / Huajian Ltd", contact="+86 10 5555 0100"),
        "project": "A school",
        "site": Site(parcel="P-1", address="建设路1号", area=Decimal(5000)),
        "floor_area": Decimal(2000),
        "sewage": Decimal(40),
        "plan": document("plan"),
        "design": document("design"),
        "land_title": document("land-title"),
        "shelter_plan": document("shelter-plan"),
    }
    return Application(**(fields | changes))


def fine(**changes: Any) -> Fine:
    """A fine of 40 euro, 80 with the penalty."""
    fields: dict[str, Any] = {
        "number": "F1",
        "made": date(2026, 1, 10),
        "article": "157",
        "vehicle": "A",
        "points": 0,
        "amount": euro(Decimal(40)),
        "increased": euro(Decimal(80)),
    }
    return Fine(**(fields | changes))


def tree(**changes: Any) -> TreeApplication:
    """An application to fell one tree."""
    fields = {"applicant": "Li", "place": "建设路1号", "grounds": "leans", "photo": document("photo")}
    return TreeApplication(**(fields | changes))


def company(**changes: Any) -> CompanyApplication:
    """The one form of opening a company of eight people, with a bank account."""
    return OPENING_COMPANY_EXAMPLE.model_copy(update={"articles": document("articles")} | changes)


def restaurant(**changes: Any) -> RestaurantApplication:
    """The one form of opening a restaurant, complete, each document another one."""
    documents = {field: document(field) for fields in PAPERS.values() for field in fields}
    return OPENING_RESTAURANT_EXAMPLE.model_copy(update=documents | changes)


def dormer(**changes: Any) -> PermitApplication:
    """An application to build a dormer for 100,000 euro, without a soil report."""
    fields: dict[str, Any] = {
        "applicant": "De Vries",
        "place": "Dorpsstraat 1",
        "project": "A dormer",
        "building_costs": Decimal(100_000),
        "drawings": document("drawings"),
    }
    return PermitApplication(**(fields | changes))


def event(
    sender: Party | str,
    event_type: str,
    case: str,
    data: dict[str, Any],
    *,
    event_id: str | None = None,
    request: str | None = None,
    at: datetime | None = None,
) -> Event:
    """An event about a case, of a party or with a ``source`` of any kind."""
    return Event(
        specversion="1.0",
        id=event_id or str(uuid_utils.uuid7()),
        source=sender.source(ADMINISTRATION) if isinstance(sender, Party) else sender,
        type=event_type,
        subject=case,
        partitionkey=case,
        time=at or datetime.now(UTC),
        requestid=request,
        data=data,
    )
