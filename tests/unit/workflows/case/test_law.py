"""A case keeps the law version and the variant that it was opened with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from contracts.platform import Opened
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.terms.decisions import Refuse
from contracts.terms.errors import Refusal
from contracts.terms.fees import Bill, Fee, FeeLine, FeeSchedule
from contracts.terms.identifiers import Party, VariantId
from contracts.terms.law import Reason, RequestTerms
from contracts.terms.limits import working_days
from contracts.terms.requests import deem
from contracts.terms.values import Bilingual, Money
from contracts.wire.messages import Requested
from tests.applications import application
from tests.unit.workflows.case.authoring import FIRE, Author, answered
from tests.unit.workflows.case.running import (
    DAY,
    START,
    VirtualRuntime,
    a_case,
    delivered,
    letters,
    opened,
    posted,
)
from workflows.case.agency_events import answer
from workflows.case.carrier import _open
from workflows.case.deciding import decide
from workflows.case.waiting import open_request

OLD = CONSTRUCTION_PERMIT.laws[0].model_copy(update={"until": date(2026, 6, 30)})
NEW = OLD.model_copy(
    update={
        "id": "2026",
        "since": date(2026, 7, 1),
        "until": None,
        "fees": FeeSchedule(
            currency="CNY",
            lines=(
                Fee(
                    code="flat",
                    name=Bilingual(zh="定额", en="Flat"),
                    amount=Money(amount=Decimal(7), currency="CNY"),
                ),
            ),
        ),
        "reasons": OLD.reasons | {"no-escape": Reason(zh="无疏散通道。", en="No escape route.")},
        "requests": {
            "review-fire-safety": RequestTerms(
                limit=working_days(4),
                basis="消防法 (2026)",
                overdue=(deem("consent"),),
                reasons=("no-escape",),
            )
        },
    }
)  # fmt: skip
ITEM = CONSTRUCTION_PERMIT.model_copy(update={"laws": (OLD, NEW)})
FIRE_SAFETY = Party.agency("fire-safety")


@pytest.mark.parametrize(
    ("law", "days", "basis", "reasons"),
    [
        ("2018-33", 10, FIRE.stated.basis, ("fire-safety-insufficient",)),
        ("2026", 4, "消防法 (2026)", ("no-escape",)),
    ],
)
async def test_an_agency_is_asked_on_the_terms_of_the_cases_law(
    runtime: VirtualRuntime, law: str, days: int, basis: str, reasons: tuple[str, ...]
) -> None:
    case = a_case(runtime, ITEM, law=law)
    open_request(case, FIRE)
    (entry,) = posted(case)
    assert (entry.law, entry.variant, entry.basis, entry.due) == (law, "standard", basis, START + days * DAY)
    ((_, asked),) = letters(case, "agency:fire-safety")
    asked = Requested.model_validate(asked)
    assert (asked.limit, asked.basis, asked.reasons) == (working_days(days), basis, reasons)


@pytest.mark.parametrize(("law", "reason"), [("2018-33", "no-escape"), ("2026", "fire-safety-insufficient")])
async def test_an_answer_may_name_the_reasons_of_the_cases_law_only(
    runtime: VirtualRuntime, law: str, reason: str
) -> None:
    """The gateway does not know the case's law, and admits those of every version."""
    case = a_case(runtime, ITEM, law=law)
    step = open_request(case, FIRE)
    said = answered("refuse", reason=reason)
    with pytest.raises(Refusal, match="reason: has to be one of"):
        answer(case, delivered(said, case.opened.case, FIRE_SAFETY, step=step))


async def test_an_open_request_keeps_what_it_was_asked_with(runtime: VirtualRuntime) -> None:
    case = a_case(runtime, ITEM, law="2026")
    step = open_request(case, FIRE)
    changed = NEW.model_copy(update={"requests": {}})
    item = ITEM.model_copy(update={"laws": (OLD, changed)})
    following = a_case(runtime, item, **dict(case.opened.model_copy(update={"carried": case.carried()})))
    open_request(following, FIRE)
    wait = following.journal.waits[step]
    assert (wait.limit, wait.basis, wait.reasons) == (working_days(4), "消防法 (2026)", ("no-escape",))
    said = answered("refuse", reason="no-escape")
    answer(following, delivered(said, following.opened.case, FIRE_SAFETY, step=step))
    assert step in following.journal.outcomes


async def test_a_fee_that_changes_leaves_running_cases_alone(runtime: VirtualRuntime) -> None:
    fees = {}
    for law in ("2018-33", "2026"):
        author = Author(a_case(runtime, ITEM, law=law), runtime)
        fees[law] = author.procedure.law.fees.of(application(floor_area="2000")).total.amount
    assert fees == {"2018-33": Decimal("210010.00"), "2026": Decimal("7.00")}


@pytest.mark.parametrize(
    ("law", "said"),
    [("2026", "lets 7.00 CNY of the fee 'flat' be collected .* not 7.01"), ("free", "there are: none")],
)
async def test_what_the_law_has_no_fee_for_cannot_be_collected(
    runtime: VirtualRuntime, law: str, said: str
) -> None:
    free = NEW.model_copy(update={"id": "free", "fees": FeeSchedule(currency="CNY")})
    author = Author(a_case(runtime, ITEM.model_copy(update={"laws": (OLD, NEW, free)}), law=law), runtime)
    assert await author.procedure.collect(Bill(currency="CNY"), working_days(1))
    flat = FeeLine(code="flat", amount=Money(amount=Decimal("7.01"), currency="CNY"))
    with pytest.raises(LookupError, match=said):
        await author.procedure.collect(Bill(currency="CNY", lines=(flat,)), working_days(1))


@pytest.mark.parametrize(("law", "reason"), [("2018-33", "no-escape"), ("2026", "no-such-code")])
async def test_a_refusal_for_a_reason_of_another_law(runtime: VirtualRuntime, law: str, reason: str) -> None:
    case = a_case(runtime, ITEM, law=law)
    with pytest.raises(
        LookupError, match=f"law version '{law}': '{reason}' is none of its reason codes: plan-"
    ):
        decide(case, Refuse(reason=reason))


def test_a_law_that_the_code_has_no_more(runtime: VirtualRuntime) -> None:
    """A failed task: the case waits until the version is back."""
    with pytest.raises(
        LookupError, match=r"no law version '1999'; there are: 2018-33, 2026.*put it back into"
    ):
        a_case(runtime, ITEM, law="1999")


async def test_a_request_that_the_service_item_does_not_list(runtime: VirtualRuntime) -> None:
    case = a_case(runtime, ITEM.model_copy(update={"requests": ITEM.requests[:2]}))
    with pytest.raises(
        TypeError, match=r"ReviewFireSafety is not listed in .* 'construction-permit': add it to req"
    ):
        open_request(case, FIRE)
    assert posted(case) == []


def test_the_ledger_says_in_which_variant_a_case_is_and_why(runtime: VirtualRuntime) -> None:
    case = a_case(runtime, ITEM, variant=VariantId("fast"), variant_basis="set by the administration")
    _open(case)
    (entry,) = posted(case)
    assert (entry.kind, entry.variant, entry.basis) == ("opened", "fast", "set by the administration")


def test_the_input_of_a_case_that_says_no_variant_is_of_the_standard() -> None:
    said = opened().model_dump(mode="json", exclude={"variant"})
    assert Opened[object].model_validate(said).variant == "standard"
