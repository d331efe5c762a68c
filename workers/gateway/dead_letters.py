"""Writing a dead letter, and telling its sender."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from opentelemetry.trace import get_current_span

from contracts.admission import Arrival
from contracts.terms.bounds import one_line
from contracts.terms.errors import REASONS, Refusal
from contracts.terms.identifiers import PLATFORM, CaseId
from contracts.wire.dead_letter import DeadLetter, Place
from contracts.wire.envelope import LARGEST_ATTRIBUTE, Event
from contracts.wire.messages import refusal_id
from contracts.wire.orders import REFUSED_AS
from contracts.wire.topics import DEAD_LETTER
from contracts.wire.tracing import Trace
from network.broker.publisher import Publisher, Record, RecordTooLarge
from network.tracing import handed_on

MAX_TEXT = 1000
"""Characters of a detail or a field: both may quote the sender."""

MAX_READ = 1_000_000
"""Messages up to this many bytes are searched for their id."""


class ReplayOf(NamedTuple):
    """The dead letter that a record was, and where that record stands."""

    letter: str
    place: Place


class DeadLetterWriter:
    """The dead-letter topic, from the gateway's side.

    The id of a dead letter is the place of its record: written again after a crash, it is the same one.
    """

    def __init__(self, publisher: Publisher, *, administration: str, group: str) -> None:
        self._publisher = publisher
        self._source = PLATFORM.source(administration)
        self._group = group

    async def write(
        self, arrival: Arrival, place: Place, refusal: Refusal, *, replay_of: ReplayOf | None = None
    ) -> None:
        """Keep a refused record with its reason, and tell its sender; return when both are durable.

        A record that is too large for the dead-letter topic is kept without its value (header
        ``dlq-omitted``: its size); the value stays at its original place.

        Args:
            place: where the record stands; of one that was replayed, where its replay does.
            replay_of: the dead letter that it was before.

        Raises:
            PublishError: not known to be written; call again.
        """
        now = datetime.now(UTC)
        letter = DeadLetter(
            id=str(place),
            place=replay_of.place if replay_of else place,
            replay_of=replay_of.letter if replay_of else None,
            received=arrival.received,
            refused=now,
            reason=refusal.reason,
            detail=_printable(refusal.detail),
            field=_printable(refusal.field) if refusal.field else None,
            key=arrival.key,
            value=arrival.value,
            headers=tuple(arrival.headers),
            group=self._group,
        )
        reply = self._reply(arrival, letter)
        try:
            await self._publisher.publish([Record(DEAD_LETTER, letter.key, *letter.encode()), reply])
        except RecordTooLarge:
            key, size = letter.key and letter.key[:MAX_TEXT], len(letter.value or b"")
            small = replace(letter, key=key, value=b"", headers=(), omitted=size)
            await self._publisher.publish([Record(DEAD_LETTER, small.key, *small.encode()), reply])

    def _reply(self, arrival: Arrival, letter: DeadLetter) -> Record:
        attributes = attributes_of(arrival)
        said = _said(attributes)
        trace = handed_on(get_current_span(), Trace.stated_in(attributes)) or Trace()
        key = one_line((arrival.key or b"").decode(errors="replace")[:200])
        case = said.get("subject") or key or "unknown"
        kind = REFUSED_AS[arrival.inlet.party.kind]
        refused = kind(
            event=said.get("id"),
            reason=letter.reason,
            text=REASONS[letter.reason],
            detail=letter.detail,
            field=letter.field,
        )
        event = Event.of(
            refused,
            id=refusal_id(arrival.inlet.source, _id_of(attributes, said), _content(arrival), letter.reason),
            source=self._source,
            case=case,
            time=letter.refused,
            request=said.get("requestid"),
            traceparent=trace.parent,
            tracestate=trace.state,
        )
        return Record(arrival.inlet.replies, case, *event.encode())


def _content(arrival: Arrival) -> str:
    """A digest of what a record says: of an event, the one that its case would make; of what is none, with
    its key, since many records may be alike, such as empty ones."""
    try:
        return Event.decode(arrival.value, arrival.headers).digest
    except (Refusal, ValueError, RecursionError):
        key, value = (hashlib.sha256(each or b"").digest() for each in (arrival.key, arrival.value))
        return hashlib.sha256(key + value).hexdigest()


def attributes_of(arrival: Arrival) -> dict[str, Any]:
    """The attributes of a record, whatever they hold, as far as it shows any."""
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
        # In binary mode the value is the data, which may have an `id` of its own.
        if isinstance(message, dict) and (not attributes or "specversion" in message):
            attributes |= message
    return attributes


def case_of(arrival: Arrival) -> CaseId | None:
    """The case that the key of a record names, if it names one."""
    try:
        return CaseId((arrival.key or b"").decode())
    except ValueError:
        return None


def _id_of(attributes: Mapping[str, Any], said: Mapping[str, str]) -> str | None:
    """What tells the id of an event from every other, also where it cannot be repeated as it is."""
    repeated, name = said.get("id"), attributes.get("id")
    if repeated is None or repeated == name:
        return repeated
    return hashlib.sha256(str(name).encode(errors="surrogatepass")).hexdigest()


def _said(attributes: Mapping[str, Any]) -> dict[str, str]:
    """The attributes by which the sender knows its event."""
    return {
        name: one_line(attributes[name][:LARGEST_ATTRIBUTE])
        for name in ("id", "subject", "requestid")
        if isinstance(attributes.get(name), str) and attributes[name]
    }


def _printable(text: str) -> str:
    """``text`` cut to a bounded length, on one line, without characters that no message can carry."""
    return one_line(text[:MAX_TEXT])
