"""The log of the receipt phase of Dutch permit files (CoSeLoG, WABO)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from contracts.procedures.permit_receipt import MUNICIPALITY, PermitRequest, PhaseClosed
from contracts.terms.identifiers import AgencyId
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import Reported
from seamless.replay.limits import LoggedLimit
from seamless.replay.log import Adapter, LoggedCase, LoggedStep
from seamless.replay.traces import ACTIVITY, TIME, Trace


def read_case(trace: Trace) -> LoggedCase:
    """The case of a trace. A step whose group is not recorded is the municipality's.

    Raises:
        ValueError: an attribute is missing or is not what it has to be; the message names it.
    """
    had = trace.attributes
    if missing := {"channel", "startdate"} - had.keys():
        raise ValueError(f"it lacks {', '.join(f'case:{name}' for name in sorted(missing))}")
    received = datetime.fromisoformat(had["startdate"])
    request = PermitRequest.model_validate(
        {
            "reference": trace.reference,
            "by": had["channel"],
            "department": had.get("department", "General"),
            "group": had.get("group"),
            "received": received,
            "deadline": datetime.fromisoformat(had["deadline"]) if had.get("deadline") else None,
        }
    )
    steps = [_step(event) for event in trace.events]
    ended = datetime.fromisoformat(had["enddate"]) if had.get("enddate") else None
    if ended is not None:
        closing = Reported(step=PhaseClosed.step)
        steps.append(LoggedStep(closing.step, ended, MUNICIPALITY, closing, counts=False))
    return LoggedCase(
        reference=trace.reference,
        opening=None,
        received=received,
        application=request,
        steps=steps,
        acts=[],
        until=received,
        closes=ended is not None,
        limit=LoggedLimit(request.deadline, ended) if request.deadline else None,
    )


def _step(event: dict[str, str]) -> LoggedStep:
    group = event.get("org:group", "")
    agency = AgencyId(group.lower().replace(" ", "-")) if group.startswith("Group ") else MUNICIPALITY
    report = Reported(
        step=event[ACTIVITY],
        officer=event.get("org:resource"),
        content={"instance": event.get("concept:instance", "")},
    )
    return LoggedStep(report.step, datetime.fromisoformat(event[TIME]), agency, report)


def outcome_of(entries: Sequence[LedgerEntry]) -> str:
    """Whether the phase is closed."""
    return "closed" if any(entry.kind == "closed" for entry in entries) else "open"


def figures(entries: Sequence[LedgerEntry]) -> Mapping[str, int]:
    """Whether the platform warned of the end of the statutory limit, and told that it was over."""
    told = [entry.kind for entry in entries if entry.outcome == "statutory"]
    return {"warned": told.count("warned"), "overdue": told.count("overdue")}


PERMIT_RECEIPT_LOG = Adapter(
    parties=(MUNICIPALITY,),
    calendar="nl-2026.2",
    read=read_case,
    acts={},
    outcomes=("closed", "open"),
    outcome_of=outcome_of,
    figures=figures,
)
