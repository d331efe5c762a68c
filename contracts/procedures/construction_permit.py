"""The construction permit: applications, requests, answers and the service item.

The parallel approval of China's construction-project reform (国办发〔2018〕33号): one window, the
reviews side by side, one combined fee. The limits of the reviews are promises of the demonstration
administration within that reform; where a limit or a consequence is statutory, its article is named.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from contracts.terms.clock_rules import Extension, Suspension
from contracts.terms.decisions import Decision
from contracts.terms.fees import Fee, FeeSchedule
from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.terms.law import LawVersion, Reason
from contracts.terms.limits import calendar_days, months, working_days
from contracts.terms.materials import Material
from contracts.terms.requests import Answer, CompletenessCheck, Issued, Request, deem, escalate, refer, remind
from contracts.terms.results import Remedy, Result
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import (
    Bilingual,
    Contract,
    DocumentRef,
    Money,
    Statement,
    Text,
    absent,
)

HOUSING = AgencyId("housing")
PLANNING = AgencyId("planning")
FIRE_SAFETY = AgencyId("fire-safety")
CIVIL_AIR_DEFENCE = AgencyId("civil-air-defence")
ENVIRONMENT = AgencyId("environment")
DRAINAGE = AgencyId("drainage")
SERVICE_HALL = AgencyId("service-hall")

REFORM = "国办发〔2018〕33号"


class Applicant(Contract):
    """The organisation that builds, and its contact person."""

    name: Text
    contact: Text


class Site(Contract):
    """The building site. ``area`` of the parcel in square metres."""

    parcel: Text
    address: Text
    area: Decimal = Field(gt=0, le=10**8)


class Application(Statement):
    """An application for a construction permit. ``floor_area`` in square metres, ``sewage`` in m³ a day."""

    applicant: Applicant
    project: Text
    site: Site
    floor_area: Decimal = Field(gt=0, le=10**8)
    sewage: Decimal = Field(ge=0, le=10**8)
    plan: DocumentRef
    design: DocumentRef
    land_title: DocumentRef | None = Field(default=None, exclude_if=absent)
    shelter_plan: DocumentRef | None = Field(default=None, exclude_if=absent)


class Completeness(CompletenessCheck, of=Application):
    """Whether the application is complete; if not, everything that is missing."""


class Review(Answer, needs={"consent-with-conditions": "conditions", "refuse": "reason"}):
    """An agency's opinion."""

    outcome: Literal["consent", "consent-with-conditions", "refuse"]
    conditions: tuple[Text, ...] = ()


class Delivery(Answer):
    """Whether the document reached the applicant."""

    outcome: Literal["delivered", "undelivered"]


class CheckCompleteness(
    Request[Completeness],
    agency=HOUSING,
    limit=working_days(5),
    basis="行政许可法 art. 32(4): all that is missing is told at once, within five days; silence accepts",
    overdue=[remind(at=0.8), deem("complete")],
):
    application: Application


class ReviewPlanning(
    Request[Review],
    agency=PLANNING,
    limit=working_days(10),
    basis=f"{REFORM}; 城乡规划法 art. 40",
    overdue=[remind(at=0.8), escalate(to=HOUSING, grace=working_days(3)), deem("consent")],
    reasons=["plan-not-conform"],
):
    site: Site
    plan: DocumentRef


class ReviewFireSafety(
    Request[Review],
    agency=FIRE_SAFETY,
    limit=working_days(10),
    basis=f"{REFORM}; 消防法 art. 11",
    overdue=[remind(at=0.8), escalate(to=HOUSING, grace=working_days(3)), deem("consent")],
    reasons=["fire-safety-insufficient"],
):
    site: Site
    design: DocumentRef


class ReviewCivilAirDefence(
    Request[Review],
    agency=CIVIL_AIR_DEFENCE,
    limit=working_days(8),
    basis=f"{REFORM}; 人民防空法 art. 22",
    overdue=[remind(at=0.8), escalate(to=HOUSING, grace=working_days(2)), deem("consent")],
    reasons=["shelter-insufficient"],
):
    site: Site
    floor_area: Decimal
    shelter_plan: DocumentRef | None = Field(default=None, exclude_if=absent)


class ReviewEnvironment(
    Request[Review],
    agency=ENVIRONMENT,
    limit=working_days(10),
    basis=f"{REFORM}; 环境影响评价法 art. 22: an approval that the law demands is never presumed",
    overdue=[
        remind(at=0.8),
        escalate(to=HOUSING, grace=working_days(5)),
        refer(to=HOUSING, within=working_days(5), otherwise="not-reviewed"),
    ],
    reasons=["environmental-harm"],
):
    site: Site


class ReviewDrainage(
    Request[Review],
    agency=DRAINAGE,
    limit=working_days(2),
    basis=f"{REFORM}; 城镇排水与污水处理条例 art. 21",
    overdue=[
        escalate(to=HOUSING, grace=working_days(3)),
        refer(to=HOUSING, within=working_days(5), otherwise="not-reviewed"),
    ],
    reasons=["sewer-capacity"],
):
    site: Site
    sewage: Decimal


class IssuePermit(
    Request[Issued],
    agency=HOUSING,
    limit=working_days(3),
    basis="行政许可法 art. 44: the document is issued within ten days of the decision; promised: three",
    overdue=[remind(at=0.8), escalate(to=HOUSING, grace=working_days(7)), deem("outstanding")],
):
    project: Text
    decision: Decision


class DeliverPermit(
    Request[Delivery],
    agency=SERVICE_HALL,
    limit=working_days(5),
    basis="行政许可法 art. 44",
    overdue=[remind(at=0.8), escalate(to=HOUSING, grace=working_days(5)), deem("undelivered")],
):
    document: DocumentRef


def _yuan(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="CNY")


LAW_2018 = LawVersion(
    id="2018-33",
    basis=REFORM,
    since=date(2018, 5, 14),
    statutory=working_days(45),
    promised=working_days(20),
    suspensions=(
        Suspension(basis="行政许可法 art. 45: 听证", kind="hearing"),
        Suspension(basis="行政许可法 art. 45: 检验、检测、检疫", kind="inspection"),
        Suspension(basis="行政许可法 art. 45: 鉴定和专家评审", kind="expert-review"),
    ),
    extensions=(Extension(basis="行政许可法 art. 42(2)", limit=working_days(15)),),
    fees=FeeSchedule(
        currency="CNY",
        lines=(
            Fee(
                code="infrastructure",
                name=Bilingual(zh="城市基础设施配套费", en="Urban infrastructure charge"),
                amount=_yuan("105.00"),
                per="floor_area",
            ),
            Fee(
                code="certificate",
                name=Bilingual(zh="工本费", en="Certificate"),
                amount=_yuan("10.00"),
            ),
        ),
    ),
    reasons={
        "plan-not-conform": Reason(
            zh="不符合规划条件。", en="The plan does not conform to the planning terms."
        ),
        "fire-safety-insufficient": Reason(
            zh="消防设计不合格。", en="The fire safety design does not suffice."
        ),
        "shelter-insufficient": Reason(zh="人防工程不足。", en="Too little shelter is planned."),
        "environmental-harm": Reason(
            zh="环境影响不可接受。", en="The environmental impact is not acceptable."
        ),
        "sewer-capacity": Reason(zh="排水管网容量不足。", en="The sewer cannot take the discharge."),
        "review-refused": Reason(zh="审查部门不同意。", en="A reviewing agency refused."),
        "not-reviewed": Reason(
            zh="必需的审查未在期限内完成。", en="A review that the law demands was not made in time."
        ),
        "not-supplemented": Reason(zh="逾期未补正材料。", en="What was missing was not handed in in time."),
        "fee-not-paid": Reason(zh="逾期未缴费。", en="The fee was not paid in time."),
    },
)
"""Joint handling: 45 days, once extendable by 15 (行政许可法 art. 42(2)). Promised: 20, so long it takes
where environment stays silent and the lead agency reviews in its place: 10, 5 more, and 5 of its own."""

_DOCUMENT = DocumentRef(uri="urn:document:example", sha256="0" * 63 + "1", size=1000)

EXAMPLE = Application(
    applicant=Applicant(name="华建公司 / Huajian Ltd", contact="+86 10 5555 0100"),
    project="A school",
    site=Site(parcel="P-1", address="建设路1号", area=Decimal(5000)),
    floor_area=Decimal(2000),
    sewage=Decimal(40),
    plan=_DOCUMENT,
    design=_DOCUMENT,
    shelter_plan=_DOCUMENT,
)
"""The land title is missing."""

CONSTRUCTION_PERMIT = ServiceItem(
    procedure=ProcedureId("construction-permit"),
    code="seamless-demo-0001",
    name=Bilingual(zh="建筑工程施工许可（并联审批）", en="Construction permit (parallel approval)"),
    application=Application,
    lead=HOUSING,
    joint=(PLANNING, FIRE_SAFETY, CIVIL_AIR_DEFENCE, ENVIRONMENT, DRAINAGE),
    laws=(LAW_2018,),
    examples=(EXAMPLE,),
    requests=(
        CheckCompleteness,
        ReviewPlanning,
        ReviewFireSafety,
        ReviewCivilAirDefence,
        ReviewEnvironment,
        ReviewDrainage,
        IssuePermit,
        DeliverPermit,
    ),
    reporters=(PLANNING, FIRE_SAFETY, CIVIL_AIR_DEFENCE, ENVIRONMENT, DRAINAGE, SERVICE_HALL),
    flags={
        "permit-outstanding": Bilingual(zh="许可证尚未制发", en="The permit is granted and not issued"),
        "permit-undelivered": Bilingual(zh="许可证尚未送达", en="The permit is issued and not delivered"),
    },
    titles={
        "check-completeness": Bilingual(zh="审查材料是否齐全", en="Check completeness"),
        "review-planning": Bilingual(zh="规划审查", en="Review planning"),
        "review-fire-safety": Bilingual(zh="消防设计审查", en="Review fire safety"),
        "review-civil-air-defence": Bilingual(zh="人防审查", en="Review civil air defence"),
        "review-environment": Bilingual(zh="环境影响审查", en="Review the environment"),
        "review-drainage": Bilingual(zh="排水审查", en="Review drainage"),
        "issue-permit": Bilingual(zh="制发许可证", en="Issue the permit"),
        "deliver-permit": Bilingual(zh="送达许可证", en="Deliver the permit"),
    },
    outcomes={
        "consent": Bilingual(zh="同意", en="consent"),
        "consent-with-conditions": Bilingual(zh="附条件同意", en="consent with conditions"),
        "refuse": Bilingual(zh="不同意", en="refuse"),
        "delivered": Bilingual(zh="已送达", en="delivered"),
        "undelivered": Bilingual(zh="未送达", en="undelivered"),
    },
    consequences=Bilingual(
        zh="逾期未告知补正的视为受理；规划、消防、人防逾期未答复的视为同意；环保、排水逾期的由牵头部门代为审查，牵头部门亦逾期的不予许可。",
        en="Silence on completeness counts as acceptance; silence of planning, fire safety and civil air "
        "defence as consent; where environment or drainage stay silent the lead agency reviews in their "
        "place, and if it is silent, too, the application is refused.",
    ),
    basis=("行政许可法", REFORM, "建筑法 art. 7"),
    applicants=("company", "organisation"),
    materials=(
        Material(code="land-title", name=Bilingual(zh="建设用地批准手续", en="Land title")),
        Material(code="plan", name=Bilingual(zh="总平面图", en="Site plan")),
        Material(code="design", name=Bilingual(zh="施工图设计文件", en="Construction design")),
        Material(code="shelter-plan", name=Bilingual(zh="防空地下室设计", en="Shelter plan")),
    ),
    results=(
        Result(code="construction-permit", name=Bilingual(zh="建筑工程施工许可证", en="Construction permit")),
    ),
    remedies=(
        Remedy(
            kind="administrative-review",
            to=Bilingual(zh="本级人民政府", en="The people's government of the same level"),
            within=calendar_days(60),
            basis="行政复议法 art. 20",
        ),
        Remedy(
            kind="court",
            to=Bilingual(zh="人民法院", en="The people's court"),
            within=months(6),
            basis="行政诉讼法 art. 46",
        ),
    ),
)
