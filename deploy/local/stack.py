"""The whole of Seamless on one machine: engines, topics and one process per worker."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Self

import structlog

from activities.checks import CHECKS
from contracts.attributes import KINDS
from deploy.local.child import ChildProcess
from deploy.local.engine import Engine, EngineError
from deploy.local.folders import private_folder
from deploy.local.kafka import KafkaEngine
from deploy.local.ports import LOOPBACK, free_port, is_free
from deploy.local.readiness import await_ready
from deploy.local.targets import write_targets
from deploy.local.temporal import TemporalEngine
from network.broker.topics import apply_topics
from workers.archive import main as archive
from workers.department import main as department
from workers.gateway import main as gateway
from workers.orchestrator import main as orchestrator
from workers.process.identity import department_process
from workers.process.settings import Settings
from workers.process.temporal import connect, register_search_attributes
from workers.watcher import main as watcher

STOP_SECONDS = 15.0
WATCH_SECONDS = 0.5
RESTART_SECONDS, LONGEST_RESTART_SECONDS = 1.0, 30.0
STEADY_SECONDS = 60.0
"""A process that ran for this long is restarted immediately; one that ends sooner, later each time."""

WORKERS: dict[str, tuple[ModuleType, dict[str, object]]] = {
    "orchestrator": (orchestrator, {}),
    "gateway": (gateway, {}),
    "archive": (archive, {}),
    "watcher": (watcher, {}),
    **{department_process(agency): (department, {"agency": agency}) for agency in CHECKS},
}
"""Every worker of a local stack: its name, the module that is its process, and the settings of its own."""


def environment(settings: Settings) -> dict[str, str]:
    """The environment that gives another process these settings."""
    named = {
        f"SEAMLESS_{name.upper()}": str(value)
        for name, value in settings.model_dump().items()
        if value is not None
    }
    directory = named.pop("SEAMLESS_DIRECTORY_FILE", None)
    return named | ({"SEAMLESS_DIRECTORY": directory} if directory else {})


def _host(address: str) -> str:
    """Where a server that listens on ``address`` is reached from this machine, as part of a URL."""
    reached = LOOPBACK if address in ("0.0.0.0", "::") else address
    return f"[{reached}]" if ":" in reached else reached


class Stack:
    """Engines and workers, started and stopped together.

    Attributes:
        settings: how to reach everything; complete once the stack is started.
        kafka, temporal: the engines; None where one that already runs is used.
        metrics: where each process's metrics are.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        own_kafka: bool = True,
        own_temporal: bool = True,
        kafka_port: int | None = None,
        temporal_port: int | None = None,
        ui_port: int | None = None,
        temporal_config: Mapping[str, str] | None = None,
        passing: bool = False,
    ) -> None:
        """
        Args:
            temporal_config: dynamic configuration of the own Temporal server, key to JSON value.
            passing: the data are for one command only, see :class:`TemporalEngine`.
        """
        data = private_folder(settings.data.resolve())
        self.kafka = KafkaEngine(data / "kafka", port=kafka_port) if own_kafka else None
        self.temporal = (
            TemporalEngine(
                data / "temporal",
                port=temporal_port,
                ui_port=ui_port,
                search_attributes=KINDS,
                namespace=settings.namespace,
                dynamic_config=temporal_config,
                passing=passing,
            )
            if own_temporal
            else None
        )
        kafka = self.kafka.bootstrap if self.kafka else settings.kafka
        temporal = self.temporal.address if self.temporal else settings.temporal
        self.settings = settings.model_copy(update={"data": data, "kafka": kafka, "temporal": temporal})
        self.metrics: dict[str, str] = {}
        self._workers: dict[str, ChildProcess] = {}
        self._ports: dict[str, int] = {}
        self._watching: list[asyncio.Task[None]] = []
        self._log = structlog.get_logger("stack")

    @property
    def logs(self) -> Path:
        """Where the workers' logs are."""
        return self.settings.data / "logs"

    async def start(self, *, workers: bool = True) -> None:
        """Start the engines, make the topics, start the workers.

        Raises:
            EngineError: an engine does not come up.
            Unavailable: a topic that exists is not as the directory asks.
        """
        await asyncio.gather(*(engine.start() for engine in self._engines()))
        if self.temporal is None:
            await register_search_attributes(await connect(self.settings))
        await apply_topics(self.settings.broker, self.settings.directory)
        for name in WORKERS if workers else ():
            self.start_worker(name)
        await self.ready()

    async def ready(self) -> None:
        """Return when every process that was started reads or works.

        Raises:
            EngineError: one did not come up.
        """
        await await_ready(self.metrics.items(), self._check)

    def _check(self) -> None:
        for name, child in self._workers.items():
            if child.exit_code is not None:
                raise EngineError(f"{name} ended with exit code {child.exit_code}:\n{child.log_tail()}")

    def start_worker(self, name: str, **changed: object) -> None:
        """Start one worker of :data:`WORKERS`, with some settings changed for it."""
        module, own = WORKERS[name]
        self.run(name, module, **own | changed)

    def run(self, name: str, module: ModuleType, *arguments: str, **changed: object) -> ChildProcess:
        """Start a module of ours as a process, with the stack's settings, logged under ``name``."""
        private_folder(self.logs)
        port = self._metrics_port(name)
        self.metrics[name] = f"http://{_host(self.settings.metrics_address)}:{port}/metrics"
        write_targets(self.settings.data, self.metrics.values())
        settings = environment(self.settings.model_copy(update={"metrics_port": port, **changed}))
        # The sandbox imports the procedures again for every case: without bytecode it would compile them,
        # too.
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        child = ChildProcess(
            [sys.executable, "-m", module.__name__, *arguments],
            log=self.logs / f"{name}.log",
            folder=Path.cwd(),
            environment=inherited | settings,
        )
        self._workers[name] = child
        return child

    def worker(self, name: str) -> ChildProcess:
        """A process that was started, by its name."""
        return self._workers[name]

    def forget(self, name: str) -> None:
        """Kill a process that was started beyond :data:`WORKERS`, and forget it."""
        self._workers.pop(name).kill()
        del self.metrics[name]
        write_targets(self.settings.data, self.metrics.values())

    def _metrics_port(self, name: str) -> int:
        """The port of a process's metrics: the same while the stack lives, since others read there."""
        if name not in self._ports or not is_free(self._ports[name]):
            self._ports[name] = free_port()
        return self._ports[name]

    def watch(self) -> None:
        """From now on, start an engine or a worker again when it has ended by itself: on the same data, and
        the same ports."""
        restarts = [
            *(self._restart(each.name, each.ended, each.start) for each in self._engines()),
            *(
                self._restart(name, partial(self._has_ended, name), partial(self._start_again, name))
                for name in WORKERS
            ),
        ]
        self._watching = [asyncio.create_task(each) for each in restarts]

    async def _restart(
        self, name: str, ended: Callable[[], str | None], start: Callable[[], Awaitable[None]]
    ) -> None:
        """Start a process again whenever it has ended.

        Args:
            ended: how it ended; None while it runs, or was not started.
        """
        clock = asyncio.get_running_loop().time
        pause, started = RESTART_SECONDS, clock()
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            how = ended()
            if how is None:
                continue
            pause = RESTART_SECONDS if clock() - started > STEADY_SECONDS else pause
            self._log.warning(f"{name} ended and is started again", how=how, in_seconds=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_RESTART_SECONDS)
            try:
                await start()
            except (EngineError, OSError) as error:
                self._log.error(f"{name} does not start", error=str(error))
            else:
                self._log.warning(f"{name} runs again")
            started = clock()

    def _has_ended(self, name: str) -> str | None:
        child = self._workers.get(name)
        return None if child is None else child.ended()

    async def _start_again(self, name: str) -> None:
        self.start_worker(name)

    def _engines(self) -> list[Engine]:
        return [engine for engine in (self.kafka, self.temporal) if engine is not None]

    async def stop(self) -> None:
        """Stop the workers, then the engines."""
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await asyncio.gather(*(child.stop(STOP_SECONDS) for child in self._workers.values()))
        await asyncio.gather(*(engine.stop() for engine in self._engines()))

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
