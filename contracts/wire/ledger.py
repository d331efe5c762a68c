"""The ledger: what happened in a case, in order, numbered from 1, each entry bound to the one before.

The hash is SHA-256 over the canonical JSON (RFC 8785) of the entry without ``data`` and without the
hash itself. ``data`` is bound by a salted digest, so that personal data can be erased later while
the chain stays whole.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any, Literal, Self

import rfc8785
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from contracts.terms.clock_marks import ClockMark
from contracts.terms.errors import Refusal, refusal_of
from contracts.terms.identifiers import AgencyId, CaseId, Party, ProcedureId, RequestId, VariantId
from contracts.terms.values import Contract, Sha256, absent
from contracts.wire.envelope import Event, Headers, Message

_HASH = TypeAdapter(Sha256)

GENESIS = "0" * 64
"""What the first entry names as the hash before it."""

PART = "part"
"""The outcome of a payment that did not end its step."""

Kind = Literal[
    "opened", "accepted", "requested", "received", "answered", "reminded", "escalated", "deemed", "lapsed",
    "referred", "held", "cancelled", "question", "replied", "not-ours", "corrected", "reported", "late",
    "asked-applicant", "supplemented", "fee-due", "charged", "paid", "refund-due", "notified", "handed-over",
    "withdrawn", "waiting", "marked", "refused", "broken-off", "decided", "closed",
    "suspended", "resumed", "extended", "rescheduled", "calendar", "stage-begun", "stage-ended", "warned",
    "overdue", "default-noticed", "penalty-begun", "penalty-due",
]  # fmt: skip


class Erasable(Contract):
    """The part of an entry that may hold personal data. ``salt`` keeps a digest from being guessed.

    It is erased together with the content, and cannot be had again without the case's secret.
    """

    salt: str
    content: dict[str, Any]

    def digest(self) -> str:
        """What binds this data to its entry."""
        return sha256({"salt": self.salt, "content": self.content})


class LedgerEntry(Message, name="ledger.entry", sender="platform", to="everybody"):
    """One step of one case, version 1 of the format.

    Attributes:
        law, variant: the law version and the way of working that the case was opened with.
        step: the procedure's step, ``construction-permit.review-fire-safety/1``.
        agency: who has the step, where an agency has it.
        due, provisional, basis: where a step is opened, when its limit ends, whether that may move since the
            holidays of that year are not published yet, and the rule that says so. ``basis`` of ``opened``
            is why the case has its variant.
        due_before: of a limit that moved, when it would have ended; None where it stood still.
        clock: what this does to the legal clock of the case.
        actor: who acted: ``platform``, ``agency:<id>``, ``channel:<id>`` or ``applicant``.
        role: what the actor was acting as; officers by pseudonym only.
        cause: what brought this about: ``source#id`` of an event, or the id of an earlier entry.
        outcome: of an answer or the decision, or the reason of a refusal; ``part`` of a payment that did not
            end the step.
        occurred, received, recorded: when it happened as the sender says, when the broker had it, when the
            case recorded it. Late or not is decided by ``received``.
        holders: who has the case after this: ``agency:<id>``, ``applicant``, ``system``; several at once.
        materials, visits: how many documents and how many visits this step asked of the applicant.
    """

    version: Literal[1] = 1
    case: CaseId
    sequence: int = Field(ge=1, le=2**31 - 1)
    id: str
    procedure: ProcedureId
    law: str
    variant: VariantId | None = Field(default=None, exclude_if=absent)
    kind: Kind
    step: str | None = Field(default=None, exclude_if=absent)
    request: RequestId | None = Field(default=None, exclude_if=absent)
    agency: AgencyId | None = Field(default=None, exclude_if=absent)
    due: AwareDatetime | None = Field(default=None, exclude_if=absent)
    due_before: AwareDatetime | None = Field(default=None, exclude_if=absent)
    provisional: bool = Field(default=False, exclude_if=lambda value: value is False)
    basis: str | None = Field(default=None, exclude_if=absent)
    actor: Party
    role: str | None = Field(default=None, exclude_if=absent)
    cause: str | None = Field(default=None, exclude_if=absent)
    occurred: AwareDatetime
    received: AwareDatetime
    recorded: AwareDatetime
    holders: tuple[Party, ...]
    outcome: str | None = Field(default=None, exclude_if=absent)
    materials: int = 0
    visits: int = 0
    clock: ClockMark | None = Field(default=None, exclude_if=absent)
    data_digest: Sha256 | None = Field(default=None, exclude_if=absent)
    data: Erasable | None = Field(default=None, exclude_if=absent)
    previous: Sha256
    hash: str = ""

    @classmethod
    def decode(cls, value: bytes | None, headers: Headers) -> tuple[Self, str]:
        """The entry that a record of the ledger's topic carries, and its JSON as it stood there.

        An entry with a wrong hash is an entry: it is kept as it is, for the ledger's reader to judge.

        Raises:
            Refusal: the record carries none; says why.
        """
        event = Event.decode(value, headers)
        if event.type != cls.type:
            raise Refusal("unknown-type", f"type: {event.type!r} is no {cls.type}", "type")
        try:
            entry = cls.model_validate(event.data)
            _HASH.validate_python(entry.hash)
        except ValidationError as error:
            raise refusal_of(error, under="data") from None
        return entry, to_json(event.data).decode()

    def computed_hash(self) -> str:
        """The hash that this entry ought to have."""
        return sha256(self.model_dump(mode="json", exclude={"data", "hash"}))

    def sealed(self) -> LedgerEntry:
        """This entry with its hash."""
        return self.model_copy(update={"hash": self.computed_hash()})


def sha256(value: Any) -> str:
    """SHA-256 of the canonical JSON (RFC 8785) of ``value``, in hexadecimal."""
    return hashlib.sha256(rfc8785.dumps(value)).hexdigest()


def salt_of(secret: str, sequence: int) -> str:
    """The salt of an entry, 128 bits in hexadecimal: HMAC-SHA-256 of its number under its case's secret.

    Whoever knows one entry's salt learns nothing of another's.
    """
    return hmac.new(bytes.fromhex(secret), str(sequence).encode(), hashlib.sha256).hexdigest()[:32]


def content_digest(salt: str, content: dict[str, Any]) -> str:
    """The digest that binds ``content`` under ``salt``."""
    return Erasable(salt=salt, content=content).digest()


def faults(entries: Iterable[LedgerEntry]) -> list[str]:
    """What is wrong with one case's ledger, in sequence order; empty when it is whole."""
    found: list[str] = []
    previous, expected = GENESIS, 1
    for entry in entries:
        if entry.sequence != expected:
            found.append(f"entry {expected} is missing: {entry.sequence} follows {expected - 1}")
        elif entry.previous != previous:
            found.append(f"entry {entry.sequence} does not follow from the one before it")
        if entry.hash != entry.computed_hash():
            found.append(f"entry {entry.sequence} has a wrong hash")
        if entry.data is not None and entry.data.digest() != entry.data_digest:
            found.append(f"entry {entry.sequence} has data that is not what was recorded")
        previous, expected = entry.hash, entry.sequence + 1
    return found
