"""An operator's desk: the Temporal UI's queries, ``seamless status``, Prometheus's alerts, and a shell."""

from __future__ import annotations

import asyncio
import math
import os
import shlex
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from deploy.local.stack import environment
from tests.watching.servers import Prometheus, labels_of
from workers.process.settings import Settings
from workers.process.temporal import connect

ROOT = Path(__file__).parents[2]
EVALUATION_SECONDS = 10
LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 90.0
"""So long the test waits for anything; what it measures is told by Prometheus's own clock."""

Labels = Mapping[str, str]


class Ran(NamedTuple):
    """How a command ended."""

    began: float
    code: int
    said: str
    complained: str


class Alert(NamedTuple):
    """When an alert could be seen and when it fired, by Prometheus's clock."""

    observable: float
    fired: float

    @property
    def intervals(self) -> int:
        """Within how many evaluation intervals it fired."""
        return math.ceil((self.fired - self.observable) / EVALUATION_SECONDS)


class Desk:
    """What an operator looks at, all the time.

    Attributes:
        environment: that of the operator's shell; the settings of the processes are in it.
    """

    def __init__(self, settings: Settings, source: Prometheus, folder: Path) -> None:
        """
        Args:
            folder: an empty one, for what is on the operator's PATH.
        """
        command = folder / "seamless"
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m seamless.cli.main "$@"\n')
        command.chmod(0o700)
        path = {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
        self.environment = dict(os.environ) | environment(settings) | path | {"LANG": "C.UTF-8"}
        self.settings = settings
        self._source = source
        self._statuses: list[Ran] = []
        self._began = time.time()

    def tell(self, what: str) -> None:
        """Say what goes on, for whoever runs the test with ``-s``."""
        print(f"{time.time() - self._began:6.1f} s  {what}", flush=True)

    async def run(self, line: str, variables: Labels) -> Ran:
        """Run a command line as it is, with these variables set."""
        began = time.time()
        process = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            line,
            cwd=ROOT,
            env=self.environment | dict(variables),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            said, complained = await process.communicate()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        assert b"Traceback" not in complained, complained.decode()
        return Ran(began, int(process.returncode or 0), said.decode(), complained.decode())

    async def watch(self) -> None:
        """Ask for the status again and again, until cancelled."""
        while True:
            self._statuses.append(await self.run("seamless status", {}))
            await asyncio.sleep(LOOK_SECONDS)

    async def status(self, holds: Callable[[Ran], bool], *, since: float, what: str) -> Ran:
        """The first status, asked for since then, of which something holds."""
        return await self._until(
            lambda: next((each for each in self._statuses if each.began >= since and holds(each)), None),
            lambda: f"status: {what}; the last one: {self._statuses[-1:]}",
        )

    async def listed(self, query: str, case: str) -> None:
        """Return once a query of the Temporal UI finds a case."""
        client = await connect(self.settings)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while case not in {each.id async for each in client.list_workflows(query)}:
                await asyncio.sleep(LOOK_SECONDS)

    async def alert(self, name: str, labels: Labels, *, since: float) -> Alert:
        """When an alert fired that had not before ``since``, and from when on its condition held in what was
        scraped."""
        fired = await self._alert_fired(name, labels, since)
        rules = (await self._source.get("/api/v1/rules", type="alert"))["data"]["groups"]
        asked = [rule["query"] for group in rules for rule in group["rules"] if rule["name"] == name]
        held: list[float] = []
        for expr in asked:
            found = await self._source.over_time(expr, seconds=fired - since, step=1, now=fired)
            held += [at for each in found if _has(each, labels) for at, _ in each["values"]]
        return Alert(min(held), fired)

    async def _alert_fired(self, name: str, labels: Labels, since: float) -> float:
        expr = f'ALERTS{{alertname="{name}",alertstate="firing"}}[15m]'
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                found = await self._source.query(expr)
                fired = [
                    at for each in found if _has(each, labels) for at, _ in each["values"] if at >= since
                ]
                if fired:
                    return float(min(fired))
                await asyncio.sleep(LOOK_SECONDS)

    async def resolved(self, name: str, labels: Labels) -> None:
        """Return once an alert fires no more."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(_has(each, labels) for each in await self._firing(name)):
                await asyncio.sleep(LOOK_SECONDS)

    async def _firing(self, name: str) -> list[dict[str, Any]]:
        return await self._source.query(f'ALERTS{{alertname="{name}",alertstate="firing"}}')

    @staticmethod
    async def _until(found: Callable[[], Ran | None], told: Callable[[], str]) -> Ran:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (ran := found()) is None:
                    await asyncio.sleep(LOOK_SECONDS)
                return ran
        except TimeoutError:
            raise AssertionError(told()) from None


def _has(series: Mapping[str, Any], labels: Labels) -> bool:
    return labels.items() <= labels_of(series).items()
