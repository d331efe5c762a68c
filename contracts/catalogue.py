"""The catalogue: every procedure's service item. A new procedure is named here."""

from __future__ import annotations

from contracts.construction_permit import CONSTRUCTION_PERMIT
from contracts.permit_receipt import PERMIT_RECEIPT
from contracts.service_item import ServiceItem
from contracts.traffic_fine import TRAFFIC_FINE

CATALOGUE: dict[str, ServiceItem] = {
    item.procedure: item for item in (CONSTRUCTION_PERMIT, PERMIT_RECEIPT, TRAFFIC_FINE)
}
