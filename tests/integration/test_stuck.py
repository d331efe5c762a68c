"""No case is stuck unseen, and an operator can end each: the real processes, the real commands."""

from __future__ import annotations

import asyncio
import re
import urllib.request
from datetime import timedelta

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client

from archive.reader import ArchiveReader
from contracts.platform import CASES_QUEUE, CONTENT_HASH, opening_content
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.terms.errors import Damaged, InvalidInput
from contracts.terms.identifiers import OPERATOR, CaseId
from contracts.wire.canonical import sha256
from contracts.wire.messages import Cancelled
from contracts.wire.notices import BrokenOff, Decided
from contracts.wire.orders import CancelOrdered
from deploy.local.stack import Stack
from seamless.cli.operator import login_name, machine_name
from seamless.operate import cancelling
from seamless.operate.cancelling import Cancelling, cancellations
from tests.applications import application, new_case
from tests.conftest import WATCH_SECONDS
from tests.integration.commands import seamless
from tests.integration.judge import archived, judge
from tests.integration.town import Town
from tests.metrics import figures
from tests.unit.workflows.case.running import opened
from workers.process.temporal import connect
from workers.watcher.execution import execution_of
from workers.watcher.stuck import StuckCases

pytestmark = pytest.mark.integration

WHY = "The application was opened twice."
NOTICES = "channel.portal.notices"


async def asked(town: Town) -> str:
    """A case that waits for the lead agency."""
    town.reply = lambda requested: None
    case = await town.apply()
    await town.until(lambda: "requested" in town.kinds(case))
    return case


async def stuck(stack: Stack, reason: str) -> float:
    """How many cases the watcher counts for a reason."""

    def read() -> str:
        with urllib.request.urlopen(stack.metrics["watcher"], timeout=5) as answer:
            return str(answer.read().decode())

    [found] = re.findall(
        rf'^seamless_cases_stuck{{reason="{reason}"}} (\S+)$', await asyncio.to_thread(read), re.M
    )
    return float(found)


async def test_a_case_under_way_ends_and_everybody_is_told_why(stack: Stack, town: Town) -> None:
    case = await asked(town)
    code, said, _ = await seamless(stack.settings, "case", "cancel", case, "--why", WHY, "--by", "ling")
    by = {"by": login_name(), "why": WHY, "on_behalf_of": "ling"}
    assert (code, said) == (0, {"cancelled": case} | by)
    await town.closed(case)
    await judge(stack.settings, [case], outcome="ended")
    broken_off = next(each for each in town.ledger[case] if each.kind == "broken-off")
    assert broken_off.data is not None
    assert broken_off.data.content == {"desk": machine_name(), "on_behalf_of": "ling", "why": WHY}
    assert (broken_off.actor, broken_off.automated) == ("operator", False)
    assert [each.data["reason"] for each in town.heard(NOTICES, BrokenOff.type, case)] == [WHY]
    assert [each.data["reason"] for each in town.heard("agency.housing.requests", Cancelled.type, case)] == [
        WHY
    ]
    code, _, error = await seamless(stack.settings, "case", "cancel", case, "--why", WHY)
    assert (code, f"{case} is closed already" in error) == (2, True)


async def test_a_case_whose_workflow_was_terminated_is_counted_listed_and_closed(
    stack: Stack, town: Town
) -> None:
    case = await asked(town)
    before = await stuck(stack, "workflow-gone")
    client = await connect(stack.settings)
    await client.get_workflow_handle(case).terminate(reason="by mistake")
    terminated = asyncio.get_running_loop().time()
    while await stuck(stack, "workflow-gone") == before:
        await asyncio.sleep(0.2)
    # Far less than the minute by default, and enough for a slow machine to look at every open case.
    assert asyncio.get_running_loop().time() - terminated < 2 * WATCH_SECONDS + 30
    code, said, _ = await seamless(stack.settings, "case", "list", "--stuck")
    [listed] = [each for each in said["stuck"] if each["case"] == case]
    assert (code, listed["reason"]) == (0, "workflow-gone")
    assert listed["detail"] == "its workflow is terminated: by mistake"

    code, _, error = await seamless(stack.settings, "case", "cancel", case, "--why", WHY)
    assert code == 0, error
    await town.closed(case)
    await judge(stack.settings, [case], outcome="ended")
    assert town.kinds(case) == ["opened", "requested", "broken-off", "cancelled", "decided", "closed"]
    assert len(town.heard(NOTICES, Decided.type, case)) == 1
    [ledger] = (await archived(stack.settings, [case])).values()
    assert len(ledger) == 6
    code, said, _ = await seamless(stack.settings, "case", "list", "--stuck")
    assert case not in {each["case"] for each in said["stuck"]}

    [order] = await cancellations(stack.settings.broker, case)
    ended = next(entry for entry in ledger if entry.kind == "broken-off")
    assert (ended.actor, order.officer in ended.model_dump_json()) == (OPERATOR, False)
    code, _, error = await seamless(stack.settings, "case", "cancel", case, "--why", "another reason")
    assert (code, "is closed already" in error) == (2, True)
    _, letters, _ = await seamless(stack.settings, "dead-letter", "list", "--case", case)
    assert letters["dead_letters"] == []  # the gateway has dropped the order: its effect is in the ledger


@pytest.mark.parametrize("whys", [("one", "another"), ("the same", "the same")])
async def test_of_two_who_end_a_case_at_the_same_time_only_who_did_is_told_so(
    stack: Stack, town: Town, whys: tuple[str, str]
) -> None:
    case = await asked(town)
    client = await connect(stack.settings)
    await client.get_workflow_handle(case).terminate(reason="by mistake")
    ended = await asyncio.gather(
        *(seamless(stack.settings, "case", "cancel", case, "--why", why) for why in whys)
    )
    await town.closed(case)
    [ledger] = (await archived(stack.settings, [case])).values()
    broken_off = next(entry for entry in ledger if entry.kind == "broken-off")
    assert broken_off.data is not None
    recorded = broken_off.data.content["why"]
    assert [code == 0 for code, _, _ in ended] == [why == recorded for why in whys], ended


def logged_by_the_watcher(stack: Stack, case: str) -> bool:
    return case in (stack.logs / "watcher.log").read_text("utf-8")


async def test_a_case_that_was_terminated_before_it_said_anything_is_counted_and_its_applicant_is_told(
    stack: Stack, town: Town
) -> None:
    case = new_case()
    town.cases.add(case)
    client = await connect(stack.settings)
    item = CONSTRUCTION_PERMIT
    handle = await client.start_workflow(
        item.workflow_type("standard"),
        opened(case=case, checks=stack.settings.directory.checks(), application=application()),
        id=case,
        task_queue=CASES_QUEUE,
        memo={CONTENT_HASH: sha256(opening_content(item.procedure, application()))},
        start_delay=timedelta(hours=1),
    )
    await handle.terminate(reason="by mistake")
    async with asyncio.timeout(60):
        while not logged_by_the_watcher(stack, case):
            await asyncio.sleep(0.2)
    code, said, _ = await seamless(stack.settings, "case", "list", "--stuck")
    [listed] = [each for each in said["stuck"] if each["case"] == case]
    assert (code, "it has published nothing" in listed["detail"]) == (0, True)

    await town.apply(case)  # a repeat: it opens nothing
    code, _, told = await seamless(stack.settings, "case", "cancel", case, "--why", WHY)
    assert (code, "opened again with its application" in told) == (0, True)
    await town.closed(case)
    await judge(stack.settings, [case], outcome="ended")
    assert town.kinds(case)[0] == "opened"
    assert "broken-off" in town.kinds(case)
    assert [each.data["reason"] for each in town.heard(NOTICES, BrokenOff.type, case)] == [WHY]
    await town.apply(case)
    code, said, _ = await seamless(stack.settings, "case", "list", "--stuck")
    assert case not in {each["case"] for each in said["stuck"]}
    assert town.kinds(case).count("opened") == 1


async def test_a_case_that_there_is_not(stack: Stack) -> None:
    unknown = "portal-0199a1b2-0000-7000-8000-000000000001"
    code, _, error = await seamless(stack.settings, "case", "cancel", unknown, "--why", WHY)
    assert (code, f"there is no case {unknown}" in error) == (2, True)
    code, _, error = await seamless(stack.settings, "case", "cancel", unknown, "--why", "")
    assert (code, "--why" in error) == (2, True)


async def test_a_case_that_cannot_take_a_step_is_named_and_ended_by_force(
    stack: Stack, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Reset has made it a run that is refused."""
    monkeypatch.setattr(cancelling, "TAKEN_SECONDS", 5.0)
    case = await asked(town)
    client = await connect(stack.settings)
    await reset(client, case)
    told: list[str] = []
    order = CancelOrdered(officer="ling", why=WHY)
    reader = ArchiveReader(stack.settings.archive_url)
    cases = StuckCases(client, reader, checks=stack.settings.directory.checks())
    async with asyncio.timeout(100):
        while await cases.look_at(CaseId(case)) is None:
            await asyncio.sleep(0.5)
    found = await figures(stack.metrics["orchestrator"])
    assert found["temporal_workflow_task_execution_failed_total"], "the alerts ask for it"
    ending = Cancelling(client, reader, stack.settings.broker, stack.settings.directory, told.append)
    with pytest.raises(Damaged, match=r"task-failing: attempt .* made by a Reset"):
        await ending.cancel(CaseId(case), order)
    await ending.cancel(CaseId(case), order, force=True)
    assert [each.split()[0] for each in told] == ["waiting"]
    await town.closed(case)
    await judge(stack.settings, [case], outcome="ended")
    with pytest.raises(InvalidInput, match="is closed already"):
        await ending.cancel(CaseId(case), order, force=True)
    await reader.close()


async def reset(client: Client, case: str) -> None:
    """Reset a case to its last step."""
    handle = client.get_workflow_handle(case)
    while (execution := await execution_of(client, case)) is None or execution.busy or execution.attempt:
        await asyncio.sleep(0.1)  # what it has said is published, and it knows that
    steps = [
        event.event_id
        for event in (await handle.fetch_history()).events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    ]
    await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case),
            reason="a test",
            request_id=f"reset-{case}",
            workflow_task_finish_event_id=steps[-1],
        )
    )
