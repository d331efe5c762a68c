"""The agencies and applicants of the tests. They talk nothing but Kafka."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

from pydantic import BaseModel

from contracts.terms.identifiers import CaseId, Party, RequestId
from contracts.terms.requests import REQUESTS
from contracts.wire.envelope import Event, Message
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import Answered, Paid, Requested
from contracts.wire.notices import FeeDue
from contracts.wire.topics import messages_topic
from network.broker.ledger import LedgerFollower
from network.broker.publisher import Publisher, PublishError, Record
from network.parties import AgencyClient, ChannelClient
from network.parties.hearing import Heard, hearing
from tests.applications import ADMINISTRATION, application, document, new_case
from workers.process.settings import Settings

Reply = Callable[[Event], dict[str, Any] | None]


def consent(requested: Event) -> dict[str, Any] | None:
    """What agencies answer unless a test says otherwise."""
    match requested.data["request"]:
        case "construction-permit.check-completeness":
            return {"outcome": "complete"}
        case "construction-permit.issue-permit":
            return {"outcome": "issued", "document": document("permit").model_dump(mode="json")}
        case "construction-permit.deliver-permit":
            return {"outcome": "delivered"}
    return {"outcome": "consent"}


class Town:
    """Everybody around the platform.

    Attributes:
        reply: what is answered to a request; None leaves it lying.
        copies: how often each event is delivered.
        ledger: what the ledger topic showed, by case.
        letters: what the platform sent, by topic, each event once.
    """

    def __init__(self, settings: Settings, *, reply: Reply = consent, copies: int = 1) -> None:
        self.reply = reply
        self.copies = copies
        self.cases: set[str] = set()
        self.ledger: dict[str, list[LedgerEntry]] = defaultdict(list)
        self.letters: dict[str, dict[str, Event]] = defaultdict(dict)
        self.sent: Counter[str] = Counter()
        self._settings = settings
        self._publisher = Publisher(settings.broker)
        self._running: list[asyncio.Task[None]] = []
        self._replying: set[asyncio.Task[None]] = set()
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        settings = self._settings
        await self._stack.enter_async_context(self._publisher)
        follower = await self._stack.enter_async_context(LedgerFollower(settings.broker))
        heard = await self._stack.enter_async_context(
            hearing(settings.broker, list(settings.directory.parties))
        )
        self._running = [asyncio.create_task(self._follow(follower)), asyncio.create_task(self._hear(heard))]
        return self

    async def __aexit__(self, *raised: object) -> None:
        for task in [*self._running, *self._replying]:
            task.cancel()
        await asyncio.gather(*self._running, *self._replying, return_exceptions=True)
        await self._stack.aclose()

    async def _follow(self, follower: LedgerFollower) -> None:
        async for entry in follower:
            self.ledger[entry.case].append(entry)

    async def _hear(self, heard: AsyncIterator[Heard]) -> None:
        async for party, letter in heard:
            topic = messages_topic(party)
            if letter.id in self.letters[topic]:
                continue
            self.letters[topic][letter.id] = letter
            if letter.subject in self.cases:
                task = asyncio.create_task(self._react(party, letter))
                self._replying.add(task)
                task.add_done_callback(self._replying.discard)

    async def _react(self, party: Party, letter: Event) -> None:
        if letter.type == Requested.type and (answer := self.reply(letter)) is not None:
            await self.answer(str(letter.requestid), answer, agency=party.id)
        elif letter.type == FeeDue.type:
            paid = Paid(amount=FeeDue.model_validate(letter.data).amount, reference="bank")
            await self.say("portal", paid, letter.subject, id=f"{letter.subject}/paid")

    # --- speaking ----------------------------------------------------------------------------------------

    async def apply(
        self,
        case: CaseId | None = None,
        *,
        procedure: str = "construction-permit",
        of: BaseModel | None = None,
        **changes: Any,
    ) -> CaseId:
        """Hand in an application, ``of`` or one for a construction permit; the case it becomes."""
        case = case or new_case()
        self.cases.add(case)
        portal = ChannelClient(self._publisher, ADMINISTRATION, case.channel)
        said = application(**changes) if of is None else of
        applied = portal.application(procedure, said, case=case, id=f"{case}/applied")
        await self.send(portal.inlet.topic, applied)
        return case

    async def answer(self, request: str, answer: dict[str, Any], *, agency: str | None = None) -> Event:
        """Answer a request as the agency that was asked: the one of its type, unless another was."""
        asked = agency or REQUESTS[RequestId(request).request_type].agency
        client = AgencyClient(self._publisher, ADMINISTRATION, asked)
        answered = client.event(
            Answered(answer=answer), RequestId(request).case, request=request, id=f"{request}/answered"
        )
        await self.send(client.inlet.topic, answered)
        return answered

    async def say(self, channel: str, message: Message, case: str, *, id: str | None = None) -> Event:
        """Say something through a channel."""
        client = ChannelClient(self._publisher, ADMINISTRATION, channel)
        said = client.event(message, case, id=id)
        await self.send(client.inlet.topic, said)
        return said

    async def send(self, topic: str, sent: Event) -> None:
        """Publish an event, ``copies`` times; through outages of the broker."""
        for _ in range(self.copies):
            await self.publish(Record(topic, sent.subject, *sent.encode()))
        self.sent[sent.type] += 1

    async def publish(self, record: Record) -> None:
        """Publish one record as it is."""
        while True:
            try:
                await self._publisher.publish([record])
            except PublishError:
                await asyncio.sleep(0.2)
            else:
                return

    # --- seeing ------------------------------------------------------------------------------------------

    def kinds(self, case: str) -> list[str]:
        """What happened in a case so far, by kind."""
        return [entry.kind for entry in self.ledger[case]]

    def outcome(self, case: str) -> str | None:
        """How a case was decided."""
        return next((entry.outcome for entry in self.ledger[case] if entry.kind == "decided"), None)

    def heard(self, topic: str, event_type: str, case: str) -> list[Event]:
        """The letters of one type on one topic about one case."""
        return [
            each for each in self.letters[topic].values() if each.type == event_type and each.subject == case
        ]

    async def until(self, condition: Callable[[], bool], *, within_seconds: float = 120) -> None:
        """Wait for something to be true; a test's time-out, far above what it takes."""
        async with asyncio.timeout(within_seconds):
            while not condition():
                await asyncio.sleep(0.05)

    async def closed(self, *cases: str, within_seconds: float = 180) -> None:
        """Wait until these cases are closed."""
        await self.until(
            lambda: all("closed" in self.kinds(case) for case in cases), within_seconds=within_seconds
        )
