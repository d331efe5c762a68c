"""Every figure of a procedure comes from its ledger, also once all its ``data`` was erased.

docs/guarantees.md says which comes from where; the tests count as it says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from archive.steps import steps_of
from contracts.payments import refundable
from contracts.platform import Cancellation
from contracts.terms.decisions import Refuse
from contracts.terms.fees import Bill, FeeLine, Waiver
from contracts.terms.identifiers import PLATFORM, AgencyId, Party
from contracts.terms.limits import working_days
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, Money
from contracts.wire.contact import Intake
from contracts.wire.ledger import LedgerEntry, faults, pseudonym_of, salt_of
from contracts.wire.messages import Answered, Corrected, Paid, Received, Reported, Supplemented
from tests.applications import document, new_case
from tests.unit.workflows.case.authoring import BILL, DRAINAGE, FIRE, ITEM, MISSING, PLANNING, Author
from tests.unit.workflows.case.running import (
    DAY,
    FIRE_SAFETY,
    HOUSING,
    PORTAL,
    SECRET,
    START,
    VirtualRuntime,
    a_case,
    delivered,
    posted,
    take,
)
from workflows.case import Waived, carrier
from workflows.case.deciding import close
from workflows.case.interruptions import Lapsed
from workflows.case.waiting import open_request

PLANNING_OFFICE = Party.agency("planning")
FIRST_CONTACT = datetime(2026, 2, 20, 2, tzinfo=UTC)
BEFORE = new_case()
INTAKE = Intake(officer="counter-3", desk="7", visits=1, contacted=FIRST_CONTACT, linked=BEFORE, pilot="fast")


REVIEW_BY_EXPERTS = "行政许可法 art. 45: 鉴定和专家评审"
POOR = Waiver(code="poor", name=Bilingual(zh="低保", en="On welfare"), basis="art. 9")


def with_waiver() -> ServiceItem:
    """The service item with a fee that may be waived, and a third party."""
    law = ITEM.laws[-1]
    lines = tuple(
        fee.model_copy(update={"waivers": (POOR,)}) if fee.code == "certificate" else fee
        for fee in law.fees.lines
    )
    fees = law.fees.model_copy(update={"lines": lines})
    expert = {"expert": Bilingual(zh="专家", en="The expert")}
    return ITEM.model_copy(update={"laws": (law.model_copy(update={"fees": fees}),), "third_parties": expert})


WITH_WAIVER = with_waiver()


def money(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="CNY")


def bill(code: str, amount: str) -> Bill:
    return Bill(currency="CNY", lines=(FeeLine(code=code, amount=money(amount)),))


@pytest.fixture
async def ledger(runtime: VirtualRuntime) -> list[LedgerEntry]:
    """A case in which everything happens of which there are figures; its ledger, erased."""
    author = Author(a_case(runtime, WITH_WAIVER, intake=INTAKE, checks=(AgencyId("drainage"),)), runtime)
    case, procedure = author.case, author.procedure
    runtime.build = "cases.41"
    carrier._open(case)
    # The applicant hands in what was missing, at a counter.
    missing = await author.begins(
        procedure.supplement(case.opened.application, MISSING, working_days(5), "not-supplemented")
    )
    await author.lets_pass(2 * DAY)
    title = {"land_title": document("title").model_dump(mode="json")}
    await author.hears(Supplemented(application=title, visits=1, desk="7"), PORTAL, received=runtime.time)
    await missing
    runtime.build = "cases.42"
    # Three are asked: a check that answers, an officer who answers late, and an agency that is silent.
    runtime.answers[DRAINAGE.name] = DRAINAGE.answer(outcome="consent")
    for request in (DRAINAGE, PLANNING, FIRE):
        open_request(case, request)
    await runtime.advance()
    for came in case.inbox.take():
        take(case, came)
    await author.hears(
        Received(officer="f-1"),
        FIRE_SAFETY,
        step="construction-permit.review-fire-safety/1",
        received=runtime.time,
    )
    await author.lets_pass(11 * DAY)
    consent = Answered(answer={"outcome": "consent"}, officer="p-1", desk="east")
    await author.hears(
        consent, PLANNING_OFFICE, step="construction-permit.review-planning/1", received=runtime.time
    )
    await author.lets_pass(20 * DAY)
    # A fee is paid in parts, with too much, and another one is not.
    waived = Waived("certificate", "poor", by=type(PLANNING))
    assert await procedure.collect(bill("certificate", "10.00"), working_days(5), [waived])
    # What comes too early goes into the fee once it is asked for.
    await author.hears(Paid(amount=money("3.00"), reference="0"), PORTAL, received=runtime.time)
    paying = await author.begins(procedure.collect(BILL, working_days(5)))
    for amount, reference in (("60.00", "a"), ("47.00", "b")):
        await author.hears(Paid(amount=money(amount), reference=reference), PORTAL, received=runtime.time)
    assert await paying
    await procedure.charge("fee-not-paid", money("5.00"), since=date(2026, 3, 1), balance=money("5.00"))
    paying = await author.begins(procedure.collect(bill("infrastructure", "20.00"), working_days(5)))
    await author.lets_pass(6 * DAY)
    assert not await paying
    # An expert has the case for three days, by order of the officer at planning.
    async with procedure.suspended(REVIEW_BY_EXPERTS, by=type(PLANNING)):
        waiting = await author.begins(
            procedure.wait_for(Paid, within=working_days(3), holder=Party.third("expert"))
        )
        await author.lets_pass(3 * DAY)
        assert await waiting is None
    await procedure.decide(Refuse(reason="fee-not-paid"))
    close(case, Refuse(reason="fee-not-paid"))
    whole = posted(case)
    erased = [entry.model_copy(update={"data": None}) for entry in whole]
    assert faults(erased) == []
    return erased


def of_kind(ledger: Iterable[LedgerEntry], *kinds: str) -> list[LedgerEntry]:
    return [entry for entry in ledger if entry.kind in kinds]


def total(amounts: Iterable[Money | None]) -> Decimal:
    return sum((amount.amount for amount in amounts if amount), Decimal(0))


def test_how_long_each_agency_took_and_which_were_overdue(ledger: list[LedgerEntry]) -> None:
    took: Counter[str] = Counter()
    overdue = set()
    for step in steps_of(ledger):
        assert step.ended is not None
        took[step.holder] += int((step.ended - step.asked) / DAY)
        if step.due is not None and step.ended > step.due:
            overdue.add(step.agency)
    assert (took["agency:drainage"], took["agency:planning"]) == (0, 11)
    assert took["agency:fire-safety"] > 10
    assert overdue == {"fire-safety", "planning"}, "a limit of ten days"
    (fire,) = (step for step in steps_of(ledger) if step.agency == "fire-safety")
    assert fire.acknowledged is not None
    assert fire.basis


def test_where_silence_counted_and_what_was_never_answered(ledger: list[LedgerEntry]) -> None:
    ended = {step.step: (step.how, step.outcome, step.reason) for step in steps_of(ledger)}
    assert ended == {
        "supplement/1": ("answered", None, None),
        "construction-permit.review-drainage/1": ("answered", "consent", None),
        "construction-permit.review-planning/1": ("answered", "consent", None),
        "construction-permit.review-fire-safety/1": ("deemed", "consent", None),
        "collect/2": ("answered", None, None),
        "collect/3": ("lapsed", None, "overdue"),
        "wait-for-paid/1": ("lapsed", None, "overdue"),
    }


def test_supplements_materials_and_visits(ledger: list[LedgerEntry]) -> None:
    opened, asked, supplemented = of_kind(ledger, "opened", "asked-applicant", "supplemented")
    assert (opened.materials, opened.material_codes) == (
        4, ("plan", "design", "land_title", "shelter_plan"),
    )  # fmt: skip
    assert (asked.materials, asked.material_codes, asked.visits) == (1, ("land_title",), None)
    assert (supplemented.materials, supplemented.material_codes) == (1, ("land_title",))
    assert sum(entry.visits for entry in ledger if entry.visits is not None) == 2
    assert {entry.visits for entry in of_kind(ledger, "paid")} == {None}, "unknown is not none"


def test_fees_charged_paid_and_to_be_paid_back(ledger: list[LedgerEntry]) -> None:
    assert total(entry.fee_charged for entry in of_kind(ledger, "fee-due")) == Decimal("120.00")
    (charged,) = of_kind(ledger, "charged")
    assert (charged.reason, charged.fee_charged, charged.outcome) == ("fee-not-paid", money("5.00"), None)
    assert total(entry.fee_paid for entry in ledger) == Decimal("110.00")
    assert total(entry.fee_refund for entry in ledger) == Decimal("10.00")
    assert total(entry.fee_waived for entry in ledger) == Decimal("10.00")
    assert total(entry.fee_counted for entry in ledger) == Decimal("100.00")
    written = charged.model_dump(mode="json")
    assert written["fee_charged"] == {"amount": "5.00", "currency": "CNY"}
    assert LedgerEntry.model_validate(written).computed_hash() == charged.hash


def test_which_payment_went_into_which_fee(ledger: list[LedgerEntry]) -> None:
    into = {
        (entry.kind, entry.step): [(line.code, line.amount.amount) for line in entry.fees]
        for entry in of_kind(ledger, "paid", "counted")
    }
    assert into == {
        ("paid", None): [],
        ("counted", "collect/2"): [("infrastructure", Decimal("3.00"))],
        ("paid", "collect/2"): [("infrastructure", Decimal("37.00"))],
    }
    assert refundable(entry for entry in ledger if entry.kind != "refund-due") == [money("10.00")]


def test_who_waived_a_fee_and_who_suspended_the_case(ledger: list[LedgerEntry]) -> None:
    officer = pseudonym_of(SECRET, PLANNING_OFFICE, "p-1")
    (waived,), (suspended,) = of_kind(ledger, "fee-waived"), of_kind(ledger, "suspended")
    assert (waived.reason, waived.basis, suspended.basis) == ("poor", "art. 9", REVIEW_BY_EXPERTS)
    assert {(each.actor, each.officer, each.desk) for each in (waived, suspended)} == {
        (PLANNING_OFFICE, officer, "east")
    }


def test_how_long_a_third_party_took(ledger: list[LedgerEntry]) -> None:
    (took,) = (step for step in steps_of(ledger) if step.third_party)
    assert took.ended is not None
    assert (took.third_party, (took.ended - took.opened) / DAY) == ("expert", 3)


def test_refusals_by_reason(ledger: list[LedgerEntry]) -> None:
    reasons = Counter(entry.reason for entry in of_kind(ledger, "decided") if entry.outcome == "refused")
    assert reasons == {"fee-not-paid": 1}


def test_what_was_automated_and_what_people_did(ledger: list[LedgerEntry]) -> None:
    answers = {entry.agency: entry.automated for entry in of_kind(ledger, "answered", "deemed")}
    assert answers == {"drainage": True, "planning": False, "fire-safety": True}
    (opened,), (decided,) = of_kind(ledger, "opened"), of_kind(ledger, "decided")
    assert (opened.automated, decided.automated) == (False, True)
    assert {entry.automated for entry in of_kind(ledger, "paid")} == {None}, "a bank, or a clerk"


def test_from_the_first_contact_to_the_decision(ledger: list[LedgerEntry]) -> None:
    (opened,), (decided,) = of_kind(ledger, "opened"), of_kind(ledger, "decided")
    assert opened.first_contact == FIRST_CONTACT
    assert decided.recorded - opened.first_contact > START - FIRST_CONTACT
    assert (opened.linked, opened.pilot, opened.desk) == (BEFORE, "fast", "7")


def test_handoffs(ledger: list[LedgerEntry]) -> None:
    holders = [entry.holders for entry in ledger]
    handoffs = sum(one != other for one, other in pairwise(holders))
    assert handoffs >= 6
    assert {party for held in holders for party in held} == {
        "system", "applicant", "agency:drainage", "agency:planning", "agency:fire-safety",
        "third-party:expert",
    }  # fmt: skip


def test_by_which_law_calendar_and_build(ledger: list[LedgerEntry]) -> None:
    assert len({(entry.law, entry.calendar) for entry in ledger}) == 1
    assert ledger[0].calendar == f"compressed:{DAY.total_seconds()}"
    builds = list(dict.fromkeys(entry.build for entry in ledger))
    assert builds == ["cases.41", "cases.42"]


# --- officers -----------------------------------------------------------------------------------------------


async def test_an_officer_stands_in_no_entry_in_the_clear(author: Author) -> None:
    open_request(author.case, FIRE)
    step = "construction-permit.review-fire-safety/1"
    for message in (
        Received(officer="wang-wei"),
        Answered(answer={"outcome": "consent"}, officer="wang-wei"),
        Corrected(answer={"outcome": "consent"}, reason="misread", officer="wang-wei"),
    ):
        await author.hears(message, FIRE_SAFETY, step=step)
    await author.hears(Reported(step="visit", officer="wang-wei"), HOUSING)
    await author.hears(Paid(amount=money("0.00"), reference="r", officer="wang-wei"), PORTAL)  # it is refused
    entries = posted(author.case)[1:]
    assert [entry.kind for entry in entries] == ["received", "answered", "corrected", "reported", "refused"]
    assert not any("wang-wei" in entry.model_dump_json() for entry in entries)
    assert len({entry.officer for entry in entries[:3]}) == 1, "the same officer, throughout the case"
    assert len({entry.officer for entry in entries}) == 3, "of another party it is another one"
    assert {entry.automated for entry in entries} == {False}


def test_a_pseudonym_is_of_one_case_and_betrays_no_salt() -> None:
    one, other = (pseudonym_of(secret, FIRE_SAFETY, "7") for secret in (SECRET, 64 * "b"))
    assert one != other
    assert len(one) == 16
    assert not salt_of(SECRET, 7).startswith(one)


async def test_who_broke_a_case_off_is_a_person(author: Author, runtime: VirtualRuntime) -> None:
    case = author.case
    case.inbox.cancellation = Cancellation(by="ling", why="A test.")
    running = await author.begins(
        author.procedure.supplement(case.opened.application, MISSING, working_days(5), "not-supplemented")
    )
    carrier._break_off(case, running)
    broken_off = next(entry for entry in posted(case) if entry.kind == "broken-off")
    assert (broken_off.automated, broken_off.officer) == (False, pseudonym_of(SECRET, PLATFORM, "ling"))


@pytest.mark.parametrize("stated", [{"officer": 7}, {"desk": ["x"]}, {"visits": -1}, {"visits": "many"}])
async def test_what_no_gateway_of_today_lets_in_stops_no_case(author: Author, stated: dict[str, Any]) -> None:
    open_request(author.case, FIRE)
    came = delivered(
        Received(), author.case.opened.case, FIRE_SAFETY, step="construction-permit.review-fire-safety/1"
    )
    event = came.event.model_copy(update={"data": stated})
    take(author.case, came.model_copy(update={"event": event}))
    entry = posted(author.case)[-1]
    assert (entry.kind, entry.officer, entry.desk, entry.visits) == ("received", None, None, None)


async def test_a_step_that_lapses_says_why_apart_from_any_outcome(author: Author) -> None:
    asking = await author.begins(
        author.procedure.supplement(
            author.case.opened.application, MISSING, working_days(5), "not-supplemented"
        )
    )
    await author.lets_pass(6 * DAY)
    with pytest.raises(Lapsed):
        await asking
    lapsed = posted(author.case)[-1]
    assert (lapsed.kind, lapsed.outcome, lapsed.automated) == ("lapsed", None, True)
    assert lapsed.reason == "overdue"
