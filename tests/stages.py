"""Everything that happens to what was admitted: each stage, with what it would raise."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import ActivityEnvironment

from activities.drainage import review_drainage
from activities.outbox import OutboxActivity
from archive.reader import ArchiveReader
from archive.state import state_of
from contracts.admission import CaseEvent, NewCase
from contracts.platform import Batch, Delivered, Letter, Opened, Posting, opening_content
from contracts.procedures.construction_permit import (
    Application,
    CheckCompleteness,
    IssuePermit,
    ReviewCivilAirDefence,
    ReviewDrainage,
    ReviewEnvironment,
    ReviewFireSafety,
    ReviewPlanning,
)
from contracts.procedures.traffic_fine import APPEAL_DAYS, CollectDebt, Fine, FineSent, euro
from contracts.terms.calendar import calendar, names
from contracts.terms.decisions import Grant
from contracts.terms.identifiers import Party
from contracts.terms.limits import Limit
from contracts.terms.requests import REQUESTS, Answer, Request
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Contract, Money
from contracts.wire.ledger import GENESIS, Erasable, LedgerEntry, content_digest, faults
from contracts.wire.messages import HandedOver, Requested
from contracts.wire.notices import FeeDue
from contracts.wire.topics import LEDGER
from contracts.wire.tracing import Trace
from network.broker.connection import Broker
from network.broker.publisher import Publisher, Record
from seamless.cli.case_views import print_case
from seamless.cli.console import Console
from seamless.cli.names import Names
from seamless.cli.timeline import Timeline
from tests.applications import ADMINISTRATION
from workers.archive.store import ArchiveStore, LedgerRecord
from workers.process.settings import Settings
from workers.process.terminal import visible
from workflows.case.ladder import schedule
from workflows.traffic_fine import Dossier

RECORD_BYTES = 1_000_000
"""What a broker takes by default, less a little."""

PAYLOAD_BYTES = 2_000_000
CALENDARS = [calendar(name) for name in [*names(), "compressed:0.001", "compressed:86400"]]
LONGEST = [Limit(count=3660, unit="working-days"), Limit(count=3660, unit="days")]
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


class Kept(Publisher):
    """A publisher that keeps what is published."""

    def __init__(self) -> None:
        super().__init__(Broker("127.0.0.1:1"))
        self.records: list[Record] = []

    async def publish(self, records: Sequence[Record]) -> None:
        for record in records:
            size = len(record.value or b"") + sum(
                len(name) + len(value or b"") for name, value in record.headers
            )
            assert size < RECORD_BYTES
        self.records += records


class Stages:
    """The stages behind admission, on an archive of their own."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'archive.db'}"
        self._store = ArchiveStore(url)
        self._store.prepare()
        self._reader = ArchiveReader(url)
        self._offset = 0

    def close(self) -> None:
        self._store.close()
        asyncio.run(self._reader.close())

    # --- an application -----------------------------------------------------------------------------------

    def opened(self, admitted: NewCase) -> None:
        """An application opens its case, and the procedure begins."""
        item, application = admitted.item, admitted.application
        opened = Opened[item.application](  # type: ignore[name-defined]
            case=admitted.case,
            procedure=item.procedure,
            law=admitted.law.id,
            administration=ADMINISTRATION,
            channel=admitted.case.channel,
            calendar="cn-2026.1",
            application=application,
            secret="5" * 64,
            cause=admitted.event.key,
            occurred=admitted.event.time,
            received=admitted.received,
            traceparent=admitted.event.traceparent,
            tracestate=admitted.event.tracestate,
            behind=NOW - admitted.received,
        )
        assert through_temporal(opened) == opened
        entry = recorded(admitted, "opened", opening_content(item.procedure, application), admitted.received)
        trace = Trace.of(opened.traceparent, opened.tracestate)
        self.published(entry, first_steps(item, application, admitted.received), trace)

    def supplemented(self, admitted: CaseEvent, application: BaseModel, item: ServiceItem) -> None:
        """A case goes on with the application as it was supplemented."""
        content = opening_content(item.procedure, application)
        assert Erasable(salt="0", content=content).digest()
        first_steps(item, application, admitted.received)

    # --- an event of a case -------------------------------------------------------------------------------

    def delivered(self, admitted: CaseEvent, said: Contract | None) -> None:
        """An event reaches its case, which records it and goes on."""
        delivered = Delivered(event=admitted.event, actor=admitted.actor, received=admitted.received)
        assert through_temporal(delivered) == delivered
        letters = []
        if said is not None:
            count_days(said)
        if isinstance(said, Answer):
            decision = Grant(conditions=5 * getattr(said, "conditions", ()))
            project = "x" * 4000
            letters.append(letter(ask(IssuePermit(project=project, decision=decision), admitted.received)))
        entry = recorded(admitted, "reported", admitted.event.data, admitted.received)
        self.published(entry, letters, admitted.event.trace)

    # --- what every entry goes through --------------------------------------------------------------------

    def published(self, entry: LedgerEntry, letters: Sequence[Letter], trace: Trace | None) -> None:
        """An entry leaves through the outbox, and is kept and read."""
        posting = Posting(entry=entry, letters=tuple(letters), trace=trace)
        batch = Batch(administration=ADMINISTRATION, postings=(posting,))
        publisher = Kept()
        asyncio.run(ActivityEnvironment().run(OutboxActivity(publisher).publish, through_temporal(batch)))
        (record,) = (each for each in publisher.records if each.topic == LEDGER)
        self._offset += 1
        written = self._store.write([LedgerRecord(LEDGER, 0, self._offset, record.value, record.headers)])
        assert (written.new, written.strays, written.forks) == (1, [], [])
        asyncio.run(self._read(entry))

    async def _read(self, entry: LedgerEntry) -> None:
        entries = await self._reader.entries(entry.case)
        assert entries == [entry]
        assert faults(entries) == []
        row = await self._reader.case(entry.case)
        assert row is not None
        state = state_of(entries)
        settings = Settings()
        with redirect_stdout(io.StringIO()) as shown:
            console = Console()
            names = Names(settings.directory, "zh")
            print_case(row, state, [], settings, names)
            console.json(state.model_dump(mode="json"))
            console.json(entry.model_dump(mode="json"))
            Timeline(console, names, settings.legal_calendar.zone).print_whole(entries)
        assert visible(shown.getvalue(), lines=True) == shown.getvalue()


def through_temporal(value: Any) -> Any:
    """A value as a workflow gets it."""
    payload = pydantic_data_converter.payload_converter.to_payload(value)
    assert len(payload.data) < PAYLOAD_BYTES
    return pydantic_data_converter.payload_converter.from_payload(payload, type(value))


def recorded(admitted: NewCase | CaseEvent, kind: Any, content: dict[str, Any], at: datetime) -> LedgerEntry:
    """The entry that a case makes of it."""
    data = Erasable(salt="0" * 32, content=content) if content else None
    assert data is None or data.digest() == content_digest("0" * 32, content)
    return LedgerEntry(
        case=admitted.case,
        sequence=1,
        id=f"{admitted.case}/1",
        procedure="construction-permit",
        law="x",
        kind=kind,
        step="step/1",
        actor=getattr(admitted, "actor", Party.channel(admitted.case.channel)),
        officer=content.get("officer"),
        cause=admitted.event.key,
        occurred=admitted.event.time,
        received=at,
        recorded=at,
        holders=("applicant",),
        outcome=content.get("step"),
        data_digest=data.digest() if data else None,
        data=data,
        previous=GENESIS,
    ).sealed()


def first_steps(item: ServiceItem, application: BaseModel, at: datetime) -> list[Letter]:
    """What each procedure computes and sends first."""
    count_days(application)
    letters = [letter(FeeDue(amount=item.laws[-1].fees.of(application).total, due=at))]
    if isinstance(application, Application):
        site = application.site
        drainage = ReviewDrainage(site=site, sewage=application.sewage)
        requests: list[Request[Any]] = [
            CheckCompleteness(application=application),
            ReviewPlanning(site=site, plan=application.plan),
            ReviewFireSafety(site=site, design=application.design),
            ReviewCivilAirDefence(site=site, floor_area=application.floor_area),
            ReviewEnvironment(site=site),
            drainage,
        ]
        letters += [letter(ask(each, at)) for each in requests]
        asyncio.run(ActivityEnvironment().run(review_drainage, through_temporal(drainage)))
    if isinstance(application, Fine):
        dossier = Dossier(application)
        list(dossier.enter(FineSent(expense=euro(Decimal("999999999999.99")))))
        list(dossier.add_penalty())
        debt = CollectDebt(fine=application.number, debt=euro(dossier.balance)).model_dump(mode="json")
        letters.append(letter(FeeDue(amount=euro(dossier.balance), due=at)))
        letters.append(letter(HandedOver(matter="x", procedure=item.procedure, basis="x", content=debt)))
    return letters


def letter(message: Any) -> Letter:
    return Letter(topic="agency.housing.requests", type=message.type, data=message.model_dump(mode="json"))


def ask(request: Request[Any], at: datetime) -> Requested:
    """The message that asks; with the ladder of every request type, from this moment on."""
    return Requested(
        request=request.name,
        procedure="construction-permit",
        due=climbed(at),
        binding_end=climbed(at),
        limit=request.stated.limit,
        reasons=request.stated.reasons,
        basis=request.stated.basis,
        outcomes=request.answer.outcomes(),
        content=request.model_dump(mode="json"),
    )


@cache
def climbed(at: datetime) -> datetime:
    """Every ladder, by every calendar, from this moment on; when the last one ends."""
    return max(
        rung.at
        for days in CALENDARS
        for each in REQUESTS.values()
        for rung in schedule(days, at, each.stated.limit, each.stated.overdue)[1]
    )


def count_days(said: BaseModel) -> None:
    """What the calendars are asked about every date in a message."""
    for found in dates_in(said):
        FeeDue(amount=Money(amount=Decimal(1), currency="EUR"), due=counted(found))


@cache
def counted(found: date) -> datetime:
    """The longest limits, by every calendar, from a date on, and from an appeal's limit after it."""
    ends = []
    for days in CALENDARS:
        day = days.day(found) if isinstance(found, datetime) else found
        for start in (days.begins(day + timedelta(days=APPEAL_DAYS), NOW), days.begins(day, NOW)):
            ends += [days.due(start, limit).at for limit in LONGEST]
    return max(ends)


def dates_in(value: Any) -> Iterator[date]:
    if isinstance(value, date):
        yield value
    elif isinstance(value, BaseModel):
        for _, inner in value:
            yield from dates_in(inner)
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from dates_in(inner)
