"""A restaurant is opened by six approvals: one after the other as it was, at the same time as one matter."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.client import Client

from contracts.procedures.opening_restaurant import (
    PAPERS,
    ApproveSign,
    CheckCompleteness,
    CheckFireSafety,
    Completeness,
    Conclude,
    InspectDrains,
    InspectFireSafety,
    InspectKitchen,
    InspectTogether,
    LicenseFood,
    PermitDrainage,
    RegisterBusiness,
    RegisterWaste,
    Ruling,
)
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.limits import working_days
from contracts.terms.requests import Inspection, Request
from contracts.wire.notices import DocumentIssued
from seamless.testing import case_of
from seamless.testing.case import CaseUnderTest
from tests.applications import document, restaurant
from workflows.case import Procedure
from workflows.opening_restaurant_bundle import OpeningRestaurantBundle
from workflows.opening_restaurant_chain import OpeningRestaurantChain

COMPLETE, PASSED = Completeness(outcome="complete"), Inspection(outcome="passed")
IN_TURN: tuple[type[Request[Any]], ...] = (
    RegisterBusiness, InspectKitchen, LicenseFood, InspectFireSafety, CheckFireSafety, ApproveSign,
    RegisterWaste, InspectDrains, PermitDrainage,
)  # fmt: skip


def approved(kind: type[Request[Any]]) -> Ruling:
    return Ruling(outcome="approve", document=document(kind.local_name))


def asked(case: CaseUnderTest) -> list[str]:
    """What was asked, in order; without the completeness."""
    steps = [entry.step or "" for entry in case.entries if entry.kind == "requested"]
    return [step.partition(".")[2] for step in steps][1:]


def issued(case: CaseUnderTest) -> list[str]:
    letters = case.letters("channel:portal")
    return [data["document"]["uri"] for kind, data in letters if kind == DocumentIssued.type]


async def test_in_the_chain_nobody_is_asked_before_the_one_before_has_approved(temporal: Client) -> None:
    async with case_of(OpeningRestaurantChain, restaurant(), temporal, law="one-by-one") as case:
        await case.answer(CheckCompleteness, COMPLETE)
        for number, each in enumerate(IN_TURN, 1):
            await case.asked(each)
            assert asked(case) == [f"{kind.local_name}/1" for kind in IN_TURN[:number]]
            await case.answer(each, approved(each) if each in PAPERS else PASSED)
        assert (await case.closing()).decision == Grant()
        assert issued(case) == [f"urn:document:{kind.local_name}" for kind in IN_TURN if kind in PAPERS]


async def test_in_the_chain_what_was_approved_before_a_refusal_stays_with_the_applicant(
    temporal: Client,
) -> None:
    async with case_of(OpeningRestaurantChain, restaurant(), temporal, law="one-by-one") as case:
        await case.answer(CheckCompleteness, COMPLETE)
        await case.answer(RegisterBusiness, approved(RegisterBusiness))
        await case.answer(InspectKitchen, Inspection(outcome="failed"))
        asked_for = await case.asked(LicenseFood)
        assert asked_for["inspection"]["outcome"] == "failed"
        await case.answer(LicenseFood, Ruling(outcome="refuse", reason="food-safety-insufficient"))
        assert (await case.closing()).decision == Refuse(reason="food-safety-insufficient")
        assert issued(case) == ["urn:document:register-business"]


async def test_in_the_bundle_all_are_asked_at_once_after_one_inspection(temporal: Client) -> None:
    async with case_of(OpeningRestaurantBundle, restaurant(), temporal) as case:
        await case.answer(CheckCompleteness, COMPLETE)
        together = await case.asked(InspectTogether)
        assert len(set(together["departments"])) == 4
        assert asked(case) == ["inspect-together/1"]
        await case.answer(InspectTogether, PASSED)
        for each in PAPERS:
            assert (await case.asked(each))["inspection"] == {"outcome": "passed"}
        for each in PAPERS:
            await case.answer(each, approved(each))
        licence = await case.asked(Conclude)
        assert licence["outstanding"] == []
        assert [each["uri"] for each in licence["approvals"]] == [
            f"urn:document:{kind.local_name}" for kind in PAPERS
        ]
        await case.answer(Conclude, approved(Conclude))
        assert (await case.closing()).decision == Grant()
        assert issued(case) == ["urn:document:conclude"]


async def test_in_the_bundle_one_refusal_stops_the_others(temporal: Client) -> None:
    async with case_of(OpeningRestaurantBundle, restaurant(), temporal) as case:
        await case.answer(CheckCompleteness, COMPLETE)
        await case.answer(InspectTogether, PASSED)
        await case.answer(RegisterBusiness, approved(RegisterBusiness))
        await case.answer(CheckFireSafety, Ruling(outcome="refuse", reason="fire-safety-insufficient"))
        assert (await case.closing()).decision == Refuse(reason="fire-safety-insufficient")
        assert case.kinds.count("cancelled") == 4
        assert issued(case) == []


async def test_in_the_bundle_the_lead_is_told_what_a_silent_department_left_and_presumes_nothing(
    temporal: Client,
) -> None:
    async with case_of(OpeningRestaurantBundle, restaurant(), temporal) as case:
        await case.answer(CheckCompleteness, COMPLETE)
        await case.answer(InspectTogether, PASSED)
        for each in PAPERS:
            if each is not CheckFireSafety:
                await case.answer(each, approved(each))
        await case.until(lambda: case.kinds.count("answered") == 2 + len(PAPERS) - 1)
        await case.passes(working_days(4))
        licence = await case.asked(Conclude)
        assert (licence["outstanding"], len(licence["approvals"])) == (["check-fire-safety"], 5)
        await case.passes(working_days(2))
        await case.asked(Conclude, nth=2)
        assert "decided" not in case.kinds
        refused = Ruling(outcome="refuse", reason="fire-safety-insufficient")
        await case.answer(Conclude, refused, nth=2)
        assert (await case.closing()).decision == Refuse(reason="fire-safety-insufficient")


@pytest.mark.parametrize(
    ("cls", "law", "first", "limit"),
    [
        (OpeningRestaurantChain, "one-by-one", RegisterBusiness, 3),
        (OpeningRestaurantBundle, "one-matter", InspectTogether, 2),
    ],
)
async def test_who_is_silent_is_asked_again_and_the_service_hall_is_told(
    temporal: Client, cls: type[Procedure[Any]], law: str, first: type[Request[Any]], limit: int
) -> None:
    async with case_of(cls, restaurant(), temporal, law=law) as case:
        await case.answer(CheckCompleteness, COMPLETE)
        await case.asked(first)
        await case.passes(working_days(limit))
        await case.asked(first, nth=2)
        assert "decided" not in case.kinds
        assert [each["escalated"] for _, each in case.letters("agency:service-hall")] == [True]
        await case.withdraw()
        decision: Decision = (await case.closing()).decision
        assert decision.outcome == "withdrawn"
