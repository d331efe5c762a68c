"""An operator's desk: the Temporal UI's queries, ``seamless status``, Prometheus's alerts, and a shell."""

from __future__ import annotations

import asyncio
import json
import math
import os
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from deploy.local.child import ChildProcess
from deploy.local.stack import environment
from seamless.status.processes import gateways_of
from tests.exercise.town import STOP_SECONDS, RunningTown
from tests.exercise.volume import Volume
from tests.watching.servers import Prometheus, labels_of
from workers.process.temporal import connect

ROOT = Path(__file__).parents[2]
EVALUATION_SECONDS = 10
LOOK_SECONDS = HELD_STEP_SECONDS = 1.0
PATIENCE_SECONDS = 120.0
"""So long the test waits for anything. What it measures is told by Prometheus's own clock."""

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
    """What an operator of a town looks at, all the time."""

    def __init__(self, town: RunningTown, source: Prometheus, folder: Path) -> None:
        """
        Args:
            folder: an empty one, for what is on the operator's PATH, and for logs.
        """
        command = folder / "seamless"
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m seamless.cli.main "$@"\n')
        command.chmod(0o700)
        ours = {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
        if isinstance(town.volume, Volume):
            ours["SEAMLESS_DATA"] = str(town.volume.folder)
        self._environment = dict(os.environ) | environment(town.stack.settings) | ours | {"COLUMNS": "200"}
        self._town, self._settings, self._source, self._folder = town, town.stack.settings, source, folder
        self._statuses: list[Ran] = []
        self._serving: list[ChildProcess] = []
        self._began = time.time()

    def tell(self, what: str) -> None:
        """Say what goes on, to whoever runs the test with ``-s``."""
        print(f"{time.time() - self._began:6.1f} s  {what}", flush=True)

    # --- the shell ---------------------------------------------------------------------------------------

    async def run(self, line: str, variables: Labels) -> Ran:
        """Run a command line as it is, with these variables set."""
        began = time.time()
        process = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            line,
            cwd=ROOT,
            env=self._environment | dict(variables),
            stdin=asyncio.subprocess.DEVNULL,
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

    async def asked(self, line: str) -> Any:
        """What a command says as JSON."""
        return json.loads((await self.run(f"{line} --json", {})).said)

    def serve(self, line: str) -> None:
        """Run a command that starts a process, as a service manager does: in the background, with the port
        of metrics that the process had before."""
        worker = line.split()[-1]
        port = {"SEAMLESS_METRICS_PORT": str(urlsplit(self._town.stack.metrics[worker]).port)}
        child = ChildProcess(
            ["/bin/sh", "-c", f"exec {line}"],
            log=self._folder / f"{worker}.log",
            folder=ROOT,
            environment=self._environment | port,
        )
        self._serving.append(child)

    async def leave(self) -> None:
        """Stop what was started here."""
        for child in self._serving:
            await child.stop(STOP_SECONDS)

    async def begin(self) -> None:
        """Return once alerts can be seen: Prometheus records none before it has evaluated three times."""
        recorded = "min(count_over_time(seamless:requests_overdue:by_agency[5m])) >= 4"
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await self._source.query(recorded):
                await asyncio.sleep(LOOK_SECONDS)
        await asyncio.sleep(EVALUATION_SECONDS)  # each group of rules is evaluated at a time of its own

    # --- seeing ------------------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Ask for the status again and again, until cancelled."""
        while True:
            self._statuses.append(await self.run("seamless status", {}))
            await asyncio.sleep(LOOK_SECONDS)

    async def status(self, holds: Callable[[Ran], bool], *, since: float) -> Ran:
        """The first status, asked for since then, of which something holds."""

        def found() -> Ran | None:
            return next((each for each in self._statuses if each.began >= since and holds(each)), None)

        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (ran := found()) is None:
                    await asyncio.sleep(LOOK_SECONDS)
                return ran
        except TimeoutError:
            raise AssertionError(f"the last status is {self._statuses[-1:]}") from None

    async def listed(self, query: str, *cases: str) -> None:
        """Return once a query of the Temporal UI finds one of some cases."""
        client = await connect(self._settings)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not {each.id async for each in client.list_workflows(query)} & set(cases):
                await asyncio.sleep(LOOK_SECONDS)

    async def carried(self, topic: str) -> None:
        """Return once a gateway has carried all that is on a topic."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while topic in (await gateways_of(self._settings))[1].topics:
                await asyncio.sleep(LOOK_SECONDS)

    async def alert(self, name: str, labels: Labels, *, since: float) -> Alert:
        """When an alert fired since then, and from when on its condition had held all the time in what was
        scraped."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (firing := self._times(await self._fired(name), labels, since)):
                await asyncio.sleep(LOOK_SECONDS)
        fired = min(firing)
        groups = (await self._source.get("/api/v1/rules", type="alert"))["data"]["groups"]
        held: list[float] = []
        for expr in [rule["query"] for group in groups for rule in group["rules"] if rule["name"] == name]:
            found = await self._source.over_time(
                expr, seconds=fired - since, step=HELD_STEP_SECONDS, now=fired
            )
            held += self._times(found, labels, since)
        observable = fired
        for at in sorted(held, reverse=True):
            if observable - at > 1.5 * HELD_STEP_SECONDS:
                break
            observable = at
        return Alert(observable, fired)

    async def _fired(self, name: str) -> list[dict[str, Any]]:
        return await self._source.query(f'ALERTS{{alertname="{name}",alertstate="firing"}}[15m]')

    @staticmethod
    def _times(found: Sequence[Mapping[str, Any]], labels: Labels, since: float) -> list[float]:
        """When there was a sample of a series with these labels."""
        ours = [each for each in found if labels.items() <= labels_of(each).items()]
        return [float(at) for each in ours for at, _ in each["values"] if at >= since]

    async def resolved(self, name: str, labels: Labels) -> None:
        """Return once an alert fires no more."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while [each for each in await self._firing(name) if labels.items() <= labels_of(each).items()]:
                await asyncio.sleep(LOOK_SECONDS)

    async def _firing(self, name: str) -> list[dict[str, Any]]:
        return await self._source.query(f'ALERTS{{alertname="{name}",alertstate="firing"}}')
