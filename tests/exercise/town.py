"""The town of the exercise: ``seamless up --simulate`` in this process, so that its parts can be broken.

Some agencies are not simulated by the town, but played here, so that they can fail in the way that a trouble
needs: fall silent, lose a request, break the contract.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Self

from pydantic import BaseModel

from contracts.terms.identifiers import AgencyId, CaseId, Party
from contracts.wire.envelope import Event
from contracts.wire.messages import Answered, Requested
from deploy.local.stack import Stack
from network.broker.publisher import Publisher, PublishError, Record
from network.parties import ChannelClient
from network.parties.hearing import hearing
from seamless.town.answers import answer_to
from seamless.town.manners import AgencyManner, ApplicantManner, Manners
from seamless.town.scenario import Scenario
from seamless.town.town import Town
from tests.applications import ADMINISTRATION, new_case
from workers.process.settings import load_settings

DAY = timedelta(seconds=4)
PER_DAY = 0.5

CALM = AgencyManner(
    days=1, late=0, silent=0, refuses=0, thorough=0, particular=0, asks=0, disowns=0, corrects=0
)
"""Nothing goes wrong by itself: what the exercise finds was planted. Nor is anything said that crosses the end
of a case, and becomes a dead letter."""
PATIENT = ApplicantManner(days=1, lacks=0, silent=0, late=0, withdraws=0, urges=0)

PLAYED = ("fire-safety", "municipality", "parks")
BROKEN = {"outcome": "perhaps"}
"""What no contract allows."""


class Agency:
    """An agency that is played here.

    Attributes:
        silent: it hears, and says nothing.
        broken: what it answers breaks the contract.
        loses: requests of these types are lost when they come for the first time in a case.
        open: what it has been asked and has not answered, by request.
    """

    def __init__(self, name: str, publisher: Publisher) -> None:
        self.party = Party.agency(AgencyId(name))
        self.silent = self.broken = False
        self.loses: set[str] = set()
        self.lost: dict[str, str] = {}
        self.open: dict[str, Event] = {}
        self._publisher = publisher

    async def hear(self, event: Event) -> None:
        """Take in what it is told."""
        if event.type != Requested.type:
            return
        request = str(event.requestid)
        if event.data["request"] in self.loses and request not in self.lost.values():
            self.lost[event.subject] = request
            return
        self.open[request] = event
        if not self.silent:
            await self.answer(event)

    async def speak(self) -> None:
        """Its system works again: it answers all that it has been asked."""
        self.silent = self.broken = False
        for event in list(self.open.values()):
            await self.answer(event)

    async def answer(self, requested: Event) -> None:
        """Answer a request, rightly or not."""
        request = str(requested.requestid)
        asked = Requested.model_validate(requested.data)
        found = answer_to(asked, CALM, Random(0), requested.time.date(), first=True)
        assert found is not None, asked.request
        said = BROKEN if self.broken else found.model_dump(mode="json")
        if not self.broken:
            self.open.pop(request, None)
        await self.say(Answered(answer=said), requested.subject, request)

    async def say(self, message: Any, case: str, request: str | None, id: str | None = None) -> None:
        """Say something as it is: no client of ours keeps it from breaking the contract."""
        now = datetime.now(UTC)
        event = Event.of(
            message,
            id=id or f"{request}/{message.type}/{now.isoformat()}",
            source=self.party.source(ADMINISTRATION),
            case=CaseId(case),
            time=now,
            request=request,
        )
        await self.publish(Record(f"agency.{self.party.id}.events", case, *event.encode()))

    async def publish(self, *records: Record) -> None:
        """Publish records, through outages of the broker."""
        while True:
            try:
                return await self._publisher.publish(list(records))
            except PublishError:
                await asyncio.sleep(0.2)


class RunningTown:
    """A stack on which a town lives.

    Attributes:
        stack: the servers and processes; what nobody but the test starts again.
        played: the agencies that are played here, by name.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.publisher = Publisher(stack.settings.broker)
        self.played = {name: Agency(name, self.publisher) for name in PLAYED}
        manners = Manners(agency=CALM, applicants=PATIENT)
        apart = frozenset(map(AgencyId, PLAYED))
        scenario = Scenario(day=DAY, per_day=PER_DAY, apart=apart, manners=manners)
        self.simulated = Town(stack.settings, scenario)
        self._life: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self.publisher.__aenter__()
        self._life = [asyncio.create_task(self.simulated.run()), asyncio.create_task(self._play())]
        async with asyncio.timeout(240):  # after a change of the code the procedures are checked first
            while self.simulated.procedures is None:
                self._look()
                await asyncio.sleep(0.2)
        return self

    async def __aexit__(self, *raised: object) -> None:
        for task in self._life:
            task.cancel()
        await asyncio.gather(*self._life, return_exceptions=True)
        await self.publisher.__aexit__(*raised)

    def _look(self) -> None:
        for task in self._life:
            if task.done():
                task.result()

    async def _play(self) -> None:
        by_party = {each.party: each for each in self.played.values()}
        async with hearing(self.stack.settings.broker, list(by_party)) as heard:
            async for party, event in heard:
                await by_party[party].hear(event)

    async def apply(self, procedure: str, said: BaseModel, *, channel: str = "counter") -> CaseId:
        """Hand in an application; the case that it becomes."""
        case = new_case(channel)
        client = ChannelClient(self.publisher, ADMINISTRATION, channel)
        applied = client.application(procedure, said, case=case, id=f"{case}/applied")
        while True:
            try:
                await client.send(applied)
            except PublishError:
                await asyncio.sleep(0.2)
            else:
                return case


@asynccontextmanager
async def running_town(folder: Path) -> AsyncIterator[RunningTown]:
    """Start all of it in an empty folder."""
    settings = load_settings(
        data=folder,
        calendar=f"compressed:{DAY.total_seconds():g}",
        early_event_seconds=5,
        heartbeat_seconds=0.5,
        session_timeout_ms=6000,
        watch_seconds=1.0,
        outage_grace_seconds=8,
    )
    async with Stack(settings, passing=True) as stack:
        async with RunningTown(stack) as town:
            yield town
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0.1)  # the SDK's last calls come back before the loop ends
