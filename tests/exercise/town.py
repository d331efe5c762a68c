"""The town of the exercise: ``seamless up --simulate`` in this process, so that its parts can be broken.

Some agencies are not simulated by the town, but played here, so that they can fail in the way that a trouble
needs: fall silent, lose a request, break the contract.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self, cast
from urllib.parse import urlsplit

from pydantic import BaseModel

from archive.database import sqlite_file
from contracts.admission import NewCase
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.terms.identifiers import STANDARD, AgencyId, CaseId, Party
from contracts.wire.contact import Intake
from contracts.wire.envelope import Message
from contracts.wire.messages import Applied
from deploy.local.stack import Stack
from network.broker.publisher import Publisher
from network.parties.hearing import hearing
from seamless.town.manners import ApplicantManner, Manners
from seamless.town.scenario import Scenario
from seamless.town.town import Town
from tests.applications import application, event, new_case
from tests.exercise.agency import CALM, Agency, published
from tests.exercise.volume import CannotMount, Volume
from workers.gateway.delivery import CaseHistory, Delivery
from workers.process.settings import load_settings
from workers.process.temporal import connect

DAY = timedelta(seconds=4)
PER_DAY = 0.5
PATIENT = ApplicantManner(days=1, lacks=0, silent=0, late=0, withdraws=0, urges=0)
PLAYED = ("fire-safety", "municipality", "parks")
STOP_SECONDS = 15.0


class NoArchive:
    """An archive that knows no case."""

    async def opening(self, case: str) -> None:
        return None


class RunningTown:
    """A stack on which a town lives.

    Attributes:
        stack: the servers and processes; whatever ends stays away until somebody starts it.
        played: the agencies that are played here, by name.
        volume: the disk of the archive; or why there is none of its own.
        calendars: where an operator puts calendars.
    """

    def __init__(self, stack: Stack, volume: Volume | CannotMount, calendars: Path) -> None:
        self.stack, self.volume, self.calendars = stack, volume, calendars
        self.publisher = Publisher(stack.settings.broker)
        self.played = {name: Agency(name, self.publisher) for name in PLAYED}
        manners = Manners(agency=CALM, applicants=PATIENT)
        apart = frozenset(map(AgencyId, PLAYED))
        self._simulated = Town(
            stack.settings, Scenario(day=DAY, per_day=PER_DAY, apart=apart, manners=manners)
        )
        self._life: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self.publisher.__aenter__()
        return self

    async def live(self) -> None:
        """Let the town begin: from now on applications come in, and agencies work."""
        self._life = [asyncio.create_task(self._simulated.run()), asyncio.create_task(self._play())]
        async with asyncio.timeout(400):  # after a change of the code the procedures are checked first
            while self._simulated.procedures is None:
                for task in self._life:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.2)

    async def __aexit__(self, *raised: object) -> None:
        for task in self._life:
            task.cancel()
        await asyncio.gather(*self._life, return_exceptions=True)
        await self.publisher.__aexit__(*raised)

    async def _play(self) -> None:
        by_party = {each.party: each for each in self.played.values()}
        async with hearing(self.stack.settings.broker, list(by_party)) as heard:
            async for party, told in heard:
                await by_party[party].hear(told)

    async def apply(self, procedure: str, said: BaseModel, *, case: CaseId | None = None) -> CaseId:
        """Hand in an application at the counter; the case that it becomes."""
        case = case or new_case("counter")
        applied = Applied(procedure=procedure, application=said.model_dump(mode="json"))  # type: ignore[arg-type]
        await self._say(applied, case)
        return case

    async def _say(self, message: Message, case: CaseId) -> None:
        said = event(Party.channel("counter"), message.type, case, message.model_dump(mode="json"))
        await published(self.publisher, "channel.counter.events", said)

    async def long_case(self) -> CaseId:
        """A case that waits for fire safety during the whole exercise: it lives by days of its own, which the
        gateway of this town would not give it."""
        case, now = new_case("counter"), datetime.now(UTC)
        self.played["fire-safety"].loses.add(f"{case}/construction-permit.review-fire-safety/1")
        delivery = Delivery(
            await connect(self.stack.settings),
            cast(CaseHistory, NoArchive()),
            directory=self.stack.settings.directory,
            calendar_name="compressed:1000",
        )
        applied = event(Party.channel("counter"), Applied.type, case, {})
        item = CONSTRUCTION_PERMIT
        await delivery.deliver(
            NewCase(applied, case, now, item, item.laws[-1], application(), Intake(), STANDARD)
        )
        return case

    def calendar(self, year: int) -> Path:
        """A calendar of the town whose last published year is this one; the file."""
        days = {
            "zone": "Asia/Shanghai",
            "first_year": year - 3,
            "last_year": year,
            "source": "an exercise",
            "holidays": [f"{each}-01-01" for each in range(year - 3, year + 1)],
            "worked_weekends": [],
        }
        file = self.calendars / f"town-{year}.1.json"
        file.write_text(json.dumps(days), "utf-8")
        return file

    async def again(self, worker: str, **changed: object) -> None:
        """Start a worker again, with some settings changed."""
        await self.stack.worker(worker).stop(STOP_SECONDS)
        self.start(worker, **changed)
        await self.stack.ready()

    def start(self, worker: str, **changed: object) -> None:
        """Start a worker as the service manager of this town does."""
        if worker == "archive" and isinstance(self.volume, Volume):
            changed = {"data": self.volume.folder} | changed
        self.stack.start_worker(worker, **changed)

    def address(self, worker: str) -> str:
        """Where a worker serves its metrics, as Prometheus calls it."""
        return urlsplit(self.stack.metrics[worker]).netloc

    @property
    def archive(self) -> Path:
        """The file of the archive."""
        file = sqlite_file(self.stack.settings.archive_url)
        assert file is not None
        return file


@asynccontextmanager
async def running_town(folder: Path) -> AsyncIterator[RunningTown]:
    """Start all of it in an empty folder."""
    disk, calendars, data = folder / "disk", folder / "calendars", folder / "data"
    for each in (disk, calendars, data):
        each.mkdir()
    try:
        volume: Volume | CannotMount = Volume(disk)
    except CannotMount as why:
        volume = why
    settings = load_settings(
        data=data,
        archive=f"sqlite:///{disk / 'archive.db'}",
        calendar=f"compressed:{DAY.total_seconds():g}",
        calendars=calendars,
        early_event_seconds=5,
        heartbeat_seconds=0.5,
        session_timeout_ms=6000,
        watch_seconds=1.0,
        outage_grace_seconds=8,
    )
    try:
        async with Stack(settings, passing=True) as stack:
            async with RunningTown(stack, volume, calendars) as town:
                await town.again("archive")
                yield town
            await asyncio.sleep(0.1)  # the SDK's last calls come back before the loop ends
    finally:
        if isinstance(volume, Volume):
            volume.unmount()
        shutil.rmtree(disk, ignore_errors=True)
