"""The construction permit: one window, all reviews at the same time, one fee, one decision."""

from __future__ import annotations

from contracts.procedures.construction_permit import (
    CONSTRUCTION_PERMIT,
    Application,
    CheckCompleteness,
    DeliverPermit,
    IssuePermit,
    ReviewCivilAirDefence,
    ReviewDrainage,
    ReviewEnvironment,
    ReviewFireSafety,
    ReviewPlanning,
)
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.limits import working_days
from workflows.case import Procedure, procedure


@procedure(CONSTRUCTION_PERMIT)
class ConstructionPermit(Procedure[Application]):
    """国办发〔2018〕33号: reviews that used to follow one another run at the same time."""

    async def course(self, application: Application) -> Decision:
        application = await self.complete(application)
        site = application.site
        reviews = await self.ask_all(
            ReviewPlanning(site=site, plan=application.plan),
            ReviewFireSafety(site=site, design=application.design),
            ReviewCivilAirDefence(
                site=site, floor_area=application.floor_area, shelter_plan=application.shelter_plan
            ),
            ReviewEnvironment(site=site),
            ReviewDrainage(site=site, sewage=application.sewage),
            stop_at="refuse",
        )
        if refusal := reviews.first("refuse"):
            return await self.decide(Refuse(reason=refusal.reason or "review-refused"))
        if not await self.collect(self.law.fees.of(application), within=working_days(10)):
            return await self.decide(Refuse(reason="fee-not-paid"))
        decision = await self.decide(Grant(conditions=reviews.conditions))  # from here on: no withdrawal
        permit = await self.ask(IssuePermit(project=application.project, decision=decision))
        if permit.document is None:
            await self.mark("permit-outstanding")
            return decision
        await self.notify(permit.document)
        if (await self.ask(DeliverPermit(document=permit.document))).outcome == "undelivered":
            await self.mark("permit-undelivered")
        return decision

    async def complete(self, application: Application) -> Application:
        """The application once it is complete: everything that is missing is asked for at once."""
        while (check := await self.ask(CheckCompleteness(application=application))).outcome == "incomplete":
            application = await self.supplement(
                application, check.missing, within=working_days(10), otherwise="not-supplemented"
            )
        await self.accept()
        return application
