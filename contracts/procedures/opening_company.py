"""Opening a company (企业开办): one form, and everybody that a new company needs.

The market regulator registers the company. As soon as it is registered, seal, tax, social insurance, housing
fund and bank get to work at the same time. The bank is not an authority: what it does, or leaves undone,
changes nothing of the registration.

Promised is one working day, so the requests have limits in hours: eight of them where everybody is in time.
Hours run at night and at weekends, too. Therefore nothing that harms the applicant follows from silence in
hours: whoever has not registered the company is asked again, and what is not done after it is flagged for an
officer.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from contracts.terms.burden import Errand
from contracts.terms.clock_rules import Extension
from contracts.terms.fees import FeeSchedule
from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.terms.law import LawVersion, Reason
from contracts.terms.limits import Limit, calendar_days, hours, months, working_days
from contracts.terms.materials import Form, Material
from contracts.terms.requests import (
    Answer,
    Approval,
    CompletenessCheck,
    Request,
    deem,
    escalate,
    remind,
)
from contracts.terms.results import Remedy, Result
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, DocumentRef, Statement, Text, absent

MARKET_REGULATION = AgencyId("market-regulation")
PUBLIC_SECURITY = AgencyId("public-security")
TAX = AgencyId("tax")
SOCIAL_INSURANCE = AgencyId("social-insurance")
HOUSING_FUND = AgencyId("housing-fund")
BANK = AgencyId("bank")
SERVICE_HALL = AgencyId("service-hall")

REGISTRATION = "市场主体登记管理条例"
NAMES = "企业名称登记管理规定"
ACCOUNTS = "人民币银行结算账户管理办法"


class CompanyApplication(Statement):
    """The one form. ``capital`` in yuan; ``account``: a bank account is wanted, too."""

    name: Text
    address: Text
    business: Text
    capital: Decimal = Field(gt=0, le=10**12)
    representative: Text
    contact: Text
    employees: int = Field(ge=0, le=10**6)
    account: bool = True
    identity: DocumentRef
    premises_title: DocumentRef
    articles: DocumentRef | None = Field(default=None, exclude_if=absent)


class Completeness(CompletenessCheck, of=CompanyApplication):
    """Whether the form is complete; if not, everything that is missing."""


class Naming(Answer):
    """Whether another company has the name already."""

    outcome: Literal["free", "taken"]


class Registration(Answer, needs={"register": "licence", "refuse": "reason"}):
    """The registrar's decision. ``complex``: it takes longer; ``outstanding``: none yet."""

    outcome: Literal["register", "refuse", "complex", "outstanding"]
    licence: DocumentRef | None = Field(default=None, exclude_if=absent)


class Done(Answer):
    """Whether it is done; ``outstanding``: not yet, an officer has to act."""

    outcome: Literal["done", "outstanding"]


class Account(Answer, needs={"refused": "reason"}):
    """What the bank says; ``outstanding``: nothing yet."""

    outcome: Literal["done", "refused", "outstanding"]


class CheckCompleteness(
    Request[Completeness],
    agency=MARKET_REGULATION,
    limit=hours(1),
    basis=f"{REGISTRATION} art. 19: all that is missing is told at once; silence accepts the form as it is",
    overdue=[deem("complete")],
):
    application: CompanyApplication


class CheckName(
    Request[Naming],
    agency=MARKET_REGULATION,
    limit=hours(1),
    basis=f"{NAMES} art. 16: the applicant declares the name; silence leaves it to the registration",
    overdue=[deem("free")],
):
    company: Text
    business: Text


class RegisterCompany(
    Request[Registration],
    agency=MARKET_REGULATION,
    limit=hours(2),
    basis=f"{REGISTRATION} art. 19, 20: silence neither registers nor refuses; the registrar is asked again",
    overdue=[remind(at=0.5), escalate(to=SERVICE_HALL, grace=hours(4)), deem("outstanding")],
    reasons=["name-not-allowed", "unlawful"],
):
    application: CompanyApplication


class ApproveExtension(
    Request[Approval],
    agency=MARKET_REGULATION,
    limit=hours(2),
    basis=f"{REGISTRATION} art. 19: the head of the registrar approves it; silence extends nothing",
    overdue=[remind(at=0.5), deem("refused")],
):
    company: Text
    by: Limit


class RegisterSeal(
    Request[Done],
    agency=PUBLIC_SECURITY,
    limit=hours(4),
    basis="公章刻制备案: a seal is filed, not approved; silence leaves that to do",
    overdue=[remind(at=0.5), deem("outstanding")],
):
    company: Text
    licence: DocumentRef


class RegisterTaxpayer(
    Request[Done],
    agency=TAX,
    limit=hours(4),
    basis="税收征收管理法 art. 15: on the day of the filing; silence leaves that to do",
    overdue=[remind(at=0.5), deem("outstanding")],
):
    company: Text
    business: Text
    licence: DocumentRef


class RegisterInsurance(
    Request[Done],
    agency=SOCIAL_INSURANCE,
    limit=hours(4),
    basis="社会保险法 art. 57: within fifteen days, promised at once; silence leaves that to do",
    overdue=[remind(at=0.5), deem("outstanding")],
):
    company: Text
    employees: int
    licence: DocumentRef


class RegisterHousingFund(
    Request[Done],
    agency=HOUSING_FUND,
    limit=hours(4),
    basis="住房公积金管理条例 art. 13: the employer is registered; silence leaves that to do",
    overdue=[remind(at=0.5), deem("outstanding")],
):
    company: Text
    employees: int
    licence: DocumentRef


class OpenAccount(
    Request[Account],
    agency=BANK,
    limit=hours(4),
    basis=f"{ACCOUNTS}: a contract with the bank; neither its no nor its silence touches the registration",
    overdue=[remind(at=0.5), deem("outstanding")],
    reasons=["not-identified"],
):
    company: Text
    representative: Text
    licence: DocumentRef


def outstanding(request: type[Request[Any]]) -> str:
    """The flag of a case in which this is not done."""
    return f"{request.local_name}-outstanding"


_DOCUMENT = DocumentRef(uri="urn:document:example", sha256="0" * 63 + "1", size=1000)

EXAMPLE = CompanyApplication(
    name="海晏餐饮有限公司 / Haiyan Catering Ltd",
    address="建设路1号",
    business="餐饮服务 / Catering",
    capital=Decimal(500_000),
    representative="李 / Li",
    contact="+86 21 5555 0100",
    employees=8,
    identity=_DOCUMENT,
    premises_title=_DOCUMENT,
)
"""The articles of association are missing."""

OPENING_COMPANY = ServiceItem(
    procedure=ProcedureId("opening-company"),
    code="seamless-demo-0006",
    name=Bilingual(zh="企业开办", en="Opening a company"),
    application=CompanyApplication,
    lead=MARKET_REGULATION,
    laws=(
        LawVersion(
            id="2022",
            basis=REGISTRATION,
            since=date(2022, 3, 1),
            statutory=working_days(3),
            promised=working_days(1),
            extensions=(Extension(basis=f"{REGISTRATION} art. 19", limit=working_days(3)),),
            fees=FeeSchedule(currency="CNY"),
            reasons={
                "name-taken": Reason(
                    zh="名称与他人已登记的相同或者近似。",
                    en="Another company has this name, or one like it.",
                    basis=f"{NAMES} art. 17",
                ),
                "name-not-allowed": Reason(
                    zh="名称不符合规定。", en="The name is against the rules.", basis=NAMES
                ),
                "unlawful": Reason(
                    zh="登记申请不符合法律、行政法规规定。",
                    en="The registration would be against the law.",
                    basis=f"{REGISTRATION} art. 20",
                ),
                "not-supplemented": Reason(
                    zh="逾期未补正材料。", en="What was missing was not handed in in time."
                ),
                "not-identified": Reason(
                    zh="银行未能核实客户身份。",
                    en="The bank could not identify its customer.",
                    basis=ACCOUNTS,
                ),
            },
        ),
    ),
    examples=(EXAMPLE,),
    requests=(
        CheckCompleteness,
        CheckName,
        RegisterCompany,
        ApproveExtension,
        RegisterSeal,
        RegisterTaxpayer,
        RegisterInsurance,
        RegisterHousingFund,
        OpenAccount,
    ),
    flags={
        outstanding(RegisterSeal): Bilingual(zh="公章尚未备案", en="The seal is not filed yet"),
        outstanding(RegisterTaxpayer): Bilingual(zh="税务尚未登记", en="Not registered for tax yet"),
        outstanding(RegisterInsurance): Bilingual(
            zh="社会保险尚未登记", en="Not registered for social insurance yet"
        ),
        outstanding(RegisterHousingFund): Bilingual(
            zh="住房公积金尚未缴存登记", en="Not registered with the housing fund yet"
        ),
        outstanding(OpenAccount): Bilingual(zh="银行账户尚未开立", en="The bank account is not open yet"),
    },
    titles={
        "check-completeness": Bilingual(zh="审查材料是否齐全", en="Check completeness"),
        "check-name": Bilingual(zh="核对企业名称", en="Check the name"),
        "register-company": Bilingual(zh="设立登记", en="Register the company"),
        "approve-extension": Bilingual(zh="批准延长期限", en="Approve the extension"),
        "register-seal": Bilingual(zh="公章备案", en="File the seal"),
        "register-taxpayer": Bilingual(zh="税务登记", en="Register for tax"),
        "register-insurance": Bilingual(zh="社会保险登记", en="Register for social insurance"),
        "register-housing-fund": Bilingual(zh="住房公积金缴存登记", en="Register with the housing fund"),
        "open-account": Bilingual(zh="开立银行账户", en="Open the account"),
    },
    outcomes={
        "free": Bilingual(zh="名称可用", en="free"),
        "taken": Bilingual(zh="名称已被使用", en="taken"),
        "register": Bilingual(zh="准予登记", en="register"),
        "refuse": Bilingual(zh="不予登记", en="refuse"),
        "complex": Bilingual(zh="情形复杂", en="complex"),
        "done": Bilingual(zh="已办理", en="done"),
        "refused": Bilingual(zh="未批准", en="refused"),
        "outstanding": Bilingual(zh="尚未办理", en="outstanding"),
    },
    consequences=Bilingual(
        zh="逾期未告知补正的视为受理；名称逾期未核对的由登记时一并审查；登记不因逾期而视为准予或者不予，继续办理；登记之后各部门逾期未办的，"
        "由工作人员跟进；银行未开户或者拒绝开户的，不影响登记。",
        en="Silence on completeness counts as acceptance, and silence on the name leaves it to the "
        "registration. Silence never registers and never refuses: the registrar is asked again. What is not "
        "done after the registration is flagged for an officer. A bank that opens no account changes nothing "
        "of the registration.",
    ),
    basis=(REGISTRATION, NAMES),
    applicants=("person", "company", "organisation"),
    materials=(
        Material(code="identity", name=Bilingual(zh="身份证明", en="Proof of identity")),
        Material(code="premises-title", name=Bilingual(zh="住所使用证明", en="Right to use the premises")),
        Material(code="articles", name=Bilingual(zh="公司章程", en="Articles of association")),
    ),
    forms=(Form(code="opening", name=Bilingual(zh="企业开办申请表", en="The one form")),),
    results=(
        Result(
            code="business-licence",
            name=Bilingual(zh="营业执照", en="Business licence"),
            basis=f"{REGISTRATION} art. 21",
        ),
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
    visits=0,
    errands=(
        Errand(
            name=Bilingual(zh="网上一表申请", en="Apply online, with the one form"),
            form="opening",
            materials=("identity", "premises-title", "articles"),
        ),
    ),
)
