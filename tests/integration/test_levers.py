"""Operators fix cases through a topic of their own: the real processes, the real commands."""

from __future__ import annotations

import asyncio

import pytest

from contracts.terms.identifiers import OPERATOR
from contracts.wire.messages import Expired, Requested
from deploy.local.stack import Stack
from network.broker.dead_letters import list_dead_letters
from network.broker.publisher import Publisher
from network.parties import AgencyClient
from tests.applications import ADMINISTRATION
from tests.integration.commands import seamless
from tests.integration.judge import judge
from tests.integration.town import Town, consent

pytestmark = pytest.mark.integration

WHY = "A test needs it."
REVIEW = "construction-permit.review-planning/1"
REQUESTS = "agency.planning.requests"


async def reviewed(town: Town) -> str:
    """A case that planning has not answered; all else is."""
    town.reply = lambda asked: None if asked.data["request"].endswith("review-planning") else consent(asked)
    case = await town.apply()
    await town.until(lambda: bool(town.heard(REQUESTS, Requested.type, case)))
    await town.until(lambda: sum(kind == "answered" for kind in town.kinds(case)) >= 5)
    await asyncio.sleep(1)  # the archive follows
    return case


async def test_a_request_is_sent_again_then_moved_and_answered_by_the_lead(stack: Stack, town: Town) -> None:
    case = await reviewed(town)
    code, said, error = await seamless(
        stack.settings, "case", "resend", case, "review-planning", "--why", WHY, "--dry-run"
    )
    assert (code, said["would"]) == (0, "resend"), error
    code, said, error = await seamless(
        stack.settings, "case", "resend", case, "review-planning", "--why", WHY
    )
    assert (code, said["fate"]) == (0, "taken"), error
    await town.until(lambda: len(town.heard(REQUESTS, Requested.type, case)) == 2)
    code, said, error = await seamless(
        stack.settings, "case", "move", case, "review-planning", "--to", "housing", "--why", WHY
    )
    assert (code, said["fate"]) == (0, "taken"), error
    await town.until(lambda: bool(town.heard(REQUESTS, Expired.type, case)))
    async with Publisher(stack.settings.broker) as publisher:
        housing = AgencyClient(publisher, ADMINISTRATION, "housing")
        await housing.answer(f"{case}/{REVIEW}", {"outcome": "consent"})
    await town.closed(case)
    await judge(stack.settings, [case], outcome="granted")
    orders = [each for each in town.ledger[case] if each.actor == OPERATOR]
    assert [each.kind for each in orders] == ["resent", "moved"]
    code, _, error = await seamless(stack.settings, "case", "resend", case, "review-planning", "--why", WHY)
    assert (code, "is closed" in error) == (2, True)


async def test_an_order_that_the_case_refuses_is_reported(stack: Stack, town: Town) -> None:
    case = await reviewed(town)
    code, said, _ = await seamless(
        stack.settings, "case", "extend", case, "--approval", "2026-1", "--why", WHY
    )
    assert (code, said["fate"]) == (0, "taken")
    code, said, _ = await seamless(
        stack.settings, "case", "extend", case, "--approval", "2026-2", "--why", WHY
    )
    assert (code, said["fate"], said["refusal"]["reason"]) == (1, "refused", "not-possible")
    await seamless(stack.settings, "case", "cancel", case, "--why", WHY)
    await town.closed(case)


async def test_a_party_in_quarantine_is_kept_out_and_what_it_said_is_brought_back(
    stack: Stack, town: Town
) -> None:
    case = await reviewed(town)
    code, said, error = await seamless(stack.settings, "party", "quarantine", "agency:planning", "--why", WHY)
    assert (code, said["fate"]) == (0, "taken"), error
    async with Publisher(stack.settings.broker) as publisher:
        planning = AgencyClient(publisher, ADMINISTRATION, "planning")
        await planning.answer(f"{case}/{REVIEW}", {"outcome": "consent"})
    chosen = ("--party", "agency:planning", "--reason", "quarantined", "--case", case)
    async with asyncio.timeout(60):
        while not any(
            each.reason == "quarantined" for each in await list_dead_letters(stack.settings.broker)
        ):
            await asyncio.sleep(0.2)
    _, said, _ = await seamless(stack.settings, "party", "list")
    assert [each["party"] for each in said["quarantined"]] == ["agency:planning"]
    code, said, _ = await seamless(stack.settings, "dead-letter", "replay", *chosen)
    assert (code, [each["reason"] for each in said["refused"]]) == (1, ["quarantined"])
    code, said, error = await seamless(stack.settings, "party", "readmit", "planning", "--why", WHY)
    assert (code, said["fate"]) == (0, "taken"), error
    code, said, error = await seamless(stack.settings, "dead-letter", "replay", *chosen)
    assert (code, len(said["carried"])) == (0, 1), error
    await town.closed(case)
    await judge(stack.settings, [case], outcome="granted")
