"""A procedure for the tests of the clock, and carrying its cases, over new runs, too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal

from contracts.clock import clock_of, intervals, marks_of
from contracts.payments import refundable
from contracts.terms.clock_rules import (
    Extension,
    Late,
    NothingFollows,
    PenaltyPayment,
    PenaltyStep,
    Rates,
    Suspension,
)
from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.fees import FeeSchedule
from contracts.terms.identifiers import AgencyId, Party, ProcedureId
from contracts.terms.law import LawVersion, Reason
from contracts.terms.limits import weeks, working_days
from contracts.terms.requests import Answer, Approval, Request, deem, escalate, lapse, remind
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, MissingItem, Money, Statement, Text
from contracts.wire.envelope import Message
from contracts.wire.ledger import LedgerEntry, faults
from contracts.wire.messages import Answered
from tests.unit.workflows.case.running import NextRun, VirtualRuntime, delivered, opened
from workflows.case import Procedure
from workflows.case.carrier import carry
from workflows.case.case import Case
from workflows.case.inbox import Inbox

HOUSING, ADVISER, HEAD = AgencyId("housing"), AgencyId("planning"), AgencyId("environment")


class Plea(Statement):
    """What is applied for."""

    text: Text = "please"


class Advice(Answer):
    """What the adviser says."""

    outcome: Literal["yes", "no"]


class Advise(
    Request[Advice],
    agency=ADVISER,
    limit=working_days(6),
    basis="art. 6",
    overdue=[remind(at=0.5), escalate(to=HOUSING, grace=working_days(2)), deem("yes")],
):
    text: Text = "what do you say?"


class Inspect(
    Request[Advice], agency=HOUSING, limit=working_days(300), basis="art. 8", overdue=[lapse("silent")]
):
    text: Text = "look at it"


class ApproveExtension(
    Request[Approval], agency=HEAD, limit=working_days(30), basis="art. 7", overdue=[lapse("silent")]
):
    text: Text = "it takes longer"


SUPPLEMENT = Suspension(basis="art. 3", kind="supplement", requests=True)
HEARING = Suspension(basis="art. 4", kind="hearing")
ANEW = Suspension(basis="art. 5", kind="hearing", interrupts=True)
LONGER = Extension(basis="art. 7", limit=working_days(5), approver=HEAD)


def _euro(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


PENALTY = PenaltyPayment(
    basis="art. 9",
    after=weeks(2),
    rates=(
        Rates(
            since=date(2019, 1, 1),
            steps=tuple(PenaltyStep(days=14, daily=_euro(each)) for each in ("23.00", "35.00", "45.00")),
        ),
    ),
)

STATUTORY, PROMISED = 10, 8
"""Working days."""


def item(late: Late | None = None, **changes: Any) -> ServiceItem:
    """The procedure's service item; ``late`` is what follows from lateness, ``changes`` are of its law."""
    law = {
        "id": "v1",
        "basis": "a law of these tests",
        "since": date(2019, 1, 1),
        "statutory": working_days(STATUTORY),
        "promised": working_days(PROMISED),
        "late": late or NothingFollows(),
        "suspensions": (SUPPLEMENT, HEARING, ANEW),
        "extensions": (LONGER,),
        "fees": FeeSchedule(currency="EUR"),
        "reasons": {
            each: Reason(zh=each, en=each) for each in ("silent", "late", "stage-over", "not-supplemented")
        },
    } | changes
    return ServiceItem(
        procedure=ProcedureId("clock-test"),
        code="test",
        name=Bilingual(zh="测试", en="Test"),
        application=Plea,
        lead=HOUSING,
        laws=(LawVersion.model_validate(law),),
        requests=(Advise, Inspect, ApproveExtension),
        consequences=Bilingual(zh="无", en="None"),
    )


MISSING = [MissingItem(zh="文本", en="Text", field="text")]

PORTAL = "channel:portal"

Course = Callable[[Procedure[Plea]], Coroutine[Any, Any, Decision]]


class Carried:
    """A case that is carried, in as many runs as it takes."""

    def __init__(self, runtime: VirtualRuntime, of: ServiceItem, course: Course, **changes: Any) -> None:
        self.runtime = runtime
        self._item, self._course = of, course
        about = {"procedure": of.procedure, "law": "v1", "application": Plea()}
        self._begin(opened(**(about | changes)))
        self.runs = 1

    def _begin(self, with_input: Any) -> None:
        self.case = Case(with_input, self._item, Inbox(self.runtime.read), self.runtime)
        author = Procedure[Plea](self.runtime)
        author.item = self._item  # type: ignore[misc]
        author._case, author._inbox = self.case, self.case.inbox
        self.author = author
        self.carrying = asyncio.create_task(carry(self.case, self._course(author)))

    async def goes_on(self, by: timedelta = timedelta(0)) -> None:
        """Time passes, and everything happens that is due then."""
        await self.runtime.advance(by)
        while self.carrying.done():
            error = self.carrying.exception()
            if not isinstance(error, NextRun):
                break
            self.runs += 1
            self._begin(error.opened)
            await self.runtime.advance()

    async def days(self, count: float, length: timedelta) -> None:
        """So many days pass, in halves."""
        for _ in range(int(count * 2)):
            await self.goes_on(length / 2)

    async def hears(self, message: Message, sender: str, step: str | None = None, **details: Any) -> None:
        """An event comes now."""
        details.setdefault("received", self.runtime.time)
        party = Party(sender)
        came = delivered(message, self.case.opened.case, party, step=step, **details)
        self.case.inbox.put(came)
        await self.goes_on()

    async def answers(
        self,
        request: str,
        outcome: str,
        agency: str,
        *,
        officer: str | None = None,
        desk: str | None = None,
        **details: Any,
    ) -> None:
        """An agency answers its first request of this type."""
        await self.hears(
            Answered(answer={"outcome": outcome}, officer=officer, desk=desk),
            f"agency:{agency}",
            f"clock-test.{request}/1",
            **details,
        )

    @property
    def entries(self) -> list[LedgerEntry]:
        return self.runtime.entries

    @property
    def kinds(self) -> list[str]:
        return self.runtime.kinds

    def of(self, kind: str) -> list[LedgerEntry]:
        """The entries of this kind."""
        return [entry for entry in self.entries if entry.kind == kind]

    def told(self, reader: str) -> list[tuple[str, dict[str, Any]]]:
        """What ``agency:<id>`` or ``channel:<id>`` was told."""
        kind, _, name = reader.partition(":")
        topic = f"{kind}.{name}.{'requests' if kind == 'agency' else 'notices'}"
        return [
            (
                letter.type.split(".", 2)[2],
                letter.data or (posting.entry.data.content if posting.entry.data else {}),
            )
            for batch in self.runtime.batches
            for posting in batch.postings
            for letter in posting.letters
            if letter.topic == topic
        ]

    def check_ledger(self) -> None:
        """The ledger is whole, and its clock is the case's, at every mark, also once all data is erased."""
        assert faults(self.entries) == []
        if self.case.closed:
            refunds = [entry.fee_refund for entry in self.entries if entry.kind == "refund-due"]
            assert refundable(entry for entry in self.entries if entry.kind != "refund-due") == refunds
        erased = [entry.model_copy(update={"data": None}) for entry in self.entries]
        marks = marks_of(erased)
        for number, mark in enumerate(marks, start=1):
            clock = clock_of(marks[:number])
            assert (clock.due.at if clock.due else None) == mark.due
            assert (clock.promised_due.at if clock.promised_due else None) == mark.promised_due
        assert clock_of(marks) == self.case.clock
        shown = intervals(erased, self.runtime.time)
        for one, other in pairwise(shown):
            assert one.ended == other.began
        if shown:
            assert shown[0].began == self.entries[0].received
        clock = clock_of(marks)
        counted = [each.counted for each in shown if clock.started and each.began >= clock.started]
        assert sum(counted) == clock.used(self.runtime.time)


async def inspected(author: Procedure[Plea]) -> Decision:
    """A course: it is inspected, and decided."""
    await author.accept()
    seen = await author.ask(Inspect())
    if seen.outcome == "no":
        return await author.decide(Refuse(reason="late"))
    return await author.decide(Grant())


async def begun(runtime: VirtualRuntime, *of: object, **changes: object) -> Carried:
    carried = Carried(runtime, *of, **changes)  # type: ignore[arg-type]
    await carried.goes_on()
    return carried


async def advised_and_supplemented(author: Procedure[Plea]) -> Decision:
    """An agency advises, while the case is suspended for a supplement."""
    await author.accept()
    async with asyncio.TaskGroup() as group:
        group.create_task(author.ask(Advise()))
        group.create_task(_supplemented(author))
    return await author.decide(Grant())


async def _supplemented(author: Procedure[Plea]) -> None:
    async with author.suspended(SUPPLEMENT.basis):
        await author.supplement(Plea(), MISSING, working_days(20), "not-supplemented")


async def inspected_without_acceptance(author: Procedure[Plea]) -> Decision:
    await author.ask(Inspect())
    return await author.decide(Grant())
