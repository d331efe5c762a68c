"""What ends a procedure's course from outside, also out of branches that run at the same time."""

from __future__ import annotations

import asyncio

import pytest

from workflows.case.interruptions import Lapsed, Withdrawal, interruption


async def fails(error: BaseException) -> None:
    raise error


async def branches(*errors: BaseException) -> BaseException:
    with pytest.raises(BaseExceptionGroup) as raised:  # noqa: PT012 - the group is the statement
        async with asyncio.TaskGroup() as group:
            for error in errors:
                group.create_task(fails(error))
    return raised.value


async def test_a_lapse_is_found_in_a_group_of_branches() -> None:
    lapsed = Lapsed("fee-not-paid")
    assert interruption(await branches(lapsed)) is lapsed


async def test_a_withdrawal_goes_before_a_lapse() -> None:
    assert isinstance(interruption(await branches(Lapsed("late"), Withdrawal())), Withdrawal)


async def test_a_fault_of_the_program_is_no_interruption() -> None:
    assert interruption(await branches(Withdrawal(), ValueError("a bug"))) is None
    assert interruption(ValueError("a bug")) is None
