"""Procedures that are broken on purpose: each class is one mistake. Beside each stands the rule that it
breaks, and a part of what has to be told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from contracts.terms.clock_rules import TacitGrant
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.identifiers import AgencyId
from contracts.terms.limits import working_days
from contracts.terms.materials import Material
from contracts.terms.requests import Request
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import MissingItem
from tests.unit.seamless.explore.permit import (
    BOTH,
    CheckPlea,
    Deliver,
    Drain,
    Inspect,
    Issue,
    Issuing,
    Keep,
    Plea,
    Presumed,
    Review,
    Sound,
    Work,
    item,
)
from workflows.case import Lapsed, Procedure, procedure

BROKEN: list[tuple[type[Procedure[Any]], str, str]] = []
COUNTED: list[int] = []
"""What a course must not have: a memory of its own."""


def broken(rule: str, told: str, of: ServiceItem | None = None) -> Callable[[type[Any]], type[Any]]:
    """A procedure that breaks a rule, and a part of what is to be told."""

    def bind(cls: type[Any]) -> type[Any]:
        BROKEN.append((procedure(of or item())(cls), rule, told))
        return cls

    return bind


# --- what comes of a grant ----------------------------------------------------------------------------------


@broken("not-issued", "no document was sent")
class IssuesNothing(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.accept()
        if (await self.ask(Review(plan=plea.plan))).outcome == "refuse":
            return await self.decide(Refuse(reason="unsound"))
        return await self.decide(Grant())


@broken("not-issued", "nobody is named")
class LeavesWhatIsOutstanding(Issuing):
    """An agency may answer that it is outstanding, and then nobody is told."""

    async def course(self, plea: Plea) -> Decision:
        await self.accept()
        if (await self.ask(Review(plan=plea.plan))).outcome == "refuse":
            return await self.decide(Refuse(reason="unsound"))
        decision = await self.decide(Grant())
        if document := (await self.ask(Issue(plan=plea.plan))).document:
            await self.notify(document)
        return decision


@broken("not-delivered", "deliver was not done")
class LeavesWhatIsUndelivered(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.accept()
        if (await self.ask(Review(plan=plea.plan))).outcome == "refuse":
            return await self.decide(Refuse(reason="unsound"))
        decision = await self.decide(Grant())
        issued = await self.ask(Issue(plan=plea.plan))
        if issued.document is None:
            await self.mark("to-do")
            return decision
        await self.notify(issued.document)
        await self.ask(Deliver(document=issued.document))
        return decision


@broken("not-issued", "no document was sent", item(late=TacitGrant(basis="art. 11")))
class IgnoresWhatTheLawGrants(Issuing):
    """The law may grant it while anything is waited for; then nothing is issued."""

    async def course(self, plea: Plea) -> Decision:
        await self.accept()
        if (await self.ask(Review(plan=plea.plan))).outcome == "refuse":
            return await self.decide(Refuse(reason="unsound"))
        return await self.granted(plea)


# --- what must not be granted -------------------------------------------------------------------------------


@broken("granted-after-refusal", "review was answered: refuse")
class DoesNotListen(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.accept()
        await self.ask(Review(plan=plea.plan))
        return await self.granted(plea)


@broken("granted-by-silence", "no agency said anything")
class PresumesEverything(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.accept()
        if (await self.ask(Presumed(plan=plea.plan))).outcome == "refuse":
            return await self.decide(Refuse(reason="unsound"))
        return await self.granted(plea)


@broken("granted-by-silence", "the law has not")
class SaysThatTheLawGrants(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.accept()
        try:
            await self.ask(Review(plan=plea.plan))
        except Lapsed:
            return await self.decide(Grant(deemed=True))
        return await self.decide(Refuse(reason="unsound"))


@broken("clock-never-started", "accept() first")
class AcceptsNothing(Issuing):
    async def course(self, plea: Plea) -> Decision:
        if (await self.ask(Review(plan=plea.plan))).outcome == "refuse":
            return await self.decide(Refuse(reason="unsound"))
        return await self.granted(plea)


# --- what is asked for --------------------------------------------------------------------------------------


@broken("asked-twice", "asked again for deed")
class ForgetsWhatWasHandedIn(Issuing):
    async def course(self, plea: Plea) -> Decision:
        while (check := await self.ask(CheckPlea(plea=plea))).outcome == "incomplete":
            await self.supplement(plea, check.missing, working_days(5), "not-supplemented")
        return await self.end("complete")


@broken("asked-for-nothing", "to supplement nothing")
class AsksForNothing(Issuing):
    async def course(self, plea: Plea) -> Decision:
        if (await self.ask(Inspect(plan=plea.plan))).outcome == "lacking":
            plea = await self.supplement(plea, [], working_days(5), "not-supplemented")
        return await self.end("inspected")


@broken(
    "agency-has-it",
    "which planning has",
    item(
        {
            "materials": (
                Material(code="plan", name=BOTH),
                Material(code="deed", name=BOTH, held_by=AgencyId("planning")),
            )
        }
    ),
)
class AsksWhatAnAgencyHas(Issuing):
    async def course(self, plea: Plea) -> Decision:
        while (check := await self.ask(CheckPlea(plea=plea))).outcome == "incomplete":
            plea = await self.supplement(plea, check.missing, working_days(5), "not-supplemented")
        return await self.end("complete")


@broken("asked-at-once", "review twice at once")
class AsksTwice(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.ask_all(Review(plan=plea.plan), Review(plan=plea.plan))
        return await self.end("reviewed")


# --- what fails its task ------------------------------------------------------------------------------------


@broken("task-fails", "has decided nothing")
class DecidesNothing(Issuing):
    async def course(self, plea: Plea) -> Decision:
        if (await self.ask(Review(plan=plea.plan))).outcome == "refuse":
            return Refuse(reason="unsound")
        return await self.end("reviewed")


@broken("task-fails", "decides a second time")
class DecidesTwice(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.accept()
        decision: Decision = await self.decide(Refuse(reason="late"))
        if (await self.ask(Review(plan=plea.plan))).outcome == "consent":
            decision = await self.decide(Refuse(reason="unsound"))
        return decision


@broken("task-fails", "none of its reason codes")
class NamesAnUnknownReason(Issuing):
    async def course(self, plea: Plea) -> Decision:
        answer = await self.ask(Review(plan=plea.plan))
        return await self.decide(Refuse(reason=f"review-{answer.outcome}"))


@broken("task-fails", "none of its marks")
class SetsAnUnknownMark(Issuing):
    async def course(self, plea: Plea) -> Decision:
        answer = await self.ask(Work(plan=plea.plan))
        await self.mark(*[each for each in [answer.outcome] if each == "not-yet"])
        return await self.end("worked")


@broken("task-fails", "LookupError")
class CollectsTooMuch(Issuing):
    async def course(self, plea: Plea) -> Decision:
        bill = self.law.fees.of(plea)
        twice = bill.model_copy(update={"lines": (*bill.lines, *bill.lines)})
        if not await self.collect(twice if plea.urgent else bill, working_days(5)):
            return await self.end("not-paid")
        return await self.end("paid")


@broken("task-fails", "has no field title")
class AsksForAnUnknownField(Issuing):
    async def course(self, plea: Plea) -> Decision:
        if (await self.ask(Inspect(plan=plea.plan))).outcome == "lacking":
            title = MissingItem(zh="t", en="t", field="title")
            plea = await self.supplement(plea, [title], working_days(5), "not-supplemented")
        return await self.end("inspected")


@broken("task-fails", "is no outcome of these requests")
class StopsAtATypo(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.ask_all(Review(plan=plea.plan), stop_at="refuse"[:-1] + "d")
        return await self.end("reviewed")


@broken("task-fails", "waits for nothing")
class TurnsForEver(Issuing):
    async def course(self, plea: Plea) -> Decision:
        while (await self.ask(Review(plan=plea.plan))).outcome == "consent":
            number = 0
            while number >= 0:
                number += 1
        return await self.end("reviewed")


@broken("task-fails", "AttributeError")
class ReadsWhatMayBeMissing(Issuing):
    async def course(self, plea: Plea) -> Decision:
        assert self.law
        return await self.end(plea.deed.uri[:3])  # type: ignore[union-attr]


# --- what never ends ----------------------------------------------------------------------------------------


@broken("never-closed", "again and again")
class AsksForEver(Issuing):
    async def course(self, plea: Plea) -> Decision:
        answers: list[str] = []
        while True:
            answers.append((await self.ask(Work(plan=plea.plan))).outcome)


@broken("silence-goes-round", "nobody is told")
class WaitsForEver(Issuing):
    async def course(self, plea: Plea) -> Decision:
        while (await self.ask(Work(plan=plea.plan))).outcome == "not-yet":
            continue
        return await self.end("worked")


@broken("stuck", "nobody has it")
class WaitsForNobody(Issuing):
    async def course(self, plea: Plea) -> Decision:
        if (await self.ask(Work(plan=plea.plan))).outcome == "not-yet":
            await asyncio.Event().wait()
        return await self.end("worked")


# --- what withdrawing, cancelling and new runs must survive -------------------------------------------------


@broken("withdraws", "the applicant withdrew")
class IgnoresWithdrawal(Issuing):
    async def course(self, plea: Plea) -> Decision:
        await self.accept()
        try:
            await self.ask(Review(plan=plea.plan))
        except BaseException:
            await asyncio.Event().wait()
        return await self.decide(Refuse(reason="unsound"))


@broken("new-run", "an earlier run said something else")
class RemembersByItself(Issuing):
    async def course(self, plea: Plea) -> Decision:
        COUNTED.append(1)
        await self.ask(CheckPlea(plea=plea.model_copy(update={"text": f"run {len(COUNTED)}"})))
        return await self.end("checked")


@broken("new-run", "goes on otherwise")
class CountsItsRuns(Issuing):
    async def course(self, plea: Plea) -> Decision:
        COUNTED.append(1)
        runs = len(COUNTED)
        await self.ask(CheckPlea(plea=plea))
        return await self.end("first" if runs == 1 else "later")


# --- what does not fit together -----------------------------------------------------------------------------


@broken("promised", "the authority can take 5 working days", item(promised=working_days(3)))
class PromisesTooMuch(Sound):
    pass


@broken("promised", "promise no more", item(promised=working_days(30)))
class PromisesMoreThanTheLaw(Sound):
    pass


@broken("agency", "'parliament', a joint agency", item({"joint": (AgencyId("parliament"),)}))
class NamesAnUnknownAgency(Sound):
    pass


@broken("agency", "'bank', a joint agency, is not a public authority", item({"joint": (AgencyId("bank"),)}))
class LetsABankDecide(Sound):
    pass


REQUESTS: tuple[type[Request[Any]], ...] = item().requests


@broken("check", "has none for drain", item({"requests": (*REQUESTS, Drain)}))
class AsksACheckThatThereIsNot(Sound):
    pass


@broken("check", "has no system that could read it", item({"hand_overs": (Keep,)}))
class HandsOverToACheck(Sound):
    pass


@broken("material", "no material 'deed'", item({"materials": (Material(code="plan", name=BOTH),)}))
class ListsNotEveryMaterial(Sound):
    pass
