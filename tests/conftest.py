"""One stack for the whole run: the real servers and the real workers, started once, stopped at the end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import timedelta

import hypothesis
import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client

from deploy.local.stack import Stack
from workers.process.settings import load_settings
from workers.process.temporal import connect

DAY_SECONDS = 60
"""A working day of the shared stack: long, so that a slow machine makes nothing overdue."""

WATCH_SECONDS = 3.0
"""How often its stuck cases are counted."""


# How long an example takes, and its making, says how busy the machine is.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")

# A run that was started in the background ignores Ctrl-C, and so would every command that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Kafka, Temporal and all workers, each a process of its own."""
    settings = load_settings(
        data=tmp_path_factory.mktemp("stack"),
        calendar=f"compressed:{DAY_SECONDS}",
        early_event_seconds=5,
        heartbeat_seconds=0.5,
        session_timeout_ms=6000,
        watch_seconds=WATCH_SECONDS,
    )
    async with Stack(settings, passing=True) as running:
        yield running
        await asyncio.sleep(0.1)  # the SDK's last calls come back before the loop ends


@pytest.fixture(scope="session")
async def temporal_client(stack: Stack) -> Client:
    """A namespace of its own on the shared server, where a test may run workers in its own process."""
    client = await connect(stack.settings)
    retention = Duration()
    retention.FromTimedelta(timedelta(days=7))
    namespace = "cases-under-test"
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=namespace, workflow_execution_retention_period=retention)
    )
    return await _serving(stack, namespace)


async def _serving(stack: Stack, namespace: str) -> Client:
    settings = stack.settings.model_copy(update={"namespace": namespace})
    async with asyncio.timeout(60):
        while True:  # a new namespace takes a moment to reach every part of the server
            client = await connect(settings)
            try:
                async for _ in client.list_workflows("", page_size=1):
                    break
            except Exception:
                await asyncio.sleep(0.2)
            else:
                return client
