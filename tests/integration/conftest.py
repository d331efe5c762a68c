"""A town around the shared stack."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from deploy.local.stack import Stack
from tests.integration.town import Town


@pytest.fixture
async def town(stack: Stack) -> AsyncIterator[Town]:
    """Agencies that consent and applicants that pay, over Kafka."""
    async with Town(stack.settings) as running:
        yield running
