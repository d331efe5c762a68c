"""One stack for the whole run: real servers, started once, stopped at the end."""
from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment


@pytest.fixture(scope="session")
async def temporal_client() -> AsyncIterator[Client]:
    async with await WorkflowEnvironment.start_local(data_converter=pydantic_data_converter, dev_server_existing_path="/tmp/probe/v/bin/temporal") as env:
        yield env.client
        await asyncio.sleep(0.1)
