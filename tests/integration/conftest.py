"""A town around the shared stack."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.town import Town
from workers.stack import Stack


@pytest.fixture
async def town(stack: Stack) -> AsyncIterator[Town]:
    """Agencies that consent and applicants that pay, over Kafka."""
    async with Town(stack.settings) as running:
        yield running
