"""Writing a dead letter, and telling its sender."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.admission import Arrival
from contracts.terms.errors import REASONS, Refusal
from contracts.wire.envelope import Event, platform_source
from contracts.wire.messages import NOTICE_REFUSED, REFUSED, Refused
from contracts.wire.topics import DEAD_LETTER
from network.broker.publisher import Publisher, Record, RecordTooLarge

REPLAY_OF = "dlq-replay-of"
RESERVED = "dlq-"
"""Header names of ours. A sender's own headers of such names are dropped: they could pass for ours."""

MAX_TEXT = 1000
"""Characters of a detail or a field: both may quote the sender."""

MAX_READ = 1_000_000
"""Bytes of a message that are worth looking into for its id."""


@dataclass(frozen=True)
class Place:
    """Where a record stands on Kafka; ``topic`` without the administration's prefix."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


class DeadLetters:
    """The dead-letter topic, from the gateway's side.

    The id of a dead letter is the place of its record: written again after a crash, it is the same one.
    """

    def __init__(self, publisher: Publisher, *, administration: str, group: str) -> None:
        self._publisher = publisher
        self._source = platform_source(administration)
        self._group = group

    async def write(self, arrival: Arrival, place: Place, refusal: Refusal) -> None:
        """Keep a refused record with its reason, and tell its sender; return when both are durable.

        A record that is too large for the dead-letter topic is kept without its value (header
        ``dlq-omitted``: its size); the value stands at its original place.

        Raises:
            PublishError: not known to be written; call again.
        """
        now = datetime.now(UTC)
        why = self._headers(arrival, place, refusal, now)
        reply = self._reply(arrival, place, refusal, now)
        kept = [
            (name, content)
            for name, content in arrival.headers
            if not name.startswith(RESERVED) or name == REPLAY_OF
        ]
        # Kafka's client sends no record that has neither key nor value.
        value = b"" if arrival.key is None and arrival.value is None else arrival.value
        try:
            await self._publisher.publish([Record(DEAD_LETTER, arrival.key, value, [*kept, *why]), reply])
        except RecordTooLarge:
            size = ("dlq-omitted", str(len(arrival.value or b"")).encode())
            key = arrival.key and arrival.key[:MAX_TEXT]
            await self._publisher.publish([Record(DEAD_LETTER, key, b"", [*why, size]), reply])

    def _headers(
        self, arrival: Arrival, place: Place, refusal: Refusal, now: datetime
    ) -> list[tuple[str, bytes | None]]:
        texts = {
            "dlq-id": str(place),
            "dlq-topic": place.topic,
            "dlq-partition": str(place.partition),
            "dlq-offset": str(place.offset),
            "dlq-timestamp": arrival.received.isoformat(),
            "dlq-group": self._group,
            "dlq-reason": refusal.reason,
            "dlq-detail": _printable(refusal.detail),
            "dlq-at": now.isoformat(),
        }
        if refusal.field:
            texts["dlq-field"] = _printable(refusal.field)
        return [(name, text.encode()) for name, text in texts.items()]

    def _reply(self, arrival: Arrival, place: Place, refusal: Refusal, now: datetime) -> Record:
        said = _said(arrival)
        case = said.get("subject") or (arrival.key or b"").decode(errors="replace")[:200] or "unknown"
        refused = Refused(
            event=said.get("id"),
            reason=refusal.reason,
            text=REASONS[refusal.reason],
            detail=_printable(refusal.detail),
            field=_printable(refusal.field) if refusal.field else None,
        )
        event = Event(
            specversion="1.0",
            id=f"{place}/refused",
            source=self._source,
            type=REFUSED if arrival.inlet.party == "agency" else NOTICE_REFUSED,
            subject=case,
            partitionkey=case,
            time=now,
            requestid=said.get("requestid"),
            data=refused.model_dump(mode="json"),
        )
        value, headers = event.encode()
        return Record(arrival.inlet.replies, case, value, headers)


def _said(arrival: Arrival) -> dict[str, str]:
    """The attributes by which the sender knows its event, as far as the record shows them."""
    attributes: dict[str, Any] = {
        name.lower().removeprefix("ce_"): value.decode(errors="replace")
        for name, value in arrival.headers
        if name.lower().startswith("ce_") and value is not None
    }
    if arrival.value is not None and len(arrival.value) <= MAX_READ:
        try:
            message = json.loads(arrival.value)
        except (ValueError, RecursionError):
            message = None
        if isinstance(message, dict) and "specversion" in message:
            attributes |= message
    return {
        name: _printable(attributes[name])[:200]
        for name in ("id", "subject", "requestid")
        if isinstance(attributes.get(name), str) and attributes[name]
    }


def _printable(text: str) -> str:
    """``text`` cut to a bounded length, without what UTF-8 cannot carry."""
    return text[:MAX_TEXT].encode(errors="replace").decode()
