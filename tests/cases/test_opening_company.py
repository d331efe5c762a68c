"""A company is opened once it is registered. Everybody else works at the same time, and the bank decides
nothing."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.client import Client

from contracts.procedures.opening_company import (
    Account,
    ApproveExtension,
    CheckCompleteness,
    CheckName,
    Completeness,
    Done,
    Naming,
    OpenAccount,
    RegisterCompany,
    RegisterHousingFund,
    RegisterInsurance,
    RegisterSeal,
    RegisterTaxpayer,
    Registration,
)
from contracts.terms.decisions import Grant, Refuse, Withdrawn
from contracts.terms.limits import hours
from contracts.terms.requests import Approval, Request
from contracts.terms.values import MissingItem
from contracts.wire.notices import DocumentIssued
from seamless.testing import case_of
from seamless.testing.case import CaseUnderTest
from tests.applications import company, document
from workflows.opening_company import OpeningCompany

LICENCE = document("business-licence")
AUTHORITIES: tuple[type[Request[Done]], ...] = (
    RegisterSeal, RegisterTaxpayer, RegisterInsurance, RegisterHousingFund,
)  # fmt: skip


async def registered(case: CaseUnderTest) -> None:
    await case.answer(CheckCompleteness, Completeness(outcome="complete"))
    await case.answer(CheckName, Naming(outcome="free"))
    await case.answer(RegisterCompany, Registration(outcome="register", licence=LICENCE))


def flags(case: CaseUnderTest) -> list[str | None]:
    return [entry.outcome for entry in case.entries if entry.kind == "marked"]


async def test_once_it_is_registered_all_others_are_asked_at_the_same_time(temporal: Client) -> None:
    async with case_of(OpeningCompany, company(), temporal) as case:
        await registered(case)
        everybody: list[type[Request[Any]]] = [*AUTHORITIES, OpenAccount]
        for each in everybody:
            asked = await case.asked(each)
            assert asked["licence"] == LICENCE.model_dump(mode="json")
        assert "answered" not in case.kinds[case.kinds.index("notified") :]
        for authority in AUTHORITIES:
            await case.answer(authority, Done(outcome="done"))
        await case.answer(OpenAccount, Account(outcome="done"))
        assert (await case.closing()).decision == Grant()
        assert flags(case) == []


@pytest.mark.parametrize(
    "says", [Account(outcome="refused", reason="not-identified"), Account(outcome="outstanding"), None]
)
async def test_a_bank_that_opens_no_account_changes_nothing_of_the_registration(
    temporal: Client, says: Account | None
) -> None:
    async with case_of(OpeningCompany, company(), temporal) as case:
        await registered(case)
        for each in AUTHORITIES:
            await case.answer(each, Done(outcome="done"))
        if says is not None:
            await case.answer(OpenAccount, says)
        else:
            await case.until(lambda: case.kinds.count("answered") == 3 + len(AUTHORITIES))
            await case.passes(hours(4))
        assert (await case.closing()).decision == Grant()
        assert flags(case) == ["open-account-outstanding"]
        notices = [kind for kind, _ in case.letters("channel:portal")]
        assert notices.count(DocumentIssued.type) == 1


async def test_who_wants_no_account_is_sent_to_no_bank(temporal: Client) -> None:
    async with case_of(OpeningCompany, company(account=False), temporal) as case:
        await registered(case)
        for each in AUTHORITIES:
            await case.answer(each, Done(outcome="done"))
        assert (await case.closing()).decision == Grant()
        assert case.letters("agency:bank") == []


async def test_silence_after_the_registration_is_flagged_for_each_who_is_silent(temporal: Client) -> None:
    async with case_of(OpeningCompany, company(), temporal) as case:
        await registered(case)
        await case.answer(RegisterTaxpayer, Done(outcome="done"))
        await case.until(lambda: case.kinds.count("answered") == 4)
        await case.passes(hours(4))
        assert (await case.closing()).decision == Grant()
        assert flags(case) == [
            f"{each}-outstanding"
            for each in ("register-seal", "register-insurance", "register-housing-fund", "open-account")
        ]


async def test_a_registrar_that_is_silent_is_asked_again_and_somebody_is_told(temporal: Client) -> None:
    async with case_of(OpeningCompany, company(account=False), temporal) as case:
        await case.answer(CheckCompleteness, Completeness(outcome="complete"))
        await case.answer(CheckName, Naming(outcome="free"))
        await case.asked(RegisterCompany)
        await case.passes(hours(6))
        await case.asked(RegisterCompany, nth=2)
        assert "decided" not in case.kinds
        told = [content for _, content in case.letters("agency:service-hall")]
        assert [each["escalated"] for each in told] == [True]
        refused = Registration(outcome="refuse", reason="unlawful")
        await case.answer(RegisterCompany, refused, nth=2)
        assert (await case.closing()).decision == Refuse(reason="unlawful")


@pytest.mark.parametrize("approved", [True, False])
async def test_what_is_complex_may_take_longer_if_that_is_approved(temporal: Client, approved: bool) -> None:
    async with case_of(OpeningCompany, company(account=False), temporal) as case:
        await case.answer(CheckCompleteness, Completeness(outcome="complete"))
        await case.answer(CheckName, Naming(outcome="free"))
        await case.answer(RegisterCompany, Registration(outcome="complex"))
        await case.answer(ApproveExtension, Approval(outcome="approved" if approved else "refused"))
        await case.asked(RegisterCompany, nth=2)
        extended = [entry.basis for entry in case.entries if entry.kind == "extended"]
        assert extended == (["市场主体登记管理条例 art. 19"] if approved else [])
        licence: dict[str, Any] = {"outcome": "register", "licence": LICENCE}
        await case.answer(RegisterCompany, Registration(**licence), nth=2)
        for each in AUTHORITIES:
            await case.answer(each, Done(outcome="done"))
        assert (await case.closing()).decision == Grant()


async def test_what_is_missing_is_asked_for_at_once_and_a_taken_name_refuses(temporal: Client) -> None:
    missing = MissingItem(zh="公司章程", en="Articles of association", field="articles")
    async with case_of(OpeningCompany, company(articles=None), temporal) as case:
        await case.answer(CheckCompleteness, Completeness(outcome="incomplete", missing=(missing,)))
        await case.supplement(articles=document("articles").model_dump(mode="json"))
        await case.answer(CheckCompleteness, Completeness(outcome="complete"), nth=2)
        await case.answer(CheckName, Naming(outcome="taken"))
        assert (await case.closing()).decision == Refuse(reason="name-taken")


async def test_it_can_be_withdrawn_until_it_is_registered(temporal: Client) -> None:
    async with case_of(OpeningCompany, company(), temporal) as case:
        await case.answer(CheckCompleteness, Completeness(outcome="complete"))
        await case.asked(CheckName)
        await case.withdraw()
        assert (await case.closing()).decision == Withdrawn()
