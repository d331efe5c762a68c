"""The topics, as the directory asks for them.

An agency has topics of its own so that the broker's access rules can keep it to them: with one
shared topic, an agency could speak for another.
"""

from __future__ import annotations

from typing import NamedTuple

from contracts.terms.directory import Directory
from contracts.wire.envelope import agency_source, channel_source

DEAD_LETTER = "dead-letter"
LEDGER = "case.ledger"
DAY_MS = 24 * 3600 * 1000


def agency_requests(agency: str) -> str:
    """What the platform asks of an agency."""
    return f"agency.{agency}.requests"


def agency_events(agency: str) -> str:
    """What an agency says."""
    return f"agency.{agency}.events"


def channel_events(channel: str) -> str:
    """What applicants say through a channel."""
    return f"channel.{channel}.events"


def channel_notices(channel: str) -> str:
    """What the platform tells applicants through a channel."""
    return f"channel.{channel}.notices"


class Topic(NamedTuple):
    """A topic and its settings, as Kafka names them."""

    name: str
    partitions: int
    settings: dict[str, str]


class Inlet(NamedTuple):
    """A topic that the gateway reads, and the only party that may speak there.

    Attributes:
        topic: its name, without the administration's prefix.
        party: ``agency`` or ``channel``.
        id: which one.
        source: the CloudEvents ``source`` that its events have to carry.
        replies: the topic where the party hears of refusals.
    """

    topic: str
    party: str
    id: str
    source: str
    replies: str


def topics_of(directory: Directory) -> list[Topic]:
    """Every topic of an administration.

    Time stamps are the broker's (LogAppendTime): late or not is decided by when the broker had it. The
    ledger and the dead letters are kept for ever and never compacted: their key is the case.
    """
    events = {"message.timestamp.type": "LogAppendTime", "retention.ms": str(90 * DAY_MS)}
    kept = {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1", "cleanup.policy": "delete"}
    named = [
        name
        for agency in directory.agencies
        for name in (agency_requests(agency.id), agency_events(agency.id))
    ]
    named += [
        name
        for channel in directory.channels
        for name in (channel_events(channel.id), channel_notices(channel.id))
    ]
    return [Topic(name, directory.partitions, events) for name in named] + [
        Topic(name, directory.partitions, kept) for name in (LEDGER, DEAD_LETTER)
    ]


def inlets_of(directory: Directory) -> list[Inlet]:
    """The topics that the gateway reads."""
    name = directory.administration
    return [
        Inlet(
            agency_events(each.id), "agency", each.id, agency_source(name, each.id), agency_requests(each.id)
        )
        for each in directory.agencies
    ] + [
        Inlet(
            channel_events(each.id),
            "channel",
            each.id,
            channel_source(name, each.id),
            channel_notices(each.id),
        )
        for each in directory.channels
    ]
