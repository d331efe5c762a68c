"""One run of the simulation: the real parts on the fakes, from the first application to the last closing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

from aiokafka import TopicPartition
from temporalio.client import WorkflowExecutionStatus

from activities.checks import CHECKS
from activities.fence import FenceActivity
from activities.outbox import OutboxActivity
from contracts.admission import Rules
from contracts.platform import AWAIT_GATEWAY, PUBLISH, Batch, Fence
from contracts.procedures.construction_permit import ReviewDrainage
from contracts.terms.directory import Directory
from contracts.terms.errors import PLATFORM_FAULTS, Unavailable
from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.wire.dead_letter import DeadLetter
from contracts.wire.topics import DEAD_LETTER, inlets_of
from network.broker.connection import append_time
from network.broker.dead_letters import DeadLetterList, discard, replay
from network.broker.publisher import Publisher
from seamless.operate.publishing import publish, reach_of
from tests.replay.changed import WithAnotherVerb
from tests.simulation.archive import FakeArchive, Telling
from tests.simulation.clock import VirtualLoop
from tests.simulation.days import DAY, days_of_a_second, published
from tests.simulation.kafka import FakeKafka, Stored
from tests.simulation.kafka_clients import FakeBroker
from tests.simulation.plan import FAULTS_UNTIL, HORIZON, PARTITIONS, Plan, directory
from tests.simulation.played import PLAYED
from tests.simulation.process import Process
from tests.simulation.temporal import Elsewhere, FakeClient, FakeTemporal, Orchestrator
from tests.simulation.town import EARLY_PLACES, Town, case_id
from workers.gateway import delivery as delivery_module
from workers.gateway import gateway as gateway_module
from workers.gateway.carrier import Carrier
from workers.gateway.dead_letters import DeadLetterWriter
from workers.gateway.delivery import Delivery
from workers.gateway.gateway import Gateway
from workers.gateway.heartbeat import keep_beating
from workers.gateway.originals import Originals
from workers.process.settings import Settings
from workflows.case import carrier as case_carrier
from workflows.case import inbox as inbox_module
from workflows.construction_permit import ConstructionPermit
from workflows.procedures import PROCEDURES

CLOCK_SKEW, OUTAGE_AFTER, GRACE = 0.25, 4.0, 6.0
WINDOW, CROWD = 8, 3
EARLY_SECONDS = 3.0
SLOW_SIGNAL = 0.4
"""Seconds that a signal to the flooded case takes."""


@cache
def _directory(procedure: ProcedureId) -> Directory:
    return directory(PLAYED[procedure])


@cache
def _base() -> Settings:
    return Settings(
        calendar=f"compressed:{DAY}",
        early_event_seconds=EARLY_SECONDS,
        early_events=EARLY_PLACES,
        window=WINDOW,
        heartbeat_seconds=1.0,
        clock_skew_seconds=CLOCK_SKEW,
        outage_after_seconds=OUTAGE_AFTER,
        outage_grace_seconds=GRACE,
    )


class SimulatedSettings:
    """The settings of a process, with its own way to the broker."""

    def __init__(self, broker: FakeBroker, plan: Plan) -> None:
        self.broker = broker
        self.directory = _directory(plan.played.item.procedure)
        self.variants = f"{plan.played.item.procedure}={plan.variant}"
        self.calendar_days, self.spread = None, timedelta(seconds=plan.spread)
        self.calendar = published(plan.played.calendars).name if plan.first_day else _base().calendar

    @property
    def rules(self) -> Rules:
        return cast(Rules, Settings.rules.__get__(self))

    def __getattr__(self, name: str) -> Any:
        return getattr(_base(), name)


@dataclass
class World:
    """A run.

    Attributes:
        story: what happened, for people: when, and what.
        discarded: the places of records that the operator set aside.
        told: which case was told of which calendar version, and when first.
        tried: the same of each attempt, also where the reply was lost.
    """

    plan: Plan
    loop: VirtualLoop
    story: list[tuple[float, str]] = field(default_factory=list)
    discarded: set[str] = field(default_factory=set)
    told: dict[tuple[str, str], float] = field(default_factory=dict)
    tried: dict[tuple[str, str], float] = field(default_factory=dict)
    over: bool = False

    def __post_init__(self) -> None:
        plan, loop = self.plan, self.loop
        self.chance = random.Random(f"world/{plan.seed}")
        self.kafka = FakeKafka(random.Random(f"kafka/{plan.seed}"), PARTITIONS, self._stamp)
        types = {each.workflow_type: each for each in PROCEDURES}
        server = random.Random(f"temporal/{plan.seed}")
        self.temporal = FakeTemporal(server, loop, types, timedelta(seconds=plan.skew))
        self.elsewhere = Elsewhere(server, loop, types, timedelta(0))
        self.archive = FakeArchive(loop, self.chance)
        self.town = Town(plan, self.kafka, loop)
        self.temporal.refused = self.town.poison
        self.temporal.forgets = plan.forgets
        if plan.two_builds:
            begin, end = plan.two_builds
            self.temporal.builds = (ConstructionPermit, WithAnotherVerb)
            self.temporal.two_serve = lambda: begin <= loop.time() < end
        for number in range(plan.cases):
            self.temporal.slow[case_id(number)] = plan.slow
        if "flood" in plan.troubles:
            self.temporal.slow[case_id(0)] = SLOW_SIGNAL
        self.kafka.network.away, self.temporal.network.away = plan.broker_away, plan.temporal_away
        self._set_losses(plan.loses)
        self.kafka.when_appended += [self.archive.hear, self._tell]
        self._tasks: list[asyncio.Task[None]] = []

    def _stamp(self) -> Any:
        now = self.loop.time()
        ahead = sum(by for begin, end, by in self.plan.steps if begin <= now < end) + self.plan.broker_skew
        return self.loop.wall() + timedelta(seconds=ahead)

    def _set_losses(self, likely: float) -> None:
        self.kafka.network.loses = self.temporal.network.loses = self.temporal.loses_results = likely

    def note(self, text: str) -> None:
        """Add to the story."""
        self.story.append((self.loop.time(), text))

    def _tell(self, record: Stored) -> None:
        if not record.topic.startswith("platform."):
            headers = dict(record.headers)
            kind = (headers.get("ce_type") or b"").decode().removeprefix("org.seamless.")
            said = (headers.get("dlq-state") or headers.get("dlq-reason") or b"").decode()
            stamp = (record.timestamp / 1000) - self.loop.wall().timestamp()
            case = (record.key or b"").decode()[-4:]
            name = (headers.get("ce_id") or b"").decode()[-12:]
            self.note(f"{record} case {case} {kind} {name} {said} ({stamp:+.3f})")

    # --- running -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Run until every case is closed and nothing is left to do, or the horizon."""
        self._begin(self._orchestrators())
        for number in range(self.plan.gateways):
            self._begin(self._gateways(number))
        if self.plan.stray:
            self._begin(self._stray(*self.plan.stray))
        self._begin(self._operator())
        if self.plan.calendars:
            self._begin(self._publish_calendars())
        self.town.begin()
        while self.loop.time() < HORIZON:
            await asyncio.sleep(1.0)
            if self.loop.time() >= FAULTS_UNTIL:
                self._set_losses(0.0)
                self.temporal.refused.clear()
            if self._finished():
                await asyncio.sleep(1.0)  # the archive is some time behind
                break
        self.over = True
        for task in self.town._tasks:
            if task.done():
                self._ended(task)
        self.town.stop()
        await self._stop()

    def _begin(self, work: Any) -> None:
        task = self.loop.create_task(work)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A part of the world that fails leaves its troubles out of the run: nobody else would see that."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.temporal.faults.append(f"the simulation itself: {error!r}")

    async def _stop(self) -> None:
        me = asyncio.current_task()
        for _ in range(3):
            left = [each for each in asyncio.all_tasks() if each is not me]
            for task in sorted(left, key=hash):
                task.cancel()
            if left:
                await asyncio.wait(left, timeout=10)
        for execution in self.temporal.executions.values():
            execution.run.evict()

    def _finished(self) -> bool:
        """Whether everybody has said what they will, and everything has come to its end."""
        cases = [self.temporal.executions.get(case_id(number)) for number in range(self.plan.cases)]
        if any(each is None or each.status == WorkflowExecutionStatus.RUNNING for each in cases):
            return bool(self.temporal.faults)
        if self.loop.time() < 10 or any(not task.done() for task in self.town._tasks):
            return False
        committed = self.kafka.groups[_base().gateway_group].committed
        for topic in [
            *(each.topic for each in inlets_of(_directory(self.plan.played.item.procedure))),
            DEAD_LETTER,
        ]:
            for number, log in enumerate(self.kafka.logs[topic]):
                if log.entries and committed.get(TopicPartition(topic, number), 0) < len(log.entries):
                    return False
        return not self._waiting()

    def dead_letters(self) -> list[DeadLetter]:
        """The dead letters, with what became of them."""
        found = DeadLetterList()
        for record in self.kafka.records(DEAD_LETTER):
            found.add(record.key, record.value, record.headers, append_time(record))
        return found.result()

    def _waiting(self) -> list[DeadLetter]:
        return [
            each for each in self.dead_letters() if each.state == "waiting" and each.reason in PLATFORM_FAULTS
        ]

    async def _served(
        self, process: Process, serve: Callable[[], Awaitable[None]], until: float | None = None
    ) -> None:
        """Run a process until it dies, at ``until`` at the latest."""
        task = self.loop.create_task(cast(Any, serve()))
        process.when_dead.append(task.cancel)
        timeout = None if until is None else max(0.0, until - self.loop.time())
        self.note(f"{process.name} begins")
        await asyncio.wait([task], timeout=timeout)
        process.kill()
        self.note(f"{process.name} is dead")
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None:
            self.temporal.faults.append(f"{process.name}: {error!r}")

    def _process(self, name: str, deaths: Iterator[tuple[int, bool]]) -> Process:
        at, after = next(deaths, (None, False)) if self.loop.time() < FAULTS_UNTIL else (None, False)
        return Process(name, at, after_effect=after)

    async def _gateways(self, number: int) -> None:
        deaths = iter(self.plan.gateway_dies[number::2])
        while not self.over:
            now = self.loop.time()
            begins = [begin for begin, end in self.plan.gateways_away if end > now]
            until = min(begins, default=None)
            if until is not None and until <= now:
                await asyncio.sleep(0.5)
                continue
            process = self._process(f"gateway {number}", deaths)
            await self._served(process, lambda process=process: self._gateway(process, self.temporal), until)  # type: ignore[misc]
            await asyncio.sleep(self.chance.uniform(0.3, 3))

    async def _stray(self, begin: float, end: float) -> None:
        await asyncio.sleep(begin)
        process = Process("stray gateway")
        await self._served(process, lambda: self._gateway(process, self.elsewhere), end)

    async def _gateway(self, process: Process, temporal: FakeTemporal) -> None:
        settings = cast(
            Settings, SimulatedSettings(FakeBroker("broker:9092", "", self.kafka, process), self.plan)
        )
        client = cast(Any, FakeClient(temporal, process))
        archive = self.archive if temporal is self.temporal else FakeArchive(self.loop, self.chance)
        async with Publisher(settings.broker) as publisher:
            delivery = Delivery(
                client,
                archive,
                directory=settings.directory,
                calendar_name=settings.calendar,
                spread=settings.spread,
            )
            letters = DeadLetterWriter(
                publisher, administration=settings.directory.administration, group=settings.gateway_group
            )
            carrier = Carrier(delivery, letters, Originals(settings.broker), settings)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(keep_beating(publisher, client, settings.heartbeat_seconds))
                tasks.create_task(Gateway(carrier, settings).run())

    async def _orchestrators(self) -> None:
        deaths = iter(self.plan.orchestrator_dies)
        while not self.over:
            process = self._process("orchestrator", deaths)
            await self._served(process, lambda process=process: self._orchestrator(process))  # type: ignore[misc]
            self.temporal.orchestrator = None
            await asyncio.sleep(self.chance.uniform(0.3, 3))

    async def _orchestrator(self, process: Process) -> None:
        broker = FakeBroker("broker:9092", "", self.kafka, process)
        fence = FenceActivity(
            broker,
            group=_base().gateway_group,
            clock_skew=timedelta(seconds=CLOCK_SKEW),
            outage_after=timedelta(seconds=OUTAGE_AFTER),
            grace=timedelta(seconds=GRACE),
        )
        async with Publisher(broker) as publisher, fence:
            (check,) = CHECKS[AgencyId("drainage")]
            self.temporal.orchestrator = Orchestrator(
                process,
                {
                    PUBLISH: (OutboxActivity(publisher).publish, Batch),
                    AWAIT_GATEWAY: (fence.await_gateway, Fence),
                    ReviewDrainage.name: (check, ReviewDrainage),
                },
            )
            await asyncio.Event().wait()

    async def _publish_calendars(self) -> None:
        """Tell the open cases of each calendar, again until the archive says that all of them have it."""
        ends = [*(at for at, _ in self.plan.calendars[1:]), HORIZON]
        for (at, days), until in zip(self.plan.calendars, ends, strict=True):
            await asyncio.sleep(max(0.0, at - self.loop.time()))
            self.note(f"{days.name} is published")
            cases = Telling(FakeClient(self.temporal, Process("operator")), self.told, self.tried)
            while not self.over and self.loop.time() < until:
                reach = await reach_of(cast(Any, self.archive), days)
                with suppress(Unavailable):
                    await publish(reach, days, cases, rate=10, tell=lambda _: None)
                await asyncio.sleep(2.0)

    async def _operator(self) -> None:
        """Replays what may be the platform's fault; sets aside what is of no case even then."""
        broker = FakeBroker("broker:9092", "", self.kafka, Process("operator"))
        cases = {case_id(number) for number in range(self.plan.cases)}
        async with Publisher(broker) as publisher:
            while not self.over:
                await asyncio.sleep(self.plan.operator_seconds)
                for letter in self._waiting():
                    with suppress(Unavailable):
                        if letter.replay_of and (letter.key or b"").decode() not in cases:
                            self.discarded.add(str(letter.place))
                            await discard(publisher, letter, by="ming", why="no such case")
                        else:
                            await replay(publisher, letter, by="ming")


@contextmanager
def small_numbers(plan: Plan) -> Iterator[None]:
    """Limits so small that a short run meets them, and secrets that are the same in every run of a seed."""
    draw = random.Random(f"secrets/{plan.seed}")
    legal_days = days_of_a_second(plan.first_day) if plan.first_day else nullcontext()
    drawn = SimpleNamespace(token_hex=lambda size: f"{draw.getrandbits(8 * size):0{2 * size}x}")
    with (
        legal_days,
        patch.object(delivery_module, "secrets", drawn),
        patch.object(gateway_module, "CROWD", CROWD),
        patch.object(case_carrier, "EVENTS_PER_RUN", plan.events_per_run),
        patch.object(inbox_module, "BITE_EVENTS", plan.bite),
    ):
        yield
