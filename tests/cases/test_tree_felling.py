"""Felling a tree, under two law versions and in two variants, side by side."""

from __future__ import annotations

from decimal import Decimal

import pytest
from temporalio.client import Client

from contracts.procedures.tree_felling import ADDED_REVIEW, InspectTree, Opinion
from contracts.terms.decisions import Grant, Refuse
from contracts.terms.identifiers import STANDARD, Party, VariantId
from contracts.terms.limits import working_days
from contracts.terms.values import Money
from contracts.wire.messages import Paid, Requested
from contracts.wire.topics import messages_topic
from seamless.testing import case_of
from tests.applications import tree
from tests.cases.conftest import Cases
from workflows.tree_felling import TreeFelling

INSPECTION, HABITAT = "tree-felling.inspect-tree/1", "tree-felling.review-habitat/1"
PARKS = messages_topic(Party.agency("parks"))


@pytest.mark.parametrize(
    ("law", "variant", "limit", "fee"),
    [
        ("2017", STANDARD, working_days(10), None),
        ("2026", STANDARD, working_days(5), "1000.00"),
        ("2026", ADDED_REVIEW, working_days(5), "1000.00"),
    ],
)
async def test_each_law_and_each_variant_can_be_opened(
    cases: Cases, law: str, variant: VariantId, limit: object, fee: str | None
) -> None:
    case = await cases.open("tree-felling", tree(trees=2), law=law, variant=variant)
    await case.asked(INSPECTION)
    if variant == ADDED_REVIEW:
        await case.asked(HABITAT)
        await case.answer("environment", HABITAT, outcome="fell")
    await case.answer("parks", INSPECTION, outcome="fell")
    if fee is not None:
        await case.until(lambda: "fee-due" in case.kinds)
        paid = {"amount": {"amount": fee, "currency": "CNY"}, "reference": "bank-1"}
        await case.send("channel:portal", Paid.type, paid)
    assert (await case.result()).decision == Grant()
    assert {(entry.law, entry.variant) for entry in case.entries} == {(law, variant)}
    asked = next(data for kind, data in case.letters(PARKS) if kind == Requested.type)
    assert Requested.model_validate(asked).limit == limit
    assert ("fee-due" in case.kinds) == (fee is not None)


async def test_one_review_that_says_no_stops_the_other(cases: Cases) -> None:
    case = await cases.open("tree-felling", tree(), variant=ADDED_REVIEW)
    await case.asked(INSPECTION)
    await case.asked(HABITAT)
    await case.answer("environment", HABITAT, outcome="keep")
    assert (await case.result()).decision == Refuse(reason="tree-is-kept")
    assert "cancelled" in case.kinds


async def test_for_a_tree_that_is_a_danger_nobody_pays(temporal: Client) -> None:
    async with case_of(TreeFelling, tree(trees=2), temporal) as case:
        await case.answer(InspectTree, Opinion(outcome="fell", dangerous=True))
        assert (await case.closing()).decision == Grant()
        [waived] = (entry for entry in case.entries if entry.kind == "fee-waived")
        assert (waived.actor, waived.reason) == (Party.agency("parks"), "dangerous-tree")
        assert (waived.fee_waived, waived.basis) == (
            Money(amount=Decimal("1000.00"), currency="CNY"),
            "城市绿化条例 (2026) art. 22",
        )
        assert "fee-due" not in case.kinds


async def test_a_tree_stays_when_nobody_answers(temporal: Client) -> None:
    """By the case's own clock: on compressed days the time that the fence takes is worth days, in which the
    limits of the case run out, too."""
    async with case_of(TreeFelling, tree(), temporal, law="2017") as case:
        await case.asked(InspectTree)
        await case.passes(working_days(10))
        assert (await case.closing()).decision == Refuse(reason="tree-is-kept")
        assert case.kinds == ["opened", "accepted", "requested", "reminded", "deemed", "decided", "closed"]
