"""Reaching the Kafka broker as an administrator, and waiting for it at start-up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from workers.process.entry import UsageError

log = structlog.get_logger(__name__)

REQUEST_TIMEOUT_MS = 10_000
CLOSE_SECONDS = 5.0


@contextlib.asynccontextmanager
async def administration(bootstrap: str) -> AsyncIterator[Any]:
    """The administrative client (aiokafka's, untyped) of the broker at ``bootstrap`` (``HOST:PORT``).

    Raises:
        UsageError: no broker answers there.
    """
    client: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS)
    try:
        try:
            await client.start()
        except KafkaError as error:
            raise no_broker(bootstrap, error) from None
        yield client
    finally:
        with contextlib.suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(client.close(), CLOSE_SECONDS)


async def partition_counts(client: Any) -> dict[str, int]:
    """The number of partitions of every topic there is; ``client`` is of :func:`administration`."""
    return {each["topic"]: len(each["partitions"]) for each in await client.describe_topics()}


def no_broker(bootstrap: str, error: Exception) -> UsageError:
    """What a person is told when no broker answers."""
    return UsageError(
        f"no Kafka broker answers at {bootstrap} ({error}); start one, or set SEAMLESS_KAFKA", exit_code=3
    )


async def await_broker(bootstrap: str, *, pause_seconds: float = 1, say_every_seconds: float = 30) -> None:
    """Return when the broker answers, for workers that may start first; says now and then that it waits."""
    clock = asyncio.get_running_loop().time
    say_at = clock()
    while True:
        try:
            async with administration(bootstrap) as client:
                await asyncio.wait_for(client.list_topics(), REQUEST_TIMEOUT_MS / 1000)
                return
        except (UsageError, KafkaError, TimeoutError) as error:
            if clock() >= say_at:
                log.warning("waiting for Kafka", bootstrap=bootstrap, error=str(error))
                say_at = clock() + say_every_seconds
        await asyncio.sleep(pause_seconds)
