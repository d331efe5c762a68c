"""Rebuilding a procedure: proposed, approved by two persons, tried, weighed each day, adopted or given up."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from contracts.procedures.rebuilding import (
    PILOT_OFFICE,
    REBUILDING,
    ApprovePilot,
    BeginAssignment,
    ConfirmPilot,
    DecideAdoption,
    EndAssignment,
    PilotProposal,
    PilotStopped,
    TellPilot,
    WeighEvidence,
)
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.identifiers import AgencyId, Party, VariantId
from workflows.case import Lapsed, Procedure, procedure


@procedure(REBUILDING)
class Rebuilding(Procedure[PilotProposal]):
    """A new way that is worse is given up by itself; whether another one stays, the committee decides."""

    async def course(self, proposal: PilotProposal) -> Decision:
        await self.accept()
        for vote in (ApprovePilot, ConfirmPilot):
            if (await self.ask(vote(proposal=proposal))).outcome == "refuse":
                return await self.decide(Refuse(reason="not-approved"))
        concerned: tuple[AgencyId, ...] = ()
        try:
            beginning = await self.ask(BeginAssignment(proposal=proposal))
            concerned = beginning.concerned
            await self.tell(concerned, proposal, "begins")
            against = await self.tried(proposal) if beginning.outcome == "begun" else "not-possible"
        except Lapsed as lapsed:  # the pilot office has failed, and nobody has answered in its place
            against = lapsed.reason
        await self.use(proposal, proposal.old if against else proposal.new)
        decision = await self.decide(Refuse(reason=against) if against else Grant())
        await self.tell(concerned, proposal, "gone-back" if against else "adopted")
        return decision

    async def tried(self, proposal: PilotProposal) -> str | None:
        """Why the new way is given up, a reason code; None: it is adopted."""
        while True:
            tomorrow = self.today() + timedelta(days=1)
            if await self.wait_for(PilotStopped, until=tomorrow, holder=Party.agency(PILOT_OFFICE)):
                return "stopped"
            evidence = await self.ask(WeighEvidence(proposal=proposal))
            match evidence.outcome:
                case "worse" | "harmful":
                    return evidence.outcome
                case "better" | "exhausted":
                    adoption = await self.ask(
                        DecideAdoption(proposal=proposal, found=evidence.outcome, figures=evidence.figures)
                    )
                    if adoption.outcome != "adopt":
                        return "not-adopted"
                    latest = await self.ask(WeighEvidence(proposal=proposal))  # weeks may have passed
                    return latest.outcome if latest.outcome in ("worse", "harmful") else None

    async def use(self, proposal: PilotProposal, variant: VariantId) -> None:
        """Let all new cases get this variant. Running cases end as they began."""
        while True:
            try:
                end = await self.ask(EndAssignment(tried=proposal.procedure, variant=variant))
            except Lapsed:  # until it is done, it is asked again, and the committee is told each time
                continue
            if end.outcome == "ended":
                return

    async def tell(
        self,
        concerned: tuple[AgencyId, ...],
        proposal: PilotProposal,
        what: Literal["begins", "adopted", "gone-back"],
    ) -> None:
        """Tell the agencies that have a part in the procedure."""
        for agency in concerned:
            await self.hand_over(
                TellPilot(to=agency, tried=proposal.procedure, old=proposal.old, new=proposal.new, what=what)
            )
