"""Outside the sandbox runs what it has seen whole, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from structlog.testing import capture_logs

from workers.orchestrator.proven import reached_in_sandbox
from workers.process.verdicts import NoVerdict
from workflows.procedures import PROCEDURES

WHOLE, PARTLY, UNKNOWN = PROCEDURES[:3]


async def asked(workflow_type: str) -> Sequence[str]:
    if workflow_type == UNKNOWN.workflow_type:
        raise NoVerdict("it was killed")
    return ["workflows/course.py:7"] if workflow_type == PARTLY.workflow_type else []


async def test_only_what_was_seen_whole_runs_outside_and_the_log_says_of_each_where_it_runs() -> None:
    with capture_logs() as logs:
        assert await reached_in_sandbox([WHOLE, PARTLY, UNKNOWN], asked) == [WHOLE.workflow_type]
    assert {each["of"]: each["log_level"] for each in logs} == {
        WHOLE.workflow_type: "info",
        PARTLY.workflow_type: "warning",
        UNKNOWN.workflow_type: "error",
    }
    [partly] = [each for each in logs if each["of"] == PARTLY.workflow_type]
    assert partly["lines"] == ["workflows/course.py:7"]
