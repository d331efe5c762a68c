"""The stack that is broken: everything twice, and each half with a network of its own to both servers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

from deploy.local.engine import Engine, EngineError
from deploy.local.kafka import KafkaEngine
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.stack import Stack
from tests.nemeses.proxy import Manner, Proxy
from tests.nemeses.told import READY, scraped
from workers.archive import main as archive
from workers.department import main as department
from workers.gateway import main as gateway
from workers.orchestrator import main as orchestrator
from workers.process.settings import Settings, load_settings

DAY_SECONDS = 1.0
CALENDAR = f"compressed:{DAY_SECONDS}"
OUTAGE_AFTER_SECONDS = 3.0
GRACE_SECONDS = 10.0
EARLY_SECONDS = 15.0
SESSION_SECONDS = 4.0
LOOK_SECONDS = 1.0
WELL_SECONDS = 120.0

HALVES = ("left", "right")
MODULES = {"gateway": gateway, "orchestrator": orchestrator, "archive": archive}
DEPARTMENT = "department-drainage"


class ProxiedKafka(KafkaEngine):
    """The broker with a listener for each half beside the direct one. Clients of a half are told the address
    of its proxy: a client connects to what the broker advertises, whatever it was given first."""

    def __init__(self, data: Path, *, port: int) -> None:
        super().__init__(data, port=port)
        self.behind = {half: free_port() for half in HALVES}
        self.advertised: dict[str, str] = {}

    async def _prepare(self) -> Sequence[str]:
        command = await super()._prepare()
        file = self.data / "server.properties"
        settings = dict(line.split("=", 1) for line in file.read_text().splitlines())
        names = {half: half.upper() for half in HALVES}
        more = {
            "listeners": [f"{names[half]}://{LOOPBACK}:{port}" for half, port in self.behind.items()],
            "advertised.listeners": [f"{names[half]}://{self.advertised[half]}" for half in HALVES],
            "listener.security.protocol.map": [f"{name}:PLAINTEXT" for name in names.values()],
        }
        settings |= {name: ",".join([settings[name], *added]) for name, added in more.items()}
        settings["inter.broker.listener.name"] = "PLAINTEXT"
        file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        return command

    def _ports(self) -> Sequence[int]:
        return [*super()._ports(), *self.behind.values()]


class Network(NamedTuple):
    """The ways of one half to the two servers."""

    kafka: Proxy
    temporal: Proxy


@dataclass
class Doubled:
    """The stack.

    Attributes:
        networks: by half.
        builds: the folder that each worker's code is taken from, where it is not this checkout.
        unattended: engines and workers that nobody starts again when they end by themselves.
    """

    stack: Stack
    networks: dict[str, Network]
    builds: dict[str, Path] = field(default_factory=dict)
    unattended: set[str] = field(default_factory=set)

    @property
    def settings(self) -> Settings:
        """How to reach the servers directly."""
        return self.stack.settings

    @property
    def engines(self) -> dict[str, Engine]:
        """Both servers."""
        assert self.stack.kafka is not None
        assert self.stack.temporal is not None
        return {"kafka": self.stack.kafka, "temporal": self.stack.temporal}

    @property
    def workers(self) -> list[str]:
        """Every worker that is to run."""
        return [*(f"{name}-{half}" for name in MODULES for half in HALVES), DEPARTMENT]

    def start(self, worker: str) -> None:
        """Start a worker, from its build, on the network of its half."""
        build = self.builds.get(worker, Path.cwd())
        with contextlib.chdir(build):  # Python looks there first
            if worker == DEPARTMENT:
                self.stack.run(worker, department, agency="drainage")
                return
            name, _, half = worker.partition("-")
            network = self.networks[half if half in HALVES else "left"]
            named = {"build": "other"} if worker in self.builds else {}
            self.stack.run(
                worker, MODULES[name], kafka=network.kafka.address, temporal=network.temporal.address, **named
            )

    async def stop(self, worker: str) -> None:
        """End a worker in order."""
        await self.stack.worker(worker).stop(15)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a worker or an engine, if it runs."""
        with contextlib.suppress(ProcessLookupError):
            if pid := self.pid(name):
                os.kill(pid, number)

    def pid(self, name: str) -> int | None:
        """The process of a worker or an engine; None while it does not run."""
        if name in self.engines:
            return self.engines[name].pid
        child = self.stack.worker(name)
        return child.pid if child.exit_code is None else None

    async def become(self, manner: Manner, halves: Sequence[str], servers: Sequence[str]) -> None:
        """Change the ways of these halves to these servers."""
        for half in halves:
            for server in servers:
                await getattr(self.networks[half], server).become(manner)

    async def well(self) -> None:
        """Return once every worker works, whatever was started again meanwhile."""
        async with asyncio.timeout(WELL_SECONDS):
            for worker in self.workers:
                while not ((await asyncio.to_thread(scraped, self.stack.metrics[worker])) or {}).get(READY):
                    await asyncio.sleep(0.1)

    @contextmanager
    def alone(self, *names: str) -> Iterator[None]:
        """Nobody starts these again meanwhile."""
        self.unattended.update(names)
        try:
            yield
        finally:
            self.unattended.difference_update(names)

    async def attend(self, tell: Callable[[str], None]) -> None:
        """Start again what has ended by itself, until cancelled; as a supervisor does."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for name, engine in self.engines.items():
                if engine.pid is None and name not in self.unattended:
                    tell(f"{name} ended and is started again")
                    try:
                        await engine.start()
                    except EngineError as error:
                        tell(f"{name} does not start: {str(error).splitlines()[0]}")
            for worker in self.workers:
                if self.pid(worker) is None and worker not in self.unattended:
                    tell(f"{worker} ended and is started again")
                    self.start(worker)


@asynccontextmanager
async def doubled(data: Path, random: Random) -> AsyncIterator[Doubled]:
    """Both servers, their proxies, and two of every worker, ready; stopped at the end."""
    settings = load_settings(
        data=data,
        calendar=CALENDAR,
        early_event_seconds=EARLY_SECONDS,
        heartbeat_seconds=0.5,
        session_timeout_ms=int(SESSION_SECONDS * 1000),
        outage_after_seconds=OUTAGE_AFTER_SECONDS,
        outage_grace_seconds=GRACE_SECONDS,
    )
    stack = Stack(settings, passing=True)
    assert stack.kafka is not None
    assert stack.temporal is not None
    kafka = stack.kafka = ProxiedKafka(stack.kafka.data, port=stack.kafka.port)
    async with AsyncExitStack() as proxies:
        networks = {}
        for half in HALVES:
            ways = [Proxy(port, random) for port in (kafka.behind[half], stack.temporal.port)]
            networks[half] = Network(*[await proxies.enter_async_context(way) for way in ways])
            kafka.advertised[half] = networks[half].kafka.address
        made = Doubled(stack, networks)
        try:
            await stack.start(workers=False)
            for worker in made.workers:
                made.start(worker)
            await made.well()
            yield made
        finally:
            for name in [*made.workers, *made.engines]:
                with contextlib.suppress(KeyError):
                    made.signal(name, signal.SIGCONT)
            await stack.stop()
