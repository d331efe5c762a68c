"""The ledger: what happened in a case, in order, numbered from 1, each entry bound to the one before.

The hash is SHA-256 over the canonical JSON (RFC 8785) of the entry without ``data`` and without the
hash itself. ``data`` is bound by a salted digest, so that personal data can be erased later while
the chain stays whole.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from contracts.pilots import Arm
from contracts.terms.clock_marks import ClockMark
from contracts.terms.errors import Refusal, refusal_of
from contracts.terms.fees import FeeLine
from contracts.terms.identifiers import AgencyId, CaseId, Party, ProcedureId, RequestId, VariantId
from contracts.terms.values import Contract, Money, Sha256, absent
from contracts.wire.canonical import sha256
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
    "overdue", "fee-waived", "counted", "default-noticed", "penalty-begun", "penalty-due",
    "proposed", "resent", "moved", "released",
]  # fmt: skip


class Erasable(Contract):
    """The part of an entry that may hold personal data. ``salt`` keeps a digest from being guessed.

    It is erased together with the content, and cannot be recovered without the case's secret.
    """

    salt: str
    content: dict[str, Any]

    def digest(self) -> str:
        """What binds this data to its entry."""
        return sha256({"salt": self.salt, "content": self.content})


class LedgerEntry(Message, name="ledger.entry", sender="platform", to="everybody"):
    """One step of one case, version 1 of the format.

    What is outside ``data`` is not personal data and is kept permanently; every figure of a procedure comes
    from it. None, or a field that is absent, means "not known", never "nothing".

    Attributes:
        law, variant: the law version and the way of working that the case was opened with.
        calendar: the calendar version that the case counts with.
        build: the build of the worker that made this entry, ``<deployment>.<build id>``, as Temporal recorded
            it with the task. None where workers run without a deployment version.
        step: the procedure's step, ``construction-permit.review-fire-safety/1``.
        agency, third_party: who has the step, where an agency has it, or a third party of the service item.
        due, provisional, basis: where a step is opened, when its limit ends, whether that may move since the
            holidays of that year are not published yet, and the rule that says so. ``basis`` of ``opened``
            is why the case has its variant.
        due_before: of a limit that moved, when it would have ended; None where it was suspended.
        clock: what this does to the legal clock of the case.
        actor: who acted: ``platform``, ``operator``, ``agency:<id>``, ``channel:<id>``, ``third-party:<key>``
            or ``applicant``; of ``suspended``, ``extended`` and ``fee-waived``, who ordered it, and the
            platform where the law did.
        automated: true: the platform acted, or an agency's automated check; false: a person. What comes from
            a party's own system is a person's act if the event names the officer, and otherwise not known.
        officer: who acted for the actor: a pseudonym, from :func:`pseudonym_of`.
        desk: at which counter or desk, as the actor calls it.
        cause: what caused this: ``source#id`` of an event, or the id of an earlier entry.
        outcome: of an answer or the decision, the code of a mark, the step of a report, the lever of what is
            ``proposed``; ``part`` of a payment that did not end the step.
        reason: a reason code: why the decision or an answer refuses, why something is charged, why a step
            lapsed; of ``refused``, why the event was refused.
        occurred, received, recorded: when it happened according to the sender, when the broker received it,
            when the case recorded it. ``received`` decides whether it is late.
        first_contact: of ``opened``, when the applicant first came to the administration with the matter,
            where the channel says so.
        holders: who has the case after this: ``agency:<id>``, ``third-party:<key>``, ``applicant``,
            ``system``; several at once.
        materials: how many documents and other materials were handed in (``opened``, ``supplemented``,
            ``replied``) or asked for (``asked-applicant``).
        material_codes: which: the fields of the application that hold them.
        visits: how many visits this step asked of the applicant, where the actor says so; 0: none.
        fees: the fees of the catalogue that this is about, with the amount of each: of ``fee-due`` what is
            asked for, of ``fee-waived`` what need not be paid, of ``paid`` and ``counted`` what is used for
            them.
        fee_charged: of ``fee-due``, what is asked for; of ``charged``, what is owed in all for ``reason``
            from now on, replacing what was owed for it before.
        fee_paid: of ``paid``, what was paid.
        fee_counted: of ``paid``, how much of it is used for what the step is for; of ``counted``, how much of
            what was paid before. What was used for a fee that is not paid in full is paid back.
        fee_refund: of ``refund-due``, how much of what was paid is to be paid back.
        fee_waived: of ``fee-waived``, how much of a fee the law or an officer exempts the applicant from;
            ``actor`` is who, ``reason`` the waiver of the catalogue, ``basis`` its rule.
        penalty: of ``penalty-due``, what the authority owes the applicant for a late decision.
        linked: of ``opened``, the case that this one follows: an objection, a correction.
        pilot: of ``opened``, the pilot that the application was assigned to: with an ``arm``, a case of the
            procedure ``rebuilding``; without, as the channel calls it.
        arm, block, place, probability: of ``opened``, how the pilot assigned the case: to its old or new
            variant; the number of the block, and which case of the block it is, both from 1; and with which
            probability a case of the block gets this arm. See :mod:`contracts.pilots`.
        satisfaction: how the applicant rates the handling of the case: 1, very bad, to 5, very good.
        complaint: the code of the applicant's complaint. Nothing sets this or ``satisfaction`` yet: both come
            after a case is closed, when it takes no event, and what follows a case is a new one that is
            ``linked`` to it. They are for the entry ``opened`` of such a case.
    """

    version: Literal[1] = 1
    case: CaseId
    sequence: int = Field(ge=1, le=2**31 - 1)
    id: str
    procedure: ProcedureId
    law: str
    variant: VariantId | None = Field(default=None, exclude_if=absent)
    calendar: str | None = Field(default=None, exclude_if=absent)
    build: str | None = Field(default=None, exclude_if=absent)
    kind: Kind
    step: str | None = Field(default=None, exclude_if=absent)
    request: RequestId | None = Field(default=None, exclude_if=absent)
    agency: AgencyId | None = Field(default=None, exclude_if=absent)
    third_party: str | None = Field(default=None, exclude_if=absent)
    due: AwareDatetime | None = Field(default=None, exclude_if=absent)
    due_before: AwareDatetime | None = Field(default=None, exclude_if=absent)
    provisional: bool = Field(default=False, exclude_if=lambda value: value is False)
    basis: str | None = Field(default=None, exclude_if=absent)
    actor: Party
    automated: bool | None = Field(default=None, exclude_if=absent)
    officer: str | None = Field(default=None, exclude_if=absent)
    desk: str | None = Field(default=None, exclude_if=absent)
    cause: str | None = Field(default=None, exclude_if=absent)
    occurred: AwareDatetime
    received: AwareDatetime
    recorded: AwareDatetime
    first_contact: AwareDatetime | None = Field(default=None, exclude_if=absent)
    holders: tuple[Party, ...]
    outcome: str | None = Field(default=None, exclude_if=absent)
    reason: str | None = Field(default=None, exclude_if=absent)
    materials: int = 0
    clock: ClockMark | None = Field(default=None, exclude_if=absent)
    material_codes: tuple[str, ...] = Field(default=(), exclude_if=lambda value: not value)
    visits: int | None = Field(default=None, ge=0, exclude_if=absent)
    fees: tuple[FeeLine, ...] = Field(default=(), exclude_if=lambda value: not value)
    fee_charged: Money | None = Field(default=None, exclude_if=absent)
    fee_paid: Money | None = Field(default=None, exclude_if=absent)
    fee_counted: Money | None = Field(default=None, exclude_if=absent)
    fee_refund: Money | None = Field(default=None, exclude_if=absent)
    fee_waived: Money | None = Field(default=None, exclude_if=absent)
    penalty: Money | None = Field(default=None, exclude_if=absent)
    linked: CaseId | None = Field(default=None, exclude_if=absent)
    pilot: str | None = Field(default=None, exclude_if=absent)
    arm: Arm | None = Field(default=None, exclude_if=absent)
    block: int | None = Field(default=None, ge=1, exclude_if=absent)
    place: int | None = Field(default=None, ge=1, exclude_if=absent)
    probability: float | None = Field(default=None, gt=0, lt=1, exclude_if=absent)
    satisfaction: int | None = Field(default=None, ge=1, le=5, exclude_if=absent)
    complaint: str | None = Field(default=None, exclude_if=absent)
    data_digest: Sha256 | None = Field(default=None, exclude_if=absent)
    data: Erasable | None = Field(default=None, exclude_if=absent)
    previous: Sha256
    hash: str = ""

    @classmethod
    def decode(cls, value: bytes | None, headers: Headers) -> tuple[Self, str]:
        """The entry that a record of the ledger's topic carries, and its JSON as it was there.

        An entry with a wrong hash is still an entry: it is kept as it is, for the ledger's reader to judge.

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
        """The hash that this entry should have."""
        return sha256(self.model_dump(mode="json", exclude={"data", "hash"}))

    def sealed(self) -> LedgerEntry:
        """This entry with its hash."""
        return self.model_copy(update={"hash": self.computed_hash()})


def salt_of(secret: str, sequence: int) -> str:
    """The salt of an entry, 128 bits in hexadecimal: HMAC-SHA-256 of its number under its case's secret.

    Whoever knows one entry's salt learns nothing of another's.
    """
    return hmac.new(bytes.fromhex(secret), str(sequence).encode(), hashlib.sha256).hexdigest()[:32]


def pseudonym_of(secret: str, party: Party, officer: str) -> str:
    """What a case's ledger calls an officer of ``party``, 64 bits in hexadecimal: an HMAC-SHA-256 under the
    case's secret.

    It is the same throughout a case, so that one can see whether the reviewer also decided, and reveals
    nothing beyond it: another case has another pseudonym for the same officer, and without the secret it
    cannot be guessed.
    """
    said = f"officer {party} {officer}"  # never a number alone: that would be the salt of an entry
    return hmac.new(bytes.fromhex(secret), said.encode(), hashlib.sha256).hexdigest()[:16]


def recordable(data: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an event's data that may be in the entry that it causes: all except who the officer is."""
    return {name: value for name, value in data.items() if name != "officer"}


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
