"""Leaving the blocks of a course, branch by branch, in an order that every replay has."""

from __future__ import annotations

import asyncio

from workflows.case.case import Case


async def in_turn(case: Case, step: str, kind: type[BaseException] | None) -> None:
    """Wait until it is this block's turn to leave, where it is left because its branch is broken off.

    When one branch of an ``asyncio.TaskGroup`` fails, the group cancels the others in the order of a set of
    tasks, which goes by their addresses. What they record on their way out goes by their steps instead.

    Args:
        step: of the block.
        kind: of the exception that leaves it.
    """
    if case.ending or kind is None or not issubclass(kind, asyncio.CancelledError):
        return
    case.leaving.add(step)
    try:
        await case.runtime.until(lambda: min(case.leaving, key=_order) == step)
    finally:
        case.leaving.discard(step)


def _order(step: str) -> tuple[str, int]:
    name, _, number = step.rpartition("/")
    return name, int(number)
