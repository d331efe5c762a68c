"""Sending what simulated parties plan, when its time has come."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime

import structlog

from contracts.terms.errors import InvalidInput, Refusal
from contracts.terms.identifiers import Party
from network.broker.publisher import Publisher, PublishError
from network.parties.party import PartyClient
from seamless.town.agenda import Agenda, Intention
from workers.process.settings import Settings

log = structlog.get_logger(__name__)

RETRY_SECONDS = 0.5


class Speaker:
    """Speaks for any number of parties, on one publisher: what is due, one after the other.

    While the broker is away it goes on trying, and says what has become due meanwhile when it is back.
    Whoever adds to the agenda calls :meth:`look`.

    Attributes:
        said: how many events were sent.
    """

    def __init__(self, publisher: Publisher, settings: Settings, agenda: Agenda) -> None:
        self._agenda = agenda
        self.said = 0
        self._publisher, self._settings = publisher, settings
        self._clients: dict[Party, PartyClient] = {}
        self._changed = asyncio.Event()

    def look(self) -> None:
        """Look at the agenda again: it may have something that is due before all else."""
        self._changed.set()

    async def run(self) -> None:
        """Say what is due, until cancelled."""
        while True:
            self._changed.clear()
            while (intention := self._agenda.take(datetime.now(UTC))) is not None:
                await self.say(intention)
            next_at = self._agenda.next_at()
            seconds = None if next_at is None else (next_at - datetime.now(UTC)).total_seconds()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._changed.wait()

    async def say(self, intention: Intention) -> bool:
        """Say something now; return when the broker has it. False: the gateway would not admit it, and it is
        not said."""
        party = self._client(intention.party)
        try:
            event = party.event(intention.message, intention.case, id=intention.id, request=intention.request)
        except Refusal as refusal:
            log.warning("not said", party=intention.party, id=intention.id, reason=str(refusal))
            return False
        while True:
            try:
                await party.send(event)
            except PublishError:
                await asyncio.sleep(RETRY_SECONDS)
            except InvalidInput as error:
                log.warning("not said", party=intention.party, id=intention.id, reason=str(error))
                return False
            else:
                self.said += 1
                return True

    def _client(self, party: Party) -> PartyClient:
        if party not in self._clients:
            administration = self._settings.directory.administration
            self._clients[party] = PartyClient(
                self._publisher, administration, party, rules=self._settings.rules
            )
        return self._clients[party]
