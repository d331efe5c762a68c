"""The parties: applicants and agencies that speak as the plan says, and the operator of the platform."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from contracts.terms.clock_rules import PenaltyPayment
from contracts.terms.identifiers import CaseId, Party
from contracts.terms.values import Money
from contracts.wire.envelope import Event, Message
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import (
    Answered,
    ApplicantReplied,
    ApplicantWithdrew,
    Applied,
    NoticeOfDefault,
    Paid,
    Question,
    Received,
    Requested,
    Supplemented,
)
from contracts.wire.notices import Asked, FeeDue, Missing
from contracts.wire.topics import LEDGER, events_topic
from tests.applications import ADMINISTRATION, document
from tests.simulation.clock import START, VirtualLoop
from tests.simulation.kafka import FakeKafka, Stored
from tests.simulation.plan import FAULTS_UNTIL, Course, Plan

PORTAL = Party.channel("portal")
EARLY_PLACES = 4
FLOOD = 40
QUESTION = {"zh": "几层？", "en": "How many floors?"}


@dataclass(eq=False)
class Said:
    """What a party said, and the record it became.

    Attributes:
        valid: whether the platform may take it; of what may not, only that it is kept is asked.
        flood: it is one of very many.
        early: it comes before its case.
    """

    event: Event
    party: Party
    record: Stored
    valid: bool = True
    flood: bool = False
    early: bool = False
    conflict: bool = False


def case_id(number: int) -> CaseId:
    """The id of a case of the simulation: the same in every run of the seed."""
    return CaseId(f"portal-01a20bc3-a4c4-7044-b136-{number:012x}")


class Town:
    """Everybody outside the platform.

    Attributes:
        said: everything that the broker acknowledged.
        due: when the statutory limit of each case ends, as its ledger says; None while time does not count.
        decided: the cases that are.
    """

    def __init__(self, plan: Plan, kafka: FakeKafka, loop: VirtualLoop) -> None:
        self.said: list[Said] = []
        self.due: dict[int, datetime | None] = {}
        self.decided: set[int] = set()
        self.by_place: dict[str, Said] = {}
        self.poison: set[str] = set()
        self._plan, self._kafka, self._loop = plan, kafka, loop
        self._chance = random.Random(f"town/{plan.seed}")
        self._heard: set[str] = set()
        self._numbers = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._poisoned = "poison" not in plan.troubles
        kafka.when_appended.append(self._hear)

    def begin(self) -> None:
        """The applicants come."""
        for number in range(self._plan.cases):
            self._soon(self._apply(number))
            if self._plan.withdraws.get(number, "silence") != "silence":
                self._soon(self._withdraw(number))
            if any(isinstance(law.late, PenaltyPayment) for law in self._plan.played.item.laws):
                self._soon(self._urge(number))
        if "early-flood" in self._plan.troubles:
            self._soon(self._early())

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(self._loop.create_task(work))

    # --- speaking --------------------------------------------------------------------------------------

    async def say(
        self,
        party: Party,
        message: Message,
        case: CaseId,
        *,
        request: str | None = None,
        stamp: datetime | None = None,
        event_id: str | None = None,
        **how: Any,
    ) -> None:
        """Say something, again and again until the broker has it; now and then twice."""
        self._numbers += 1
        event = Event.of(
            message,
            id=event_id or f"e{self._numbers}",
            source=party.source(ADMINISTRATION),
            case=case,
            time=self._loop.wall(),
            request=request,
        )
        while not self._kafka.network.up():
            await asyncio.sleep(0.2)
        self._append(party, event, stamp, how)
        if self._chance.random() < self._plan.copies and "flood" not in how:
            await asyncio.sleep(self._chance.uniform(0, 3))
            self._append(party, event, None, how)

    def _append(self, party: Party, event: Event, stamp: datetime | None, how: dict[str, Any]) -> None:
        value, headers = event.encode()
        topic, key = events_topic(party), event.subject.encode()
        partition = self._kafka.place(key, self._plan.partitioner[party.id])
        transaction = self._chance.random() < self._plan.transactions and self._kafka.begin(topic, partition)
        record = self._kafka.append(topic, key, value, headers, partition=partition, stamp=stamp)
        if transaction:
            committing = self._chance.random() < 0.85 or event.type == Applied.type
            seconds = self._chance.choice([0.01, self._chance.uniform(0, 6)])
            self._loop.call_later(seconds, lambda: self._kafka.end(topic, partition, commit=committing))
        said = Said(event, party, record, **how)
        self.said.append(said)
        self.by_place[str(record)] = said

    @property
    def _after_the_early(self) -> float:
        """How many seconds whoever applies waits for those who speak of cases that there are not yet."""
        return 2.0 if "early-flood" in self._plan.troubles else 0.0

    async def _until(self, at: datetime) -> None:
        await asyncio.sleep(max(0.0, (at - self._loop.wall()).total_seconds()))

    # --- applicants ------------------------------------------------------------------------------------

    async def _apply(self, number: int) -> None:
        await asyncio.sleep(number * 0.7 + self._after_the_early)
        played = self._plan.played
        missing = {played.checked[1]} if played.checked and self._plan.completeness[number] else set()
        form = played.form().model_dump(mode="json", exclude=missing)
        applied = Applied(procedure=played.item.procedure, application=form)
        await self.say(PORTAL, applied, case_id(number))
        if self._chance.random() < 0.15:
            [first, *_] = played.item.application.model_fields
            text = next(name for name in ("project", "grounds", first) if name in form)
            other = Applied(procedure=applied.procedure, application=form | {text: "Another one"})
            await self.say(PORTAL, other, case_id(number), conflict=True)

    async def _withdraw(self, number: int) -> None:
        """Withdraw, at some time or about when the statutory limit ends."""
        course = self._plan.withdraws[number]
        if course == "soon":
            await asyncio.sleep(self._chance.uniform(1, 40) + self._after_the_early)
            stamp = None
        elif (due := await self._nearly(number)) is None:
            return
        else:
            stamp = await self._at(course, due)
        await self.say(PORTAL, ApplicantWithdrew(), case_id(number), stamp=stamp)

    async def _urge(self, number: int) -> None:
        """Give notice of default, once the decision is late; sometimes a little too early."""
        if (due := await self._nearly(number)) is not None:
            await self._until(due + timedelta(seconds=self._chance.uniform(-0.5, 5)))
            await self.say(PORTAL, NoticeOfDefault(), case_id(number))

    async def _nearly(self, number: int) -> datetime | None:
        """Wait until a second before the statutory limit ends; when that is. None: it is decided before."""
        while number not in self.decided:
            due = self.due.get(number)
            if due is not None and due - self._loop.wall() <= timedelta(seconds=1):
                return due
            await asyncio.sleep(0.5)
        return None

    async def _at(self, course: Course, deadline: datetime) -> datetime | None:
        """Wait until it is time to speak; the stamp that the record is to have, where it matters."""
        draw = self._chance.uniform
        match course:
            case "soon" | "refuse-soon":
                await asyncio.sleep(draw(0.05, 1.5))
            case "refuse-at-the-end":
                moment = self._chance.choice([draw(0.002, 0.05), draw(0.01, 0.8)])
                behind = timedelta(seconds=self._plan.broker_skew + moment)
                await self._until(deadline - behind)
            case "at-the-first-instant-after":
                await self._until(deadline)
                return deadline
            case "refuse-late":
                await self._until(deadline + timedelta(seconds=draw(0.4, 3)))
        return None

    async def _pay(self, number: int, notice: FeeDue) -> None:
        course = self._plan.pays[number]
        if course == "silence":
            return
        stamp = await self._at(course, notice.due)
        parts = self._chance.choice([1, 1, 2])
        each = (notice.amount.amount / parts).quantize(Decimal("0.01"))
        for part in range(parts):
            amount = notice.amount.amount - each * (parts - 1) if part == 0 else each
            paid = Paid(
                amount=Money(amount=amount, currency=notice.amount.currency), reference=f"bank-{part}"
            )
            await self.say(PORTAL, paid, case_id(number), stamp=stamp)

    async def _reply(self, number: int, asked: Asked) -> None:
        await asyncio.sleep(self._chance.uniform(0.1, 3))
        reply = ApplicantReplied(question=asked.question, text="Three")
        await self.say(PORTAL, reply, case_id(number))

    async def _supplement(self, number: int, notice: Missing) -> None:
        course = self._plan.supplements[number]
        if course == "silence":
            return
        stamp = await self._at(course, notice.due)
        handed_in = document("handed-in").model_dump(mode="json")
        supplemented = Supplemented(application={item.field: handed_in for item in notice.items})
        await self.say(PORTAL, supplemented, case_id(number), stamp=stamp)

    # --- agencies --------------------------------------------------------------------------------------

    def _hear(self, record: Stored) -> None:
        """Read what the platform says; a copy of it changes nothing."""
        if record.topic == LEDGER:
            self._read_clock(record)
        if not record.topic.endswith((".requests", ".notices")):
            return
        event = Event.decode(record.value, record.headers)
        if event.id in self._heard:
            return
        self._heard.add(event.id)
        number = int(event.subject[-12:], 16)
        reactions: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            Requested.type: lambda: self._answer(number, event, Party.agency(record.topic.split(".")[1])),
            FeeDue.type: lambda: self._pay(number, FeeDue.model_validate(event.data)),
            Missing.type: lambda: self._supplement(number, Missing.model_validate(event.data)),
            Asked.type: lambda: self._reply(number, Asked.model_validate(event.data)),
        }
        if number < self._plan.cases and event.type in reactions:
            self._soon(reactions[event.type]())

    def _read_clock(self, record: Stored) -> None:
        entry, _ = LedgerEntry.decode(record.value, record.headers)
        number = int(entry.case[-12:], 16)
        if entry.clock is not None:
            self.due[number] = entry.clock.due
        if entry.kind in ("decided", "closed"):
            self.decided.add(number)

    async def _answer(self, number: int, event: Event, party: Party) -> None:
        requested, case = Requested.model_validate(event.data), case_id(number)
        if (
            "flood" in self._plan.troubles
            and number == 0
            and requested.request == "construction-permit.review-planning"
        ):
            for _ in range(FLOOD):
                await self.say(party, Received(), case, request=event.requestid, flood=True)
            return
        if self._chance.random() < self._plan.chatter:
            await self.say(party, Received(), case, request=event.requestid)
            if self._chance.random() < 0.3:
                await self.say(party, Question(text=QUESTION), case, request=event.requestid)
        course: Course
        if requested.instead_of is not None:  # also of a check, which has no course
            course = self._chance.choice(["soon", "refuse-soon", "refuse-at-the-end", "silence"])
        elif (event.requestid or "").rpartition("/")[2] not in ("1", "2"):  # nobody is asked for ever
            course = "soon"
        else:
            course = self._plan.course[number, requested.request]
        if (
            "flood" in self._plan.troubles
            and number == 1
            and requested.request == "construction-permit.review-planning"
        ):
            await asyncio.sleep(self._chance.uniform(0.2, 2))
            course = "soon"
        if course == "silence":
            return
        stamp = await self._at(course, requested.binding_end)
        answer = self._answer_of(number, requested.request, course)
        event_id = None
        if not self._poisoned and self._loop.time() < FAULTS_UNTIL and course == "soon":
            self._poisoned, event_id = True, "poison"
            self.poison.add(event_id)
        await self.say(
            party, Answered(answer=answer), case, request=event.requestid, stamp=stamp, event_id=event_id
        )

    def _answer_of(self, number: int, request: str, course: Course) -> dict[str, Any]:
        played = self._plan.played
        if played.checked and request == played.checked[0] and self._plan.completeness[number]:
            self._plan.completeness[number] -= 1
            return {"outcome": "incomplete", "missing": played.missing}
        refuses = course.startswith("refuse") and request in played.refuses
        consents = played.consents | played.instead_of_checks
        return (played.refuses if refuses else consents)[request](self._chance)

    async def _early(self) -> None:
        """Planning floods the gateway with events of unknown cases; housing speaks too early once."""
        planning, housing = Party.agency("planning"), Party.agency("housing")
        for number in range(EARLY_PLACES + 6):
            case = case_id(1000 + number)
            await self.say(
                planning,
                Received(),
                case,
                request=f"{case}/construction-permit.review-planning/1",
                flood=True,
            )
        await asyncio.sleep(0.3)
        case = case_id(1)
        await self.say(
            housing, Received(), case, request=f"{case}/construction-permit.check-completeness/1", early=True
        )


def seconds(at: datetime) -> float:
    """An instant as seconds since the simulation began."""
    return (at - START).total_seconds()
