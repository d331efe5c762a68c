"""Dead letters: records that the gateway refused, as they are on their topic, and what became of each.

The topic holds three kinds of records: dead letters, settlements (header ``dlq-state``), and, where two
persons are required, proposals of settlements (header ``dlq-proposed``). Nothing is ever changed or deleted;
a dead letter without a settlement waits. Everything that the platform adds is in headers
whose names begin with ``dlq-``, in UTF-8; key, value and the other headers are those of the record as it
came.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from contracts.terms.levers import LetterLever
from contracts.wire.envelope import Headers

State = Literal["waiting", "replayed", "discarded"]

SETTLED_AS: Mapping[LetterLever, State] = MappingProxyType({"replay": "replayed", "discard": "discarded"})
"""What becomes of a dead letter by each lever."""

SETTLED_BY: Mapping[str, LetterLever] = MappingProxyType(
    {state: lever for lever, state in SETTLED_AS.items()}
)
"""By which lever a dead letter becomes what it is."""

RESERVED = "dlq-"
"""How the platform's header names begin. A sender's own headers of such names are dropped."""

PROPOSED = "dlq-proposed"
"""The header of a proposal: what would become of the dead letter."""

REPLAY_OF = "dlq-replay-of"
"""The header of a dead letter that was replayed and refused again: the id of the first one."""


class Settlement(NamedTuple):
    """What becomes of a dead letter.

    Attributes:
        letter: the id of the dead letter.
        state: what becomes of it.
        by, why, at: who says so, why and when.
        proposed: nothing yet: another person has to confirm it.
        appended: when the broker had it.
    """

    letter: str
    state: State
    by: str
    why: str
    at: datetime
    proposed: bool = False
    appended: datetime | None = None

    def is_of(self, letter: DeadLetter) -> bool:
        """Whether this is what becomes of a dead letter. Of a topic that was made again another record stands
        where the one did that was settled, so its letter has the same id."""
        return self.letter == letter.id and letter.since <= (self.appended or self.at)

    @classmethod
    def decode(cls, headers: Headers, appended: datetime | None = None) -> Settlement:
        """The settlement that a record is, or proposes.

        Raises:
            KeyError, ValueError: the record is neither.
        """
        said = reserved(headers)
        proposed = "dlq-state" not in said
        return cls(
            letter=said["dlq-id"],
            state=_state(said[PROPOSED if proposed else "dlq-state"]),
            by=said.get("dlq-by", ""),
            why=said.get("dlq-why", ""),
            at=instant(said["dlq-at"]),
            proposed=proposed,
            appended=appended,
        )


class Place(NamedTuple):
    """Where a record is on Kafka; ``topic`` without the administration's prefix."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True)
class DeadLetter:
    """A refused record and what became of it.

    Attributes:
        id: the place of the record, ``<topic>/<partition>/<offset>``; of one that was replayed and refused
            again, the place of its replay.
        place: where the record stands.
        received: when the broker received the record; ``refused``: when the gateway refused it.
        reason: a code of :data:`contracts.terms.errors.REASONS`; ``detail`` a sentence.
        field: what is at fault.
        group: the consumer group of the gateway that refused it.
        key, value, headers: the record as it came.
        omitted: how many bytes the value had, where it was too large to keep.
        replay_of: the dead letter that this record was a replay of.
        by, why, settled: who settled it, why and when, once ``state`` is not ``waiting``.
        proposed: the last proposal; while it waits, another person may confirm it.
    """

    id: str
    place: Place
    received: datetime
    refused: datetime
    reason: str
    detail: str
    field: str | None
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    group: str = ""
    omitted: int | None = None
    replay_of: str | None = None
    state: State = "waiting"
    by: str | None = None
    why: str | None = None
    settled: datetime | None = None
    proposed: Settlement | None = None

    @property
    def since(self) -> datetime:
        """Since when it can have been settled. A sender's own timestamp may be later than the refusal."""
        return min(self.received, self.refused)

    def encode(self) -> tuple[bytes | None, list[tuple[str, bytes | None]]]:
        """Value and headers of the dead letter's record; its key is the record's own."""
        texts = {
            "dlq-id": self.id,
            "dlq-topic": self.place.topic,
            "dlq-partition": str(self.place.partition),
            "dlq-offset": str(self.place.offset),
            "dlq-timestamp": self.received.isoformat(),
            "dlq-group": self.group,
            "dlq-reason": self.reason,
            "dlq-detail": self.detail,
            "dlq-at": self.refused.isoformat(),
        }
        if self.field:
            texts["dlq-field"] = self.field
        if self.replay_of:
            texts[REPLAY_OF] = self.replay_of
        if self.omitted is not None:
            texts["dlq-omitted"] = str(self.omitted)
        # Kafka's client sends no record that has neither key nor value.
        value = b"" if self.key is None and self.value is None else self.value
        return value, [*without_reserved(self.headers), *_encoded(texts)]

    @classmethod
    def decode(cls, key: bytes | None, value: bytes | None, headers: Headers) -> DeadLetter:
        """The dead letter of a record.

        Raises:
            KeyError, ValueError: the record is none.
        """
        said = reserved(headers)
        return cls(
            id=said["dlq-id"],
            place=Place(said["dlq-topic"], int(said["dlq-partition"]), int(said["dlq-offset"])),
            received=instant(said["dlq-timestamp"]),
            refused=instant(said["dlq-at"]),
            reason=said["dlq-reason"],
            detail=said["dlq-detail"],
            field=said.get("dlq-field"),
            key=key,
            value=value,
            headers=tuple(without_reserved(headers)),
            group=said.get("dlq-group", ""),
            omitted=int(said["dlq-omitted"]) if "dlq-omitted" in said else None,
            replay_of=said.get(REPLAY_OF),
        )

    def settled_as(self, said: Settlement | None) -> DeadLetter:
        """This dead letter with what became of it."""
        if said is None:
            return self
        return replace(self, state=said.state, by=said.by or None, why=said.why or None, settled=said.at)

    def as_json(self) -> dict[str, Any]:
        """For programs: times in ISO 8601, bytes as text, or as ``base64:...`` where they are no text."""
        shown: dict[str, Any] = {"id": self.id, **self.place._asdict()}
        for name, value in vars(self).items():
            if name not in ("place", "group", "headers", "key", "value", "proposed") and value is not None:
                shown[name] = value.isoformat() if isinstance(value, datetime) else value
        if self.proposed is not None:
            said = self.proposed
            shown["proposed"] = {
                "state": said.state,
                "by": said.by,
                "why": said.why,
                "at": said.at.isoformat(),
            }
        shown["headers"] = [[name, _text(content)] for name, content in self.headers]
        return shown | {"key": _text(self.key), "value": _text(self.value)}


def read(
    key: bytes | None, value: bytes | None, headers: Headers, appended: datetime | None = None
) -> DeadLetter | Settlement | None:
    """What a record of the topic is. None: it is of none of the three kinds; the platform did not write it.

    Whoever reads the topic asks this, so that none of them counts, or waits for, what the others do not see.

    Args:
        appended: when the broker had the record.
    """
    try:
        if {"dlq-state", PROPOSED}.isdisjoint(name for name, _ in headers):
            return DeadLetter.decode(key, value, headers)
        return Settlement.decode(headers, appended)
    except (KeyError, ValueError):
        return None


def settlement(letter: DeadLetter, state: State, *, by: str, why: str, at: datetime) -> Headers:
    """The headers of the record that says what became of a dead letter; its key is the letter's, its value
    empty. It repeats where the record stands: the gateway replays it from there; and from when one counted
    that was replayed before: by then it may have been late."""
    return _encoded(_about(letter, by, why, at) | {"dlq-state": state})


def proposal(letter: DeadLetter, state: State, *, by: str, why: str, at: datetime) -> Headers:
    """The headers of the record that says what somebody would have become of a dead letter: as
    :func:`settlement`, but nothing follows from it."""
    return _encoded(_about(letter, by, why, at) | {PROPOSED: state})


def _about(letter: DeadLetter, by: str, why: str, at: datetime) -> dict[str, str]:
    # Of one that could not be read, even when it was replayed, nobody knows from when it counted.
    counted = letter.replay_of is not None and letter.reason != "unreadable"
    return ({"dlq-timestamp": letter.received.isoformat()} if counted else {}) | {
        "dlq-id": letter.id,
        "dlq-topic": letter.place.topic,
        "dlq-partition": str(letter.place.partition),
        "dlq-offset": str(letter.place.offset),
        "dlq-reason": letter.reason,
        "dlq-by": by,
        "dlq-why": why,
        "dlq-at": at.isoformat(),
    }


def reserved(headers: Headers) -> dict[str, str]:
    """The platform's headers of a record, as text."""
    return {
        name: content.decode(errors="replace")
        for name, content in headers
        if name.startswith(RESERVED) and content is not None
    }


def without_reserved(headers: Headers) -> Iterable[tuple[str, bytes | None]]:
    """The headers of a record that are not the platform's."""
    return ((name, content) for name, content in headers if not name.startswith(RESERVED))


def _encoded(texts: Mapping[str, str]) -> list[tuple[str, bytes | None]]:
    return [(name, text.encode()) for name, text in texts.items()]


def _text(content: bytes | None) -> str | None:
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(content).decode()}"


def _state(said: str) -> State:
    for state in SETTLED_AS.values():
        if state == said:
            return state
    raise ValueError(f"nothing becomes of a dead letter by {said!r}")


def instant(said: str) -> datetime:
    """A time that a header states.

    Raises:
        ValueError: it is none, or has no zone.
    """
    instant = datetime.fromisoformat(said)
    if instant.tzinfo is None:
        raise ValueError(f"{said!r} has no zone")
    return instant
