"""Replaying a log: what happened at one time is sent, the ledger shows its effect, the clock moves on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby

from archive.reader import ArchiveReader
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import AgencyId, CaseId
from contracts.wire.envelope import Event
from contracts.wire.ledger import LedgerEntry
from contracts.wire.topics import DEAD_LETTER
from network.broker.ledger import LedgerFollower
from network.broker.publisher import Publisher, PublishError
from network.broker.tail import TopicTail
from network.parties import AgencyClient, ChannelClient
from network.parties.party import PartyClient
from seamless.replay.clock import Clocks
from seamless.replay.conformance import Difference, Finding, Sent, judge
from seamless.replay.log import Adapter, LoggedCase, LoggedStep
from seamless.replay.parties import CHANNEL
from seamless.replay.report import ReplayReport
from workers.process.settings import Settings
from workers.process.temporal import connect

SIDE_BY_SIDE = 100
EFFECT_SECONDS = 120.0
"""How long the ledger may take to show an event before the event counts as lost."""

REST_SECONDS = 10.0
"""How long the ledger may take to show what the platform does by itself, once the clock has passed it."""

A_MOMENT = timedelta(minutes=1)
"""How far a clock is moved only to see that the case has nothing under way."""

READ_SECONDS = 0.3
"""How long what is published may take to be read here."""

RETRY_SECONDS = 0.5


@dataclass
class _Case:
    """One case that is being replayed: what was sent for it, and what its ledger shows so far."""

    id: CaseId
    logged: LoggedCase
    sent: list[Sent] = field(default_factory=list)
    entries: list[LedgerEntry] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    clock: datetime | None = None
    stuck: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, key: str) -> bool:
        """Whether something became of an event."""
        return key in self.refused or any(entry.cause == key for entry in self.entries)

    def closed(self) -> bool:
        """Whether its ledger is closed."""
        return any(entry.kind == "closed" for entry in self.entries)

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until a condition holds that only what is heard can cause; whether it does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not condition():
                    self.changed.clear()
                    await self.changed.wait()
        return condition()


class Replay:
    """One replay of one log on a running stack whose gateway keeps virtual time."""

    def __init__(
        self,
        settings: Settings,
        procedure: str,
        adapter: Adapter,
        *,
        show: Callable[[ReplayReport], None],
        tell: Callable[[Finding], None],
    ) -> None:
        """
        Args:
            show: called with the report so far after every case.
            tell: called with what was found of it.
        """
        self._settings = settings
        self._item = CATALOGUE[procedure]
        self._adapter = adapter
        self._show = show
        self._tell = tell
        self._publisher = Publisher(settings.broker)
        self._channel = ChannelClient(
            self._publisher, settings.directory.administration, CHANNEL, rules=settings.rules
        )
        self._agencies: dict[AgencyId, AgencyClient] = {}
        self._cases: dict[str, _Case] = {}
        self.report = ReplayReport.empty(adapter)

    async def run(self, log: Iterable[LoggedCase]) -> ReplayReport:
        """Replay the cases as fast as they can, ``SIDE_BY_SIDE`` of them at a time."""
        first = self._channel.new_case()
        async with self._listening() as follower, self._publisher:
            clocks = Clocks(await connect(self._settings))
            places = asyncio.Semaphore(SIDE_BY_SIDE)
            began = time.monotonic()
            async with asyncio.TaskGroup() as cases:
                for logged in log:
                    await places.acquire()
                    task = cases.create_task(self._replay(logged, clocks, follower))
                    task.add_done_callback(lambda _: places.release())
            self.report.seconds = time.monotonic() - began
        await self._verify(first)
        return self.report

    # --- listening ---------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _listening(self) -> AsyncIterator[LedgerFollower]:
        """Hear what the ledger and the dead letters say about the cases."""
        broker = self._settings.broker
        async with (
            LedgerFollower(broker, gather=True) as follower,
            TopicTail(broker, [DEAD_LETTER]) as dead_letters,
        ):
            tasks = [
                asyncio.create_task(self._hear_ledger(follower)),
                asyncio.create_task(self._hear_dead_letters(dead_letters)),
            ]
            try:
                yield follower
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

    async def _hear_ledger(self, follower: LedgerFollower) -> None:
        async for entry in follower:
            if case := self._cases.get(entry.case):
                case.entries.append(entry)
                case.clock = max(case.clock or entry.recorded, entry.recorded)
                case.changed.set()

    async def _hear_dead_letters(self, tail: TopicTail) -> None:
        async for record in tail:
            said = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
            if case := self._cases.get((record.key or b"").decode(errors="replace")):
                case.refused[f"{said.get('ce_source')}#{said.get('ce_id')}"] = said.get("dlq-reason", "")
                case.changed.set()

    # --- one case ----------------------------------------------------------------------------------------

    async def _replay(self, logged: LoggedCase, clocks: Clocks, follower: LedgerFollower) -> None:
        case = _Case(self._channel.new_case(), logged)
        self._cases[case.id] = case
        await self._open(case)
        for moment, steps in groupby(logged.steps, key=lambda step: step.time):
            await self._move(case, moment, clocks)
            for _, together in groupby(
                steps, key=lambda step: step.agency
            ):  # in order on a topic, not between topics
                await self._send(case, list(together))
        # A clock moves only when the case has nothing under way: past here, all it had to say is published.
        if not case.closed():
            await self._settled(case, clocks)
            await self._move(case, max(logged.until, case.clock or logged.until) + A_MOMENT, clocks)
        await asyncio.sleep(READ_SECONDS)
        if not case.stuck:
            await case.until(lambda: self._at_rest(case), REST_SECONDS)
        del self._cases[case.id]
        follower.forget(case.id)
        finding = judge(logged, case.id, case.sent, case.entries, self._item, self._adapter)
        if case.stuck:
            why = ", ".join(case.refused.values()) or "see the log of the orchestrator"
            finding.differences.append(Difference("case-stuck" if case.entries else "case-not-opened", why))
        self.report.add(finding, logged.events, len(case.entries))
        self._tell(finding)
        self._show(self.report)

    async def _open(self, case: _Case) -> None:
        logged, procedure = case.logged, self._item.procedure
        try:
            applied = self._channel.application(
                procedure, logged.application, case=case.id, time=logged.received
            )
        except Refusal as refusal:
            case.refused[""] = refusal.reason
            case.stuck = True
            return
        await self._publish(self._channel, [applied])
        await case.until(lambda: case.heard(applied.key), EFFECT_SECONDS)
        case.stuck = not case.entries

    async def _move(self, case: _Case, to: datetime, clocks: Clocks) -> None:
        """Move a case's clock. One whose ledger is closed may still be ending; days later it has ended."""
        if case.clock is None or case.stuck:
            return
        try:
            async with asyncio.timeout(EFFECT_SECONDS):
                await clocks.move(case.id, to - case.clock)
            case.clock = max(case.clock, to)
        except TimeoutError:
            case.stuck = True

    async def _settled(self, case: _Case, clocks: Clocks) -> None:
        """Return when a case has nothing under way: it might take longer than a short move of its clock."""
        if case.clock is None or case.stuck:
            return
        try:
            async with asyncio.timeout(EFFECT_SECONDS):
                await clocks.settled(case.id)
        except TimeoutError:
            case.stuck = True

    async def _send(self, case: _Case, steps: Sequence[LoggedStep]) -> None:
        """Send events of one topic and wait until something became of each; none to a case that is stuck."""
        if case.stuck:
            case.sent += [Sent(step, "", lost=True) for step in steps]
            return
        party = self._party(steps[0].agency)
        sent: dict[int, Event] = {}
        refused: dict[int, str] = {}
        for number, step in enumerate(steps):
            try:
                sent[number] = party.event(step.message, case.id, time=step.time.astimezone(UTC))
            except Refusal as refusal:
                refused[number] = refusal.reason
        await self._publish(party, list(sent.values()))
        await case.until(lambda: all(case.heard(event.key) for event in sent.values()), EFFECT_SECONDS)
        for number, step in enumerate(steps):
            if event := sent.get(number):
                why = case.refused.get(event.key)
                case.sent.append(Sent(step, event.key, why, lost=not case.heard(event.key)))
            else:
                case.sent.append(Sent(step, "", refused[number]))

    def _at_rest(self, case: _Case) -> bool:
        """Whether the ledger shows what the platform has to do by itself."""
        kinds = [(entry.kind, entry.reason) for entry in case.entries]
        acts = [self._adapter.acts[act.name] for act in case.logged.acts]
        return all(kinds.count(act) >= acts.count(act) for act in acts) and (
            not case.logged.closes or case.closed()
        )

    def _party(self, agency: AgencyId | None) -> PartyClient:
        """Who speaks: an agency, or the channel where it was whoever applied."""
        if agency is None:
            return self._channel
        if agency not in self._agencies:
            administration = self._settings.directory.administration
            self._agencies[agency] = AgencyClient(
                self._publisher, administration, agency, rules=self._settings.rules
            )
        return self._agencies[agency]

    async def _publish(self, party: PartyClient, events: Sequence[Event]) -> None:
        """Publish events, again and again while the broker is away: the same event counts once."""
        while True:
            try:
                return await party.send(*events)
            except PublishError:
                await asyncio.sleep(RETRY_SECONDS)

    # --- afterwards --------------------------------------------------------------------------------------

    async def _verify(self, first: CaseId) -> None:
        """Judge the ledgers where everybody reads them: in the archive, once it has what the topic has.

        Ids of one channel sort by the time of their making, so those of this replay are known by their first.
        """
        began = time.monotonic()
        reader = ArchiveReader(self._settings.archive_url)
        try:
            async with asyncio.timeout(EFFECT_SECONDS):
                while await reader.count(since=first) < self.report.ledger_entries:
                    await asyncio.sleep(0.2)
            self.report.ledger_broken = len((await reader.all_faults(since=first)).faults)
        finally:
            await reader.close()
        self.report.seconds_verifying = time.monotonic() - began
