"""Which automated checks each department's worker runs. A new check is named here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from activities.drainage import review_drainage
from activities.pilot_office import begin_assignment, end_assignment, weigh_evidence
from contracts.procedures.construction_permit import DRAINAGE
from contracts.procedures.rebuilding import PILOT_OFFICE
from contracts.terms.identifiers import AgencyId

CHECKS: dict[AgencyId, tuple[Callable[..., Any], ...]] = {
    DRAINAGE: (review_drainage,),
    PILOT_OFFICE: (begin_assignment, weigh_evidence, end_assignment),
}
