"""Felling a tree in the city: the parks department inspects it and says yes or no.

The law changes on 1 May 2026, while cases run: a shorter limit, a fee for each tree, and for a municipality
that wants it a second review, of the animals that live in the tree.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from contracts.terms.fees import Fee, FeeSchedule, Waiver
from contracts.terms.identifiers import STANDARD, AgencyId, ProcedureId, VariantId
from contracts.terms.law import LawVersion, Reason, RequestTerms
from contracts.terms.limits import working_days
from contracts.terms.materials import Material
from contracts.terms.requests import Answer, Request, deem, remind
from contracts.terms.results import Result
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, DocumentRef, Money, Statement, Text

PARKS = AgencyId("parks")
ENVIRONMENT = AgencyId("environment")
ADDED_REVIEW = VariantId("added-review")
REPLANTING, DANGEROUS = "replanting", "dangerous-tree"


class TreeApplication(Statement):
    """Which trees, and why they should be felled."""

    applicant: Text
    place: Text
    trees: int = Field(default=1, ge=1, le=1000)
    grounds: Text
    photo: DocumentRef


class Opinion(Answer):
    """What a review of the trees found. ``dangerous``: they would fall by themselves before long, so nobody
    pays for others in their place."""

    outcome: Literal["fell", "keep"]
    dangerous: bool = Field(default=False, exclude_if=lambda value: value is False)


class InspectTree(
    Request[Opinion],
    agency=PARKS,
    limit=working_days(10),
    basis="城市绿化条例 art. 20",
    overdue=[remind(at=0.8), deem("keep")],
):
    place: Text
    photo: DocumentRef


class ReviewHabitat(
    Request[Opinion],
    agency=ENVIRONMENT,
    limit=working_days(5),
    basis="野生动物保护法 art. 6",
    overdue=[remind(at=0.8), deem("keep")],
):
    place: Text
    photo: DocumentRef


EXAMPLE = TreeApplication(
    applicant="李 / Li",
    place="建设路1号",
    grounds="It leans over the pavement.",
    photo=DocumentRef(uri="urn:document:photo", sha256="0" * 63 + "1", size=1000),
)

REASONS = {
    "tree-is-kept": Reason(zh="树木应予保留。", en="The tree has to be kept.", basis="城市绿化条例 art. 20"),
    "fee-not-paid": Reason(zh="逾期未缴费。", en="The fee was not paid in time."),
}

TREE_FELLING = ServiceItem(
    procedure=ProcedureId("tree-felling"),
    code="seamless-demo-0004",
    name=Bilingual(zh="砍伐城市树木审批", en="Permit to fell a tree"),
    application=TreeApplication,
    lead=PARKS,
    laws=(
        LawVersion(
            id="2017",
            basis="城市绿化条例",
            since=date(2017, 3, 1),
            until=date(2026, 4, 30),
            statutory=working_days(20),
            promised=working_days(15),
            fees=FeeSchedule(currency="CNY"),
            reasons=REASONS,
        ),
        LawVersion(
            id="2026",
            basis="城市绿化条例 (2026)",
            since=date(2026, 5, 1),
            variants=(STANDARD, ADDED_REVIEW),
            statutory=working_days(15),
            promised=working_days(10),
            fees=FeeSchedule(
                currency="CNY",
                lines=(
                    Fee(
                        code=REPLANTING,
                        name=Bilingual(zh="补植费", en="Replanting"),
                        amount=Money(amount=Decimal("500.00"), currency="CNY"),
                        per="trees",
                        basis="城市绿化条例 (2026) art. 21",
                        waivers=(
                            Waiver(
                                code=DANGEROUS,
                                name=Bilingual(zh="危树", en="The tree is a danger"),
                                basis="城市绿化条例 (2026) art. 22",
                            ),
                        ),
                    ),
                ),
            ),
            reasons=REASONS,
            requests={
                "inspect-tree": RequestTerms(limit=working_days(5), basis="城市绿化条例 (2026) art. 20"),
            },
        ),
    ),
    examples=(EXAMPLE,),
    requests=(InspectTree, ReviewHabitat),
    reporters=(ENVIRONMENT,),
    titles={
        "inspect-tree": Bilingual(zh="现场勘查树木", en="Inspect the tree"),
        "review-habitat": Bilingual(zh="审查动物栖息情况", en="Review the habitat"),
    },
    outcomes={
        "fell": Bilingual(zh="可以砍伐", en="fell"),
        "keep": Bilingual(zh="应予保留", en="keep"),
    },
    consequences=Bilingual(zh="逾期未答复的，树木保留。", en="Without an answer in time, the tree stays."),
    basis=("城市绿化条例",),
    applicants=("person", "company", "organisation"),
    materials=(Material(code="photo", name=Bilingual(zh="树木照片", en="Photo of the tree")),),
    results=(
        Result(
            code="felling-permit",
            name=Bilingual(zh="砍伐许可", en="Felling permit"),
            valid=working_days(60),
            by_decision=True,
        ),
    ),
)
