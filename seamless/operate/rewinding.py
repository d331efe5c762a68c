"""Having the gateway carry events again: its offsets are set back, so that it reads them again.

Not by giving them to the cases from here: the gateway keeps their order and their append times, and the fence
holds every consequence until the gateway has carried what it has to. A case drops what it has had already.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, KafkaError

from contracts.admission import Arrival, CaseEvent, Rules, admit
from contracts.terms.errors import InvalidInput, Refusal
from contracts.wire.topics import DEAD_LETTER, Inlet
from network.broker.connection import Broker, append_time

POLL_MS = 500


class Rewound(NamedTuple):
    """A partition of an inlet.

    Attributes:
        committed: up to where the gateway had carried it.
        again: from where it is carried again; as far as ``committed`` where there is nothing to carry again.
        lost: the topic no longer has everything from then on.
    """

    topic: str
    partition: int
    committed: int
    again: int
    lost: bool


async def rewind(
    broker: Broker, group: str, inlets: Sequence[Inlet], since: datetime, *, really: bool
) -> list[Rewound]:
    """Set the gateway's offsets back to what the broker has had since a moment.

    Args:
        group: the gateway's consumer group.
        since: the moment; rather too early than too late.
        really: otherwise only say what would be done.

    Raises:
        InvalidInput: a gateway is running.
        Unavailable: the broker does not answer.
    """
    partitions = await broker.partitions([*(each.topic for each in inlets), DEAD_LETTER])
    async with broker.consuming(group_id=group) as consumer:
        try:
            rewound = await _rewound(consumer, partitions, since)
            consumer.assign(partitions)
            if really:  # the broker takes it only while no gateway has the partitions
                await consumer.commit(
                    {place: each.again for place, each in zip(partitions, rewound, strict=True)}
                )
        except CommitFailedError:
            raise InvalidInput(
                "a gateway is running: stop the gateways, run this, then start them again"
            ) from None
        except KafkaError as error:
            raise broker.unavailable(error) from None
    return rewound


async def _rewound(consumer: Any, places: Sequence[TopicPartition], since: datetime) -> list[Rewound]:
    """Asked of all partitions at once, and of none that is being read: what waits for records would hold up
    each answer."""
    begins = await consumer.beginning_offsets(places)
    found = await consumer.offsets_for_times({each: int(since.timestamp() * 1000) for each in places})
    rewound = []
    for place in places:
        committed = await consumer.committed(place) or 0
        first = found[place].offset if found[place] else committed
        rewound.append(
            Rewound(
                topic=place.topic,
                partition=place.partition,
                committed=committed,
                again=min(first, committed),
                lost=begins[place] > 0 and first <= begins[place],
            )
        )
    return rewound


async def events_again(
    broker: Broker, inlets: Sequence[Inlet], rewound: Sequence[Rewound], rules: Rules
) -> AsyncIterator[CaseEvent]:
    """The events for cases that the gateway will carry, as it admits them, in the order of each partition:
    to the end of what is there, since an earlier recovery that was broken off has set the offsets back
    already, and what it had to carry again lies beyond them.

    Raises:
        Unavailable: the broker does not answer.
    """
    known = {broker.topic(each.topic): each for each in inlets}
    places = {TopicPartition(each.topic, each.partition): each for each in rewound if each.topic in known}
    async with broker.consuming(isolation_level="read_committed") as consumer:
        try:
            consumer.assign(list(places))
            for place, each in places.items():
                consumer.seek(place, each.again)
            ends = await consumer.end_offsets(list(places))
            while any([await consumer.position(place) < ends[place] for place in places]):
                for place, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                    for record in records:
                        if event := _admitted(record, known[place.topic], rules):
                            yield event
        except KafkaError as error:
            raise broker.unavailable(error) from None


def _admitted(record: Any, inlet: Inlet, rules: Rules) -> CaseEvent | None:
    arrival = Arrival(inlet, record.key, record.value, tuple(record.headers), append_time(record))
    try:
        admitted = admit(arrival, rules)
    except Refusal:
        return None
    return admitted if isinstance(admitted, CaseEvent) else None
