"""A procedure leaves the sandbox while its worker runs."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporalio.client import Client

    from workers.orchestrator.main import case_worker

QUEUE = "leaving-the-sandbox"
NAME = "says-where-it-runs"


@workflow.defn(name=NAME)
class SaysWhereItRuns:
    @workflow.run
    async def run(self) -> bool:
        return workflow.unsafe.in_sandbox()


async def test_cases_that_begin_after_the_proof_run_outside(temporal: Client) -> None:
    async def in_sandbox(case: str) -> bool:
        ran = await temporal.execute_workflow(
            NAME, id=case, task_queue=QUEUE, result_type=bool, execution_timeout=timedelta(minutes=5)
        )
        return bool(ran)

    without: set[str] = set()
    worker = case_worker(temporal, [], procedures=[SaysWhereItRuns], queue=QUEUE, without_sandbox=without)
    async with worker:
        assert await in_sandbox("sandbox-before")
        without.add(NAME)
        assert not await in_sandbox("sandbox-after")
