"""All simulated parties: what they receive, and what they plan to say. No I/O, and no clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import structlog

from contracts.terms.directory import Directory
from contracts.terms.identifiers import CaseId, Party, ProcedureId
from contracts.terms.service_item import ServiceItem
from contracts.wire.envelope import Event, Headers
from contracts.wire.ledger import LedgerEntry
from contracts.wire.topics import DEAD_LETTER, LEDGER, messages_topic
from seamless.explore.values import NoExample
from seamless.town.agency import SimulatedAgency
from seamless.town.agenda import Agenda, Intention
from seamless.town.board import Board
from seamless.town.channel import SimulatedChannel
from seamless.town.draws import draw
from seamless.town.reporters import SimulatedReporters
from seamless.town.scenario import Scenario, agencies_in, channels_in

log = structlog.get_logger(__name__)


class Application(NamedTuple):
    """An application that is going to be handed in."""

    procedure: ProcedureId
    intention: Intention


class Players:
    """The parties of a directory, simulated.

    Attributes:
        agenda: what they intend to say.
        board: what the ledger says, from its first entry on.
    """

    def __init__(self, directory: Directory, scenario: Scenario) -> None:
        seed, day, manners = scenario.seed, scenario.day, scenario.manners
        self.agenda, self.board = Agenda(), Board()
        self._seed = seed
        self._channels = {
            each: SimulatedChannel(each, manners.applicants, seed=seed, day=day)
            for each in channels_in(directory)
        }
        agencies = [
            SimulatedAgency(each, manners.of(each), seed=seed, day=day)
            for each in agencies_in(directory, scenario)
        ]
        everybody: list[SimulatedChannel | SimulatedAgency] = [*self._channels.values(), *agencies]
        self._parties = {each.party: each for each in everybody}
        self._reporters = SimulatedReporters(manners, seed=seed, day=day, played=self._parties)
        self._by_topic = {messages_topic(party): party for party in self._parties}
        self._without_example: set[ProcedureId] = set()

    @property
    def parties(self) -> tuple[Party, ...]:
        """Those who are simulated."""
        return tuple(self._parties)

    @property
    def topics(self) -> tuple[str, ...]:
        """What they have to hear."""
        return (*self._by_topic, LEDGER, DEAD_LETTER)

    def hear(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Take in a record of one of the topics.

        Raises:
            Refusal, ValueError: it is none of the platform's, or one of another build.
        """
        if topic == DEAD_LETTER:
            self.board.dead_letters.add(key, value, headers)
            return
        party = self._by_topic.get(topic)
        if party is None:
            entry, _ = LedgerEntry.decode(value, headers)
            self.board.enter(entry)
            self._reporters.hear(entry, self.agenda)
        else:
            self._parties[party].hear(Event.decode(value, headers), self.agenda)

    def application(self, number: int, now: datetime, items: Sequence[ServiceItem]) -> Application | None:
        """The application of one more applicant; None where no application to any procedure can be made up.

        Args:
            number: of the case.
            items: the procedures that may be applied for.
        """
        chance = draw(self._seed, number, "arrival")
        while known := [each for each in items if each.procedure not in self._without_example]:
            channel, item = chance.choice(list(self._channels.values())), chance.choice(known)
            try:
                return Application(item.procedure, channel.applies(item, number, now))
            except NoExample as none:
                log.warning("a procedure is not applied for", procedure=item.procedure, reason=str(none))
                self._without_example.add(item.procedure)
        return None

    def has_ended(self, case: CaseId) -> bool:
        """Whether a case is closed, or its application was refused."""
        return self.board.is_closed(case) or case in self._channels[case.channel].refused
