"""What the applicant is asked for, charged and told; and what is done once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from contracts.procedures.construction_permit import Application
from contracts.terms.fees import Bill
from contracts.terms.limits import working_days
from contracts.terms.values import Money
from contracts.wire.messages import Paid, Supplemented
from contracts.wire.notices import FeeDue, Missing
from tests.applications import application, document
from tests.unit.workflows.case.authoring import BILL, DEBT, FEE, MISSING, Author
from tests.unit.workflows.case.running import DAY, PORTAL, VirtualRuntime, letters, next_run, posted
from workflows.case import Lapsed, Procedure


async def test_what_is_handed_in_replaces_what_the_application_said(author: Author) -> None:
    incomplete = application(land_title=None)
    asking = await author.begins(
        author.procedure.supplement(incomplete, MISSING, working_days(5), "not-supplemented")
    )
    ((kind, notice),) = letters(author.case, PORTAL)
    assert (kind, [item["en"] for item in notice["items"]]) == (Missing.type, ["Land title"])
    title = document("title")
    supplemented = Supplemented(application={"land_title": title.model_dump(mode="json")})
    await author.hears(supplemented, PORTAL)
    assert await asking == incomplete.model_copy(update={"land_title": title})


async def test_what_is_not_handed_in_makes_the_application_fail_for_the_named_reason(author: Author) -> None:
    asking = await author.begins(
        author.procedure.supplement(application(), MISSING, working_days(5), "not-supplemented")
    )
    await author.lets_pass(6 * DAY)
    with pytest.raises(Lapsed, match="not-supplemented"):
        await asking


@pytest.mark.parametrize(("paid", "collected"), [("100.00", True), ("99.99", False)])
async def test_a_fee_is_collected_when_all_of_it_came_in_time(
    author: Author, paid: str, collected: bool
) -> None:
    collecting = await author.begins(author.procedure.collect(BILL, working_days(5)))
    amount = Money(amount=Decimal(paid), currency="CNY")
    await author.hears(Paid(amount=amount, reference="bank-1"), PORTAL)
    await author.lets_pass(6 * DAY)
    assert await collecting is collected


async def test_no_fee_is_collected_without_asking(author: Author) -> None:
    assert await author.procedure.collect(Bill(currency="CNY"), working_days(5))
    assert posted(author.case) == []


async def test_nobody_is_told_that_they_owe_nothing(author: Author) -> None:
    nothing = Money(amount=Decimal(0), currency="CNY")
    for balance in (FEE, nothing):
        await author.procedure.charge("fee-not-paid", FEE, since=date(2026, 3, 1), balance=balance)
    assert [entry.kind for entry in posted(author.case)] == ["charged", "charged"]
    assert [kind for kind, _ in letters(author.case, PORTAL)] == [FeeDue.type]


async def test_a_code_that_is_not_in_the_service_item_records_nothing(author: Author) -> None:
    with pytest.raises(LookupError, match="'no-such-code' is none of its marks"):
        await author.procedure.mark("no-such-code")
    with pytest.raises(LookupError, match="'no-such-code' is none of its reason codes"):
        await author.procedure.charge("no-such-code", FEE, since=date(2026, 3, 1), balance=FEE)
    assert posted(author.case) == []


async def test_what_the_catalogue_charges_nothing_for_is_not_charged(author: Author) -> None:
    euro = Money(amount=Decimal(1), currency="EUR")
    with pytest.raises(LookupError, match=r"nothing is charged for 'not-supplemented'.*: fee-not-paid"):
        await author.procedure.charge("not-supplemented", FEE, since=date(2026, 3, 1), balance=FEE)
    for amount, balance in ((euro, FEE), (FEE, euro)):
        with pytest.raises(LookupError, match="takes payments in CNY"):
            await author.procedure.charge("fee-not-paid", amount, since=date(2026, 3, 1), balance=balance)
    assert posted(author.case) == []


async def test_what_is_done_once_is_not_done_again_in_a_new_run(
    author: Author, runtime: VirtualRuntime
) -> None:
    async def course(procedure: Procedure[Application]) -> None:
        await procedure.accept()
        await procedure.mark("unusual")
        await procedure.hand_over(DEBT)
        await procedure.notify(document("permit"))

    await course(author.procedure)
    assert [entry.kind for entry in posted(author.case)] == ["accepted", "marked", "handed-over", "notified"]
    later = Author(next_run(author.case, runtime), runtime)
    await course(later.procedure)
    assert posted(later.case) == []


async def test_today_stays_the_day_on_which_it_was_read_first(
    author: Author, runtime: VirtualRuntime
) -> None:
    assert author.procedure.today() == date(2026, 3, 2)
    runtime.time += 3 * DAY
    later = Author(next_run(author.case, runtime), runtime)
    assert (later.procedure.today(), later.procedure.today()) == (date(2026, 3, 2), date(2026, 3, 5))
