"""Clients of the broker end within a bounded time, whatever state it is in."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError

from network.broker import connection
from network.broker.connection import stop


class Client:
    def __init__(self) -> None:
        self.closed = False

    async def close(self) -> None:
        self.closed = True


class Consumer:
    """Stops as it is told to: in an error, or never."""

    def __init__(self, error: BaseException | None = None) -> None:
        self._client = Client()
        self._error = error

    async def stop(self) -> None:
        if self._error is None:
            await asyncio.sleep(60)
        else:
            raise self._error


async def test_what_a_consumer_cancels_in_itself_does_not_cancel_us() -> None:
    """aiokafka does so when the broker died while it fetched."""
    consumer = Consumer(asyncio.CancelledError())
    await stop(consumer)
    assert consumer._client.closed


async def test_a_consumer_that_cannot_be_stopped_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STOP_SECONDS", 0.01)
    await stop(Consumer())
    await stop(Consumer(KafkaConnectionError("dead")))
    with pytest.raises(ValueError, match="ours"):
        await stop(Consumer(ValueError("ours")))


async def test_being_cancelled_while_a_consumer_stops_is_passed_on() -> None:
    stopping = asyncio.create_task(stop(Consumer()))
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
