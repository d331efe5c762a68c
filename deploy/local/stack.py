"""The whole of Seamless on one machine: engines, topics and one process per worker."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Self

import structlog

from activities.checks import CHECKS
from deploy.local.child import ChildProcess
from deploy.local.engine import EngineError
from deploy.local.folders import private_folder
from deploy.local.kafka import KafkaEngine
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.readiness import await_ready
from deploy.local.temporal import TemporalEngine
from network.broker.topics import apply_topics
from workers.archive import main as archive
from workers.department import main as department
from workers.gateway import main as gateway
from workers.orchestrator import main as orchestrator
from workers.process.settings import Settings
from workers.process.temporal import SEARCH_ATTRIBUTES, connect, register_search_attributes
from workers.watcher import main as watcher

STOP_SECONDS = 15.0
RESTART_SECONDS = 1.0

WORKERS: dict[str, tuple[ModuleType, dict[str, object]]] = {
    "orchestrator": (orchestrator, {}),
    "gateway": (gateway, {}),
    "archive": (archive, {}),
    "watcher": (watcher, {}),
    **{f"department-{agency}": (department, {"agency": agency}) for agency in CHECKS},
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
                search_attributes=SEARCH_ATTRIBUTES,
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
        self._watching: asyncio.Task[None] | None = None
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
        await asyncio.gather(*(engine.start() for engine in (self.kafka, self.temporal) if engine))
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
        port = free_port()
        self.metrics[name] = f"http://{LOOPBACK}:{port}/metrics"
        settings = environment(self.settings.model_copy(update={"metrics_port": port, **changed}))
        # The sandbox imports the procedures anew for every case: without bytecode it would compile them, too.
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

    def watch(self) -> None:
        """From now on, start a worker again when it has ended by itself."""
        self._watching = asyncio.create_task(self._restart())

    async def _restart(self) -> None:
        while True:
            await asyncio.sleep(RESTART_SECONDS)
            for name in WORKERS:
                child = self._workers.get(name)
                if child is not None and child.exit_code is not None:
                    self._log.warning(
                        "a worker ended and is started again", worker=name, exit_code=child.exit_code
                    )
                    self.start_worker(name)

    async def stop(self) -> None:
        """Stop the workers, then the engines."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        await asyncio.gather(*(child.stop(STOP_SECONDS) for child in self._workers.values()))
        await asyncio.gather(*(engine.stop() for engine in (self.kafka, self.temporal) if engine))

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
