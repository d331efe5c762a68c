"""Dead letters that an operator has replayed: the records they came from, read again from their places."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiokafka import TopicPartition

from contracts.admission import Arrival
from contracts.terms.errors import PLATFORM_FAULTS, Refusal
from contracts.wire.dead_letter import Place, instant, reserved
from contracts.wire.topics import Inlet
from network.broker.connection import LOG_APPEND_TIME, Broker, append_time
from workers.gateway.dead_letters import ReplayOf

READ_SECONDS = 10.0


@dataclass(frozen=True)
class ReplayedRecord:
    """A dead letter to be carried again.

    Attributes:
        inlet: the topic that its record came from.
        letter: its id.
        original: where its record stands.
        replay: where the operator's replay of it stands; should it be refused again, it is known by that.
        reason: why it was refused.
        key: of its record.
        counted: from when it counted when it was replayed before; None: it was not.
        replayed: when the broker received the replay.
    """

    inlet: Inlet
    letter: str
    original: Place
    replay: Place
    reason: str
    key: bytes | None
    replayed: datetime
    counted: datetime | None = None

    @property
    def origin(self) -> ReplayOf:
        """The dead letter that it was."""
        return ReplayOf(self.letter, self.original)


def replay_of(record: Any, place: Place, inlets: Mapping[str, Inlet]) -> ReplayedRecord | None:
    """What a record of the dead-letter topic asks the gateway to carry again; None where it asks for nothing.

    Args:
        place: where the record stands.
        inlets: by their topics, without the administration's prefix.
    """
    said = reserved(record.headers)
    inlet = inlets.get(said.get("dlq-topic", ""))
    if said.get("dlq-state") != "replayed" or inlet is None:
        return None
    try:
        original = Place(inlet.topic, int(said["dlq-partition"]), int(said["dlq-offset"]))
        counted = instant(said["dlq-timestamp"]) if "dlq-timestamp" in said else None
    except (KeyError, ValueError):
        return None
    return ReplayedRecord(
        inlet=inlet,
        letter=said.get("dlq-id", ""),
        original=original,
        replay=place,
        reason=said.get("dlq-reason", ""),
        key=record.key,
        replayed=append_time(record),
        counted=counted,
    )


class Originals:
    """Reads the records that dead letters came from."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def read(self, replayed: ReplayedRecord) -> Arrival:
        """The record as it came. Where the platform may have been at fault it keeps its append time, so what
        was in time counts; otherwise it is as late as its replay, as is one whose time is the sender's.

        Raises:
            Refusal: it is no longer there, or still cannot be read.
        """
        place = replayed.original
        partition = TopicPartition(self._broker.topic(place.topic), place.partition)
        async with self._broker.consuming() as consumer:
            consumer.assign([partition])
            begins = await consumer.beginning_offsets([partition])
            if place.offset < begins[partition]:
                detail = f"{replayed.letter}: its record is gone; ask its sender to send it again"
                raise Refusal("unreadable", detail)
            ends = await consumer.end_offsets([partition])
            if place.offset >= ends[partition]:  # it would be waited for
                raise Refusal("unreadable", f"{replayed.letter}: its topic was made again, without it")
            consumer.seek(partition, place.offset)
            try:
                async with asyncio.timeout(READ_SECONDS):
                    record = await consumer.getone(partition)
            except UnicodeDecodeError as error:
                raise Refusal("unreadable", f"{replayed.letter}: {error}") from None
        if record.offset != place.offset:
            raise Refusal("unreadable", f"{replayed.letter}: its record is not on its topic")
        if replayed.key is not None and not (record.key or b"").startswith(replayed.key):  # it may be cut
            raise Refusal("unreadable", f"{replayed.letter}: another record stands where its record was")
        in_doubt = replayed.reason in PLATFORM_FAULTS and record.timestamp_type == LOG_APPEND_TIME
        return Arrival(
            inlet=replayed.inlet,
            key=record.key,
            value=record.value,
            headers=tuple(record.headers),
            received=(replayed.counted or append_time(record)) if in_doubt else replayed.replayed,
        )
