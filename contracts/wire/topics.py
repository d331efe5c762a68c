"""The topics, as the directory requires them.

Each agency has separate topics so that the broker's access rules can confine it to them: with one shared
topic, an agency could speak for another.
"""

from __future__ import annotations

from typing import NamedTuple

from contracts.terms.directory import Directory
from contracts.terms.identifiers import OPERATOR, Party

DEAD_LETTER = "dead-letter"
LEDGER = "case.ledger"
AVAILABILITY = "platform.availability"
"""Heartbeats of the gateways. A gap in them is an outage of the platform."""
CLOCK = "platform.clock"
"""Records without content: the timestamp that the broker sets on one shows its clock."""
DAY_MS = 24 * 3600 * 1000


TOLD_ON = {"agency": "requests", "channel": "notices", "operator": "replies"}
"""How the topic is named on which a party is told something, by its kind."""


def events_topic(party: Party) -> str:
    """What a party says: ``agency.<id>.events``, ``channel.<id>.events``, ``operator.events``."""
    return f"{_named(party)}.events"


def messages_topic(party: Party) -> str:
    """What the platform tells a party: ``agency.<id>.requests``, ``channel.<id>.notices``,
    ``operator.replies``."""
    return f"{_named(party)}.{TOLD_ON[party.kind]}"


def _named(party: Party) -> str:
    return party.replace(":", ".")


class Topic(NamedTuple):
    """A topic and its settings, as Kafka names them."""

    name: str
    partitions: int
    settings: dict[str, str]


class Inlet(NamedTuple):
    """A topic that the gateway reads, and the only party that may speak there.

    Attributes:
        topic: its name, without the administration's prefix.
        party: who may speak there.
        source: the CloudEvents ``source`` that its events must carry.
        replies: the topic where the party is told about refusals.
    """

    topic: str
    party: Party
    source: str
    replies: str


def inlet_of(administration: str, party: Party) -> Inlet:
    """The topic on which a party speaks to the platform."""
    return Inlet(events_topic(party), party, party.source(administration), messages_topic(party))


def topics_of(directory: Directory) -> list[Topic]:
    """Every topic of an administration.

    Timestamps are the broker's (LogAppendTime): they decide what is late. The ledger, the orders of operators
    and the dead letters are kept permanently and never compacted: their key is the case.
    """
    events = {
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(90 * DAY_MS),
        "retention.bytes": "-1",  # nothing is deleted for its size, whatever the broker's default is
        "cleanup.policy": "delete",
    }
    kept = events | {"retention.ms": "-1"}
    named = [name for party in directory.parties for name in (messages_topic(party), events_topic(party))]
    return (
        [Topic(name, directory.partitions, events) for name in named]
        + [Topic(messages_topic(OPERATOR), directory.partitions, events)]
        + [Topic(name, directory.partitions, kept) for name in (events_topic(OPERATOR), LEDGER, DEAD_LETTER)]
        + [
            Topic(
                AVAILABILITY, 1, {"message.timestamp.type": "LogAppendTime", "retention.ms": str(30 * DAY_MS)}
            ),
            Topic(
                CLOCK,
                directory.partitions,  # each broker that leads one has a clock of its own
                {"message.timestamp.type": "LogAppendTime", "retention.ms": str(DAY_MS)},
            ),
        ]
    )


def inlets_of(directory: Directory) -> list[Inlet]:
    """The topics that the gateway reads."""
    return [inlet_of(directory.administration, party) for party in (*directory.parties, OPERATOR)]
