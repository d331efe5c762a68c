"""The two sides that are compared: each takes applications and carries the cases to their end."""

from __future__ import annotations

import asyncio
import contextlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from types import ModuleType
from typing import ClassVar

from temporalio.client import Client

from archive.reader import ArchiveReader
from bench import agencies, bare, bare_processes
from bench.agencies import CHANNEL
from bench.answers import APPLICATION
from bench.processes import processor_seconds
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.terms.errors import SeamlessError
from contracts.terms.identifiers import CaseId
from deploy.local.stack import WORKERS, Stack
from network.broker.publisher import Publisher
from network.broker.tail import TopicTail
from network.parties import ChannelClient
from network.parties.channel import new_case_id

AT_ONCE = 50
"""How many cases are open at any moment."""

STOP_SECONDS = 15.0
CASE_SECONDS = 60.0
"""How long a case may take, or the archive after the last one, before the bench gives up."""


class BenchError(SeamlessError):
    """A case did not go as the bench needs it."""


@dataclass(frozen=True)
class Run:
    """One run of one side.

    Attributes:
        cases: the ids, in the order in which they ended.
        seconds: from the first application to the end of the last case.
        processor: processor seconds by process.
    """

    cases: Sequence[str]
    seconds: float
    processor: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Finished cases per second."""
        return len(self.cases) / self.seconds


class Side(ABC):
    """One of the two programs, on a started stack."""

    name: ClassVar[str]
    workers: ClassVar[tuple[str, ...]]
    """Its processes, by their names in the stack; the engines come on top."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    async def run(self, cases: int, at_once: int) -> Run:
        """Carry so many cases to their end, ``at_once`` of them open at any moment."""
        ended: list[str] = []
        left = iter(range(cases))
        before, began = processor_seconds(self._pids()), perf_counter()

        async def one_after_another() -> None:
            for _ in left:  # shared: whoever is free takes the next
                case = self._new_case()
                try:
                    async with asyncio.timeout(CASE_SECONDS):
                        outcome = await self._carry(case)
                except TimeoutError:
                    raise BenchError(f"{case} did not end within {CASE_SECONDS:.0f} s") from None
                if outcome != "granted":
                    raise BenchError(f"{case} was {outcome}; only granted cases are measured")
                ended.append(case)

        await asyncio.gather(*(one_after_another() for _ in range(min(at_once, cases))))
        seconds = perf_counter() - began
        await self._settle(ended)
        after = processor_seconds(self._pids())
        return Run(ended, seconds, {name: after[name] - before[name] for name in after})

    @abstractmethod
    async def answer(self, apart_seconds: float) -> None:
        """From now on, answers of one case come so far apart; 0: immediately."""

    @abstractmethod
    def _new_case(self) -> CaseId:
        """A fresh case id."""

    @abstractmethod
    async def _carry(self, case: CaseId) -> str:
        """Hand in an application and return the outcome when the case has ended."""

    async def _settle(self, cases: Sequence[str]) -> None:
        """Return when nothing of these cases is left to do."""
        return

    def _pids(self) -> dict[str, int]:
        engines = {"temporal": self._stack.temporal, "kafka": self._stack.kafka}
        pids = {name: engine.pid for name, engine in engines.items() if engine and engine.pid}
        return pids | {name: self._stack.worker(name).pid for name in self.workers}


class Bare(Side):
    """``bench/bare.py``: a worker for the cases and one for the agencies; the caller awaits each case."""

    name = "bare"
    workers = ("bare-cases", "bare-agencies")

    def __init__(self, stack: Stack, client: Client) -> None:
        super().__init__(stack)
        self._client = client
        stack.run("bare-cases", bare_processes, "cases")

    async def answer(self, apart_seconds: float) -> None:
        await _replace(self._stack, "bare-agencies", bare_processes, "agencies", str(apart_seconds))

    def _new_case(self) -> CaseId:
        return new_case_id("bare")

    async def _carry(self, case: CaseId) -> str:
        decision = await self._client.execute_workflow(
            bare.WORKFLOW, APPLICATION, id=case, task_queue=bare.CASES_QUEUE, result_type=dict
        )
        return str(decision["outcome"])


class Platform(Side):
    """The whole of Seamless: applications go in on Kafka, their end is read from the ledger."""

    name = "platform"
    workers = (*WORKERS, "agencies")

    def __init__(self, stack: Stack, publisher: Publisher, archive: ArchiveReader) -> None:
        super().__init__(stack)
        administration = stack.settings.directory.administration
        self._portal = ChannelClient(publisher, administration, CHANNEL)
        self._archive = archive
        self._waiting: dict[str, asyncio.Future[str]] = {}

    async def watch(self, tail: TopicTail) -> None:
        """Follow the ledger, until cancelled. Unread but for the last entry of each case: what that takes
        is no cost of the platform."""
        async for record in tail:
            if b'"kind":"closed"' in record.value:
                entry = json.loads(record.value)["data"]
                if waiting := self._waiting.pop(entry["case"], None):
                    waiting.set_result(entry["outcome"])

    async def answer(self, apart_seconds: float) -> None:
        await _replace(self._stack, "agencies", agencies, str(apart_seconds))

    async def with_orchestrator(self, module: ModuleType, cases: int) -> Run:
        """A run with another orchestrator, after a few cases that are not counted."""
        await _replace(self._stack, "orchestrator", module)
        await self.run(max(1, cases // 6), AT_ONCE)
        return await self.run(max(1, cases), AT_ONCE)

    def _new_case(self) -> CaseId:
        return self._portal.new_case()

    async def _carry(self, case: CaseId) -> str:
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[case] = ended
        await self._portal.apply(CONSTRUCTION_PERMIT.procedure, APPLICATION, case=case)
        return await ended

    async def _settle(self, cases: Sequence[str]) -> None:
        async with asyncio.timeout(CASE_SECONDS):
            for case in cases:
                while not await self._archive.closed(case):
                    await asyncio.sleep(0.05)


async def _replace(stack: Stack, name: str, module: ModuleType, *arguments: str) -> None:
    """Start a process and return when it is ready; the one that has this name is stopped first."""
    with contextlib.suppress(KeyError):
        await stack.worker(name).stop(STOP_SECONDS)
    stack.run(name, module, *arguments)
    await stack.ready()
