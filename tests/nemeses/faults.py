"""The nemeses, by name: each breaks something for a while, at its seed's choice, and fixes it again."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit

from aiokafka import TopicPartition

from archive.database import sqlite_file
from contracts.terms.errors import Unavailable
from contracts.terms.identifiers import Party
from contracts.wire.topics import events_topic
from deploy.local.readiness import await_ready
from network.broker.topics import apply_topics
from tests.nemeses.builds import changed_build
from tests.nemeses.doubled import (
    DAY_SECONDS,
    DEPARTMENT,
    HALVES,
    OUTAGE_AFTER_SECONDS,
    SESSION_SECONDS,
    Doubled,
)
from tests.nemeses.operating import cancel, recover
from tests.nemeses.population import Population
from tests.standing import Standing, standing
from workers.gateway import main as gateway

PATIENCE_SECONDS = 60.0


@dataclass
class World:
    """What a fault is done to.

    Attributes:
        folder: for what a fault needs on the disk.
        seconds: how long a fault lasts, about.
        gone: records of topics that were deleted, read before that.
        recovered: what became of the cases that fell back with Temporal, see ``operating.recover``; None
            where it was not restored.
        tell: adds a line to the story.
    """

    stack: Doubled
    town: Population
    folder: Path
    seconds: float
    tell: Callable[[str], None]
    gone: list[Standing] = field(default_factory=list)
    recovered: dict[str, str] | None = None


Nemesis = Callable[[World, Random], Awaitable[None]]
NEMESES: dict[str, Nemesis] = {}
"""Every fault there is."""

SILENT = frozenset({"acknowledgements-lost", "slow", "transactions", "rolling-upgrade"})
"""What need not show from outside: nothing is away for longer than anybody waits for an answer."""


def nemesis(work: Nemesis) -> Nemesis:
    """Know a fault by the name of its function."""
    NEMESES[work.__name__.replace("_", "-")] = work
    return work


def _some(draw: Random, of: Sequence[str]) -> list[str]:
    """Some of them, one at least."""
    return draw.sample(list(of), draw.randint(1, len(of)))


# --- processes -------------------------------------------------------------------------------------------


@nemesis
async def kill(world: World, draw: Random) -> None:
    """SIGKILL, to one process after the other; the supervisor brings each back."""
    names = [*world.stack.workers, *world.stack.engines]
    for name in draw.sample(names, 5):
        world.tell(f"kill -9 {name}")
        world.stack.signal(name, signal.SIGKILL)
        await asyncio.sleep(world.seconds / 5)


@nemesis
async def freeze(world: World, draw: Random) -> None:
    """SIGSTOP to one of each pair, beyond the session of the consumer group, and on."""
    frozen = [f"{name}-{draw.choice(HALVES)}" for name in _some(draw, ["gateway", "orchestrator", "archive"])]
    frozen[:1] = [f"gateway-{draw.choice(HALVES)}"]
    world.tell(f"frozen: {', '.join(sorted(set(frozen)))}")
    for name in frozen:
        world.stack.signal(name, signal.SIGSTOP)
    await asyncio.sleep(max(2 * SESSION_SECONDS, world.seconds * 0.6))
    for name in frozen:
        world.stack.signal(name, signal.SIGCONT)
    world.tell("thawed")
    await asyncio.sleep(world.seconds * 0.3)


@nemesis
async def rebalances(world: World, draw: Random) -> None:
    """A third gateway joins and leaves, in order and by SIGKILL."""
    loop, stack = asyncio.get_running_loop(), world.stack.stack
    until, number = loop.time() + world.seconds, 0
    while loop.time() < until:
        number += 1
        name = f"gateway-visitor-{number}"
        child = stack.run(name, gateway)
        await await_ready([(name, stack.metrics[name])], lambda: None)
        await asyncio.sleep(draw.uniform(0, 2))
        if draw.random() < 0.5:
            await child.stop(15)
        stack.forget(name)
    world.tell(f"{number} gateways came and went")


@nemesis
async def rolling_upgrade(world: World, draw: Random) -> None:
    """One worker after the other goes on with another build; both builds serve the same cases meanwhile.

    The other build says one thing more to the applicants of permits, by a change that running cases survive
    (``workflow.patched``). A case that went on there fails loudly on a worker of the first build, and goes on
    once it meets one of its own.
    """
    build = await asyncio.to_thread(changed_build, world.folder)
    order = [f"{name}-{half}" for name in ("orchestrator", "gateway", "archive") for half in HALVES]
    for worker in [*order, DEPARTMENT]:
        with world.stack.alone(worker):
            await world.stack.stop(worker)
            world.stack.builds[worker] = build
            world.stack.start(worker)
        await asyncio.sleep(draw.uniform(0.5, 1.5) * world.seconds / 7)
    world.tell("every worker runs the other build")


# --- the network -----------------------------------------------------------------------------------------


@nemesis
async def cut(world: World, draw: Random) -> None:
    """Connections are reset and none is made: of one half or both, to one server or both."""
    halves, servers = _some(draw, HALVES), _some(draw, ["kafka", "temporal"])
    world.tell(f"cut: {' and '.join(halves)} from {' and '.join(servers)}")
    await world.stack.become("cut", halves, servers)
    await asyncio.sleep(world.seconds * 0.6)
    await world.stack.become("sound", halves, servers)
    await asyncio.sleep(world.seconds * 0.4)


@nemesis
async def half_open(world: World, draw: Random) -> None:
    """Connections stand, and nothing passes; then they go on, or turn out to be dead."""
    halves, servers = _some(draw, HALVES), _some(draw, ["kafka", "temporal"])
    world.tell(f"half-open: {' and '.join(halves)} to {' and '.join(servers)}")
    await world.stack.become("silent", halves, servers)
    await asyncio.sleep(world.seconds * 0.6)
    if draw.random() < 0.5:
        await world.stack.become("cut", halves, servers)
    await world.stack.become("sound", halves, servers)
    await asyncio.sleep(world.seconds * 0.4)


@nemesis
async def slow(world: World, draw: Random) -> None:
    """Everything comes late and in pieces, on all ways."""
    world.tell("slow: 0.1 to 0.8 s a piece")
    await world.stack.become("slow", HALVES, ["kafka", "temporal"])
    await asyncio.sleep(world.seconds * 0.7)
    await world.stack.become("sound", HALVES, ["kafka", "temporal"])
    await asyncio.sleep(world.seconds * 0.3)


@nemesis
async def acknowledgements_lost(world: World, draw: Random) -> None:
    """What is sent arrives, and no answer comes back; in a few short spells."""
    for _ in range(3):
        halves, servers = _some(draw, HALVES), _some(draw, ["kafka", "temporal"])
        world.tell(f"no answers to {' and '.join(halves)} from {' and '.join(servers)}")
        await world.stack.become("deaf", halves, servers)
        await asyncio.sleep(world.seconds * 0.2)
        await world.stack.become("sound", halves, servers)
        await asyncio.sleep(world.seconds * 0.13)


# --- the servers and their data --------------------------------------------------------------------------


@nemesis
async def disk_full(world: World, draw: Random) -> None:
    """No file of some processes grows any more (RLIMIT_FSIZE: the error is EFBIG, where a full disk gives
    ENOSPC; what they do about it is the same). A server that ends by it stays away until there is room."""
    full = _some(draw, ["kafka", "temporal", "archive-left", "archive-right"])
    world.tell(f"disk full for {', '.join(full)}")
    with world.stack.alone(*full):
        for name in full:
            if pid := world.stack.pid(name):
                prlimit(pid, RLIMIT_FSIZE, (1, RLIM_INFINITY))
        await asyncio.sleep(world.seconds * 0.5)
        for name in full:
            if pid := world.stack.pid(name):
                prlimit(pid, RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))
            else:
                world.tell(f"{name} had ended by it")
    await asyncio.sleep(world.seconds * 0.5)


@nemesis
async def broker_away(world: World, draw: Random) -> None:
    """The broker is away for so long that deadlines pass: nobody can speak, and nothing may bind."""
    kafka = world.stack.engines["kafka"]
    with world.stack.alone("kafka"):
        kafka.kill()
        world.tell("the broker is away")
        await asyncio.sleep(max(2 * OUTAGE_AFTER_SECONDS, 13 * DAY_SECONDS))
        await kafka.start()
    world.tell("the broker is back")
    await asyncio.sleep(world.seconds * 0.4)


@nemesis
async def topic_recreated(world: World, draw: Random) -> None:
    """A topic is deleted once all that it holds is carried, and made again while its agency speaks."""
    agency = draw.choice(["fire-safety", "planning", "environment", "housing"])
    topic = events_topic(Party.agency(agency))
    world.town.mute.add(topic)
    try:
        await asyncio.sleep(1)
        await _carried(world, topic)
        world.gone += await standing(world.stack.settings.broker, [topic])
        async with world.stack.settings.broker.administration() as client:
            name = world.stack.settings.broker.topic(topic)
            await client.delete_topics([name])
            async with asyncio.timeout(PATIENCE_SECONDS):
                while name in await client.list_topics():  # the broker still takes records, and drops them
                    await asyncio.sleep(0.1)
    finally:
        world.town.mute.discard(topic)
    world.tell(f"{topic} is deleted")
    await asyncio.sleep(world.seconds * 0.2)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                await apply_topics(world.stack.settings.broker, world.stack.settings.directory)
                break
            except Unavailable:  # the deletion takes a moment
                await asyncio.sleep(0.3)
    world.tell(f"{topic} is made again")
    await asyncio.sleep(world.seconds * 0.6)


async def _carried(world: World, topic: str) -> None:
    """Return once the gateways have committed all of a topic."""
    broker, group = world.stack.settings.broker, world.stack.settings.gateway_group
    partitions: list[TopicPartition] = await broker.partitions([topic])
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        broker.consuming() as consumer,
        broker.administration() as client,
    ):
        while True:
            ends = await consumer.end_offsets(partitions)
            found = await client.list_consumer_group_offsets(group, partitions=partitions)
            if all(found[each].offset >= end for each, end in ends.items() if end):
                return
            await asyncio.sleep(0.3)


@nemesis
async def temporal_restored(world: World, draw: Random) -> None:
    """Temporal is put back to a backup of some seconds ago, behind what Kafka's offsets say that it has; an
    operator gives the cases that fell back their events again, and ends those that cannot go on."""
    temporal, settings = world.stack.engines["temporal"], world.stack.settings
    file, backup, made = temporal.data / "temporal.db", world.folder / "temporal-backup.db", datetime.now(UTC)
    await asyncio.to_thread(_back_up, file, backup)
    world.tell("a backup of Temporal is made")
    await asyncio.sleep(world.seconds * 0.3)
    readers = [f"{name}-{half}" for name in ("gateway", "orchestrator") for half in HALVES]
    with world.stack.alone("temporal", DEPARTMENT, *readers):
        await asyncio.gather(*(world.stack.stop(name) for name in [*readers, DEPARTMENT]))
        temporal.kill()
        for each in file.parent.glob(f"{file.name}*"):
            each.unlink()
        shutil.move(backup, file)
        await temporal.start()
        world.tell("Temporal is the backup")
        found = await asyncio.to_thread(recover, settings, made)
        for name in draw.sample([*readers, DEPARTMENT], len(readers) + 1):
            world.stack.start(name)
    world.recovered = (world.recovered or {}) | {each["case"]: each["fate"] for each in found}
    world.tell(f"recovered: {dict(Counter(each['fate'] for each in found))}")
    await world.stack.well()
    left = [each["case"] for each in found if each["fate"] == "left"]
    for each in found:
        if each["fate"] == "left":
            world.tell(f"{each['case']} is left: {each['detail']}")
    await asyncio.gather(*(asyncio.to_thread(cancel, settings, case) for case in left))


@nemesis
async def archive_from_backup(world: World, draw: Random) -> None:
    """The archive is put back to a backup of some seconds ago, as docs/operating.md says to do it."""
    file = sqlite_file(world.stack.settings.archive_url)
    assert file is not None
    backup = world.folder / "backup.db"
    await asyncio.to_thread(_back_up, file, backup)
    world.tell("a backup of the archive is made")
    await asyncio.sleep(world.seconds * 0.5)
    readers = [f"{name}-{half}" for name in ("archive", "gateway") for half in HALVES]
    with world.stack.alone(*readers):
        await asyncio.gather(*(world.stack.stop(name) for name in readers))
        for each in file.parent.glob(f"{file.name}*"):
            each.unlink()
        shutil.move(backup, file)
        for name in draw.sample(readers, len(readers)):
            world.stack.start(name)
    world.tell("the archive is the backup")
    await asyncio.sleep(world.seconds * 0.4)


def _back_up(file: Path, to: Path) -> None:
    with closing(sqlite3.connect(file)) as live, closing(sqlite3.connect(to)) as backup:
        live.backup(backup)


@nemesis
async def transactions(world: World, draw: Random) -> None:
    """Agencies speak in transactions: committed, taken back and said again, or left open by a death."""
    topics = [events_topic(Party.agency(agency)) for agency in ("fire-safety", "planning", "police")]
    world.town.transacting.update(topics)
    await asyncio.sleep(world.seconds)
    world.town.transacting.difference_update(topics)
