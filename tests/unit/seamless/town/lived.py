"""Cases lived by simulated parties without a server: the real course of a procedure, in virtual time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from activities.outbox import records_of
from contracts.admission import Arrival, Rules, admit
from contracts.platform import Batch, Delivered
from contracts.terms.directory import Directory, load_directory
from contracts.terms.identifiers import AdministrationId, AgencyId, CaseId, ChannelId
from contracts.wire.envelope import Event
from contracts.wire.ledger import LedgerEntry
from contracts.wire.topics import inlet_of
from seamless.explore.lines import Lines
from seamless.explore.opening import opening
from seamless.explore.play import Play
from seamless.town.agenda import Intention
from seamless.town.channel import SimulatedChannel
from seamless.town.manners import Manners
from seamless.town.players import Players
from seamless.town.scenario import Scenario
from workflows.case import Procedure

PORTAL = ChannelId("portal")
DAY = timedelta(days=1)
MOST_STEPS = 3_000


@dataclass
class Lived:
    """A case that was lived to its end.

    Attributes:
        said: what the parties said to it, in order.
    """

    entries: list[LedgerEntry]
    said: list[Intention]

    @property
    def kinds(self) -> Counter[str]:
        return Counter(entry.kind for entry in self.entries)

    @property
    def outcome(self) -> str | None:
        return self.entries[-1].outcome

    @property
    def story(self) -> list[tuple[Any, ...]]:
        """What happened when; the same in two lives of one case, whatever its id."""
        return [(each.kind, each.step, each.outcome, each.reason, each.recorded) for each in self.entries]


def everybody_by_a_system() -> Directory:
    """The directory, in which nobody answers by an automated check."""
    known = load_directory()
    agencies = [each.model_copy(update={"participation": "system"}) for each in known.agencies]
    return known.model_copy(update={"agencies": tuple(agencies)})


def live(
    procedure: type[Procedure[Any]],
    *,
    seed: int,
    number: int = 1,
    manners: Manners | None = None,
    apart: frozenset[AgencyId] = frozenset(),
) -> Lived:
    """Live a case of a procedure from its application to its end."""
    directory, item = everybody_by_a_system(), procedure.item
    scenario = Scenario(day=DAY, seed=seed, manners=manners or Manners(), apart=apart)
    players = Players(directory, scenario)
    law = [each for each in item.laws if procedure.variant in each.variants][-1]
    channel = SimulatedChannel(PORTAL, scenario.manners.applicants, seed=seed, day=DAY)
    applied = channel.applies(item, number, datetime(2026, 3, 2, tzinfo=UTC))
    form = applied.message.model_dump(mode="json")["application"]
    opened = opening(procedure, law, item.application.model_validate(form), directory)
    case = CaseId(f"{PORTAL}-01a20bc3-a4c4-7044-b136-{number:012x}")
    opened = opened.model_copy(update={"case": case})
    play = Play(procedure, opened, opened.received, Lines(procedure), whole=True)
    said: list[Intention] = []
    read = 0
    for _ in range(MOST_STEPS):
        assert play.fault is None
        for posting in play.runtime.postings[read:]:
            batch = Batch(administration=AdministrationId(opened.administration), postings=(posting,))
            for record in records_of(batch, posting):
                players_hear(players, record)
        read = len(play.runtime.postings)
        if play.closing is not None:
            return Lived([each.entry for each in play.runtime.postings], said)
        due, intended = play._next(), players.agenda.next_at()
        assert due is not None or intended is not None, "nobody is going to say anything, and nothing is due"
        if intended is not None and (due is None or intended < due):
            intention = players.agenda.take(intended)
            assert intention is not None
            play.runtime.time = max(play.runtime.time, intended)
            said.append(intention)
            deliver(play, intention, opened.administration)
        else:
            assert due is not None
            play.runtime.time = max(play.runtime.time, due)
            play.runtime.turn()
    raise AssertionError(f"{procedure.workflow_type} does not end: {play.new[-3:]}")


def players_hear(players: Players, record: Any) -> None:
    """Whoever reads a topic reads a record of it; nobody else does."""
    key = record.key.encode()
    if record.topic in players.topics:
        players.hear(record.topic, key, record.value, record.headers)


def deliver(play: Play, intention: Intention, administration: str) -> None:
    """What a party says is admitted by the gateway's own check, and heard by the case."""
    party, now = intention.party, play.runtime.time
    event = Event.of(
        intention.message,
        id=intention.id,
        source=party.source(administration),
        case=intention.case,
        time=now,
        request=intention.request,
    )
    value, headers = event.encode()
    admit(Arrival(inlet_of(administration, party), event.subject.encode(), value, headers, now), Rules())
    delivered = Delivered(event=event, actor=party, received=now)
    play._procedure.deliver(delivered)
    play.runtime.turn()
