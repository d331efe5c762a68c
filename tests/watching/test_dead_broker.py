"""A broker that dies: the on-call is told once, of the broker, and of nothing that follows from it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.local.ports import LOOPBACK
from deploy.local.stack import Stack
from tests.watching.servers import Server, alertmanager, prometheus
from workers.process.settings import load_settings

pytestmark = [pytest.mark.integration, pytest.mark.long]

Alert = dict[str, Any]

OF_THIS_MACHINE = {"SeamlessDiskFills"}
"""What may fire wherever the test runs."""


class OnCall:
    """Who is called.

    Attributes:
        told: every alert that it was told of, by name, reason and whether it fires.
    """

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one call of Alertmanager."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        for each in json.loads(await reader.readexactly(length))["alerts"]:
            labels = each["labels"]
            if labels["alertname"] not in OF_THIS_MACHINE:
                self.told.append((labels["alertname"], labels.get("reason", ""), each["status"]))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def called() -> AsyncIterator[tuple[OnCall, str]]:
    on_call = OnCall()
    async with await asyncio.start_server(on_call.hear, LOOPBACK, 0) as server:
        yield on_call, f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/"


async def until(manager: Server, holds: Callable[[list[Alert]], bool], *, seconds: float) -> list[Alert]:
    """Alertmanager's alerts, once something holds of them."""
    found: list[Alert] = []
    try:
        async with asyncio.timeout(seconds):
            while not holds(found := await manager.get("/api/v2/alerts")):
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise AssertionError([(each["labels"], each["status"]["state"]) for each in found]) from None
    return found


def names(alerts: list[Alert], state: str) -> set[str]:
    found = {each["labels"]["alertname"] for each in alerts if each["status"]["state"] == state}
    return found - OF_THIS_MACHINE


async def test_a_dead_broker_calls_somebody_once_and_says_when_it_is_back(tmp_path: Path) -> None:
    # Compressed days have no last year: the end of a published one is told thirty days before, too.
    settings = load_settings(
        data=tmp_path / "stack", calendar="compressed:60", heartbeat_seconds=0.5, watch_seconds=3.0
    )
    for name in ("prometheus", "alertmanager"):
        (tmp_path / name).mkdir()
    async with (
        called() as (on_call, address),
        alertmanager(tmp_path / "alertmanager", on_call=address) as manager,
        Stack(settings, passing=True) as stack,
        prometheus(tmp_path / "prometheus", stack, alertmanager=manager.address),
    ):
        assert stack.kafka is not None
        await asyncio.sleep(5)  # so that there is a time when all was well
        stack.kafka.kill()
        alerts = await until(manager, lambda all_: names(all_, "active") >= {"SeamlessNotReady"}, seconds=120)
        active = [each["labels"] for each in alerts if each["status"]["state"] == "active"]
        assert {each.get("reason") for each in active if each["alertname"] not in OF_THIS_MACHINE} == {
            "kafka-away"
        }
        alerts = await until(
            manager, lambda all_: "SeamlessNoHeartbeat" in names(all_, "suppressed"), seconds=120
        )
        assert names(alerts, "active") == {"SeamlessNotReady"}
        while not on_call.told:
            await asyncio.sleep(0.2)
        await stack.kafka.start()
        await stack.ready()
        await until(manager, lambda all_: not names(all_, "active") & {"SeamlessNotReady"}, seconds=180)
        told = set(on_call.told)
        assert {each[:2] for each in told} == {("SeamlessNotReady", "kafka-away")}
