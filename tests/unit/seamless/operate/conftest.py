"""Cases that are begun in these tests end with them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.unit.workflows.case.running import VirtualRuntime, nothing_left_running


@pytest.fixture(autouse=True)
async def cases_end() -> AsyncIterator[None]:
    async with nothing_left_running():
        yield


@pytest.fixture
def runtime() -> VirtualRuntime:
    return VirtualRuntime()
