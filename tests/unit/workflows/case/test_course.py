"""What comes out of a course: a decision, an interruption that stands for one, or a fault that is told."""

from __future__ import annotations

import asyncio

import pytest

from contracts.terms.decisions import Decision, Refuse
from tests.unit.workflows.case.running import VirtualRuntime, a_case
from tests.unit.workflows.case.test_carrier import carried
from workflows.case import Lapsed
from workflows.case.faults import CourseFault


async def test_a_fault_of_the_course_closes_nothing(runtime: VirtualRuntime) -> None:
    """The workflow task fails and is retried, until fixed code carries the case on."""

    async def faulty() -> Decision:
        raise ValueError("a bug")

    case = a_case(runtime)
    with pytest.raises(CourseFault, match=r"test_course, line \d+: ValueError: a bug. The case waits"):
        await (await carried(case, faulty()))
    assert not case.closed


async def test_a_course_that_was_cancelled_from_inside_is_not_broken_off(runtime: VirtualRuntime) -> None:
    """It would look like an operator's cancel, and end the case."""

    async def cancels() -> Decision:
        branch = asyncio.create_task(asyncio.sleep(0))
        branch.cancel()
        await branch
        raise AssertionError

    case = a_case(runtime)
    with pytest.raises(CourseFault, match="its course was cancelled from inside"):
        await (await carried(case, cancels()))
    assert not case.closed


async def test_a_lapse_in_a_branch_that_is_awaited_at_the_end_of_its_group(runtime: VirtualRuntime) -> None:
    """Python 3.11 leaves the course's task marked as cancelled then, for nobody but itself."""

    async def branch() -> None:
        await runtime.until(lambda: True)
        raise Lapsed("fee-not-paid")

    async def lapses() -> Decision:
        async with asyncio.TaskGroup() as group:
            group.create_task(branch())
        raise AssertionError

    case = a_case(runtime)
    assert (await (await carried(case, lapses()))).decision == Refuse(reason="fee-not-paid")
