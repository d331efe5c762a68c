"""Simulated applicants behind a portal: they apply, supplement, pay, and some withdraw. Kafka only."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT, Applicant, Application, Site
from contracts.terms.identifiers import CaseId, ChannelId, Party
from contracts.terms.values import DocumentRef
from contracts.wire.envelope import Event, Message
from contracts.wire.messages import ApplicantWithdrew, Applied, Paid, Supplemented
from contracts.wire.notices import Decided, FeeDue, Missing
from network.broker.publisher import Publisher
from network.parties import ChannelClient
from seamless.demo.assumptions import plan
from seamless.town.agenda import Agenda, Intention
from seamless.town.draws import number_of, numbered_case
from seamless.town.speaking import Speaker
from workers.process.settings import Settings

PORTAL = ChannelId("portal")


class Applicants:
    """The applicants of one run."""

    def __init__(self, settings: Settings, *, seed: int, day_seconds: float) -> None:
        self._settings, self._seed = settings, seed
        self._day = timedelta(seconds=day_seconds)
        self._agenda = Agenda()
        self._publisher = Publisher(settings.broker)
        self._speaker = Speaker(self._publisher, settings, self._agenda)
        self._cases: set[str] = set()

    async def apply(self, cases: list[CaseId], *, apart_seconds: float) -> None:
        """Hand in the applications, one every ``apart_seconds``: they do not all come on one morning."""
        self._cases.update(cases)
        for case in cases:
            application = _application(self._seed, number_of(case)).model_dump(mode="json")
            applied = Applied(procedure=CONSTRUCTION_PERMIT.procedure, application=application)
            now = datetime.now(UTC)
            self._intend(case, now, applied)
            withdraws = plan(self._seed, number_of(case)).withdraws
            if withdraws is not None:
                self._intend(case, now + withdraws * self._day, ApplicantWithdrew())
            self._speaker.look()
            await asyncio.sleep(apart_seconds)

    async def answer(self) -> None:
        """Do what the notices ask for, until cancelled."""
        administration, rules = self._settings.directory.administration, self._settings.rules
        portal = ChannelClient(self._publisher, administration, PORTAL, rules=rules)
        async with self._publisher, asyncio.TaskGroup() as group:
            group.create_task(self._speaker.run())
            async with portal.hearing(group="channel.portal.demo") as heard:
                async for notice in heard:
                    self._read(notice)
                    self._speaker.look()

    def _read(self, notice: Event) -> None:
        if notice.subject not in self._cases:  # of an earlier run on the same data
            return
        case, drawn = CaseId(notice.subject), plan(self._seed, number_of(notice.subject))
        if notice.type == Decided.type:  # there is nothing left to withdraw, to supplement or to pay
            self._agenda.drop(case)
        elif notice.type == Missing.type and drawn.supplement is not None:
            whole = _application(self._seed, number_of(case), complete=True).model_dump(mode="json")
            handed_in = {name: whole[name] for name in ("land_title", "shelter_plan")}
            supplemented = Supplemented(application=handed_in)
            self._intend(case, notice.time + drawn.supplement * self._day, supplemented)
        elif notice.type == FeeDue.type:
            paid = Paid(amount=FeeDue.model_validate(notice.data).amount, reference=case[-12:])
            self._intend(case, notice.time + drawn.payment * self._day, paid)

    def _intend(self, case: CaseId, at: datetime, message: Message) -> None:
        party = Party.channel(PORTAL)
        self._agenda.add(Intention(at, party, case, message, f"{case}/{message.type}"))


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
