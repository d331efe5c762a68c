"""One run: the warm stack, its cases, one fault after the other, and the judge."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.nemeses.doubled import DAY_SECONDS, doubled
from tests.nemeses.evidence import all_ended, collect
from tests.nemeses.faults import NEMESES, SILENT, World
from tests.nemeses.judge import Verdict, judge
from tests.nemeses.operating import replay_dead_letters
from tests.nemeses.population import Population, planned
from tests.nemeses.told import Watch

CASES = 200
FAULT_SECONDS = 25.0
FAULT_AT_MOST = 300.0
QUIET_SECONDS = 2.0
"""How long it is quiet after a fault, so that the next one's signs are its own."""

CLOSED_SECONDS = 240.0
ENDED_SECONDS = 60.0


@dataclass(frozen=True)
class Struck:
    """A fault that was.

    Attributes:
        seconds: until it was seen from outside; None where it was not. sign: by what.
    """

    name: str
    seconds: float | None
    sign: str


@dataclass
class Outcome:
    """A run.

    Attributes:
        story: what happened, a line each.
        failed_tasks: how often a workflow's code failed, by what it said.
    """

    seed: int
    verdict: Verdict
    struck: list[Struck] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    failed_tasks: dict[str, int] = field(default_factory=dict)

    @property
    def silent(self) -> list[str]:
        """Faults that nobody was told of and that ought to show."""
        return [each.name for each in self.struck if each.seconds is None and each.name not in SILENT]

    @property
    def findings(self) -> list[str]:
        """Everything that is wrong; empty when all is well."""
        return [*self.verdict.findings, *(f"nobody was told: {name}" for name in self.silent)]


def drawn(seed: int, count: int | None = None) -> list[str]:
    """The faults of a seed, in its order; so many of them, or all."""
    draw = Random(f"faults/{seed}")
    names = sorted(NEMESES)
    draw.shuffle(names)
    return names[:count]


def _print(line: str) -> None:
    print(line, flush=True)


async def run(
    seed: int,
    folder: Path,
    *,
    faults: Sequence[str],
    cases: int = CASES,
    fault_seconds: float = FAULT_SECONDS,
    tell: Callable[[str], None] = _print,
) -> Outcome:
    """Run the faults, in this order, over so many cases.

    Args:
        folder: for the data of the stack.
        tell: called with each line of the story.
    """
    story: list[str] = []
    began = time.monotonic()

    def note(line: str) -> None:
        story.append(f"{time.monotonic() - began:7.1f}  {line}")
        tell(story[-1])

    plans = planned(seed, cases, len(faults) * (fault_seconds + QUIET_SECONDS))
    struck: list[Struck] = []
    async with doubled(folder / "data", Random(f"network/{seed}")) as stack:
        began = time.monotonic()
        async with Population(stack.settings, seed, plans) as town:
            world = World(stack, town, folder, fault_seconds, note)
            helping = [
                asyncio.create_task(stack.attend(note)),
                asyncio.create_task(replay_dead_letters(stack.settings, note)),
            ]
            town.begin()
            try:
                for name in faults:
                    struck.append(await _strike(world, name, Random(f"{seed}/{name}")))
                left = await town.all_closed(CLOSED_SECONDS)
                note(f"all is mended; not closed: {', '.join(left) or 'none'}")
                await all_ended(stack.settings, ENDED_SECONDS)
                await asyncio.sleep(2 * DAY_SECONDS)  # for letters to closed cases, and their copies
                evidence = await collect(stack.settings, world.gone, town.acknowledged)
            finally:
                for task in helping:
                    task.cancel()
                await asyncio.gather(*helping, return_exceptions=True)
    verdict = judge(evidence, [each.case for each in plans], world.recovered)
    return Outcome(seed, verdict, struck, story, evidence.failed_tasks)


async def _strike(world: World, name: str, draw: Random) -> Struck:
    """Let one fault happen, and wait until the stack is well again."""
    world.tell(f"-- {name}")
    async with asyncio.timeout(FAULT_AT_MOST), Watch(world.stack.stack, world.town.ledger) as watch:
        await NEMESES[name](world, draw)
    await world.stack.well()
    await asyncio.sleep(QUIET_SECONDS)
    told = "nobody was told" if watch.seconds is None else f"told after {watch.seconds:.1f} s: {watch.sign}"
    world.tell(f"   {name}: {told}")
    return Struck(name, watch.seconds, watch.sign)


def table(outcomes: Sequence[Outcome]) -> str:
    """The counts of some runs, for people."""
    rows: list[tuple[str, Callable[[Outcome], object]]] = [
        ("faults", lambda each: len(each.struck)),
        ("cases", lambda each: each.verdict.cases),
        ("events in", lambda each: each.verdict.events),
        ("effects", lambda each: each.verdict.effects),
        ("consequences", lambda each: each.verdict.consequences),
        ("of them held", lambda each: each.verdict.held),
        ("doubles", lambda each: len(each.verdict.doubles)),
        ("losses", lambda each: len(each.verdict.losses)),
        ("wrongly bound", lambda each: len(each.verdict.bound)),
        ("swapped", lambda each: len(each.verdict.swapped)),
        ("stuck", lambda each: len(each.verdict.stuck)),
        ("not told", lambda each: len(each.silent)),
    ]
    lines = [_row("seed", [each.seed for each in outcomes])]
    lines += [_row(name, [of(each) for each in outcomes]) for name, of in rows]
    lines.append("seconds until somebody is told:")
    names = dict.fromkeys(struck.name for each in outcomes for struck in each.struck)
    for name in names:
        told = [next((struck for struck in each.struck if struck.name == name), None) for each in outcomes]
        lines.append(_row(f"  {name}", ["" if each is None else _seconds(each) for each in told]))
    return "\n".join(dict.fromkeys(lines))


def _row(name: str, values: Sequence[object]) -> str:
    return f"{name:<26}" + "".join(f"{value!s:>12}" for value in values)


def _seconds(struck: Struck) -> str:
    return "-" if struck.seconds is None else f"{struck.seconds:.1f}"
