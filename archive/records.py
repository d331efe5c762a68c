"""What stands on the ledger's topic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from contracts.terms.errors import Refusal, refusal_of
from contracts.terms.values import Sha256
from contracts.wire.envelope import Event
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import LEDGER_ENTRY

_HASH = TypeAdapter(Sha256)


class Arrival(NamedTuple):
    """One record as it was read from the topic."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Inscription(NamedTuple):
    """An entry, and the JSON text of it that stood on the topic."""

    entry: LedgerEntry
    text: str


def inscription_of(value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> Inscription:
    """The ledger entry that a record carries.

    An entry with a wrong hash is an entry: it is kept as it is, for the ledger's reader to judge.

    Raises:
        Refusal: the record carries none; says why.
    """
    event = Event.decode(value, list(headers))
    if event.type != LEDGER_ENTRY:
        raise Refusal("unknown-type", f"type: {event.type!r} is no {LEDGER_ENTRY}", "type")
    try:
        entry = LedgerEntry.model_validate(event.data)
        _HASH.validate_python(entry.hash)
    except ValidationError as error:
        raise refusal_of(error, under="data") from None
    return Inscription(entry, to_json(event.data).decode())
