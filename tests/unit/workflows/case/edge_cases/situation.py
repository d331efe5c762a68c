"""A case of which one sender's events are tried, and the rows of the table of edge cases."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from contracts.admission import Arrival, Rules, admit
from contracts.platform import Letter
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import Party
from contracts.terms.values import Bilingual, MissingItem
from contracts.wire.envelope import Event, Message
from contracts.wire.messages import Question, Refused, Taken
from contracts.wire.notices import Asked, RefusedNotice, TakenNotice
from contracts.wire.topics import inlet_of, messages_topic
from tests.applications import ADMINISTRATION, document
from tests.unit.workflows.case.authoring import FIRE, Author, answered
from tests.unit.workflows.case.running import (
    FIRE_SAFETY,
    PORTAL,
    START,
    VirtualRuntime,
    a_case,
    delivered,
    letters,
    take,
)
from workflows.case.waiting import open_request

ENVIRONMENT = Party.agency("environment")
REVIEW = "construction-permit.review-fire-safety/1"
BY_ENVIRONMENT = "construction-permit.review-environment/1"
CONSENT = answered("consent")
TITLE = {"land_title": document("title").model_dump(mode="json")}
LAND_TITLE = MissingItem(zh="用地批准", en="Land title", field="land_title")
HOW_HIGH = Question(text=Bilingual(zh="层数？", en="How many storeys?"))
INVALID = "`refused`: `invalid`"
DOCUMENT = document("permit").model_dump(mode="json")


class Situation(Author):
    """A case of which one sender's events are tried."""

    def __init__(self, runtime: VirtualRuntime) -> None:
        super().__init__(a_case(runtime), runtime)
        self.told: dict[str, int] = {}

    def answers(self, sender: Party) -> list[tuple[str, dict[str, Any]]]:
        """What the sender was told since this was asked last."""
        every = letters(self.case, sender)
        new = every[self.told.get(sender, 0) :]
        self.told[sender] = len(every)
        return new

    async def asks(self) -> None:
        """The case asks the fire brigade."""
        open_request(self.case, FIRE)

    async def says(self, message: Message, sender: Party, **details: Any) -> str:
        """What the sender of an event is told, in the words of the table."""
        self.answers(sender)
        await self.hears(message, sender, **details)
        take(self.case)
        return words(self.answers(sender))

    def posts(self, party: Party) -> list[Letter]:
        """All that a party was sent."""
        every = [letter for recorded in self.case.outbox._waiting for letter in recorded.posting().letters]
        return [letter for letter in every if letter.topic == messages_topic(party)]

    def heard(self, party: Party, kind: type[Message]) -> list[dict[str, Any]]:
        """The messages of a type that a party was told."""
        return [data for each, data in letters(self.case, party) if each == kind.type]


def words(told: list[tuple[str, dict[str, Any]]]) -> str:
    for kind, data in told:
        if kind in (Refused.type, RefusedNotice.type):
            return f"`refused`: `{data['reason']}`"
        if kind in (Taken.type, TakenNotice.type):
            late = ", late" if data["late"] else ""
            return f"`taken`{late}" + (", with the `excess`" if data.get("excess") else "")
    return "nothing"


def admitted(sender: Party, value: str) -> str:
    """What the gateway's check says about a record, in the words of the table."""
    inlet = inlet_of(ADMINISTRATION, sender)
    key = re.search(r'"subject": ?"([^"]*)"', value)
    try:
        admit(Arrival(inlet, key and key[1].encode(), value.encode(), [], START), Rules())
    except Refusal as refusal:
        return f"`refused`: `{refusal.reason}`"
    return "`taken`"


def json_of(case: str, message: Message, sender: Party, step: str | None = None) -> str:
    event: Event = delivered(message, case, sender, step=step).event  # type: ignore[arg-type]
    return event.encode()[0].decode()


@dataclass(frozen=True)
class Row:
    event: str
    situation: str
    answer: str
    tried: Callable[[Situation], Awaitable[str]] | str


async def asks_how_high(at: Situation) -> str:
    """The fire brigade has a question to the applicant."""
    await at.asks()
    answer = await at.says(HOW_HIGH, FIRE_SAFETY, step=REVIEW)
    (asked,) = at.heard(PORTAL, Asked)
    assert (asked["text"]["en"], asked["agency"]) == ("How many storeys?", "fire-safety")
    return answer
