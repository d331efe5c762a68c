"""The environmental permit (omgevingsvergunning) of a Dutch municipality, by the regular procedure.

The mayor and aldermen are the competent authority; the municipality takes applications in and decides in
their name, the regional environmental agency (omgevingsdienst) checks and assesses, and other bodies advise.
The law gives eight weeks from receipt, once extendable by six, and stands still while the applicant
supplements. Until the end of 2023 (Wabo) silence granted the permit by law; since then (Omgevingswet) the
authority owes a penalty payment for every day after notice of default.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from contracts.terms.clock_rules import (
    Extension,
    PenaltyPayment,
    PenaltyStep,
    Rates,
    Suspension,
    TacitGrant,
)
from contracts.terms.decisions import Decision
from contracts.terms.fees import Fee, FeeSchedule
from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.terms.law import LawVersion, Reason, RequestTerms
from contracts.terms.limits import AS_IT_FALLS, TERMIJNENWET, Limit, weeks, working_days
from contracts.terms.materials import Material
from contracts.terms.requests import (
    Answer,
    Approval,
    CompletenessCheck,
    Issued,
    Request,
    deem,
    escalate,
    remind,
)
from contracts.terms.results import Remedy, Result
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, DocumentRef, Money, Statement, Text, absent

MUNICIPALITY = AgencyId("municipality")
MAYOR_AND_ALDERMEN = AgencyId("mayor-and-aldermen")
ENVIRONMENTAL_SERVICE = AgencyId("environmental-service")
FIRE_BRIGADE = AgencyId("fire-brigade")
WATER_BOARD = AgencyId("water-board")

SUPPLEMENT = "Awb art. 4:15(1)(a)"


class PermitApplication(Statement):
    """What is to be built or done, and where. ``building_costs`` in euro, without tax."""

    applicant: Text
    place: Text
    project: Text
    building_costs: Decimal = Field(ge=0, le=10**9, decimal_places=2)
    drawings: DocumentRef
    calculations: DocumentRef | None = Field(default=None, exclude_if=absent)
    soil_report: DocumentRef | None = Field(default=None, exclude_if=absent)


class Intake(Answer):
    """Whether a permit is needed for it at all."""

    outcome: Literal["needed", "not-needed"]


class Completeness(CompletenessCheck, of=PermitApplication):
    """Whether the application is complete; if not, everything that is missing."""


class Advice(Answer, needs={"conditions": "conditions", "object": "reason"}):
    """What another body advises; ``none``: nothing in time, which does not prevent a decision."""

    outcome: Literal["no-objection", "conditions", "object", "more-time", "none"]
    conditions: tuple[Text, ...] = ()


class Ruling(Answer, needs={"refuse": "reason"}):
    """How the application is to be decided, or was; ``outstanding``: not yet."""

    outcome: Literal["grant", "refuse", "outstanding"]
    conditions: tuple[Text, ...] = ()


class TakeIn(
    Request[Intake],
    agency=MUNICIPALITY,
    limit=working_days(2),
    basis="Awb art. 4:13(1): a decision is due on every application, so silence takes it in",
    overdue=[remind(at=0.5), escalate(to=MAYOR_AND_ALDERMEN, grace=working_days(2)), deem("needed")],
):
    application: PermitApplication


class CheckCompleteness(
    Request[Completeness],
    agency=ENVIRONMENTAL_SERVICE,
    limit=working_days(4),
    basis="Awb art. 4:5(1): who does not ask for what is missing decides on what there is",
    overdue=[remind(at=0.5), escalate(to=MUNICIPALITY, grace=working_days(2)), deem("complete")],
):
    application: PermitApplication


class AdviseOnSafety(
    Request[Advice],
    agency=FIRE_BRIGADE,
    limit=weeks(2),
    basis="Awb art. 3:6(2): without advice in time it is decided without it",
    overdue=[remind(at=0.5), deem("none")],
    reasons=["unsafe"],
):
    place: Text
    drawings: DocumentRef


class AdviseOnWater(
    Request[Advice],
    agency=WATER_BOARD,
    limit=weeks(2),
    basis="Awb art. 3:6(2): without advice in time it is decided without it",
    overdue=[remind(at=0.5), deem("none")],
    reasons=["water-at-risk"],
):
    place: Text
    project: Text


class ApproveExtension(
    Request[Approval],
    agency=MAYOR_AND_ALDERMEN,
    limit=working_days(3),
    basis="Omgevingswet art. 16.64(2): the authority may extend the limit; silence extends nothing",
    overdue=[remind(at=0.5), deem("refused")],
):
    project: Text
    by: Limit


class Assess(
    Request[Ruling],
    agency=ENVIRONMENTAL_SERVICE,
    limit=working_days(5),
    basis="Awb art. 3:2; without a draft in time the municipality decides on the file",
    overdue=[remind(at=0.5), deem("outstanding")],
    reasons=["contrary-to-plan", "unsafe", "water-at-risk"],
):
    application: PermitApplication
    advice: tuple[Advice, ...]


class TakeDecision(
    Request[Ruling],
    agency=MUNICIPALITY,
    limit=working_days(2),
    basis="Awb art. 4:13(1): the duty to decide does not end with its limit",
    overdue=[remind(at=0.5), escalate(to=MAYOR_AND_ALDERMEN, grace=weeks(12)), deem("outstanding")],
    reasons=["contrary-to-plan", "unsafe", "water-at-risk"],
):
    project: Text
    draft: Ruling


class SendDecision(
    Request[Issued],
    agency=ENVIRONMENTAL_SERVICE,
    limit=working_days(3),
    basis="Awb art. 3:41(1): a decision is made known by sending it",
    overdue=[remind(at=0.5), escalate(to=MUNICIPALITY, grace=working_days(5)), deem("outstanding")],
):
    project: Text
    decision: Decision


def _euro(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def _rates(since: date, *daily: str) -> Rates:
    """So much a day: for fourteen days, for the next fourteen, and for fourteen more."""
    return Rates(since=since, steps=tuple(PenaltyStep(days=14, daily=_euro(each)) for each in daily))


PENALTY = PenaltyPayment(
    basis="Awb art. 4:17",
    after=Limit(count=2, unit="weeks", counting=AS_IT_FALLS),
    rates=(
        _rates(date(2009, 10, 1), "20.00", "30.00", "40.00"),
        _rates(date(2019, 1, 1), "23.00", "35.00", "45.00"),
    ),
)
"""For forty-two days at most, from the day after two weeks of notice of default (art. 4:17(3)). It begins and
ends as it falls, on a Sunday, too: the termijnenwet is not for the forty-two days (art. 4:17(1)), and the two
weeks are counted in the same way."""

_FEES = FeeSchedule(
    currency="EUR",
    lines=(
        Fee(
            code="handling",
            name=Bilingual(zh="受理规费（建造费用的3%）", en="Fees, 3% of the building costs"),
            amount=_euro("0.03"),
            per="building_costs",
            basis="Legesverordening (Gemeentewet art. 229(1)(b))",
        ),
    ),
)


def _reasons(*, plan: str, safety: str, water: str) -> dict[str, Reason]:
    """The reason codes, each with the rule that is its basis under a law version."""
    return {
        "contrary-to-plan": Reason(zh="不符合环境规划。", en="It is contrary to the plan.", basis=plan),
        "unsafe": Reason(zh="不符合建筑安全要求。", en="It does not meet the rules of safety.", basis=safety),
        "water-at-risk": Reason(
            zh="危及水体或水务设施。", en="It puts water or its works at risk.", basis=water
        ),
        "not-supplemented": Reason(
            zh="逾期未补正材料。", en="What was missing was not handed in in time.", basis="Awb art. 4:5(1)"
        ),
    }


WABO = LawVersion(
    id="wabo-2010",
    basis="Wet algemene bepalingen omgevingsrecht, par. 3.2",
    since=date(2010, 10, 1),
    until=date(2023, 12, 31),
    statutory=weeks(8),
    promised=weeks(6),
    counting=TERMIJNENWET,
    starts="opened",
    late=TacitGrant(basis="Wabo art. 3.9(3); Awb art. 4:20b(1)"),
    suspensions=(Suspension(basis=SUPPLEMENT, kind="supplement"),),
    extensions=(Extension(basis="Wabo art. 3.9(2)", limit=weeks(6), approver=MAYOR_AND_ALDERMEN),),
    fees=_FEES,
    reasons=_reasons(
        plan="Wabo art. 2.10(1)(c)",
        safety="Wabo art. 2.10(1)(a)",
        water="Wabo art. 2.10(1)(c): the rules of the plan for water and its works",
    ),
    requests={
        "approve-extension": RequestTerms(
            basis="Wabo art. 3.9(2): the authority may extend the limit; silence extends nothing"
        )
    },
)
"""Silence grants (lex silencio positivo), and so no penalty payment is owed (Awb art. 4:20a(2))."""

OMGEVINGSWET = LawVersion(
    id="omgevingswet-2024",
    basis="Omgevingswet, par. 16.5.2",
    since=date(2024, 1, 1),
    statutory=weeks(8),
    promised=weeks(6),
    counting=TERMIJNENWET,
    starts="opened",
    late=PENALTY,
    suspensions=(Suspension(basis=SUPPLEMENT, kind="supplement"),),
    extensions=(Extension(basis="Omgevingswet art. 16.64(2)", limit=weeks(6), approver=MAYOR_AND_ALDERMEN),),
    fees=_FEES,
    reasons=_reasons(
        plan="Omgevingswet art. 5.21(2)(a)",
        safety="Omgevingswet art. 5.20(1)(a)",
        water="Omgevingswet art. 5.24(1)",
    ),
)
"""Silence means nothing any more (art. 16.64(4)); the authority owes a penalty payment.

What stands still is the limit of the decision (Awb art. 4:15), not that of an adviser: it is the authority
that sets the latter (Awb art. 3:6(1)).
"""

EXAMPLE = PermitApplication(
    applicant="De Vries",
    place="Dorpsstraat 1",
    project="A dormer",
    building_costs=Decimal(100_000),
    drawings=DocumentRef(uri="urn:document:drawings", sha256="0" * 63 + "1", size=1000),
)
"""A dormer for 100,000 euro, without a soil report and calculations."""

ENVIRONMENTAL_PERMIT = ServiceItem(
    procedure=ProcedureId("environmental-permit"),
    code="seamless-demo-0005",
    name=Bilingual(
        zh="环境许可（常规程序）",
        en="Environmental permit (regular procedure)",
        other={"nl": "Omgevingsvergunning (reguliere procedure)"},
    ),
    application=PermitApplication,
    lead=MUNICIPALITY,
    joint=(ENVIRONMENTAL_SERVICE,),
    laws=(WABO, OMGEVINGSWET),
    examples=(EXAMPLE,),
    requests=(
        TakeIn,
        CheckCompleteness,
        AdviseOnSafety,
        AdviseOnWater,
        ApproveExtension,
        Assess,
        TakeDecision,
        SendDecision,
    ),
    flags={
        "fees-unpaid": Bilingual(zh="规费未缴清", en="The fees were not paid in time"),
        "decision-not-sent": Bilingual(zh="决定尚未送达", en="The decision was not sent"),
    },
    titles={
        "take-in": Bilingual(zh="收件", en="Take in"),
        "check-completeness": Bilingual(zh="审查材料是否齐全", en="Check completeness"),
        "advise-on-safety": Bilingual(zh="消防安全咨询意见", en="Advise on safety"),
        "advise-on-water": Bilingual(zh="水务咨询意见", en="Advise on water"),
        "approve-extension": Bilingual(zh="批准延长期限", en="Approve the extension"),
        "assess": Bilingual(zh="评审并拟定决定", en="Assess and draft"),
        "take-decision": Bilingual(zh="作出决定", en="Take the decision"),
        "send-decision": Bilingual(zh="送达决定", en="Send the decision"),
    },
    outcomes={
        "needed": Bilingual(zh="需要许可", en="permit needed"),
        "not-needed": Bilingual(zh="无需许可", en="no permit needed"),
        "no-objection": Bilingual(zh="无异议", en="no objection"),
        "conditions": Bilingual(zh="附条件", en="conditions"),
        "object": Bilingual(zh="反对", en="object"),
        "more-time": Bilingual(zh="需要更多时间", en="more time"),
        "none": Bilingual(zh="未提意见", en="no advice"),
        "grant": Bilingual(zh="准予", en="grant"),
        "refuse": Bilingual(zh="不予许可", en="refuse"),
        "outstanding": Bilingual(zh="尚未作出", en="outstanding"),
        "inadmissible": Bilingual(zh="不予受理", en="inadmissible"),
    },
    consequences=Bilingual(
        zh="逾期未作决定的：2023年底前提出的申请视为依法获准；此后行政机关经催告仍未决定的，按日向申请人支付逾期金。",
        en="Without a decision in time: applications of 2023 or before are granted by law; since then the "
        "authority owes the applicant a penalty payment for every day, once two weeks have passed since "
        "notice of default.",
    ),
    basis=("Algemene wet bestuursrecht", "Omgevingswet", "Wet algemene bepalingen omgevingsrecht"),
    applicants=("person", "company", "organisation", "authority"),
    materials=(
        Material(code="drawings", name=Bilingual(zh="图纸", en="Drawings")),
        Material(
            code="calculations",
            name=Bilingual(zh="结构计算书", en="Structural calculations"),
            necessity="where-applicable",
            applies_where=Bilingual(zh="涉及承重结构的", en="Where it bears loads"),
        ),
        Material(
            code="soil-report",
            name=Bilingual(zh="土壤调查报告", en="Soil report"),
            necessity="where-applicable",
            applies_where=Bilingual(zh="建筑物内长期有人停留的", en="Where people stay in it for long"),
            source="third-party",
        ),
    ),
    results=(
        Result(
            code="environmental-permit",
            name=Bilingual(zh="环境许可", en="Environmental permit", other={"nl": "Omgevingsvergunning"}),
        ),
    ),
    remedies=(
        Remedy(
            kind="objection",
            to=Bilingual(zh="市长和市政委员会", en="The mayor and aldermen"),
            within=weeks(6),
            basis="Awb art. 6:7, 7:1",
        ),
        Remedy(
            kind="court",
            to=Bilingual(zh="地区法院", en="The district court"),
            within=weeks(6),
            basis="Awb art. 6:7, 8:1",
        ),
    ),
    visits=0,
)
