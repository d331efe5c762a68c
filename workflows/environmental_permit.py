"""The environmental permit: taken in, complete, advised on, assessed, decided, sent; each stage in time."""

from __future__ import annotations

from contracts.procedures.environmental_permit import (
    ENVIRONMENTAL_PERMIT,
    SUPPLEMENT,
    Advice,
    AdviseOnSafety,
    AdviseOnWater,
    ApproveExtension,
    Assess,
    CheckCompleteness,
    PermitApplication,
    Ruling,
    SendDecision,
    TakeDecision,
    TakeIn,
)
from contracts.terms.decisions import Decision, Ended, Grant, Refuse
from contracts.terms.limits import weeks, working_days
from workflows.case import DecidedBySilence, Lapsed, Procedure, procedure


@procedure(ENVIRONMENTAL_PERMIT)
class EnvironmentalPermit(Procedure[PermitApplication]):
    """The law's limit runs from receipt. What the law says to a late decision, its version says."""

    async def course(self, application: PermitApplication) -> Decision:
        try:
            decision = await self.ruled(application)
        except DecidedBySilence as silence:  # granted by law; that is made known, too (Awb art. 4:20c)
            decision = silence.decision
        if isinstance(decision, Ended):
            return decision
        async with self.within(working_days(3), "delivery"):
            sent = await self.ask(SendDecision(project=application.project, decision=decision))
            if sent.document:
                await self.notify(sent.document)
            else:
                await self.mark("decision-not-sent")
        if not await self.collect(self.law.fees.of(application), within=weeks(6)):
            await self.mark("fees-unpaid")
        return decision

    async def ruled(self, application: PermitApplication) -> Grant | Refuse | Ended:
        """The decision, or an end without one. The law may decide at each of these verbs."""
        async with self.within(working_days(2), "intake"):
            intake = await self.ask(TakeIn(application=application))
        if intake.outcome == "not-needed":
            return await self.end("not-needed")
        try:
            application = await self.complete(application)
        except Lapsed:  # Awb art. 4:5(1): what was missing was not handed in
            return await self.end("inadmissible")
        draft = await self.assessed(application)
        async with self.within(working_days(2), "decision"):
            return await self.decided(application, draft)

    async def complete(self, application: PermitApplication) -> PermitApplication:
        """The application once it is complete. The limit stands still while the applicant supplements it."""
        while True:
            async with self.within(working_days(4), "completeness"):
                check = await self.ask(CheckCompleteness(application=application))
            if check.outcome == "complete":
                await self.accept()
                return application
            async with self.suspended(SUPPLEMENT, by=CheckCompleteness):
                application = await self.supplement(
                    application, check.missing, within=weeks(4), otherwise="not-supplemented"
                )

    async def assessed(self, application: PermitApplication) -> Ruling:
        """A draft of the decision, with the advice of other bodies. Who needs more time is asked once more,
        if the limit is extended for it."""
        place, project = application.place, application.project
        bodies = (
            AdviseOnSafety(place=place, drawings=application.drawings),
            AdviseOnWater(place=place, project=project),
        )
        async with self.within(weeks(3), "substance"):
            advice = await self.ask_all(*bodies)
            late = [body for body in bodies if _needs_time(advice.of(body))]
            if not late or not await self.longer(project):
                return await self.ask(Assess(application=application, advice=tuple(advice)))
        async with self.within(weeks(6), "further advice"):
            further = await self.ask_all(*late)
            given = [each for each in (*advice, *further) if not _needs_time(each)]
            return await self.ask(Assess(application=application, advice=tuple(given)))

    async def longer(self, project: str) -> bool:
        """Whether the limit was extended, by as much as the law allows."""
        [rule] = self.law.extensions
        approval = ApproveExtension(project=project, by=rule.limit)
        return await self.extend(rule.limit, basis=rule.basis, approved=approval)

    async def decided(self, application: PermitApplication, draft: Ruling) -> Grant | Refuse:
        """The decision. The duty to make one does not end: who has not decided is asked again."""
        asked = TakeDecision(project=application.project, draft=draft)
        while (ruling := await self.ask(asked)).outcome == "outstanding":
            continue
        if ruling.outcome == "refuse":
            return await self.decide(Refuse(reason=ruling.reason or "contrary-to-plan"))
        return await self.decide(Grant(conditions=ruling.conditions))


def _needs_time(advice: Advice | None) -> bool:
    return advice is not None and advice.outcome == "more-time"
