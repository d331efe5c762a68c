"""A town around the shared stack, and a gateway with short days."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from deploy.local.stack import Stack
from tests.fault.deadline import COMPRESSED
from tests.integration.conftest import town

__all__ = ["town"]


@pytest.fixture(scope="module")
async def short_days(stack: Stack) -> AsyncIterator[None]:
    """A gateway that opens cases with short days, in place of the shared one."""
    await stack.worker("gateway").stop(15)
    stack.start_worker("gateway", calendar=COMPRESSED)
    await stack.ready()
    yield
    await stack.worker("gateway").stop(15)
    stack.start_worker("gateway")
    await stack.ready()
