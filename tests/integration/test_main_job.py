"""An application goes in on Kafka, several agencies work at the same time, a decision comes out on Kafka."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from contracts.wire.envelope import Event
from contracts.wire.messages import Cancelled, Taken
from contracts.wire.notices import Decided, DocumentIssued, RefusedNotice
from deploy.local.stack import Stack
from tests.integration.judge import archived, dead_letters, judge
from tests.integration.town import Town, consent
from workers.process.temporal import connect

pytestmark = pytest.mark.integration


async def test_a_permit_is_granted_and_issued(stack: Stack, town: Town) -> None:
    case = await town.apply()
    await town.closed(case)
    await judge(stack.settings, [case], outcome="granted")
    notices = "channel.portal.notices"
    await town.until(lambda: bool(town.heard(notices, DocumentIssued.type, case)))
    decided = town.heard(notices, Decided.type, case)[0]
    assert decided.data["ledger_hash"] in {entry.hash for entry in town.ledger[case]}
    assert town.heard("agency.planning.requests", Taken.type, case)


async def test_a_refusal_stops_the_others(stack: Stack, town: Town) -> None:
    def reply(requested: Event) -> dict[str, Any] | None:
        match requested.data["request"]:
            case "construction-permit.review-environment":
                return {"outcome": "refuse", "reason": "environmental-harm"}
            case "construction-permit.review-planning" | "construction-permit.review-fire-safety":
                return None
        return consent(requested)

    town.reply = reply
    case = await town.apply()
    await town.closed(case)
    await judge(stack.settings, [case], outcome="refused")
    await town.until(lambda: bool(town.heard("agency.planning.requests", Cancelled.type, case)))


async def test_everything_delivered_again_gives_the_same_as_once(stack: Stack) -> None:
    """Each application twice, each agency event three times."""
    async with Town(stack.settings, copies=3) as town:
        cases = [await town.apply() for _ in range(5)]
        await town.closed(*cases)
        await judge(stack.settings, cases, outcome="granted")
        for case in cases:
            assert [town.kinds(case).count(kind) for kind in ("opened", "paid", "decided", "closed")] == [
                1
            ] * 4
            assert town.kinds(case).count("answered") == 8
            assert "late" not in town.kinds(case)
            assert await dead_letters(stack.settings, case) == []


async def test_the_same_case_id_with_another_application_is_a_conflict(stack: Stack, town: Town) -> None:
    town.reply = lambda requested: None
    case = await town.apply()
    await town.until(lambda: "requested" in town.kinds(case))
    await town.apply(case, project="Another building")
    await town.until(lambda: bool(town.heard("channel.portal.notices", RefusedNotice.type, case)))
    assert [letter.reason for letter in await dead_letters(stack.settings, case)] == ["conflict"]


async def test_an_application_repeated_after_its_case_was_deleted_starts_nothing(
    stack: Stack, town: Town
) -> None:
    case = await town.apply()
    await town.closed(case)
    await archived(stack.settings, [case])
    client = await connect(stack.settings)
    await client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(
            namespace=client.namespace, workflow_execution=WorkflowExecution(workflow_id=case)
        )
    )
    async with asyncio.timeout(60):
        while not await _is_gone(client, case):
            await asyncio.sleep(0.1)
    again = await town.apply()  # a later case on the same topic shows that the repeat was read
    entries = len(town.ledger[case])
    await town.apply(case)
    await town.apply(case, project="Another building")
    await town.until(lambda: bool(town.heard("channel.portal.notices", RefusedNotice.type, case)))
    await town.closed(again)
    assert await _is_gone(client, case)
    assert len(town.ledger[case]) == entries
    assert [letter.reason for letter in await dead_letters(stack.settings, case)] == ["conflict"]


async def _is_gone(client: Client, case: str) -> bool:
    try:
        await client.get_workflow_handle(case).describe()
    except RPCError as error:
        return error.status is RPCStatusCode.NOT_FOUND
    return False
