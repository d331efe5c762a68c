"""Outside the sandbox runs what it has seen whole, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from structlog.testing import capture_logs

from workers.orchestrator.proven import leave_sandbox
from workers.process.verdicts import NoVerdict
from workflows.procedures import PROCEDURES

WHOLE, PARTLY, UNKNOWN = PROCEDURES[:3]


async def asked(workflow_type: str) -> Sequence[str]:
    if workflow_type == UNKNOWN.workflow_type:
        raise NoVerdict("it was killed")
    return ["workflows/course.py:7"] if workflow_type == PARTLY.workflow_type else []


async def test_only_what_was_seen_whole_leaves_the_sandbox_and_the_log_says_of_each_where_it_runs() -> None:
    without: set[str] = set()
    with capture_logs() as logs:
        await leave_sandbox([WHOLE, PARTLY, UNKNOWN], without, asked)
    assert without == {WHOLE.workflow_type}
    assert {each["of"]: each["log_level"] for each in logs} == {
        WHOLE.workflow_type: "info",
        PARTLY.workflow_type: "warning",
        UNKNOWN.workflow_type: "error",
    }
    [partly] = [each for each in logs if each["of"] == PARTLY.workflow_type]
    assert partly["lines"] == ["workflows/course.py:7"]


async def test_a_procedure_leaves_while_another_is_still_explored() -> None:
    without: set[str] = set()

    async def slowly(workflow_type: str) -> Sequence[str]:
        while workflow_type == PARTLY.workflow_type and not without:
            await asyncio.sleep(0)
        return []

    await leave_sandbox([PARTLY, WHOLE], without, slowly)
    assert without == {WHOLE.workflow_type, PARTLY.workflow_type}
