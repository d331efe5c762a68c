"""The dialogue: every event type that passes between the platform, the agencies and the channels.

Types are in reverse domain notation with one major version; data evolves by optional additions only.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from pydantic import AwareDatetime, Field, ValidationError

from contracts.terms.decisions import Decision
from contracts.terms.errors import Refusal, refusal_of
from contracts.terms.identifiers import AgencyId, CaseId, ProcedureId, RequestId
from contracts.terms.values import Bilingual, Contract, DocumentRef, Money, Sha256, Text, absent
from contracts.wire.envelope import Event

Party = Literal["agency", "channel"]


# --- platform to agency: topic agency.<id>.requests --------------------------------------------------------


class Requested(Contract):
    """Please answer. ``content`` is the request, of the type that ``request`` names; ``due`` is absolute."""

    request: str
    procedure: ProcedureId
    due: AwareDatetime
    provisional: bool = Field(default=False, exclude_if=lambda value: value is False)
    basis: str
    outcomes: tuple[str, ...]
    content: dict[str, Any]


class Reminded(Contract):
    """A request is running late. ``escalated``: it is overdue, and you, the lead agency, are told."""

    request: str
    agency: AgencyId
    due: AwareDatetime
    escalated: bool = False


class Cancelled(Contract):
    """Stop: the request is no longer needed. An answer that crosses this is kept as late."""

    request: str
    reason: Text


class Superseded(Contract):
    """The request is replaced by another one, ``by``."""

    request: str
    by: RequestId


class HandedOver(Contract):
    """Yours from now on; the case waits for no answer. ``content`` is of the type that ``matter`` names."""

    matter: str
    procedure: ProcedureId
    basis: str
    content: dict[str, Any]


class Taken(Contract):
    """Your event took effect; or, when ``late``, it was kept and changed nothing."""

    event: str
    late: bool = False


class Refused(Contract):
    """Your event was refused. ``reason`` is a code, ``field`` the place at fault, where there is one."""

    event: str | None = Field(default=None, exclude_if=absent)
    reason: str
    text: Bilingual
    detail: str
    field: str | None = Field(default=None, exclude_if=absent)


# --- agency to platform: topic agency.<id>.events ----------------------------------------------------------


class Received(Contract):
    """The agency has the request on its desk."""

    note: Text | None = Field(default=None, exclude_if=absent)


class Answered(Contract):
    """The answer to the request that the event's ``requestid`` names; ``officer`` is a pseudonym."""

    answer: dict[str, Any]
    officer: Text | None = Field(default=None, exclude_if=absent)


class Question(Contract):
    """The agency needs something of the applicant before it can answer."""

    text: Bilingual


class NotOurs(Contract):
    """The request belongs to another agency; ``belongs_to`` where the sender knows which."""

    reason: Text
    belongs_to: AgencyId | None = Field(default=None, exclude_if=absent)


class Corrected(Contract):
    """The agency corrects an answer it gave."""

    answer: dict[str, Any]
    reason: Text
    officer: Text | None = Field(default=None, exclude_if=absent)


class Reported(Contract):
    """A step that the agency took without being asked, or on the standing order of the law.

    Not every procedure is a series of questions: a police force reports a notification, a back
    office its internal steps. ``step`` is the procedure's word for it.
    """

    step: Text
    officer: Text | None = Field(default=None, exclude_if=absent)
    content: dict[str, Any] = Field(default_factory=dict)


# --- channel to platform: topic channel.<id>.events --------------------------------------------------------


class Applied(Contract):
    """An application; ``application`` has to fit the model of the procedure."""

    procedure: ProcedureId
    application: dict[str, Any]


class Supplemented(Contract):
    """What was missing: fields of the application, new or replaced."""

    application: dict[str, Any]


class ApplicantWithdrew(Contract):
    """The applicant takes the application back."""

    reason: Text | None = Field(default=None, exclude_if=absent)


class Paid(Contract):
    """A payment came in; instalments are summed."""

    amount: Money
    reference: Text


# --- platform to channel: topic channel.<id>.notices -------------------------------------------------------


class Receipt(Contract):
    """We have it (``registered``); or: it is complete and the limit runs (``accepted``).

    ``ledger_hash`` is the hash of the case's ledger so far: in the applicant's hands it is a witness
    that the ledger was not rewritten.
    """

    stage: Literal["registered", "accepted"]
    procedure: ProcedureId
    ledger_hash: Sha256


class Missing(Contract):
    """Everything that is missing, at once (行政许可法 art. 32), and until when it may be handed in."""

    items: tuple[Bilingual, ...]
    due: AwareDatetime | None = Field(default=None, exclude_if=absent)


class FeeDue(Contract):
    """The combined fee, and until when it may be paid."""

    amount: Money
    due: AwareDatetime


class Decided(Contract):
    """The decision, with the ledger hash that witnesses it."""

    decision: Decision
    reason: Bilingual | None = Field(default=None, exclude_if=absent)
    ledger_hash: Sha256


class DocumentIssued(Contract):
    """The document that the decision promised."""

    document: DocumentRef


class MessageType(NamedTuple):
    """One entry of the dialogue.

    Attributes:
        sender: who sends it; ``platform``, ``agency`` or ``channel``.
        receiver: who reads it.
        data: the model of the event's data.
    """

    sender: Literal["platform", "agency", "channel"]
    receiver: Literal["platform", "agency", "channel"]
    data: type[Contract]


REQUESTED = "org.seamless.request.requested.v1"
REMINDED = "org.seamless.request.reminded.v1"
CANCELLED = "org.seamless.request.cancelled.v1"
SUPERSEDED = "org.seamless.request.superseded.v1"
HANDED_OVER = "org.seamless.request.handed-over.v1"
TAKEN = "org.seamless.request.taken.v1"
REFUSED = "org.seamless.request.refused.v1"
RECEIVED = "org.seamless.agency.received.v1"
ANSWERED = "org.seamless.agency.answered.v1"
QUESTION = "org.seamless.agency.question.v1"
NOT_OURS = "org.seamless.agency.not-ours.v1"
CORRECTED = "org.seamless.agency.corrected.v1"
REPORTED = "org.seamless.agency.reported.v1"
APPLIED = "org.seamless.channel.applied.v1"
SUPPLEMENTED = "org.seamless.channel.supplemented.v1"
WITHDRAWN = "org.seamless.channel.withdrawn.v1"
PAID = "org.seamless.channel.paid.v1"
NOTICE_RECEIVED = "org.seamless.notice.received.v1"
NOTICE_MISSING = "org.seamless.notice.missing.v1"
NOTICE_FEE_DUE = "org.seamless.notice.fee-due.v1"
NOTICE_DECIDED = "org.seamless.notice.decided.v1"
NOTICE_ISSUED = "org.seamless.notice.issued.v1"
NOTICE_REFUSED = "org.seamless.notice.refused.v1"
LEDGER_ENTRY = "org.seamless.ledger.entry.v1"

DIALOGUE: dict[str, MessageType] = {
    REQUESTED: MessageType("platform", "agency", Requested),
    REMINDED: MessageType("platform", "agency", Reminded),
    CANCELLED: MessageType("platform", "agency", Cancelled),
    SUPERSEDED: MessageType("platform", "agency", Superseded),
    HANDED_OVER: MessageType("platform", "agency", HandedOver),
    TAKEN: MessageType("platform", "agency", Taken),
    REFUSED: MessageType("platform", "agency", Refused),
    RECEIVED: MessageType("agency", "platform", Received),
    ANSWERED: MessageType("agency", "platform", Answered),
    QUESTION: MessageType("agency", "platform", Question),
    NOT_OURS: MessageType("agency", "platform", NotOurs),
    CORRECTED: MessageType("agency", "platform", Corrected),
    REPORTED: MessageType("agency", "platform", Reported),
    APPLIED: MessageType("channel", "platform", Applied),
    SUPPLEMENTED: MessageType("channel", "platform", Supplemented),
    WITHDRAWN: MessageType("channel", "platform", ApplicantWithdrew),
    PAID: MessageType("channel", "platform", Paid),
    NOTICE_RECEIVED: MessageType("platform", "channel", Receipt),
    NOTICE_MISSING: MessageType("platform", "channel", Missing),
    NOTICE_FEE_DUE: MessageType("platform", "channel", FeeDue),
    NOTICE_DECIDED: MessageType("platform", "channel", Decided),
    NOTICE_ISSUED: MessageType("platform", "channel", DocumentIssued),
    NOTICE_REFUSED: MessageType("platform", "channel", Refused),
}
"""The whole dialogue, by event type."""

OF_A_REQUEST = frozenset({RECEIVED, ANSWERED, QUESTION, NOT_OURS, CORRECTED})
"""What an agency says about a request; these name it in ``requestid``."""


def data_of(event: Event, sender: Party) -> Contract:
    """The typed data of an event that a party sent.

    Raises:
        Refusal: ``sender`` may not send this type, or the data does not fit it.
    """
    message = DIALOGUE.get(event.type)
    if message is None or message.sender != sender:
        known = ", ".join(sorted(name for name, each in DIALOGUE.items() if each.sender == sender))
        detail = f"type: {event.type!r} is not among the events of an {sender}: {known}"
        raise Refusal("unknown-type", detail, "type")
    try:
        data = message.data.model_validate(event.data)
        CaseId(event.subject)
        if event.type in OF_A_REQUEST:
            if event.requestid is None:
                raise Refusal("invalid", "requestid: names the request that this is about", "requestid")
            if RequestId(event.requestid).case != event.subject:
                raise Refusal("invalid", "requestid: is a request of another case", "requestid")
    except ValidationError as error:
        raise refusal_of(error, under="data") from None
    except ValueError as error:
        raise Refusal("invalid", str(error), "subject" if event.requestid is None else "requestid") from None
    return data
