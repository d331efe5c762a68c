"""A runtime for cases without a server, and the end of everything that a test started on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.unit.workflows.case.authoring import ITEM, Author
from tests.unit.workflows.case.running import VirtualRuntime, a_case, nothing_left_running
from workflows.case import carrier


@pytest.fixture
async def runtime() -> AsyncIterator[VirtualRuntime]:
    async with nothing_left_running():
        yield VirtualRuntime()


@pytest.fixture
async def author(runtime: VirtualRuntime) -> Author:
    """A case of which nothing is recorded yet, and the verbs on it."""
    return Author(a_case(runtime, ITEM), runtime)


@pytest.fixture(params=[1000, 1], ids=["one run", "a new run after every event"])
def runs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case with one run, and one with a new run after every event."""
    monkeypatch.setattr(carrier, "EVENTS_PER_RUN", request.param)
