"""The notices that the platform sends an applicant through a channel: topic ``channel.<id>.notices``."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from contracts.terms.decisions import Decision
from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.terms.law import Reason
from contracts.terms.values import (
    Bilingual,
    Contract,
    DocumentRef,
    MissingItem,
    Money,
    Sha256,
    Text,
    absent,
)
from contracts.wire.envelope import Message
from contracts.wire.messages import CaseClosed, Refused, Taken


class Receipt(Message, name="notice.received", sender="platform", to="channel"):
    """We have it (``registered``); or: it is complete and the limit runs (``accepted``).

    ``ledger_hash`` is the hash of the case's ledger so far: kept by the applicant it is evidence
    that the ledger was not rewritten.
    """

    stage: Literal["registered", "accepted"]
    procedure: ProcedureId
    ledger_hash: Sha256


class Missing(Message, name="notice.missing", sender="platform", to="channel"):
    """Everything that is missing, in one notice (行政许可法 art. 32), and until when it may be handed in. A
    supplement may hold the fields that the items name, and no others."""

    items: tuple[MissingItem, ...]
    due: AwareDatetime
    provisional: bool = Field(default=False, exclude_if=lambda value: value is False)


class Asked(Message, name="notice.question", sender="platform", to="channel"):
    """An agency's question to the applicant. ``question`` is its id, for the reply; ``due`` is when the
    agency's limit ends, which keeps running."""

    question: str
    agency: AgencyId
    text: Bilingual
    due: AwareDatetime


class BilledFee(Contract):
    """A fee of the catalogue: how much of it is to be paid, how much was ``waived``, and on what grounds."""

    code: Text
    name: Bilingual
    amount: Money
    basis: Text | None = Field(default=None, exclude_if=absent)
    waived: Money | None = Field(default=None, exclude_if=absent)
    waivers: tuple[Bilingual, ...] = Field(default=(), exclude_if=lambda value: not value)


class FeeDue(Message, name="notice.fee-due", sender="platform", to="channel"):
    """The combined fee, until when it may be paid, and of which fees it consists."""

    amount: Money
    due: AwareDatetime
    provisional: bool = Field(default=False, exclude_if=lambda value: value is False)
    fees: tuple[BilledFee, ...] = Field(default=(), exclude_if=lambda value: not value)


class LimitMoved(Message, name="notice.limit-moved", sender="platform", to="channel"):
    """The subject of an earlier ``notice`` is due at another time, for ``reason``: ``due``, and too late from
    ``binding_end`` on; or it is the same and no longer ``provisional``. Without them time does not count.

    Of ``question``, ``questions`` are the ids of those that the agency has asked in this request.
    ``overdue``: the statutory limit, of which you were told that it was over.
    """

    notice: Literal["missing", "fee-due", "question", "overdue"]
    questions: tuple[str, ...] = Field(default=(), exclude_if=lambda value: not value)
    due: AwareDatetime | None = Field(default=None, exclude_if=absent)
    binding_end: AwareDatetime | None = Field(default=None, exclude_if=absent)
    provisional: bool = Field(default=False, exclude_if=lambda value: value is False)
    reason: Text


class Decided(Message, name="notice.decided", sender="platform", to="channel"):
    """The decision, with the ledger's hash at that point."""

    decision: Decision
    reason: Reason | None = Field(default=None, exclude_if=absent)
    ledger_hash: Sha256


class OverdueNotice(Message, name="notice.overdue", sender="platform", to="channel"):
    """The statutory limit has ended at ``due`` without a decision. ``follows`` is the consequence by law:
    ``nothing``, ``grant``, ``refuse``; or ``penalty``: you may give notice of default."""

    due: AwareDatetime
    follows: Literal["nothing", "grant", "refuse", "penalty"]
    basis: Text | None = Field(default=None, exclude_if=absent)


class PenaltyDue(Message, name="notice.penalty-due", sender="platform", to="channel"):
    """The authority owes you this for a decision that was ``days`` days late after your notice of default."""

    amount: Money
    days: int
    basis: Text


class BrokenOff(Message, name="notice.broken-off", sender="platform", to="channel"):
    """The platform's operator has ended the case, for this reason. It goes no further."""

    reason: Text


class DocumentIssued(Message, name="notice.issued", sender="platform", to="channel"):
    """The document that the decision promised."""

    document: DocumentRef


class TakenNotice(Taken, name="notice.taken", sender="platform", to="channel"):
    """What came through your channel took effect; or, when ``late``, it was kept and changed nothing.

    ``excess``: so much of a payment was more than what was still due. It is refunded when the case ends.
    """

    excess: Money | None = Field(default=None, exclude_if=absent)


class RefundDue(Message, name="notice.refund-due", sender="platform", to="channel"):
    """The case ends, and this much was paid without being used for a fee: it is to be refunded."""

    amount: Money


class CaseClosedNotice(CaseClosed, name="notice.case-closed", sender="platform", to="channel"):
    """The case is closed, as :class:`CaseClosed` says. What comes after it is a new case."""


class RefusedNotice(Refused, name="notice.refused", sender="platform", to="channel"):
    """What came through your channel was refused, as :class:`Refused` says."""
