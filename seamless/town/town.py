"""A town that keeps running: applications come in, and all parties do their work, on Kafka.

It keeps nothing on disk. What was asked, answered and closed before it began, it reads from the topics; what
it says again, it says under the same id, which changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from contracts.terms.errors import Refusal
from contracts.terms.identifiers import CaseId
from contracts.terms.service_item import ServiceItem
from network.broker.follower import TopicFollower
from network.broker.publisher import Publisher
from seamless.town.draws import draw
from seamless.town.openness import Openness, openness
from seamless.town.players import Players
from seamless.town.scenario import Scenario
from seamless.town.speaking import Speaker
from workers.process.settings import Settings

log = structlog.get_logger(__name__)

AUTHORITIES = ("authority",)
"""To whom a procedure is open that nobody in a town applies for: simulated applicants are the public."""


class Town:
    """The parties of an administration, simulated, on a platform that runs.

    Attributes:
        scenario: what it is to be.
        players: who takes part, and what goes on.
        handed_in: the cases whose applications were handed in since it began.
        procedures: those of the catalogue, and whether they open cases; None while that is found out.
    """

    def __init__(self, settings: Settings, scenario: Scenario) -> None:
        self.scenario = scenario
        self.players = Players(settings.directory, scenario)
        self.handed_in: list[CaseId] = []
        self.procedures: list[Openness] | None = None
        self._settings, self._broker = settings, settings.broker
        self._publisher = Publisher(self._broker)
        self._speaker = Speaker(self._publisher, settings, self.players.agenda)
        self._follower = TopicFollower(self._broker, self.players.topics, self._read)

    @property
    def said(self) -> int:
        """How many events were sent."""
        return self._speaker.said

    async def run(self) -> None:
        """Keep it running, as long as the scenario says; without an end, until cancelled.

        While the broker or the platform is away it waits, and goes on when they are back.
        """
        async with self._publisher, asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._follower.run())]
            await self._follower.until(lambda: self._follower.read_once)
            tasks.append(group.create_task(self._speaker.run()))
            self.procedures = await openness(
                self._settings, self._settings.rules.legal_day(datetime.now(UTC))
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.scenario.seconds):
                    open_ = (each.item for each in self.procedures if each.against is None)
                    await self._hand_in([each for each in open_ if each.applicants != AUTHORITIES])
                    await self._follower.until(lambda: all(map(self.players.has_ended, self.handed_in)))
            for task in tasks:
                task.cancel()

    async def _hand_in(self, items: Sequence[ServiceItem]) -> None:
        """Hand in applications, as many as the scenario says. Nobody queues while the broker is away: the
        next one comes when the last one was handed in, and after the time drawn for it."""
        number = 0
        while self.scenario.applications is None or number < self.scenario.applications:
            number += 1
            gap = draw(self.scenario.seed, number, "gap").expovariate(1 / self.scenario.seconds_between)
            await asyncio.sleep(gap)
            application = self.players.application(number, datetime.now(UTC), items)
            if application is None:
                log.warning("there is no procedure to apply for")
            elif await self._speaker.say(application.intention):
                self.handed_in.append(application.intention.case)

    def _read(self, record: Any) -> None:
        topic = record.topic.removeprefix(self._broker.prefix)
        try:
            self.players.hear(topic, record.key, record.value, record.headers)
        except (Refusal, ValueError) as error:
            log.warning("not understood", topic=topic, offset=record.offset, reason=str(error))
        self._speaker.look()
