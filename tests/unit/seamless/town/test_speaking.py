"""What is due is said, in order and once, also where the broker is away for a while."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.terms.identifiers import CaseId, Party
from contracts.wire.envelope import Event, Message
from contracts.wire.messages import Answered, Received
from network.broker.publisher import Publisher, PublishError, Record
from seamless.town import speaking
from seamless.town.agenda import Agenda, Intention
from seamless.town.speaking import Speaker
from tests.applications import new_case
from workers.process.settings import Settings, load_settings

PARKS = Party.agency("parks")
REQUEST = "tree-felling.inspect-tree/1"


class Unsteady(Publisher):
    """A publisher whose broker is away for the first so many calls; keeps what it was given after that."""

    def __init__(self, settings: Settings, away: int) -> None:
        super().__init__(settings.broker)
        self.away, self.kept = away, []

    async def publish(self, records: Sequence[Record]) -> None:
        self.away -= 1
        if self.away >= 0:
            raise PublishError("the broker is away")
        self.kept += records

    @property
    def said(self) -> list[str]:
        return [Event.decode(each.value, each.headers).id for each in self.kept]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(speaking, "RETRY_SECONDS", 0.001)
    return load_settings(data=tmp_path)


def intention(seconds: float, id: str, case: CaseId, message: Message | None = None) -> Intention:
    at, request = datetime.now(UTC) + timedelta(seconds=seconds), f"{case}/{REQUEST}"
    return Intention(at, PARKS, case, message or Received(), id, request, request)


async def spoken(speaker: Speaker, publisher: Unsteady, count: int) -> list[str]:
    """What is said until there is so much of it."""
    speaking_on = asyncio.create_task(speaker.run())
    try:
        async with asyncio.timeout(20):
            while len(publisher.kept) < count:
                await asyncio.sleep(0.005)
    finally:
        speaking_on.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await speaking_on
    return publisher.said


async def test_while_the_broker_is_away_nothing_is_lost_doubled_or_swapped(settings: Settings) -> None:
    publisher, agenda, case = Unsteady(settings, away=7), Agenda(), new_case()
    for number in range(5):
        agenda.add(intention(number * 0.01, str(number), case))
    assert await spoken(Speaker(publisher, settings, agenda), publisher, 5) == list("01234")


async def test_what_comes_to_be_due_sooner_than_all_else_is_not_kept_waiting(settings: Settings) -> None:
    publisher, agenda, case = Unsteady(settings, away=0), Agenda(), new_case()
    speaker = Speaker(publisher, settings, agenda)
    agenda.add(intention(3600, "in an hour", case))

    async def add_later() -> None:
        await asyncio.sleep(0.05)
        agenda.add(intention(0, "now", case))
        speaker.look()

    adding = asyncio.create_task(add_later())
    assert await spoken(speaker, publisher, 1) == ["now"]
    await adding


async def test_what_the_gateway_would_not_admit_is_not_said_and_stops_nobody(settings: Settings) -> None:
    publisher, agenda, case = Unsteady(settings, away=0), Agenda(), new_case()
    agenda.add(intention(0, "wrong", case, Answered(answer={"outcome": "maybe"})))
    agenda.add(intention(0, "right", case, Answered(answer={"outcome": "fell"})))
    assert await spoken(Speaker(publisher, settings, agenda), publisher, 1) == ["right"]
