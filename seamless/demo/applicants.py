"""Simulated applicants behind a portal: they apply, supplement, pay, and some withdraw. Kafka only."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any

from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT, Applicant, Application, Site
from contracts.terms.identifiers import CaseId, ChannelId
from contracts.terms.values import DocumentRef
from contracts.wire.envelope import Event
from contracts.wire.messages import ApplicantWithdrew, Applied, Paid, Supplemented
from contracts.wire.notices import Decided, FeeDue, Missing
from network.broker.publisher import Publisher
from network.parties import ChannelClient
from seamless.demo.assumptions import plan
from seamless.demo.numbers import number_of, numbered_case
from workers.process.settings import Settings

PORTAL = ChannelId("portal")


class Applicants:
    """The applicants of one run."""

    def __init__(self, settings: Settings, *, seed: int, day_seconds: float) -> None:
        self._seed = seed
        self._day = day_seconds
        self._publisher = Publisher(settings.broker)
        administration = settings.directory.administration
        self._portal = ChannelClient(self._publisher, administration, PORTAL, rules=settings.rules)
        self._cases: set[str] = set()
        self._intended: dict[str, set[asyncio.Task[None]]] = defaultdict(set)

    async def apply(self, cases: list[CaseId], *, apart_seconds: float) -> None:
        """Hand in the applications, one every ``apart_seconds``: they do not all come on one morning."""
        self._cases.update(cases)
        for case in cases:
            drawn = plan(self._seed, number_of(case))
            application = _application(self._seed, number_of(case))
            procedure = CONSTRUCTION_PERMIT.procedure
            await self._portal.apply(procedure, application, case=case, id=f"{case}/{Applied.type}")
            if drawn.withdraws is not None:
                self._later(drawn.withdraws, case, self._withdraw)
            await asyncio.sleep(apart_seconds)

    async def answer(self) -> None:
        """Do what the notices ask for, until cancelled."""
        try:
            async with self._portal.hearing(group="channel.portal.demo") as heard:
                async for notice in heard:
                    self._read(notice)
        finally:
            for task in [task for tasks in self._intended.values() for task in tasks]:
                task.cancel()
            await self._publisher.stop()

    def _read(self, notice: Event) -> None:
        if notice.subject not in self._cases:  # of an earlier run on the same data
            return
        case = CaseId(notice.subject)
        drawn = plan(self._seed, number_of(case))
        if notice.type == Decided.type:  # there is nothing left to withdraw, to supplement or to pay
            for task in self._intended.pop(case, ()):
                task.cancel()
        elif notice.type == Missing.type and drawn.supplement is not None:
            self._later(drawn.supplement, case, self._supplement)
        elif notice.type == FeeDue.type:
            due = FeeDue.model_validate(notice.data)
            self._later(drawn.payment, case, lambda case: self._pay(case, due))

    def _later(self, days: float, case: CaseId, act: Callable[[CaseId], Coroutine[Any, Any, object]]) -> None:
        async def wait_and_act() -> None:
            await asyncio.sleep(days * self._day)
            await act(case)

        self._intended[case].add(asyncio.create_task(wait_and_act()))

    async def _withdraw(self, case: CaseId) -> None:
        await self._portal.withdraw(case, id=f"{case}/{ApplicantWithdrew.type}")

    async def _supplement(self, case: CaseId) -> None:
        whole = _application(self._seed, number_of(case), complete=True).model_dump(mode="json")
        handed_in = {name: whole[name] for name in ("land_title", "shelter_plan")}
        await self._portal.supplement(case, handed_in, id=f"{case}/{Supplemented.type}")

    async def _pay(self, case: CaseId, due: FeeDue) -> None:
        await self._portal.pay(case, due.amount, reference=case[-12:], id=f"{case}/{Paid.type}")


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
