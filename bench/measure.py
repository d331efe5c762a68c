"""The measurement: histories first, then pairs of runs, interleaved."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from temporalio.client import Client

from activities.publisher import Publisher
from bench.history import HistoryCost, history_cost
from bench.sides import Bare, Platform, Run, Side
from contracts.topics import LEDGER
from workers.archive.reader import ArchiveReader
from workers.archive.tail import TopicTail
from workers.settings import Settings
from workers.stack import Stack

AT_ONCE = 50
"""How many cases are open at any moment."""

APART_SECONDS = 0.3
CASES_APART = 3
"""In life, answers come days apart and each finds its case at rest. So the history is measured on these."""

BUDGET_SECONDS = 210.0
"""No pair begins after so long: with start, stop and the pair that runs it stays under five minutes."""


@dataclass(frozen=True)
class Pair:
    """A run of each side, one after the other."""

    platform: Run
    bare: Run

    @property
    def ratio(self) -> float:
        """Throughput of the platform over that of the bare program."""
        return self.platform.rate / self.bare.rate


@dataclass(frozen=True)
class Measurement:
    """All that was measured; histories as (platform, bare)."""

    pairs: list[Pair]
    apart: tuple[HistoryCost, HistoryCost]
    at_once: tuple[HistoryCost, HistoryCost]
    seconds: float

    @property
    def ratio(self) -> float:
        """Median of the pairs' ratios."""
        return median(pair.ratio for pair in self.pairs)


async def measure(cases: int, pairs: int, say: Callable[[str], None]) -> Measurement:
    """Measure on a stack of its own, which is gone afterwards."""
    began = perf_counter()
    say("starting Kafka, Temporal and the workers")
    async with _sides() as (client, platform, bare):

        async def answers_come(apart_seconds: float) -> None:
            for side in (platform, bare):
                await side.answer(apart_seconds)

        async def histories(one: Run, other: Run) -> tuple[HistoryCost, HistoryCost]:
            return await history_cost(client, one.cases), await history_cost(client, other.cases)

        async def pair(number: int) -> Pair:
            order: list[Side] = [platform, bare] if number % 2 else [bare, platform]
            runs = {side.name: await side.run(cases, AT_ONCE) for side in order}
            return Pair(platform=runs["platform"], bare=runs["bare"])

        say(f"histories: {CASES_APART} cases, one after another, answers {APART_SECONDS} s apart")
        await answers_come(APART_SECONDS)
        apart = await histories(await platform.run(CASES_APART, 1), await bare.run(CASES_APART, 1))
        await answers_come(0)
        say("one pair to warm up")
        await pair(0)
        measured: list[Pair] = []
        while len(measured) < pairs and (perf_counter() - began < BUDGET_SECONDS or not measured):
            say(f"pair {len(measured) + 1} of {pairs}: {cases} cases on each side")
            measured.append(await pair(len(measured) + 1))
        at_once = await histories(measured[-1].platform, measured[-1].bare)
    return Measurement(measured, apart, at_once, seconds=perf_counter() - began)


@asynccontextmanager
async def _sides() -> AsyncIterator[tuple[Client, Platform, Bare]]:
    with tempfile.TemporaryDirectory(prefix="seamless-bench-") as folder:
        own = Settings().model_copy(update={"data": Path(folder), "log_level": "WARNING"})
        async with (
            Stack(own) as stack,
            Publisher(stack.settings.kafka, stack.settings.topic_prefix) as publisher,
            TopicTail(stack.settings.kafka, [stack.settings.topic_prefix + LEDGER]) as tail,
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
