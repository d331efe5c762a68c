"""The catalogue: every procedure's service item. A new procedure is named here."""

from __future__ import annotations

from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.procedures.environmental_permit import ENVIRONMENTAL_PERMIT
from contracts.procedures.opening_company import OPENING_COMPANY
from contracts.procedures.opening_restaurant_item import OPENING_RESTAURANT
from contracts.procedures.permit_receipt import PERMIT_RECEIPT
from contracts.procedures.rebuilding import REBUILDING
from contracts.procedures.traffic_fine import TRAFFIC_FINE
from contracts.procedures.tree_felling import TREE_FELLING
from contracts.terms.service_item import ServiceItem


def by_procedure(*items: ServiceItem) -> dict[str, ServiceItem]:
    """Service items by their procedure.

    Raises:
        TypeError: two are of one procedure.
    """
    found: dict[str, ServiceItem] = {}
    for item in items:
        if found.setdefault(item.procedure, item) is not item:
            raise TypeError(f"the catalogue has two service items of {item.procedure!r}")
    return found


CATALOGUE = by_procedure(
    CONSTRUCTION_PERMIT,
    ENVIRONMENTAL_PERMIT,
    OPENING_COMPANY,
    OPENING_RESTAURANT,
    PERMIT_RECEIPT,
    REBUILDING,
    TRAFFIC_FINE,
    TREE_FELLING,
)
"""Every procedure's service item."""
