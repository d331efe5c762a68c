"""``python -m bench.agencies [APART_SECONDS]``: all agencies and the applicant, in one process, on Kafka."""

from __future__ import annotations

import asyncio
import sys

from bench.answers import PAYMENT, Pace, answer_to
from contracts.procedures.construction_permit import (
    CIVIL_AIR_DEFENCE,
    ENVIRONMENT,
    FIRE_SAFETY,
    HOUSING,
    PLANNING,
    SERVICE_HALL,
)
from contracts.terms.identifiers import ChannelId
from contracts.wire.envelope import Event
from contracts.wire.messages import Answered, Paid, Requested
from contracts.wire.notices import FeeDue
from network.broker.publisher import Publisher
from network.parties import AgencyClient, ChannelClient
from network.parties.hearing import Heard, hearing
from network.parties.party import PartyClient
from workers.process.metrics import set_ready
from workers.process.run import run_process
from workers.process.settings import Settings

CHANNEL = ChannelId("portal")
SYSTEMS = (HOUSING, PLANNING, FIRE_SAFETY, CIVIL_AIR_DEFENCE, ENVIRONMENT, SERVICE_HALL)


class Everybody:
    """Answers every request and pays every fee."""

    def __init__(self, settings: Settings, publisher: Publisher, pace: Pace) -> None:
        administration = settings.directory.administration
        clients: list[PartyClient] = [AgencyClient(publisher, administration, each) for each in SYSTEMS]
        clients.append(ChannelClient(publisher, administration, CHANNEL))
        self._clients = {client.party: client for client in clients}
        self._broker = settings.broker
        self._pace = pace
        self._answering: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Answer until cancelled."""
        async with hearing(self._broker, list(self._clients), group="bench.agencies") as heard:
            set_ready()
            async for each in heard:
                if answer := self._answer(each):
                    task = asyncio.create_task(self._send(self._clients[each.party], answer))
                    self._answering.add(task)
                    task.add_done_callback(self._answering.discard)

    def _answer(self, heard: Heard) -> Event | None:
        event, client = heard.event, self._clients[heard.party]
        if event.type == Requested.type:
            answered = Answered(answer=answer_to(event.data["request"]))
            return client.event(answered, event.subject, request=event.requestid)
        if event.type == FeeDue.type:
            return client.event(Paid.model_validate(PAYMENT), event.subject)
        return None

    async def _send(self, client: PartyClient, event: Event) -> None:
        await self._pace.turn(event.subject)
        await client.send(event)


async def run(settings: Settings, apart_seconds: float) -> None:
    """Answer until cancelled."""
    async with Publisher(settings.broker) as publisher:
        await Everybody(settings, publisher, Pace(apart_seconds)).run()


if __name__ == "__main__":
    apart = float(sys.argv[1]) if len(sys.argv) > 1 else 0
    run_process("bench-agencies", lambda settings: run(settings, apart))
