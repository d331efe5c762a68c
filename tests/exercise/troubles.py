"""The ten troubles: how each is planted, what an operator reads off for the commands, and what is done by
hand."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import warnings
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime

import pytest

from contracts.terms.identifiers import AgencyId, Party
from deploy.local.kafka import KafkaEngine
from network.broker.publisher import Record
from tests.applications import application, dormer, event, new_case, tree
from tests.exercise.agency import published
from tests.exercise.desk import Desk
from tests.exercise.town import DAY, STOP_SECONDS, RunningTown
from tests.exercise.volume import Volume
from workers.process.temporal import connect

Variables = Mapping[str, str]
Hands = Mapping[str, Callable[[], Awaitable[None]]]


class Trouble:
    """One trouble.

    Attributes:
        name: as the guide calls it.
        labels: by which its alert is told from others of the same name.
        cases: of which the query has to find one.
    """

    name: str
    labels: Mapping[str, str] = {}

    def __init__(self, town: RunningTown, desk: Desk) -> None:
        self.town, self.desk = town, desk
        self.cases: list[str] = []

    @property
    def by_hand(self) -> Hands:
        """What is done by hand, by the words of the guide."""
        return {}

    async def plant(self) -> None:
        """Make it."""
        raise NotImplementedError

    async def variables(self) -> Variables:
        """What the variables of the runbook stand for."""
        return {}


class SilentAgency(Trouble):
    """Fire safety hears what it is asked, and says nothing."""

    name = "a silent agency"
    labels: Mapping[str, str] = {"agency": "fire-safety"}

    @property
    def by_hand(self) -> Hands:
        return {"its system runs again": self.town.played["fire-safety"].speak}

    async def plant(self) -> None:
        self.town.played["fire-safety"].silent = True
        for _ in range(5):  # one after the other is overdue, before the law answers in its place
            self.cases.append(await self.town.apply("construction-permit", application()))
            await asyncio.sleep(2 * DAY.total_seconds())

    async def variables(self) -> Variables:
        return {"AGENCY": "fire-safety"}


class PoisonEvent(Trouble):
    """A record that nobody can read comes where an agency speaks."""

    name = "a poison event"
    labels: Mapping[str, str] = {"reason": "not-json"}

    async def plant(self) -> None:
        record = Record("agency.planning.events", new_case(), b'{"specversion": "1.0", "type": ')
        await self.town.publisher.publish([record])

    async def variables(self) -> Variables:
        [letter] = (await self.desk.asked("seamless dead-letter list --reason not-json"))["dead_letters"]
        return {"LETTER": letter["id"]}


class OverdueCase(Trouble):
    """The municipality has lost a request: the decision on a permit."""

    name = "an overdue case"
    labels: Mapping[str, str] = {"agency": "municipality"}

    async def plant(self) -> None:
        case = new_case("counter")
        self.town.played["municipality"].loses.add(f"{case}/environmental-permit.take-decision/1")
        self.cases.append(await self.town.apply("environmental-permit", dormer(), case=case))

    async def variables(self) -> Variables:
        return {"CASE": self.cases[0], "REQUEST": "take-decision"}


class BrokenContract(Trouble):
    """Parks has changed its system, and answers what its contract does not know."""

    name = "a broken contract"
    labels: Mapping[str, str] = {"topic": "agency.parks.events"}

    @property
    def by_hand(self) -> Hands:
        return {"its system is corrected": self.town.played["parks"].speak}

    async def plant(self) -> None:
        self.town.played["parks"].broken = True
        for _ in range(2):
            await self.town.apply("tree-felling", tree())

    async def variables(self) -> Variables:
        return {"PARTY": "agency:parks"}


class DeadBroker(Trouble):
    """The broker is killed, and nobody starts it."""

    name = "a dead broker"
    labels: Mapping[str, str] = {"reason": "kafka-away"}

    @property
    def by_hand(self) -> Hands:
        return {"the broker is started": self._start}

    @property
    def _broker(self) -> KafkaEngine:
        assert self.town.stack.kafka is not None
        return self.town.stack.kafka

    async def plant(self) -> None:
        self._broker.kill()

    async def _start(self) -> None:
        await self._broker.start()
        await self.town.stack.ready()


class StuckCase(Trouble):
    """Somebody has terminated the workflow of a case in Temporal's UI."""

    name = "a stuck case"
    labels: Mapping[str, str] = {"reason": "workflow-gone"}

    async def plant(self) -> None:
        case = await self.town.long_case()
        self.cases.append(case)
        await self.desk.listed("SeamlessWaitingFor = 'fire-safety'", case)
        client = await connect(self.town.stack.settings)
        await client.get_workflow_handle(case).terminate("It looked like the right button.")

    async def variables(self) -> Variables:
        return {"CASE": self.cases[0]}


class MistypedCalendar(Trouble):
    """The gateway is started with the calendar of a year that is over, and opens cases with it."""

    name = "a mistyped calendar"

    def __init__(self, town: RunningTown, desk: Desk) -> None:
        super().__init__(town, desk)
        self._year = datetime.now(UTC).year
        self.labels = {"calendar": f"town-{self._year - 1}.1"}

    @property
    def by_hand(self) -> Hands:
        return {"the setting is corrected": lambda: self.town.again("gateway")}

    async def plant(self) -> None:
        mistyped = self.town.calendar(self._year - 1).stem
        await self.town.again("gateway", calendar=mistyped)
        case = new_case("counter")
        self.town.played["parks"].loses.add(f"{case}/tree-felling.inspect-tree/1")  # so that it stays open
        self.cases.append(await self.town.apply("tree-felling", tree(), case=case))

    async def variables(self) -> Variables:
        return {"CALENDAR": str(self.town.calendar(self._year + 1))}


class FullDisk(Trouble):
    """The disk of the archive has no room left."""

    name = "a full disk"

    @property
    def by_hand(self) -> Hands:
        return {"the volume is enlarged": self._enlarge}

    @property
    def _volume(self) -> Volume:
        assert isinstance(self.town.volume, Volume)
        return self.town.volume

    async def plant(self) -> None:
        if not isinstance(self.town.volume, Volume):
            missing = f"a full disk was NOT tried, since no file system may be mounted: {self.town.volume}"
            warnings.warn(missing, stacklevel=1)
            pytest.skip(missing)
        self.labels = {"instance": self.town.address("archive")}
        await asyncio.to_thread(self._volume.fill)

    async def _enlarge(self) -> None:
        await asyncio.to_thread(self._volume.enlarge)


class FloodingParty(Trouble):
    """The police's system repeats a message of a type that there is not, without end."""

    name = "a party that floods"
    labels: Mapping[str, str] = {"topic": "agency.police.events"}

    AT_ONCE, EVERY_SECONDS = 15, 0.5

    @property
    def by_hand(self) -> Hands:
        return {"its sender is stopped": self._stop}

    async def plant(self) -> None:
        self._sending = asyncio.create_task(self._send())

    async def _send(self) -> None:
        said = event(Party.agency(AgencyId("police")), "agency.shouted", new_case(), {})
        while True:
            await published(self.town.publisher, "agency.police.events", *self.AT_ONCE * [said])
            await asyncio.sleep(self.EVERY_SECONDS)

    async def _stop(self) -> None:
        self._sending.cancel()
        await asyncio.gather(self._sending, return_exceptions=True)
        await self.desk.carried("agency.police.events")

    async def variables(self) -> Variables:
        return {"PARTY": "agency:police"}


class ArchiveFromBackup(Trouble):
    """The archive was lost; somebody has put back yesterday's, and has not started its worker again."""

    name = "an archive from a backup"
    labels: Mapping[str, str] = {"process": "archive"}

    def __init__(self, town: RunningTown, desk: Desk) -> None:
        super().__init__(town, desk)
        self._backup = town.calendars / "backup.db"
        with closing(sqlite3.connect(town.archive)) as live, closing(sqlite3.connect(self._backup)) as backup:
            live.backup(backup)
            backup.execute("UPDATE positions SET moved = strftime('%Y-%m-%d %H:%M:%f000', moved, '-1 day')")
            backup.commit()

    async def plant(self) -> None:
        await self.town.stack.worker("archive").stop(STOP_SECONDS)
        for each in self.town.archive.parent.glob(f"{self.town.archive.name}*"):
            each.unlink()
        shutil.copyfile(self._backup, self.town.archive)


TROUBLES: tuple[type[Trouble], ...] = (
    SilentAgency,
    PoisonEvent,
    OverdueCase,
    BrokenContract,
    DeadBroker,
    StuckCase,
    MistypedCalendar,
    FullDisk,
    FloodingParty,
    ArchiveFromBackup,
)
