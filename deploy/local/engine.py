"""What the two engines have in common: a data directory, a process, and how it starts and ends."""

from __future__ import annotations

import asyncio
import fcntl
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from contracts.terms.errors import Unavailable
from deploy.local.child import ChildProcess
from deploy.local.folders import private_folder
from deploy.local.ports import hindrance_on

START_SECONDS = 90.0
STOP_SECONDS = 30.0
CLAIM_SECONDS = 5.0
POLL_SECONDS = 0.05


class EngineError(Unavailable):
    """An engine could not be prepared or started: why, and the end of its log if it has one."""


class Engine(ABC):
    """A server as a child process, with its data in a directory that outlives it.

    ``start``, ``stop`` and ``kill`` may follow one another any number of times; as a context manager it
    is started on entry and stopped on exit. Start it from the main thread: on Linux it ends with the
    thread that started it.
    """

    name: str

    def __init__(self, data: Path) -> None:
        self.data = data.resolve()
        self._child: ChildProcess | None = None
        self._stopped = False

    @property
    def pid(self) -> int | None:
        """The process id of the server; None when it does not run."""
        return self._child.pid if self._child and self._child.exit_code is None else None

    @property
    def log(self) -> Path:
        """The file with the server's output."""
        return self.data / "server.log"

    def ended(self) -> str | None:
        """How the server ended, for a person; None while it runs, and after it was stopped in order."""
        return self._child.ended() if self._child and not self._stopped else None

    async def start(self) -> None:
        """Start the server and return when it answers.

        Raises:
            EngineError: it runs already, its data or a port is in use, its parts cannot be had, it ended, or
                it did not answer in time.
        """
        if self.pid is not None:
            raise EngineError(f"{self.name} runs already, as process {self.pid}")
        self._stopped = False
        private_folder(self.data)
        with (self.data / "lock").open("w") as claim:
            await self._claim(claim)
            command = await self._prepare()
            for port in self._ports():
                if (hindrance := hindrance_on(port)) is not None:
                    raise EngineError(f"{self.name} cannot listen: port {port} {hindrance}")
            child = self._child = ChildProcess(
                command,
                log=self.log,
                folder=self.data,
                environment=self._environment(),
                keep_open=[claim.fileno()],
            )
        try:
            await self._until_ready(child)
        except BaseException:
            child.kill()
            raise

    async def stop(self) -> None:
        """End the server in order; does nothing when it does not run."""
        self._stopped = True
        if self._child:
            await self._child.stop(STOP_SECONDS)

    def kill(self) -> None:
        """End the server with SIGKILL, as a crash would; its data stay, and ``start`` continues on them."""
        if self._child:
            self._child.kill()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @abstractmethod
    async def _prepare(self) -> Sequence[str]:
        """Get everything ready in the data directory; the command to run there."""

    @abstractmethod
    def _ports(self) -> Sequence[int]:
        """The ports that the server will listen on."""

    @abstractmethod
    async def _answers(self) -> bool:
        """Whether the server does its work now. Asked again and again while it starts."""

    def _environment(self) -> Mapping[str, str] | None:
        """The server's environment variables; None for ours."""
        return None

    async def _claim(self, file: IO[str]) -> None:
        """Lock the data directory; the server inherits the file and holds the lock while it lives."""
        try:
            # Not immediately: a server whose parent was killed a moment ago is still dying.
            async with asyncio.timeout(CLAIM_SECONDS):
                while True:
                    try:
                        return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise EngineError(f"another {self.name} runs on the data in {self.data}") from None

    async def _until_ready(self, child: ChildProcess) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                while child.exit_code is None:
                    if await self._answers():
                        return
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            what = f"did not answer within {START_SECONDS:.0f} s"
        else:
            what = f"ended with exit code {child.exit_code} while it started"
        raise EngineError(f"{self.name} {what}; its log {child.log} ends with:\n{child.log_tail()}")
