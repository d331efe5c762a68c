"""The pilot office: automated checks that assign new cases to a pilot, weigh what became of them, and end it.

They call the workflow that assigns, and read the archive. What they answer is recorded in the pilot's ledger.
"""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, datetime

import structlog
from pydantic import ValidationError
from temporalio import activity
from temporalio.client import Client

from activities.assigning import assigning_of, begin_assigning, end_assigning
from activities.automated import automated
from archive.reader import ArchiveReader
from contracts.pilots import Ending as AssignmentEnding
from contracts.pilots import Plan
from contracts.procedures.catalogue import CATALOGUE
from contracts.procedures.rebuilding import (
    BeginAssignment,
    Beginning,
    EndAssignment,
    Ending,
    Evidence,
    Figures,
    PilotProposal,
    WeighEvidence,
)
from contracts.terms.errors import InvalidInput, faults_of
from contracts.terms.identifiers import AgencyId, CaseId
from contracts.terms.service_item import ServiceItem

log = structlog.get_logger(__name__)

MOST = 1_000_000.0
"""Stronger evidence is recorded as this."""

ARCHIVE: ContextVar[ArchiveReader] = ContextVar("archive")
"""The archive that the evidence is read from; the department's process sets it."""


@automated(BeginAssignment)
async def begin_assignment(request: BeginAssignment) -> Beginning:
    """Have new cases assigned, unless the procedure lacks one of the variants or has another pilot."""
    try:
        plan, item = plan_of(request.proposal, _pilot())
        await begin_assigning(activity.client(), plan)
    except InvalidInput as error:
        return Beginning(outcome="not-possible", reason="not-possible", note=str(error))
    return Beginning(outcome="begun", concerned=concerned_by(item))


@automated(EndAssignment)
async def end_assignment(request: EndAssignment) -> Ending:
    """Have all new cases get one variant from now on. A pilot that assigns none has nothing to end."""
    client, pilot = activity.client(), _pilot()
    if await assigns(client, request.tried, pilot):
        await end_assigning(client, request.tried, AssignmentEnding(pilot=pilot, variant=request.variant))
    return Ending(outcome="ended")


async def assigns(client: Client, procedure: str, pilot: CaseId) -> bool:
    """Whether this pilot is the one that says in which variant the cases of a procedure are opened.

    Raises:
        RPCError: of Temporal, or no orchestrator has answered; try again.
    """
    standing = await assigning_of(client, procedure)
    return standing is not None and standing.plan is not None and standing.plan.pilot == pilot


@automated(WeighEvidence)
async def weigh_evidence(request: WeighEvidence) -> Evidence:
    """Weigh what the archive has of the pilot's cases by now."""
    # Here, since they need numpy: every process knows the list of checks, and only this one weighs.
    from archive.pilots.evidence import evidence
    from archive.pilots.reading import days_of, pilot_cases

    pilot, now = _pilot(), datetime.now(UTC)
    standing = await assigning_of(activity.client(), request.proposal.procedure)
    cases, _ = await ARCHIVE.get().ask(lambda db: pilot_cases(db, pilot))
    found = evidence(cases, days_of(now))
    assigned, open_ = found.new + found.old, found.new_open + found.old_open
    figures = Figures(
        assigned=assigned,
        closed=assigned - open_,
        slower=found.pairs.slower,
        faster=found.pairs.faster,
        e_slower=round(min(found.slower.e, MOST), 4),
        e_faster=round(min(found.faster.e, MOST), 4),
    )
    log.info("weighed", case=pilot, verdict=found.verdict, **figures.model_dump())
    if found.verdict == "undecided" and standing is not None and standing.full:
        exhausted = assigned == standing.cases and not open_  # else the archive is behind, or cases are open
        return Evidence(outcome="exhausted" if exhausted else "undecided", figures=figures)
    return Evidence(outcome=found.verdict, figures=figures)


def plan_of(proposal: PilotProposal, pilot: CaseId) -> tuple[Plan, ServiceItem]:
    """What a proposal asks for, and the service item that it is about.

    Raises:
        InvalidInput: no case could be opened so; names the field and the remedy.
    """
    item = CATALOGUE.get(proposal.procedure)
    if item is None:
        known = ", ".join(sorted(CATALOGUE))
        raise InvalidInput(f"procedure: there is no {proposal.procedure!r}; there are: {known}")
    try:
        plan = Plan(
            pilot=pilot,
            procedure=proposal.procedure,
            law=proposal.law,
            old=proposal.old,
            new=proposal.new,
            block=proposal.block,
            most=proposal.most,
        )
        plan.check(item)
    except ValidationError as error:
        said = (fault.message.removeprefix("Value error, ") for fault in faults_of(error))
        raise InvalidInput("; ".join(said)) from None
    except ValueError as error:
        raise InvalidInput(str(error)) from None
    return plan, item


def concerned_by(item: ServiceItem) -> tuple[AgencyId, ...]:
    """The agencies that have a part in a procedure, the lead first."""
    asked = (agency for request in item.requests for agency in request.answerers())
    return tuple(dict.fromkeys((item.lead, *item.joint, *asked)))


def _pilot() -> CaseId:
    """The case of the pilot that asks."""
    return CaseId(activity.info().workflow_id or "")
