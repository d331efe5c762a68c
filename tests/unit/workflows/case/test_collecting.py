"""Fees are collected line by line: each no more than the catalogue has, and less what is waived."""

from __future__ import annotations

from decimal import Decimal

import pytest

from contracts.payments import refundable
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.terms.decisions import Grant, Refuse
from contracts.terms.fees import Bill, Fee, FeeLine, FeeSchedule, Waiver
from contracts.terms.identifiers import APPLICANT, PLATFORM, AgencyId, Party
from contracts.terms.limits import working_days
from contracts.terms.values import Bilingual, Money
from contracts.wire.ledger import LedgerEntry, pseudonym_of
from contracts.wire.messages import Answered, Paid, Supplemented
from contracts.wire.notices import FeeDue
from tests.unit.workflows.case.authoring import MISSING, PLANNING, Author
from tests.unit.workflows.case.running import (
    DAY,
    PORTAL,
    SECRET,
    VirtualRuntime,
    a_case,
    letters,
    next_run,
    posted,
)
from workflows.case import Waived
from workflows.case.deciding import close
from workflows.case.faults import CourseFault


def yuan(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="CNY")


def a_fee(code: str, amount: str, *waivers: Waiver) -> Fee:
    name = Bilingual(zh=code, en=f"The {code}")
    return Fee(code=code, name=name, amount=yuan(amount), basis=f"art. {code}", waivers=waivers)


POOR = Waiver(code="poor", name=Bilingual(zh="低保", en="On welfare"), basis="art. 9")
FEES = FeeSchedule(
    currency="CNY", lines=(a_fee("survey", "60.00", POOR), a_fee("seal", "40.00"), a_fee("copy", "5.00"))
)
LAW = CONSTRUCTION_PERMIT.laws[-1].model_copy(update={"fees": FEES})
ITEM = CONSTRUCTION_PERMIT.model_copy(
    update={"laws": (LAW,), "third_parties": {"guild": Bilingual(zh="行会", en="The guild")}}
)
LIMIT = working_days(5)


@pytest.fixture
def author(runtime: VirtualRuntime) -> Author:
    return Author(a_case(runtime, ITEM), runtime)


def bill(author: Author, *codes: str) -> Bill:
    return author.procedure.law.fees.of(author.case.opened.application, *codes)


async def pays(author: Author, amount: str, reference: str) -> None:
    await author.hears(Paid(amount=yuan(amount), reference=reference), PORTAL, received=author.runtime.time)


def told(entry: LedgerEntry) -> list[tuple[str, str]]:
    return [(line.code, str(line.amount.amount)) for line in entry.fees]


def figures(author: Author) -> list[tuple[str, str | None, list[tuple[str, str]]]]:
    return [(each.kind, each.step, told(each)) for each in posted(author.case)]


async def test_each_payment_goes_into_fees_in_the_order_of_the_bill(author: Author) -> None:
    collecting = await author.begins(author.procedure.collect(bill(author), LIMIT))
    for number, amount in enumerate(("50.00", "30.00", "30.00")):
        await pays(author, amount, str(number))
    assert await collecting
    assert figures(author) == [
        ("fee-due", "collect/1", [("survey", "60.00"), ("seal", "40.00"), ("copy", "5.00")]),
        ("paid", "collect/1", [("survey", "50.00")]),
        ("paid", "collect/1", [("survey", "10.00"), ("seal", "20.00")]),
        ("paid", "collect/1", [("seal", "20.00"), ("copy", "5.00")]),
    ]
    due, *_, last = posted(author.case)
    assert [line.basis for line in due.fees] == ["art. survey", "art. seal", "art. copy"]
    assert (last.fee_paid, last.fee_counted) == (yuan("30.00"), yuan("25.00"))


async def test_the_applicant_reads_which_fees_are_due(author: Author) -> None:
    await author.begins(author.procedure.collect(bill(author, "seal"), LIMIT))
    [(_, notice)] = letters(author.case, PORTAL)
    [line] = FeeDue.model_validate(notice).fees
    assert (line.code, line.name.en, line.amount, line.basis) == (
        "seal",
        "The seal",
        yuan("40.00"),
        "art. seal",
    )


async def test_a_fee_is_collected_once(author: Author) -> None:
    collecting = await author.begins(author.procedure.collect(bill(author, "survey"), LIMIT))
    await pays(author, "60.00", "a")
    assert await collecting
    with pytest.raises(LookupError, match=r"lets 0.00 CNY of the fee 'survey' be collected .* not 60.00"):
        await author.procedure.collect(bill(author), LIMIT)
    assert (
        await author.begins(author.procedure.collect(bill(author, "seal", "copy"), LIMIT))
    ).done() is False


async def test_nothing_is_collected_twice_on_one_bill(author: Author) -> None:
    with pytest.raises(LookupError, match="'seal'"):
        await author.procedure.collect(bill(author, "seal", "seal"), LIMIT)


async def test_a_fee_that_was_not_paid_may_be_asked_for_again_and_what_was_paid_is_paid_back(
    author: Author,
) -> None:
    collecting = await author.begins(author.procedure.collect(bill(author, "survey"), LIMIT))
    await pays(author, "59.99", "a")
    await author.lets_pass(6 * DAY)
    assert not await collecting
    again = await author.begins(author.procedure.collect(bill(author, "survey"), LIMIT))
    await pays(author, "60.00", "b")
    assert await again
    assert refundable(posted(author.case)) == [yuan("59.99")]
    close(author.case, Grant())
    assert [each.fee_refund for each in posted(author.case) if each.fee_refund] == [yuan("59.99")]


async def test_a_new_run_collects_nothing_again(author: Author, runtime: VirtualRuntime) -> None:
    """Not even where the application was supplemented since, and the catalogue has less for it."""
    collecting = await author.begins(author.procedure.collect(bill(author), LIMIT))
    await pays(author, "105.00", "a")
    assert await collecting
    later = Author(next_run(author.case, runtime), runtime)
    assert await later.procedure.collect(bill(later), LIMIT)
    assert posted(later.case) == []
    with pytest.raises(LookupError, match="be collected"):
        await later.procedure.collect(bill(later), LIMIT)


@pytest.mark.parametrize(
    ("fee", "waiver", "amount", "said"),
    [
        ("stamp", "poor", None, "no fee 'stamp' in the catalogue; there are: survey, seal, copy"),
        ("seal", "poor", None, "'seal' has no waiver 'poor'; it has: none"),
        ("survey", "rich", None, "'survey' has no waiver 'rich'; it has: poor"),
        ("survey", "poor", "60.01", "more of the fee 'survey' is waived than is on the bill"),
    ],
)
async def test_what_the_catalogue_does_not_let_off(
    author: Author, fee: str, waiver: str, amount: str | None, said: str
) -> None:
    waived = Waived(fee, waiver, amount=None if amount is None else Decimal(amount))
    with pytest.raises(LookupError, match=said):
        await author.procedure.collect(bill(author), LIMIT, [waived])
    assert posted(author.case) == []


@pytest.mark.parametrize("amount", ["-5.00", "0.001"])
async def test_what_is_no_amount_is_not_waived(author: Author, amount: str) -> None:
    waived = Waived("survey", "poor", amount=Decimal(amount))
    with pytest.raises(ValueError, match=r"Input should be|Decimal input should"):
        await author.procedure.collect(bill(author), LIMIT, [waived])
    assert posted(author.case) == []


async def test_a_part_may_be_waived_for_two_reasons_and_nothing_of_nothing(author: Author) -> None:
    waived = [Waived("survey", "poor", amount=Decimal(each)) for each in ("10.00", "0.00", "15.50")]
    await author.begins(author.procedure.collect(bill(author, "survey"), LIMIT, waived))
    assert figures(author) == [
        ("fee-waived", "collect/1", [("survey", "10.00")]),
        ("fee-waived", "collect/1", [("survey", "15.50")]),
        ("fee-due", "collect/1", [("survey", "34.50")]),
    ]


async def test_who_waived_it_stands_in_the_ledger_outside_its_data(author: Author) -> None:
    asking = await author.begins(author.procedure.ask(PLANNING))
    step = "construction-permit.review-planning/1"
    consent = Answered(answer={"outcome": "consent"}, officer="p-1", desk="east")
    await author.hears(consent, Party.agency("planning"), step=step, received=author.runtime.time)
    await asking
    waived = Waived("survey", "poor", by=type(PLANNING))
    collecting = await author.begins(author.procedure.collect(bill(author), LIMIT, [waived]))
    entry, due = posted(author.case)[-2:]
    planning = Party.agency("planning")
    assert (entry.kind, entry.actor, entry.reason, entry.basis) == ("fee-waived", planning, "poor", "art. 9")
    assert (entry.officer, entry.desk) == (pseudonym_of(SECRET, planning, "p-1"), "east")
    assert (entry.automated, entry.fee_waived, entry.data) == (False, yuan("60.00"), None)
    assert (due.fee_charged, told(due)) == (yuan("45.00"), [("seal", "40.00"), ("copy", "5.00")])
    survey = FeeDue.model_validate(letters(author.case, PORTAL)[-1][1]).fees[0]
    assert (survey.amount, survey.waived, survey.waivers) == (yuan("0.00"), yuan("60.00"), (POOR.name,))
    await pays(author, "45.00", "a")
    assert await collecting
    with pytest.raises(LookupError, match=r"lets 0.00 CNY of the fee 'survey'"):  # it was let off for good
        await author.procedure.collect(bill(author, "survey"), LIMIT)


@pytest.mark.parametrize(
    ("by", "actor"),
    [
        (None, PLATFORM),
        (AgencyId("housing"), Party.agency("housing")),
        (APPLICANT, APPLICANT),
        (Party.third("guild"), Party.third("guild")),
    ],
)
async def test_a_bill_that_is_waived_as_a_whole_asks_for_nothing(
    author: Author, by: AgencyId | Party | None, actor: Party
) -> None:
    waived = Waived("survey", "poor", by=by)
    assert await author.procedure.collect(bill(author, "survey"), LIMIT, [waived])
    [entry] = posted(author.case)
    assert (entry.kind, entry.step, entry.actor) == ("fee-waived", "collect/1", actor)
    assert letters(author.case, PORTAL) == []


async def test_who_is_nobody_of_the_procedure_waives_nothing(author: Author) -> None:
    with pytest.raises(
        LookupError, match="'third-party:oracle' is none of its third parties: third-party:guild"
    ):
        await author.procedure.collect(
            bill(author), LIMIT, [Waived("survey", "poor", by=Party.third("oracle"))]
        )
    with pytest.raises(CourseFault, match="by=ReviewPlanning: no such request was answered before"):
        await author.procedure.collect(bill(author), LIMIT, [Waived("survey", "poor", by=type(PLANNING))])


async def test_what_was_paid_before_it_was_asked_for_goes_into_the_fees_and_ends_the_step(
    author: Author,
) -> None:
    await pays(author, "70.00", "a")
    await pays(author, "70.00", "b")
    assert await author.procedure.collect(bill(author), LIMIT)
    first, second, _, one, other = posted(author.case)
    assert (one.kind, one.step, one.cause, one.outcome) == ("counted", "collect/1", first.id, "part")
    assert (other.cause, other.outcome, other.fee_counted) == (second.id, None, yuan("35.00"))
    assert told(other) == [("seal", "30.00"), ("copy", "5.00")]
    assert refundable(posted(author.case)) == [yuan("35.00")]
    close(author.case, Refuse(reason="fee-not-paid"))
    assert [each.fee_refund for each in posted(author.case) if each.fee_refund] == [yuan("35.00")]
    assert refundable(posted(author.case)) == []


async def test_what_a_course_takes_a_payment_for_is_not_paid_back(author: Author) -> None:
    await pays(author, "7.00", "a")
    assert await author.procedure.wait_for(Paid)
    waiting = await author.begins(author.procedure.wait_for(Paid))
    await pays(author, "8.00", "b")
    assert await waiting
    assert refundable(posted(author.case)) == []


async def test_a_supplement_that_raises_a_fee_lets_the_rest_be_collected(runtime: VirtualRuntime) -> None:
    author = Author(a_case(runtime), runtime)
    application = author.case.opened.application
    first = bill(author, "infrastructure")
    collecting = await author.begins(author.procedure.collect(first, LIMIT))
    await pays(author, str(first.total.amount), "a")
    assert await collecting
    more = [MISSING[0].model_copy(update={"field": "floor_area"})]
    asking = await author.begins(author.procedure.supplement(application, more, LIMIT, "not-supplemented"))
    await author.hears(
        Supplemented(application={"floor_area": "2001.00"}), PORTAL, received=author.runtime.time
    )
    await asking
    line = FeeLine(code="infrastructure", amount=yuan("105.00"))
    assert not (
        await author.begins(author.procedure.collect(Bill(currency="CNY", lines=(line,)), LIMIT))
    ).done()
