"""Reliving a log: the next event of a case is sent when the ledger shows the last one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import uuid_utils

from activities.publisher import Publisher, Record
from contracts.dialogue import REPORTED
from contracts.envelope import Event, agency_source
from contracts.identifiers import CaseId
from contracts.topics import agency_events
from workers.applications import application_event, application_record, new_case_id
from workers.archive.follow import LedgerFollower
from workers.archive.reader import ArchiveReader
from workers.replay.log import LoggedCase, LoggedStep
from workers.settings import Settings

CHANNEL = "log"
SIDE_BY_SIDE = 100
PATIENCE_SECONDS = 120.0
"""How long the ledger may take to show an event before the event counts as lost."""


@dataclass
class ReplayReport:
    """What came of a replay.

    Attributes:
        events: the log's own steps that were sent; applications and closings are not among them.
        events_lost: events, of any kind, that the ledger never showed.
        closed: cases that the log closes, and that are closed.
        ledger_broken: cases whose ledger has a gap, a repeat with other content, or a wrong hash.
    """

    cases: int = 0
    events: int = 0
    events_lost: int = 0
    closed: int = 0
    ledger_entries: int = 0
    ledger_broken: int = 0
    seconds: float = 0.0
    lost: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """The report as one JSON object."""
        return {
            "cases": self.cases,
            "events": self.events,
            "events_lost": self.events_lost,
            "closed": self.closed,
            "open": self.cases - self.closed,
            "ledger_entries": self.ledger_entries,
            "ledger_broken": self.ledger_broken,
            "seconds": round(self.seconds, 1),
        }


class Replay:
    """One replay of one log on a running stack."""

    def __init__(self, settings: Settings, procedure: str, *, show: Callable[[ReplayReport], None]) -> None:
        self._settings = settings
        self._procedure = procedure
        self._show = show
        self._publisher = Publisher(settings.kafka, settings.topic_prefix)
        self._shown: dict[str, asyncio.Event] = {}
        self._sequences: dict[str, int] = {}
        self.report = ReplayReport()

    async def run(self, log: Iterable[LoggedCase]) -> ReplayReport:
        """Relive the cases, as fast as they can, ``SIDE_BY_SIDE`` of them at a time."""
        began = time.monotonic()
        places = asyncio.Semaphore(SIDE_BY_SIDE)
        prefix = self._settings.topic_prefix
        async with self._publisher, LedgerFollower(self._settings.kafka, prefix=prefix) as follower:
            following = asyncio.create_task(self._follow(follower))
            async with asyncio.TaskGroup() as cases:
                for logged in log:
                    await places.acquire()
                    task = cases.create_task(self._relive(logged))
                    task.add_done_callback(lambda _: places.release())
            following.cancel()
        self.report.seconds = time.monotonic() - began
        await self._verify()
        return self.report

    async def _follow(self, follower: LedgerFollower) -> None:
        async for entry in follower:
            if entry.case in self._sequences:
                self._sequences[entry.case] = entry.sequence
            if entry.cause in self._shown:
                self._shown[entry.cause].set()
            if entry.kind == "closed" and entry.case in self._sequences:
                self.report.closed += 1

    async def _relive(self, logged: LoggedCase) -> None:
        case = new_case_id(CHANNEL)
        self._sequences[case] = 0
        self.report.cases += 1
        administration = self._settings.directory.administration
        applied = application_event(
            administration, case, self._procedure, logged.application, time=logged.received
        )
        await self._send(applied, application_record(applied))
        for step in logged.steps:
            event = self._event(case, step)
            value, headers = event.encode()
            self.report.events += not step.closes
            await self._send(event, Record(agency_events(step.agency), case, value, headers))
        self._show(self.report)

    def _event(self, case: CaseId, step: LoggedStep) -> Event:
        return Event(
            specversion="1.0",
            id=str(uuid_utils.uuid7()),
            source=agency_source(self._settings.directory.administration, step.agency),
            type=REPORTED,
            subject=case,
            partitionkey=case,
            time=step.time,
            data=step.report.model_dump(mode="json"),
        )

    async def _send(self, event: Event, record: Record) -> None:
        shown = self._shown[event.key] = asyncio.Event()
        await self._publisher.publish([record])
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await shown.wait()
        except TimeoutError:
            self.report.events_lost += 1
            self.report.lost.append(event.key)
        del self._shown[event.key]

    async def _verify(self) -> None:
        """Judge the ledgers where everybody reads them: in the archive, once it has what the topic has."""
        reader = ArchiveReader(self._settings.archive_url)
        try:
            for case, sequence in self._sequences.items():
                await _archived(reader, case, sequence)
                self.report.ledger_broken += bool(await reader.faults(case))
                self.report.ledger_entries += sequence
        finally:
            await reader.close()


async def _archived(reader: ArchiveReader, case: str, sequence: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (row := await reader.case(case)) is None or row.entries < sequence:
            await asyncio.sleep(0.1)
