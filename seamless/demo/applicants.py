"""Simulated applicants behind a portal: they apply, supplement, pay, and some withdraw. Kafka only."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from aiokafka import AIOKafkaConsumer
from pydantic import BaseModel

from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT, Applicant, Application, Site
from contracts.terms.identifiers import CaseId, ChannelId
from contracts.terms.values import DocumentRef
from contracts.wire.envelope import Event, channel_source
from contracts.wire.messages import (
    APPLIED,
    NOTICE_DECIDED,
    NOTICE_FEE_DUE,
    NOTICE_MISSING,
    PAID,
    SUPPLEMENTED,
    WITHDRAWN,
    ApplicantWithdrew,
    Applied,
    FeeDue,
    Paid,
    Supplemented,
)
from contracts.wire.topics import channel_events, channel_notices
from network.broker.publisher import Publisher, Record
from seamless.demo.assumptions import plan
from seamless.demo.numbers import number_of, numbered_case
from workers.process.settings import Settings

PORTAL = ChannelId("portal")


class Applicants:
    """The applicants of one run."""

    def __init__(self, settings: Settings, *, seed: int, day_seconds: float) -> None:
        self._settings = settings
        self._seed = seed
        self._day = day_seconds
        self._publisher = Publisher(settings.kafka, settings.topic_prefix)
        self._cases: set[str] = set()
        self._intended: dict[str, set[asyncio.Task[None]]] = defaultdict(set)

    async def apply(self, cases: list[CaseId], *, apart_seconds: float) -> None:
        """Hand in the applications, one every ``apart_seconds``: they do not all come on one morning."""
        self._cases.update(cases)
        for case in cases:
            drawn = plan(self._seed, number_of(case))
            applied = Applied(
                procedure=CONSTRUCTION_PERMIT.procedure,
                application=_application(self._seed, number_of(case)).model_dump(mode="json"),
            )
            await self._say(case, APPLIED, applied)
            if drawn.withdraws is not None:
                self._later(drawn.withdraws, case, WITHDRAWN, ApplicantWithdrew())
            await asyncio.sleep(apart_seconds)

    async def answer(self) -> None:
        """Do what the notices ask for, until cancelled."""
        consumer: Any = AIOKafkaConsumer(
            self._settings.topic_prefix + channel_notices(PORTAL), bootstrap_servers=self._settings.kafka,
            group_id="channel.portal.demo", auto_offset_reset="earliest",
        )  # fmt: skip
        await consumer.start()
        try:
            async for record in consumer:
                self._read(Event.decode(record.value, list(record.headers)))
        finally:
            for task in [task for tasks in self._intended.values() for task in tasks]:
                task.cancel()
            await consumer.stop()
            await self._publisher.stop()

    def _read(self, notice: Event) -> None:
        if notice.subject not in self._cases:  # of an earlier run on the same data
            return
        drawn = plan(self._seed, number_of(notice.subject))
        if notice.type == NOTICE_DECIDED:  # there is nothing left to withdraw, to supplement or to pay
            for task in self._intended.pop(notice.subject, ()):
                task.cancel()
        elif notice.type == NOTICE_MISSING and drawn.supplement is not None:
            whole = _application(self._seed, number_of(notice.subject), complete=True).model_dump(mode="json")
            handed_in = {name: whole[name] for name in ("land_title", "shelter_plan")}
            self._later(drawn.supplement, notice.subject, SUPPLEMENTED, Supplemented(application=handed_in))
        elif notice.type == NOTICE_FEE_DUE:
            due = FeeDue.model_validate(notice.data)
            self._later(
                drawn.payment, notice.subject, PAID, Paid(amount=due.amount, reference=notice.subject[-12:])
            )

    def _later(self, days: float, case: str, event_type: str, data: BaseModel) -> None:
        async def wait_and_say() -> None:
            await asyncio.sleep(days * self._day)
            await self._say(case, event_type, data)

        self._intended[case].add(asyncio.create_task(wait_and_say()))

    async def _say(self, case: str, event_type: str, data: BaseModel) -> None:
        event = Event(
            specversion="1.0",
            id=f"{case}/{event_type}",
            source=channel_source(self._settings.directory.administration, PORTAL),
            type=event_type,
            subject=case,
            partitionkey=case,
            time=datetime.now(UTC),
            data=data.model_dump(mode="json"),
        )
        value, headers = event.encode()
        await self._publisher.publish([Record(channel_events(PORTAL), case, value, headers)])


def _application(seed: int, number: int, *, complete: bool = False) -> Application:
    drawn = plan(seed, number)
    here = complete or drawn.supplement is None
    return Application(
        applicant=Applicant(
            name=f"示范建设公司 {number} / Demo Builders {number}", contact="demo@example.org"
        ),
        project=f"示范项目 {number} / Demo project {number}",
        site=Site(parcel=f"P-{number:04d}", address=f"建设路 {number} 号", area=Decimal(5000)),
        floor_area=Decimal(1000 + 10 * number),
        sewage=drawn.sewage,
        plan=_document("plan", number),
        design=_document("design", number),
        land_title=_document("land-title", number) if here else None,
        shelter_plan=_document("shelter-plan", number) if here else None,
    )


def _document(name: str, number: int) -> DocumentRef:
    return DocumentRef(uri=f"urn:demo:{name}:{number}", sha256=f"{number:064x}", size=200_000)


def new_cases(count: int) -> list[CaseId]:
    """Fresh case ids, numbered from 1."""
    return [numbered_case(PORTAL, number) for number in range(1, count + 1)]
