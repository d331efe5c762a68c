"""A small procedure for the tests of its check: what is asked in it, its item, and a course that is sound."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from contracts.terms.clock_rules import Extension
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.fees import Fee, FeeSchedule
from contracts.terms.hand_overs import HandOver
from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.terms.law import LawVersion, Reason
from contracts.terms.limits import working_days
from contracts.terms.materials import Material
from contracts.terms.requests import (
    Answer,
    Approval,
    CompletenessCheck,
    Issued,
    Request,
    deem,
    escalate,
    lapse,
    remind,
)
from contracts.terms.results import Result
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, DocumentRef, Money, Statement, Text, absent
from seamless.explore.values import DOCUMENT
from workflows.case import Lapsed, Procedure, procedure

HOUSING, PLANNING, DRAINAGE = AgencyId("housing"), AgencyId("planning"), AgencyId("drainage")
BOTH = Bilingual(zh="例", en="Example")
FEE = Money(amount=Decimal(50), currency="CNY")


class Plea(Statement):
    """What is applied for."""

    text: Text = "please"
    urgent: bool = False
    plan: DocumentRef
    deed: DocumentRef | None = Field(default=None, exclude_if=absent)


class Complete(CompletenessCheck, of=Plea):
    """Whether it is complete."""


class Opinion(Answer, needs={"refuse": "reason"}):
    """What a review found."""

    outcome: Literal["consent", "refuse"]


class Progress(Answer):
    """Whether something is done."""

    outcome: Literal["done", "not-yet"]


class Found(Answer):
    """What is missing, perhaps nothing."""

    outcome: Literal["well", "lacking"]


class CheckPlea(
    Request[Complete], agency=HOUSING, limit=working_days(2), basis="art. 1", overdue=[deem("complete")]
):
    plea: Plea


class Review(
    Request[Opinion],
    agency=PLANNING,
    limit=working_days(5),
    basis="art. 2",
    overdue=[remind(at=0.5), lapse("not-reviewed")],
    reasons=["unsound"],
):
    plan: DocumentRef


class Presumed(
    Request[Opinion],
    agency=PLANNING,
    limit=working_days(5),
    basis="art. 3",
    overdue=[deem("consent")],
    reasons=["unsound"],
):
    plan: DocumentRef


class Inspect(Request[Found], agency=PLANNING, limit=working_days(2), basis="art. 4", overdue=[deem("well")]):
    plan: DocumentRef


class Work(
    Request[Progress], agency=PLANNING, limit=working_days(2), basis="art. 5", overdue=[deem("not-yet")]
):
    plan: DocumentRef


class Approve(
    Request[Approval], agency=HOUSING, limit=working_days(2), basis="art. 6", overdue=[deem("refused")]
):
    plan: DocumentRef


class Issue(
    Request[Issued],
    agency=HOUSING,
    limit=working_days(2),
    basis="art. 7",
    overdue=[escalate(to=PLANNING, grace=working_days(1)), deem("outstanding")],
):
    plan: DocumentRef


class Deliver(
    Request[Progress], agency=HOUSING, limit=working_days(2), basis="art. 8", overdue=[deem("not-yet")]
):
    document: DocumentRef


class Drain(
    Request[Opinion],
    agency=DRAINAGE,
    limit=working_days(2),
    basis="art. 9",
    overdue=[lapse("not-reviewed")],
    reasons=["unsound"],
):
    plan: DocumentRef


class Keep(HandOver, agency=DRAINAGE, basis="art. 10"):
    """What is handed over."""

    plan: DocumentRef


def item(changes: dict[str, Any] | None = None, **law: Any) -> ServiceItem:
    """The service item; ``changes`` are its own, ``law`` those of its law version."""
    version = {
        "id": "v1",
        "basis": "a law of these tests",
        "since": date(2026, 1, 1),
        "statutory": working_days(20),
        "promised": working_days(15),
        "extensions": (Extension(basis="art. 6", limit=working_days(5)),),
        "fees": FeeSchedule(currency="CNY", lines=(Fee(code="fee", name=BOTH, amount=FEE),)),
        "reasons": {
            code: Reason(zh=code, en=code)
            for code in ("unsound", "not-reviewed", "not-supplemented", "not-paid", "late")
        },
    } | law
    fields: dict[str, Any] = {
        "procedure": ProcedureId("check-test"),
        "code": "test",
        "name": BOTH,
        "application": Plea,
        "lead": HOUSING,
        "laws": (LawVersion.model_validate(version),),
        "requests": (CheckPlea, Review, Presumed, Inspect, Work, Approve, Issue, Deliver),
        "flags": {"to-do": BOTH},
        "consequences": BOTH,
        "materials": (Material(code="plan", name=BOTH), Material(code="deed", name=BOTH)),
        "results": (Result(code="permit", name=BOTH),),
        "examples": (Plea(plan=DOCUMENT),),
    }
    return ServiceItem(**(fields | (changes or {})))


class Issuing(Procedure[Plea]):
    """What many of these courses do in the end."""

    async def granted(self, plea: Plea) -> Decision:
        """Grant, issue, and say what is not done."""
        decision = await self.decide(Grant())
        issued = await self.ask(Issue(plan=plea.plan))
        if issued.document:
            await self.notify(issued.document)
        else:
            await self.mark("to-do")
        return decision


@procedure(item())
class Sound(Issuing):
    """Nothing is wrong with it."""

    async def course(self, plea: Plea) -> Decision:
        while (check := await self.ask(CheckPlea(plea=plea))).outcome == "incomplete":
            plea = await self.supplement(plea, check.missing, working_days(5), "not-supplemented")
        await self.accept()
        try:
            reviews = await self.ask_all(Review(plan=plea.plan), Inspect(plan=plea.plan))
        except Lapsed as lapsed:
            return await self.decide(Refuse(reason=lapsed.reason))
        if refusal := reviews.first("refuse"):
            return await self.decide(Refuse(reason=refusal.reason or "unsound"))
        if not await self.collect(self.law.fees.of(plea), within=working_days(5)):
            return await self.decide(Refuse(reason="not-paid"))
        return await self.granted(plea)
