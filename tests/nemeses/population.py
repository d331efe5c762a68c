"""The cases and everybody around them, by seed: applicants and agencies, on clients of three makes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Literal, Self

from contracts.procedures.permit_receipt import PhaseClosed
from contracts.procedures.traffic_fine import (
    AppealedToPrefecture,
    CollectionOrdered,
    FineClosed,
    FineNotified,
    FineSent,
    euro,
)
from contracts.terms.identifiers import CaseId, Party
from contracts.terms.reports import Report
from contracts.terms.values import Money
from contracts.wire.envelope import Event
from contracts.wire.messages import ApplicantWithdrew, Paid, Received, Reported, Requested, Supplemented
from contracts.wire.notices import FeeDue, Missing
from contracts.wire.topics import events_topic
from network.broker.publisher import Record
from network.parties import AgencyClient, ChannelClient
from tests.applications import ADMINISTRATION, application, document, fine
from tests.integration.town import Town, consent
from tests.nemeses.evidence import Acknowledged
from tests.nemeses.partitioners import MAKES, Ending, Make, Producers
from workers.process.settings import Settings

Procedure = Literal["construction-permit", "traffic-fine", "permit-receipt"]

PENALTY_DAY = 60
ENDS_SECONDS = 25.0
"""How long after it began a fine is closed, or handed to the collector."""

COPIES = 0.1
STEPS = (
    "Confirmation of receipt",
    "T06 Determine necessity of stop advice",
    "T02 Check confirmation of receipt",
    "T10 Determine necessity to stop indication",
    "T04 Determine confirmation of receipt",
    "T05 Print and send confirmation of receipt",
)
REASONS = {
    "construction-permit.review-planning": "plan-not-conform",
    "construction-permit.review-fire-safety": "fire-safety-insufficient",
    "construction-permit.review-civil-air-defence": "shelter-insufficient",
    "construction-permit.review-environment": "environmental-harm",
}
BAD = ("refuse-soon", "refuse-at-the-end", "refuse-at-the-end", "refuse-late", "silence")


@dataclass(frozen=True)
class Planned:
    """A case that will be.

    Attributes:
        after: so many seconds after the beginning its applicant comes.
    """

    case: CaseId
    procedure: Procedure
    after: float


def planned(seed: int, cases: int, seconds: float) -> list[Planned]:
    """The cases of a seed, spread over ``seconds``: three permits, a fine and a receipt of every five."""
    draw = Random(f"cases/{seed}")
    kinds: list[Procedure] = ["construction-permit"] * 3 + ["traffic-fine", "permit-receipt"]
    return [
        Planned(
            CaseId(f"portal-01a20bc3-a4c4-7{seed % 4096:03x}-b136-{number:012x}"),
            draw.choice(kinds) if number >= len(kinds) else kinds[number],  # each at least once
            number * seconds / cases,
        )
        for number in range(cases)
    ]


class Population(Town):
    """A town in which each party has a client of some make, and every case takes a course of its own.

    Attributes:
        mute: topics on which nobody speaks for now; what is to be said there waits.
        transacting: topics on which everybody speaks in transactions for now.
        acknowledged: what the clients told those who spoke to be on its topic.
    """

    def __init__(self, settings: Settings, seed: int, plans: list[Planned]) -> None:
        super().__init__(settings)
        draw = Random(f"population/{seed}")
        self.plans = plans
        self.mute: set[str] = set()
        self.transacting: set[str] = set()
        self.acknowledged: set[Acknowledged] = set()
        self.makes: dict[str, Make] = {
            events_topic(party): draw.choice(MAKES) for party in settings.directory.parties
        }
        self.makes[events_topic(Party.agency("fire-safety"))] = "librdkafka"
        self.makes[events_topic(Party.agency("planning"))] = "java"
        self._seed = seed
        self._procedures: dict[str, Procedure] = {each.case: each.procedure for each in plans}
        self._producers = Producers(self._publisher, settings.directory.partitions)
        self._transactions = Random(f"transactions/{seed}")
        self._coming: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self._stack.enter_async_context(self._producers)
        return self

    async def __aexit__(self, *raised: object) -> None:
        for task in self._coming:
            task.cancel()
        await asyncio.gather(*self._coming, return_exceptions=True)
        await super().__aexit__(*raised)

    def begin(self) -> None:
        """The applicants come, each at the time that is planned."""
        self._coming = [asyncio.create_task(self._come(each)) for each in self.plans]

    async def all_closed(self, within_seconds: float) -> list[str]:
        """Wait until everybody has come and every case is closed; those that are not, in the end."""

        def left() -> list[str]:
            return [each.case for each in self.plans if "closed" not in self.kinds(each.case)]

        try:
            async with asyncio.timeout(within_seconds):
                await asyncio.gather(*self._coming)
                while left():
                    await asyncio.sleep(0.2)
        except TimeoutError:
            pass
        return left()

    def _draw(self, case: str, what: str) -> Random:
        """Chance that does not depend on when it is asked."""
        return Random(f"{self._seed}/{case}/{what}")

    # --- speaking ----------------------------------------------------------------------------------------

    async def send(self, topic: str, sent: Event) -> None:
        """Publish an event, now and then twice."""
        await super().send(topic, sent)
        chance = self._draw(sent.subject, f"copy/{sent.id}")
        if chance.random() < COPIES:
            await asyncio.sleep(chance.uniform(0, 3))
            await super().send(topic, sent)

    async def publish(self, record: Record) -> None:
        """Publish one record with the client of whoever speaks on its topic."""
        while record.topic in self.mute:
            await asyncio.sleep(0.1)
        if record.topic in self.transacting:
            ends: Ending = self._transactions.choices(["commit", "abort", "die"], [6, 3, 1])[0]  # type: ignore[assignment]
            open_seconds = self._transactions.choice([0.01, 0.01, self._transactions.uniform(0.5, 3)])
            await self._producers.transact(record, open_seconds=open_seconds, ends=ends)
        else:
            await self._producers.send(self.makes[record.topic], record)
        self.acknowledged.add(Acknowledged(record.topic, record.raw_key, record.value))

    async def _report(self, agency: str, case: str, report: Report | str) -> None:
        step = report if isinstance(report, str) else report.step
        content = {} if isinstance(report, str) else report.model_dump(mode="json")
        client = AgencyClient(self._publisher, ADMINISTRATION, agency)
        said = client.event(Reported(step=step, content=content), CaseId(case), id=f"{case}/{step}")
        await self.send(client.inlet.topic, said)

    # --- those who begin ---------------------------------------------------------------------------------

    async def _come(self, plan: Planned) -> None:
        await asyncio.sleep(plan.after)
        self.cases.add(plan.case)
        draw = self._draw(plan.case, "course")
        courses = {
            "construction-permit": self._build,
            "traffic-fine": self._be_fined,
            "permit-receipt": self._request,
        }
        await courses[plan.procedure](plan.case, draw)

    async def _hand_in(self, case: CaseId, procedure: Procedure, form: Any) -> None:
        portal = ChannelClient(self._publisher, ADMINISTRATION, "portal")
        applied = portal.application(procedure, form, case=case, id=f"{case}/applied")
        await self.send(portal.inlet.topic, applied)

    async def _build(self, case: CaseId, draw: Random) -> None:
        changes = {"land_title": None} if draw.random() < 0.2 else {}
        await self._hand_in(case, "construction-permit", application(**changes))
        if draw.random() < 0.05:
            await asyncio.sleep(draw.uniform(3, 12))
            await self.say("portal", ApplicantWithdrew(), case, id=f"{case}/withdrawn")

    async def _be_fined(self, case: CaseId, draw: Random) -> None:
        await self._hand_in(case, "traffic-fine", fine(number=case[-12:]))
        began = asyncio.get_running_loop().time()
        await self._report("police", case, FineSent(expense=euro(Decimal(10))))
        await asyncio.sleep(draw.uniform(0.2, 3))
        if draw.random() < 0.9:
            notified = _days_ago(PENALTY_DAY - draw.randrange(4, 18))
            await self._report("post", case, FineNotified(notified=notified))
        if draw.random() < 0.2:
            await self._report("police", case, AppealedToPrefecture(filed=_days_ago(0)))
        for part in range(draw.choice([0, 1, 1, 2])):
            await asyncio.sleep(draw.uniform(0.5, 6))
            paid = Paid(amount=euro(Decimal(draw.choice([25, 50]))), reference=f"{case}-bank-{part}")
            await self.say("portal", paid, case, id=f"{case}/paid-{part}")
        await asyncio.sleep(max(0.0, began + ENDS_SECONDS - asyncio.get_running_loop().time()))
        ends: Report = CollectionOrdered() if draw.random() < 0.4 else FineClosed()
        await self._report("police", case, ends)

    async def _request(self, case: CaseId, draw: Random) -> None:
        received = datetime.now(UTC)
        form = {
            "reference": case,
            "by": "Internet",
            "department": "General",
            "received": received.isoformat(),
            "deadline": (received + timedelta(days=56)).isoformat(),
        }
        await self._hand_in(case, "permit-receipt", form)
        group = draw.choice(["group-1", "group-2", "group-4", "municipality"])
        for step in STEPS:
            await asyncio.sleep(draw.uniform(0.2, 3))
            await self._report(group, case, step)
        await asyncio.sleep(draw.uniform(0.5, 3))
        await self._report(group, case, PhaseClosed())

    # --- those who are asked -----------------------------------------------------------------------------

    async def _react(self, party: Party, letter: Event) -> None:
        if letter.type == Requested.type:
            await self._answer(party, letter)
        elif letter.type == FeeDue.type and self._procedures[letter.subject] == "construction-permit":
            await self._pay(letter)
        elif letter.type == Missing.type:
            await self._supplement(letter)

    async def _answer(self, party: Party, letter: Event) -> None:
        requested, request = Requested.model_validate(letter.data), str(letter.requestid)
        draw = self._draw(letter.subject, request)
        if draw.random() < 0.2:
            agency = AgencyClient(self._publisher, ADMINISTRATION, party.id)
            has_it = agency.event(Received(), CaseId(letter.subject), request=request, id=f"{request}/has-it")
            await self.send(agency.inlet.topic, has_it)
        course = self._course(letter.subject, requested.request, draw)
        if course == "silence":
            return
        await self._until(course, requested.binding_end, draw)
        answer = consent(letter)
        if course.startswith("refuse"):
            answer = {"outcome": "refuse", "reason": REASONS[requested.request]}
        elif requested.request == "construction-permit.check-completeness":
            answer = self._completeness(requested)
        if answer is not None:
            await self.answer(request, answer, agency=party.id)

    def _course(self, case: str, request: str, draw: Random) -> str:
        """At most one reviewer of a case makes trouble; anybody may stay silent."""
        bad = self._draw(case, "bad")
        if bad.choice(list(REASONS)) == request and bad.random() < 0.6:
            return bad.choice(BAD)
        return "soon" if draw.random() > 0.08 else "silence"

    def _completeness(self, requested: Requested) -> dict[str, Any]:
        if requested.content["application"].get("land_title"):
            return {"outcome": "complete"}
        return {
            "outcome": "incomplete",
            "missing": [{"zh": "用地批准手续", "en": "Land title", "field": "land_title"}],
        }

    async def _pay(self, letter: Event) -> None:
        notice = FeeDue.model_validate(letter.data)
        draw = self._draw(letter.subject, "pays")
        course = draw.choice(["soon"] * 6 + ["refuse-at-the-end"] * 2 + ["refuse-late", "silence"])
        if course == "silence":
            return
        await self._until(course, notice.due, draw)
        parts = draw.choice([1, 1, 2])
        each = (notice.amount.amount / parts).quantize(Decimal("0.01"))
        for part in range(parts):
            amount = notice.amount.amount - each * (parts - 1) if part == 0 else each
            paid = Paid(
                amount=Money(amount=amount, currency=notice.amount.currency),
                reference=f"{letter.subject}-bank-{part}",
            )
            await self.say("portal", paid, letter.subject, id=f"{letter.subject}/paid-{part}")

    async def _supplement(self, letter: Event) -> None:
        notice = Missing.model_validate(letter.data)
        draw = self._draw(letter.subject, "supplements")
        course = draw.choice(["soon"] * 4 + ["refuse-at-the-end", "refuse-late", "silence"])
        if notice.due is None or course == "silence":
            return
        await self._until(course, notice.due, draw)
        title = document("land-title").model_dump(mode="json")
        said = Supplemented(application={"land_title": title})
        await self.say("portal", said, letter.subject, id=f"{letter.subject}/title")

    async def _until(self, course: str, deadline: datetime, draw: Random) -> None:
        """Wait until it is time to speak."""
        seconds = draw.uniform(0.1, 2.5)
        if course in ("refuse-at-the-end", "refuse-late"):
            off = draw.uniform(0.05, 1.0) if course == "refuse-at-the-end" else -draw.uniform(0.5, 3)
            seconds = (deadline - datetime.now(UTC)).total_seconds() - off
        await asyncio.sleep(max(0.0, seconds))


def _days_ago(days: int) -> date:
    return datetime.now(UTC).date() - timedelta(days=days)
