"""The messages that pass between the platform, the agencies and the channels.

Each class says its event type, its sender and its reader. Types are in reverse domain notation with one major
version; data evolves by optional additions only.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field, ValidationError

from contracts.terms.decisions import Decision
from contracts.terms.errors import Refusal, refusal_of
from contracts.terms.identifiers import AgencyId, CaseId, ProcedureId, RequestId
from contracts.terms.values import Bilingual, DocumentRef, Money, Sha256, Text, absent
from contracts.wire.envelope import MESSAGES, Event, Message, Role

# --- platform to agency: topic agency.<id>.requests --------------------------------------------------------


class Requested(Message, name="request.requested", sender="platform", to="agency"):
    """Please answer. ``content`` is the request, of the type that ``request`` names; ``due`` is absolute."""

    request: str
    procedure: ProcedureId
    due: AwareDatetime
    provisional: bool = Field(default=False, exclude_if=lambda value: value is False)
    basis: str
    outcomes: tuple[str, ...]
    content: dict[str, Any]


class Reminded(Message, name="request.reminded", sender="platform", to="agency"):
    """A request is running late. ``escalated``: it is overdue, and you, the lead agency, are told."""

    request: str
    agency: AgencyId
    due: AwareDatetime
    escalated: bool = False


class Cancelled(Message, name="request.cancelled", sender="platform", to="agency"):
    """Stop: the request is no longer needed. An answer that crosses this is kept as late."""

    request: str
    reason: Text


class Superseded(Message, name="request.superseded", sender="platform", to="agency"):
    """The request is replaced by another one, ``by``."""

    request: str
    by: RequestId


class HandedOver(Message, name="request.handed-over", sender="platform", to="agency"):
    """Yours from now on; the case waits for no answer. ``content`` is of the type that ``matter`` names."""

    matter: str
    procedure: ProcedureId
    basis: str
    content: dict[str, Any]


class Taken(Message, name="request.taken", sender="platform", to="agency"):
    """Your event took effect; or, when ``late``, it was kept and changed nothing."""

    event: str
    late: bool = False


class Refused(Message, name="request.refused", sender="platform", to="agency"):
    """Your event was refused. ``reason`` is a code, ``field`` the place at fault, where there is one."""

    event: str | None = Field(default=None, exclude_if=absent)
    reason: str
    text: Bilingual
    detail: str
    field: str | None = Field(default=None, exclude_if=absent)


# --- agency to platform: topic agency.<id>.events ----------------------------------------------------------


class Received(Message, name="agency.received", sender="agency", to="platform"):
    """An officer of the agency has the request."""

    note: Text | None = Field(default=None, exclude_if=absent)


class Answered(Message, name="agency.answered", sender="agency", to="platform"):
    """The answer to the request that the event's ``requestid`` names; ``officer`` is a pseudonym."""

    answer: dict[str, Any]
    officer: Text | None = Field(default=None, exclude_if=absent)


class Question(Message, name="agency.question", sender="agency", to="platform"):
    """The agency needs something of the applicant before it can answer."""

    text: Bilingual


class NotOurs(Message, name="agency.not-ours", sender="agency", to="platform"):
    """The request belongs to another agency; ``belongs_to`` where the sender knows which."""

    reason: Text
    belongs_to: AgencyId | None = Field(default=None, exclude_if=absent)


class Corrected(Message, name="agency.corrected", sender="agency", to="platform"):
    """The agency corrects an answer it gave."""

    answer: dict[str, Any]
    reason: Text
    officer: Text | None = Field(default=None, exclude_if=absent)


class Reported(Message, name="agency.reported", sender="agency", to="platform"):
    """A step that the agency took without being asked, or on the standing order of the law.

    Not every procedure is a series of questions: a police force reports a notification, a back
    office its internal steps. ``step`` is the procedure's word for it.
    """

    step: Text
    officer: Text | None = Field(default=None, exclude_if=absent)
    content: dict[str, Any] = Field(default_factory=dict)


# --- channel to platform: topic channel.<id>.events --------------------------------------------------------


class Applied(Message, name="channel.applied", sender="channel", to="platform"):
    """An application; ``application`` has to fit the model of the procedure."""

    procedure: ProcedureId
    application: dict[str, Any]


class Supplemented(Message, name="channel.supplemented", sender="channel", to="platform"):
    """What was missing: fields of the application, new or replaced."""

    application: dict[str, Any]


class ApplicantWithdrew(Message, name="channel.withdrawn", sender="channel", to="platform"):
    """The applicant takes the application back."""

    reason: Text | None = Field(default=None, exclude_if=absent)


class Paid(Message, name="channel.paid", sender="channel", to="platform"):
    """A payment came in; instalments are summed."""

    amount: Money
    reference: Text


# --- platform to channel: topic channel.<id>.notices -------------------------------------------------------


class Receipt(Message, name="notice.received", sender="platform", to="channel"):
    """We have it (``registered``); or: it is complete and the limit runs (``accepted``).

    ``ledger_hash`` is the hash of the case's ledger so far: kept by the applicant it is evidence
    that the ledger was not rewritten.
    """

    stage: Literal["registered", "accepted"]
    procedure: ProcedureId
    ledger_hash: Sha256


class Missing(Message, name="notice.missing", sender="platform", to="channel"):
    """Everything that is missing, at once (行政许可法 art. 32), and until when it may be handed in."""

    items: tuple[Bilingual, ...]
    due: AwareDatetime | None = Field(default=None, exclude_if=absent)


class FeeDue(Message, name="notice.fee-due", sender="platform", to="channel"):
    """The combined fee, and until when it may be paid."""

    amount: Money
    due: AwareDatetime


class Decided(Message, name="notice.decided", sender="platform", to="channel"):
    """The decision, with the ledger's hash at that point."""

    decision: Decision
    reason: Bilingual | None = Field(default=None, exclude_if=absent)
    ledger_hash: Sha256


class DocumentIssued(Message, name="notice.issued", sender="platform", to="channel"):
    """The document that the decision promised."""

    document: DocumentRef


class RefusedNotice(Refused, name="notice.refused", sender="platform", to="channel"):
    """What came through your channel was refused, as :class:`Refused` says."""


ABOUT_A_REQUEST = frozenset({Received, Answered, Question, NotOurs, Corrected})
"""What an agency says about a request; these name it in ``requestid``."""


def message_of(event: Event, sender: Role) -> Message:
    """The typed message of an event that a party sent.

    Raises:
        Refusal: ``sender`` may not send this type, or the data does not fit it.
    """
    kind = MESSAGES.get(event.type)
    if kind is None or kind.sender != sender:
        known = ", ".join(sorted(name for name, each in MESSAGES.items() if each.sender == sender))
        detail = f"type: {event.type!r} is not among the events of an {sender}: {known}"
        raise Refusal("unknown-type", detail, "type")
    try:
        message = kind.model_validate(event.data)
        CaseId(event.subject)
        if kind in ABOUT_A_REQUEST:
            if event.requestid is None:
                raise Refusal("invalid", "requestid: names the request that this is about", "requestid")
            if RequestId(event.requestid).case != event.subject:
                raise Refusal("invalid", "requestid: is a request of another case", "requestid")
    except ValidationError as error:
        raise refusal_of(error, under="data") from None
    except ValueError as error:
        raise Refusal("invalid", str(error), "subject" if event.requestid is None else "requestid") from None
    return message
