"""The measurement: histories first, then pairs of runs, interleaved."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from temporalio.client import Client

from archive.reader import ArchiveReader
from bench import outside
from bench.history import HistoryCost, history_cost
from bench.sides import AT_ONCE, Bare, Platform, Run, Side
from contracts.wire.topics import LEDGER
from deploy.local.stack import Stack
from network.broker.publisher import Publisher
from network.broker.tail import TopicTail
from workers.orchestrator import main as orchestrator
from workers.process.settings import load_settings

APART_SECONDS = 0.3
CASES_APART = 3
"""In life, answers come days apart and each finds its case at rest. So the history is measured on these."""

BUDGET_SECONDS, SANDBOX_SECONDS = 270.0, 60.0
"""No pair begins that would not be finished by then: with the stop it stays under five minutes. The last of
it is for runs without the sandbox."""

SANDBOX_RUNS = 2
"""How many runs in the sandbox and outside it, interleaved."""


@dataclass(frozen=True)
class Pair:
    """A run of each side, one after the other."""

    platform: Run
    bare: Run

    @property
    def ratio(self) -> float:
        """Throughput of the platform over that of the bare program."""
        return self.platform.rate / self.bare.rate


class Sandboxing(NamedTuple):
    """A run of the platform with the procedure in the SDK's sandbox, and one outside it."""

    inside: Run
    outside: Run


@dataclass(frozen=True)
class Measurement:
    """All that was measured; histories as (platform, bare)."""

    pairs: Sequence[Pair]
    sandboxing: Sequence[Sandboxing]
    apart: tuple[HistoryCost, HistoryCost]
    at_once: tuple[HistoryCost, HistoryCost]
    seconds: float

    @property
    def ratio(self) -> float:
        """Median of the pairs' ratios."""
        return median(pair.ratio for pair in self.pairs)


async def measure(cases: int, pairs: int, data: Path, say: Callable[[str], None]) -> Measurement:
    """Measure on a separate stack, which is stopped afterwards.

    Args:
        cases: in each run.
        pairs: at most; fewer where the time does not suffice, but one.
        data: the directory of the stack's data and logs.
        say: hears what is done at the moment.
    """
    began = perf_counter()
    say("starting Kafka, Temporal and the workers")
    async with _sides(data) as (client, platform, bare):

        async def pace(apart_seconds: float) -> None:
            for side in (platform, bare):
                await side.answer(apart_seconds)

        async def histories(one: Run, other: Run) -> tuple[HistoryCost, HistoryCost]:
            return await history_cost(client, one.cases), await history_cost(client, other.cases)

        say(f"histories: {CASES_APART} cases, one after another, answers {APART_SECONDS} s apart")
        await pace(APART_SECONDS)
        apart = await histories(await platform.run(CASES_APART, 1), await bare.run(CASES_APART, 1))
        await pace(0)
        say("warming up")
        await _pair(platform, bare, cases // 3)
        measured: list[Pair] = []
        longest = 0.0
        for_pairs = BUDGET_SECONDS - SANDBOX_SECONDS
        while not measured or (len(measured) < pairs and perf_counter() - began + longest < for_pairs):
            say(f"pair {len(measured) + 1} of {pairs}: {cases} cases on each side")
            pair_began = perf_counter()
            first, second = (bare, platform) if len(measured) % 2 else (platform, bare)
            measured.append(await _pair(first, second, cases))
            longest = max(longest, perf_counter() - pair_began)
        at_once = await histories(measured[-1].platform, measured[-1].bare)
        sandboxing = []
        for number in range(SANDBOX_RUNS):
            say(f"in the sandbox and outside it, {number + 1} of {SANDBOX_RUNS}: {cases} cases each")
            inside = await platform.with_orchestrator(orchestrator, cases)
            sandboxing.append(Sandboxing(inside, await platform.with_orchestrator(outside, cases)))
    return Measurement(measured, sandboxing, apart, at_once, seconds=perf_counter() - began)


async def _pair(first: Side, second: Side, cases: int) -> Pair:
    """One run of each, in this order. It changes from pair to pair, so that neither is favoured."""
    runs = {side.name: await side.run(max(1, cases), AT_ONCE) for side in (first, second)}
    return Pair(platform=runs[Platform.name], bare=runs[Bare.name])


@asynccontextmanager
async def _sides(data: Path) -> AsyncIterator[tuple[Client, Platform, Bare]]:
    own = load_settings(data=data, log_level="WARNING")
    async with (
        Stack(own) as stack,
        Publisher(stack.settings.broker) as publisher,
        TopicTail(stack.settings.broker, [LEDGER]) as tail,
    ):
        archive = ArchiveReader(stack.settings.archive_url)
        platform = Platform(stack, publisher, archive)
        client = await Client.connect(stack.settings.temporal, namespace=stack.settings.namespace)
        watching = asyncio.create_task(platform.watch(tail))
        try:
            yield client, platform, Bare(stack, client)
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
            await archive.close()
