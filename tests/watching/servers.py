"""Prometheus and Alertmanager as Debian ships them, on free loopback ports, for as long as a test needs."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from deploy.local.child import ChildProcess
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.stack import Stack
from deploy.local.targets import TARGETS
from tests.watching.tools import tool

ROOT = Path(__file__).parents[2]
DEPLOYED = ROOT / "deploy"
START_SECONDS = 60.0
STOP_SECONDS = 10.0
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
NOBODY = "http://127.0.0.1:9/"


class Server:
    """One of them, and its HTTP API."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def get(self, path: str, **asked: object) -> Any:
        """The answer to a question, as JSON.

        Raises:
            AssertionError: it refuses to answer; says why.
        """
        query = urllib.parse.urlencode(asked)
        return await asyncio.to_thread(_json, urllib.request.Request(f"{self.address}{path}?{query}"))

    async def post(self, path: str, body: object) -> None:
        """Tell it something."""
        request = urllib.request.Request(
            f"{self.address}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        await asyncio.to_thread(_json, request)


class Prometheus(Server):
    """Prometheus, with our configuration."""

    async def query(self, expr: str) -> list[dict[str, Any]]:
        """The series that a query has now."""
        answer = await self.get("/api/v1/query", query=expr)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    async def over_time(self, expr: str, *, seconds: float, step: float, now: float) -> list[dict[str, Any]]:
        """The series of a query over the last so many seconds."""
        answer = await self.get("/api/v1/query_range", query=expr, start=now - seconds, end=now, step=step)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found


def _json(request: urllib.request.Request) -> Any:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            said = answer.read()
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{request.full_url}: {error.read().decode()}") from None
    return json.loads(said) if said.startswith((b"{", b"[")) else None


@asynccontextmanager
async def prometheus(
    folder: Path,
    stack: Stack,
    *,
    every: str = "1s",
    evaluated: str | None = None,
    shorter: int = 1,
    alertmanager: str | None = None,
) -> AsyncIterator[Prometheus]:
    """Prometheus with the configuration and the rules of this repository.

    Args:
        folder: an empty one.
        stack: whose processes it scrapes.
        every: how often it scrapes and evaluates, in the place of what is configured.
        evaluated: how often it evaluates, where that is something else.
        shorter: the durations of the rules (``for`` and ranges) are divided by this; thresholds are not.
        alertmanager: the address of one that is told of alerts.
    """
    program = tool("prometheus")
    shutil.copytree(DEPLOYED / "prometheus", folder / "config", ignore=shutil.ignore_patterns("targets"))
    config = folder / "config" / "prometheus.yml"
    text = config.read_text("utf-8").replace(
        "evaluation_interval: 15s", f"evaluation_interval: {evaluated or every}"
    )
    text = text.replace("scrape_interval: 15s", f"scrape_interval: {every}")
    for rules in config.parent.glob("seamless.*.yml"):
        rules.write_text(with_durations(rules.read_text("utf-8"), shorter), "utf-8")
    if alertmanager is not None:
        text = text.replace("127.0.0.1:9093", urllib.parse.urlsplit(alertmanager).netloc)
    config.write_text(text, "utf-8")
    (folder / "config" / "targets").mkdir()
    (folder / "config" / "targets" / "stack.json").symlink_to(stack.settings.data / TARGETS)
    port = free_port()
    command = [
        program,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
    ]
    async with _running(command, folder, f"http://{LOOPBACK}:{port}") as address:
        yield Prometheus(address)


def with_durations(rules: str, shorter: int) -> str:
    """Rules whose durations, after ``for:`` and in brackets, are divided by ``shorter``.

    Raises:
        AssertionError: one of them comes out as no whole number of seconds.
    """

    def divided(found: re.Match[str]) -> str:
        seconds, rest = divmod(int(found[2]) * SECONDS[found[3]], shorter)
        assert not rest, f"{found[0]} cannot be divided by {shorter}"
        return f"{found[1]}{seconds}s"

    return re.sub(r"(\bfor: |\[)(\d+)([smhd])\b", divided, rules)


@asynccontextmanager
async def alertmanager(folder: Path, *, on_call: str = NOBODY) -> AsyncIterator[Server]:
    """Alertmanager with the configuration of this repository.

    Args:
        folder: an empty one.
        on_call: the address that is told what goes to the on-call.
    """
    program = tool("prometheus-alertmanager")
    config = folder / "alertmanager.yml"
    text = (DEPLOYED / "alertmanager" / "alertmanager.yml").read_text("utf-8")
    config.write_text(text.replace("https://on-call.example.org/seamless", on_call), "utf-8")
    port = free_port()
    command = [
        program,
        f"--config.file={config}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
        "--cluster.listen-address=",
    ]
    async with _running(command, folder, f"http://{LOOPBACK}:{port}") as address:
        yield Server(address)


@asynccontextmanager
async def _running(command: list[str], folder: Path, address: str) -> AsyncIterator[str]:
    child = ChildProcess(command, log=folder / "server.log", folder=folder)
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await asyncio.to_thread(_is_ready, address):
                assert child.exit_code is None, child.log_tail()
                await asyncio.sleep(0.1)
        yield address
    finally:
        await child.stop(STOP_SECONDS)


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def labels_of(series: Mapping[str, Any]) -> dict[str, str]:
    """The labels of a series without its name."""
    return {name: value for name, value in series["metric"].items() if name != "__name__"}
