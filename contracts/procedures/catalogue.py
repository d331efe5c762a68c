"""The catalogue: every procedure's service item. A new procedure is named here."""

from __future__ import annotations

from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.procedures.permit_receipt import PERMIT_RECEIPT
from contracts.procedures.traffic_fine import TRAFFIC_FINE
from contracts.terms.service_item import ServiceItem

CATALOGUE: dict[str, ServiceItem] = {
    item.procedure: item for item in (CONSTRUCTION_PERMIT, PERMIT_RECEIPT, TRAFFIC_FINE)
}
