"""An agency that fails as it is told to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from random import Random

from contracts.terms.identifiers import AgencyId, CaseId, Party
from contracts.wire.envelope import Event, Message
from contracts.wire.messages import (
    Answered,
    Cancelled,
    CaseClosed,
    Expired,
    Requested,
    Superseded,
)
from contracts.wire.topics import events_topic
from network.broker.publisher import Publisher, PublishError, Record
from seamless.town.answers import answer_to
from seamless.town.manners import AgencyManner
from tests.applications import ADMINISTRATION

CALM = AgencyManner(
    days=1, late=0, silent=0, refuses=0, thorough=0, particular=0, asks=0, disowns=0, corrects=0
)
"""Nothing goes wrong by itself: what the exercise finds was planted. Nor is anything said that crosses the
end of a case, and becomes a dead letter."""

BROKEN = {"outcome": "perhaps"}
"""What no contract allows."""

ATTEMPTS = 4
"""So often a system tries to bring an answer that is refused."""


async def published(publisher: Publisher, topic: str, *events: Event) -> None:
    """Publish events as they are, through outages of the broker: no client of ours checks them."""
    while True:
        try:
            return await publisher.publish([Record(topic, each.subject, *each.encode()) for each in events])
        except PublishError:
            await asyncio.sleep(0.2)


class Agency:
    """One agency. It answers what it is asked at once, with the ordinary outcome.

    Attributes:
        silent: it hears, and says nothing.
        broken: its answers break the contract.
        loses: the requests that are lost when they come for the first time.
    """

    def __init__(self, name: str, publisher: Publisher) -> None:
        self.party = Party.agency(AgencyId(name))
        self.silent = self.broken = False
        self.loses: set[str] = set()
        self._open: dict[str, Event] = {}
        self._publisher = publisher

    async def hear(self, told: Event) -> None:
        """Take in what the platform tells it."""
        request = str(told.requestid)
        match told.type:
            case Requested.type if request in self.loses:
                self.loses.discard(request)
            case Requested.type:
                self._open[request] = told
                await self._answer()
            case Cancelled.type | Superseded.type | Expired.type:
                self._open.pop(request, None)
            case CaseClosed.type:
                self._open = {key: each for key, each in self._open.items() if each.subject != told.subject}

    async def speak(self) -> None:
        """Its system works again: it answers all that it has been asked."""
        self.silent = self.broken = False
        await self._answer()

    async def _answer(self) -> None:
        """Answer what is open, unless it is silent."""
        if self.silent:
            return
        for request, requested in list(self._open.items()):
            if self.broken:
                said = [self._said(requested, BROKEN, attempt) for attempt in range(ATTEMPTS)]
            else:
                self._open.pop(request, None)
                asked = Requested.model_validate(requested.data)
                answer = answer_to(asked, CALM, Random(0), requested.time.date(), first=True)
                assert answer is not None, asked.request
                said = [self._said(requested, answer.model_dump(mode="json"), ATTEMPTS)]
            await self._publish(*said)

    def _said(self, requested: Event, answer: dict[str, object], attempt: int) -> Event:
        request = str(requested.requestid)
        return self._event(Answered(answer=answer), requested.subject, f"{request}/{attempt}", request)

    def _event(self, message: Message, case: str, id: str, request: str | None = None) -> Event:
        source, now = self.party.source(ADMINISTRATION), datetime.now(UTC)
        return Event.of(message, id=id, source=source, case=CaseId(case), time=now, request=request)

    async def _publish(self, *events: Event) -> None:
        await published(self._publisher, events_topic(self.party), *events)
