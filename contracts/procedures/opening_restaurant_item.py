"""Opening a restaurant (开饭店), as Shanghai bundled it: the service item.

Before, an applicant went from department to department, each with a form, materials and an inspection of its
own (the variant ``chain``). As one matter (“一件事”, the variant ``bundle``) it takes one form, one joint
inspection, all approvals at the same time and one visit to fetch the licence.

The laws of the single approvals are the same in both. What differs is how they are handled: one after the
other, or jointly (行政许可法 art. 26(2), 42(2)); and with that both limits of the whole. So each way of
working has a law version of its own: one version could not say that 58 days were promised in one of them and
10 in the other. Before the reform the bundle could be tried: the old version knows it, too, with what was
promised then, and opens a case in it where a pilot or a setting says so.

``published`` are the totals that were published; ``assumed`` says what was not.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from contracts.procedures.opening_restaurant import (
    CITY_APPEARANCE,
    FIRE_RESCUE,
    LICENSING,
    MARKET_REGULATION,
    PAPERS,
    REFORM,
    REGISTRATION,
    WATER,
    ApproveSign,
    CheckCompleteness,
    CheckFireSafety,
    Conclude,
    InspectDrains,
    InspectFireSafety,
    InspectKitchen,
    InspectTogether,
    LicenseFood,
    PermitDrainage,
    Premises,
    RegisterBusiness,
    RegisterWaste,
    RestaurantApplication,
    Ruling,
    late,
)
from contracts.terms.burden import Errand, Published
from contracts.terms.clock_rules import Extension
from contracts.terms.fees import FeeSchedule
from contracts.terms.identifiers import ProcedureId, VariantId
from contracts.terms.law import LawVersion, Reason, RequestTerms
from contracts.terms.limits import calendar_days, months, working_days
from contracts.terms.materials import Form, Material
from contracts.terms.requests import Request
from contracts.terms.results import Remedy, Result
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, DocumentRef

CHAIN, BUNDLE = VariantId("chain"), VariantId("bundle")

_REASONS = {
    "not-registrable": Reason(
        zh="登记申请不符合规定。",
        en="The registration would be against the law.",
        basis=REGISTRATION,
    ),
    "food-safety-insufficient": Reason(
        zh="不符合食品安全要求。", en="It does not meet the rules of food safety.", basis="食品安全法 art. 33"
    ),
    "fire-safety-insufficient": Reason(
        zh="不符合消防安全要求。", en="It does not meet the rules of fire safety.", basis="消防法 art. 15"
    ),
    "sign-not-conform": Reason(zh="招牌不符合设置规范。", en="The sign is against the rules."),
    "waste-not-arranged": Reason(zh="餐厨废弃物收运未落实。", en="Nobody takes the kitchen waste."),
    "drainage-insufficient": Reason(
        zh="不符合排水要求。",
        en="It does not meet the rules of drainage.",
        basis="城镇排水与污水处理条例 art. 21",
    ),
    "not-approved": Reason(zh="部门不予许可。", en="A department refused."),
    "not-supplemented": Reason(zh="逾期未补正材料。", en="What was missing was not handed in in time."),
}

BEFORE = LawVersion(
    id="one-by-one",
    basis=f"{LICENSING}; {REGISTRATION}; 食品安全法; 消防法; 城镇排水与污水处理条例",
    since=date(2019, 4, 23),
    until=date(2019, 12, 31),
    variants=(CHAIN, BUNDLE),
    statutory=working_days(110),
    promised=working_days(58),
    fees=FeeSchedule(currency="CNY"),
    reasons=_REASONS,
)
"""Statutory: each approval has a limit of its own, and they follow one another: 10 days for fire safety
(消防法 art. 15), 20 at most for each of the five others (行政许可法 art. 42(1)). In force from the day on
which the check of fire safety became the fire and rescue service's; its last day is assumed."""

AFTER = LawVersion(
    id="one-matter",
    basis=f"{REFORM}; {LICENSING} art. 26(2)",
    since=date(2020, 1, 1),
    variants=(BUNDLE,),
    statutory=working_days(45),
    promised=working_days(10),
    extensions=(Extension(basis=f"{LICENSING} art. 42(2)", limit=working_days(15)),),
    fees=FeeSchedule(currency="CNY"),
    reasons=_REASONS,
    requests={
        each.local_name: RequestTerms(limit=working_days(3), overdue=tuple(late(1))) for each in PAPERS
    },
)
"""Joint handling: 45 days, once extendable by 15 (art. 42(2))."""

PUBLISHED = (
    Published(
        variant=CHAIN,
        source=f"{REFORM}: before",
        time=working_days(58),
        agencies=4,
        approvals=6,
        forms=4,
        materials=31,
        visits=6,
        inspections=3,
    ),
    Published(
        variant=BUNDLE,
        source=f"{REFORM}: after",
        time=working_days(10),
        agencies=4,
        approvals=6,
        forms=1,
        materials=12,
        visits=1,
        inspections=1,
    ),
)

ASSUMED = (
    Bilingual(
        zh="公布的只有合计；各步骤的时限（含催办后的宽限）是按合计分摊的假定。",
        en="Totals were published, and nothing else. How long each step takes, with its grace, is assumed: "
        "the published days, split.",
    ),
    Bilingual(
        zh="六项审批是哪六项、分属哪四个部门，为假定。",
        en="Which six approvals these are, and of which four departments, is assumed.",
    ),
    Bilingual(
        zh="各项审批需要哪些材料、用哪张表，为假定，因此清点的材料数与公布的不必相同。",
        en="Which materials and which form an approval takes is assumed, so what is counted need not be what "
        "was published.",
    ),
    Bilingual(
        zh="“一件事”自2020年1月1日起施行，为假定。",
        en="That it is one matter since 1 January 2020 is assumed.",
    ),
)

_DOCUMENT = DocumentRef(uri="urn:document:example", sha256="0" * 63 + "1", size=1000)

EXAMPLE = RestaurantApplication(
    applicant="海晏餐饮有限公司 / Haiyan Catering Ltd",
    contact="+86 21 5555 0100",
    restaurant="海晏楼 / Haiyan House",
    premises=Premises(address="建设路1号", area=Decimal(180), seats=60),
    identity=_DOCUMENT,
    premises_title=_DOCUMENT,
    articles=_DOCUMENT,
    floor_plan=_DOCUMENT,
    kitchen_layout=_DOCUMENT,
    food_safety_rules=_DOCUMENT,
    fire_facilities=_DOCUMENT,
    evacuation_plan=_DOCUMENT,
    sign_design=_DOCUMENT,
    waste_contract=_DOCUMENT,
    drainage_plan=_DOCUMENT,
)
"""The health certificates are missing."""

_MATERIALS = (
    Material(code="identity", name=Bilingual(zh="身份证明", en="Proof of identity")),
    Material(code="premises-title", name=Bilingual(zh="场所使用证明", en="Right to use the premises")),
    Material(code="articles", name=Bilingual(zh="公司章程", en="Articles of association")),
    Material(code="floor-plan", name=Bilingual(zh="平面布置图", en="Floor plan")),
    Material(code="kitchen-layout", name=Bilingual(zh="设备布局和操作流程", en="Layout of the kitchen")),
    Material(code="food-safety-rules", name=Bilingual(zh="食品安全制度", en="Rules of food safety")),
    Material(code="health-certificates", name=Bilingual(zh="从业人员健康证明", en="Health certificates")),
    Material(code="fire-facilities", name=Bilingual(zh="消防设施平面图", en="Plan of the fire facilities")),
    Material(code="evacuation-plan", name=Bilingual(zh="灭火和应急疏散预案", en="Evacuation plan")),
    Material(code="sign-design", name=Bilingual(zh="招牌设计图", en="Design of the sign")),
    Material(code="waste-contract", name=Bilingual(zh="餐厨废弃物收运合同", en="Contract for the waste")),
    Material(code="drainage-plan", name=Bilingual(zh="排水和隔油设施图", en="Plan of the drains")),
)
_LICENCE_COPY = Material(
    code="business-licence-copy",
    name=Bilingual(zh="营业执照复印件", en="Copy of the business licence"),
    necessity="where-applicable",
    applies_where=Bilingual(zh="逐项办理的", en="Where the approvals follow one another"),
    source="agency",
)


def _errand(kind: type[Request[Ruling]], form: str, zh: str, en: str) -> Errand:
    """What an applicant had to do for one of the approvals, when they followed one another."""
    papers = tuple(field.replace("_", "-") for field in PAPERS[kind])
    licence = () if kind is RegisterBusiness else (_LICENCE_COPY.code,)
    name = Bilingual(zh=zh, en=en)
    return Errand(name=name, variants=(CHAIN,), form=form, materials=(*papers, *licence), in_person=True)


ERRANDS = (
    _errand(RegisterBusiness, "market-regulation", "办理营业执照", "Apply for the business licence"),
    _errand(LicenseFood, "market-regulation", "办理食品经营许可", "Apply for the food licence"),
    _errand(CheckFireSafety, "fire-rescue", "申请消防安全检查", "Apply for the check of fire safety"),
    _errand(ApproveSign, "city-appearance", "申请设置招牌", "Apply for the sign"),
    _errand(RegisterWaste, "city-appearance", "申报餐厨废弃物", "Declare the kitchen waste"),
    _errand(PermitDrainage, "water", "申请排水许可", "Apply for the drainage permit"),
    Errand(
        name=Bilingual(zh="网上一表申请", en="Apply online, with the one form"),
        variants=(BUNDLE,),
        form="one-matter",
        materials=tuple(each.code for each in _MATERIALS),
    ),
    Errand(
        name=Bilingual(zh="一次领取证照", en="Fetch the licence"),
        variants=(BUNDLE,),
        in_person=True,
    ),
)

OPENING_RESTAURANT = ServiceItem(
    procedure=ProcedureId("opening-restaurant"),
    code="seamless-demo-0007",
    name=Bilingual(zh="开饭店“一件事”", en="Opening a restaurant"),
    application=RestaurantApplication,
    lead=MARKET_REGULATION,
    joint=(FIRE_RESCUE, CITY_APPEARANCE, WATER),
    laws=(BEFORE, AFTER),
    examples=(EXAMPLE,),
    requests=(
        CheckCompleteness,
        InspectKitchen,
        InspectFireSafety,
        InspectDrains,
        InspectTogether,
        *PAPERS,
        Conclude,
    ),
    titles={
        "check-completeness": Bilingual(zh="审查材料是否齐全", en="Check completeness"),
        "inspect-kitchen": Bilingual(zh="厨房现场核查", en="Inspect the kitchen"),
        "inspect-fire-safety": Bilingual(zh="消防现场检查", en="Inspect the fire safety"),
        "inspect-drains": Bilingual(zh="排水现场勘查", en="Inspect the drains"),
        "inspect-together": Bilingual(zh="联合现场核查", en="Inspect together"),
        "register-business": Bilingual(zh="营业执照登记", en="Register the business"),
        "license-food": Bilingual(zh="食品经营许可", en="License for food"),
        "check-fire-safety": Bilingual(zh="开业前消防安全检查", en="Check the fire safety"),
        "approve-sign": Bilingual(zh="店招店牌设置审批", en="Approve the sign"),
        "register-waste": Bilingual(zh="餐厨废弃物收运备案", en="Register the waste"),
        "permit-drainage": Bilingual(zh="排水许可", en="Permit the drainage"),
        "conclude": Bilingual(zh="合并发证", en="Conclude"),
    },
    outcomes={
        "passed": Bilingual(zh="合格", en="passed"),
        "failed": Bilingual(zh="不合格", en="failed"),
        "approve": Bilingual(zh="准予许可", en="approve"),
        "refuse": Bilingual(zh="不予许可", en="refuse"),
        "outstanding": Bilingual(zh="尚未办理", en="outstanding"),
    },
    consequences=Bilingual(
        zh="逾期未告知补正的视为受理；勘验和审批不因逾期而视为准予或者不予，由政务服务中心催办，原部门继续办理；“一件事”中由牵头部门督促落实后统一办结。",
        en="Silence on completeness counts as acceptance. Silence on an inspection or an approval neither "
        "grants nor refuses: the service hall is told, and the department is asked again; where it is one "
        "matter, the lead gets what is outstanding before it concludes.",
    ),
    basis=(LICENSING, REGISTRATION, "食品安全法", "消防法", "城镇排水与污水处理条例", REFORM),
    applicants=("person", "company"),
    materials=(*_MATERIALS, _LICENCE_COPY),
    forms=(
        Form(code="market-regulation", name=Bilingual(zh="市场监管申请表", en="Form of market regulation")),
        Form(code="fire-rescue", name=Bilingual(zh="消防安全检查申报表", en="Form of fire and rescue")),
        Form(code="city-appearance", name=Bilingual(zh="绿化市容申请表", en="Form of city appearance")),
        Form(code="water", name=Bilingual(zh="排水许可申请表", en="Form of the water authority")),
        Form(code="one-matter", name=Bilingual(zh="“一件事”申请表", en="The one form")),
    ),
    results=(
        Result(code="business-licence", name=Bilingual(zh="营业执照", en="Business licence")),
        Result(code="food-licence", name=Bilingual(zh="食品经营许可证", en="Food licence")),
        Result(code="fire-safety-opinion", name=Bilingual(zh="消防安全检查意见书", en="Fire safety opinion")),
        Result(code="sign-permit", name=Bilingual(zh="招牌设置许可", en="Permit for the sign")),
        Result(
            code="waste-registration", name=Bilingual(zh="餐厨废弃物申报", en="Registration of the waste")
        ),
        Result(code="drainage-permit", name=Bilingual(zh="排水许可证", en="Drainage permit")),
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
    errands=ERRANDS,
    published=PUBLISHED,
    assumed=ASSUMED,
)
