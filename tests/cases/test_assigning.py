"""Assigning cases on a real Temporal server: many at once, over many runs, and replayed."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from activities import assigning
from activities.assigning import assigning_of, assignment_of, begin_assigning, end_assigning
from contracts.pilots import ABSENCE_KEPT_SECONDS, Assignment, Ending, Incoming, Plan, assigning_id
from contracts.platform import CASES_QUEUE
from contracts.terms.errors import InvalidInput, Unavailable
from contracts.terms.identifiers import CaseId, ProcedureId, VariantId
from tests.applications import new_case
from workers.orchestrator.sandbox import sandbox
from workflows import assigning as workflow_module
from workflows.assigning import AssigningCases

FELLING, LAW = ProcedureId("tree-felling"), "2026"
OLD, NEW = VariantId("standard"), VariantId("added-review")

pytestmark = pytest.mark.integration


def a_plan(**changed: Any) -> Plan:
    plan = {"procedure": FELLING, "old": OLD, "new": NEW, "block": 4, "most": 50}
    return Plan.model_validate({"pilot": new_case()} | plan | changed)


@asynccontextmanager
async def orchestrator(client: Client, **changed: float) -> AsyncIterator[None]:
    """A worker; with changed constants of the workflow, outside the sandbox, which would not see them."""
    runner = UnsandboxedWorkflowRunner() if changed else sandbox()
    as_it_is = {"UPDATES_PER_RUN": workflow_module.UPDATES_PER_RUN}
    with mock.patch.multiple(workflow_module, **as_it_is | changed):
        async with Worker(client, task_queue=CASES_QUEUE, workflows=[AssigningCases], workflow_runner=runner):
            yield


async def assigned(client: Client, case: CaseId) -> Assignment | None:
    """As the gateway asks: again, until it is answered."""
    while True:
        try:
            return await assignment_of(client, FELLING, Incoming(case=case, law=LAW))
        except Exception:
            await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
async def ended(temporal: Client) -> AsyncIterator[None]:
    """No pilot is left for the next test."""
    yield
    handle = temporal.get_workflow_handle(assigning_id(FELLING))
    if await assigning.assigning_runs(temporal, FELLING):
        await handle.terminate("the test is over")


async def runs_of(client: Client) -> list[Any]:
    """The runs of the workflow, once Temporal lists that none is running."""
    async with asyncio.timeout(60):
        while True:
            query = f"WorkflowId = '{assigning_id(FELLING)}'"
            runs = [each async for each in client.list_workflows(query)]
            if runs and all(each.status != WorkflowExecutionStatus.RUNNING for each in runs):
                return runs
            await asyncio.sleep(0.1)


async def test_many_at_once_over_many_runs_each_block_has_one_and_every_run_replays(
    temporal: Client,
) -> None:
    plan = a_plan()
    cases = [new_case() for _ in range(200)]
    async with orchestrator(temporal, UPDATES_PER_RUN=30):
        await begin_assigning(temporal, plan)
        await asyncio.sleep(ABSENCE_KEPT_SECONDS)
        asked = [*cases, *cases]  # by two gateways
        said: list[Assignment | None] = []
        for first in range(0, len(asked), 16):  # more at once than Temporal takes
            some = asked[first : first + 16]
            said += await asyncio.gather(*(assigned(temporal, case) for case in some))
        assert said[:200] == said[200:], "who asks again gets the same answer, also in a later run"
        blocks: defaultdict[Any, list[Any]] = defaultdict(list)
        for each in said[:200]:
            assert each is not None
            blocks[each.block].append(each)
        assert sorted(blocks) == list(range(1, 51))
        assert all(sorted(one.place for one in block) == [1, 2, 3, 4] for block in blocks.values())
        assert all([one.variant for one in block].count(NEW) == 1 for block in blocks.values())
        shown = await assigning_of(temporal, FELLING)
        assert shown is not None
        assert (shown.cases, shown.new, shown.full) == (200, 50, True)
        await end_assigning(temporal, FELLING, Ending(pilot=plan.pilot))
        runs = await runs_of(temporal)
    assert len(runs) > 10
    replayer = Replayer(
        workflows=[AssigningCases],
        workflow_runner=UnsandboxedWorkflowRunner(),
        data_converter=pydantic_data_converter,
    )
    with mock.patch.object(workflow_module, "UPDATES_PER_RUN", 30):
        for run in runs:
            handle = temporal.get_workflow_handle(run.id, run_id=run.run_id)
            await replayer.replay_workflow(await handle.fetch_history())


async def test_a_pilot_is_begun_and_ended_once_and_then_there_is_none(temporal: Client) -> None:
    plan = a_plan()
    async with orchestrator(temporal, ABSENCE_KEPT_SECONDS=3600):
        assert await assigned(temporal, new_case()) is None, "there is no pilot yet"
        begun = await begin_assigning(temporal, plan)
        assert begun.plan == plan
        assert await begin_assigning(temporal, plan) == begun
        assert await assigned(temporal, new_case()) == Assignment(), "not every gateway knows of it yet"
        workflow_module.ABSENCE_KEPT_SECONDS = 0  # by now each knows it; the test above waits for that
        case = new_case()
        first = await assigned(temporal, case)
        assert first is not None
        assert (first.pilot, first.block, first.place) == (plan.pilot, 1, 1)
        with pytest.raises(InvalidInput, match="has a pilot that is not ended"):
            await begin_assigning(temporal, a_plan())
        with pytest.raises(InvalidInput, match="does not assign these cases"):
            await end_assigning(temporal, FELLING, Ending(pilot=new_case(), variant=OLD))
        rolled_back = await end_assigning(temporal, FELLING, Ending(pilot=plan.pilot, variant=OLD))
        assert rolled_back is not None
        assert rolled_back.ended == Ending(pilot=plan.pilot, variant=OLD)
        assert await assigned(temporal, case) == first
        assert await assigned(temporal, new_case()) == Assignment(pilot=plan.pilot, variant=OLD)
        await end_assigning(temporal, FELLING, Ending(pilot=plan.pilot))
        assert await assigned(temporal, new_case()) is None
        assert await assigning_of(temporal, FELLING) is None
        assert await end_assigning(temporal, FELLING, Ending(pilot=plan.pilot)) is None, "said again"
        with pytest.raises(InvalidInput, match="begin one"):
            await end_assigning(temporal, FELLING, Ending(pilot=plan.pilot, variant=NEW))


REFUSED: list[tuple[str, Callable[[], Plan]]] = [
    ("2017 knows standard", lambda: a_plan(law="2017")),
    ("knows both 'standard' and 'faster'", lambda: a_plan(new="faster")),
    ("no procedure", lambda: a_plan(procedure="flying")),
]


@pytest.mark.parametrize(("told", "plan"), REFUSED, ids=[told for told, _ in REFUSED])
async def test_a_plan_that_the_law_does_not_know_is_refused_and_begins_nothing(
    temporal: Client, told: str, plan: Callable[[], Plan]
) -> None:
    async with orchestrator(temporal):
        with pytest.raises(InvalidInput, match=told):
            await begin_assigning(temporal, plan())
        assert await assigning_of(temporal, FELLING) is None


async def test_without_an_orchestrator_it_is_told_so_and_is_done_once_there_is_one(temporal: Client) -> None:
    plan = a_plan()
    with mock.patch.object(assigning, "RPC_TIMEOUT", timedelta(seconds=1)):
        with pytest.raises(Unavailable, match="no orchestrator has answered"):
            await begin_assigning(temporal, plan)
        with pytest.raises(Unavailable, match="no orchestrator has answered"):
            await assignment_of(temporal, FELLING, Incoming(case=new_case(), law=LAW))
    async with orchestrator(temporal):
        begun = await begin_assigning(temporal, plan)
        assert begun.plan == plan
        assert begun.cases == 0
