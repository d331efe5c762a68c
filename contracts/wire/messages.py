"""The messages between the platform and the agencies, and what channels send; ``notices.py`` has the rest.

Each class says its event type, its sender and its reader. Types are in reverse domain notation with one major
version; data evolves by optional additions only.
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from contracts.terms.errors import Refusal, refusal_of
from contracts.terms.identifiers import AgencyId, CaseId, Party, ProcedureId, RequestId
from contracts.terms.limits import Limit
from contracts.terms.values import (
    Bilingual,
    DocumentRef,
    Money,
    Sha256,
    Text,
    absent,
    beyond,
)
from contracts.wire.canonical import sha256
from contracts.wire.contact import Contact, Handling, Intake
from contracts.wire.envelope import MESSAGES, Event, Message, Role

# --- platform to agency: topic agency.<id>.requests --------------------------------------------------------


class Requested(Message, name="request.requested", sender="platform", to="agency"):
    """Please answer. ``content`` is the request, of the type that ``request`` names:
    ``construction-permit.review-fire-safety``.

    ``limit``, ``basis`` and ``reasons``, the codes that an answer may name, are what the case's law version
    says. ``due`` is when the limit ends, and ``binding_end`` the first instant at which an answer is too
    late: the limit with every grace. ``instead_of``: you are asked in the place of that agency, which did not
    answer.
    """

    request: str
    procedure: ProcedureId
    limit: Limit | None = Field(default=None, exclude_if=absent)
    due: AwareDatetime
    binding_end: AwareDatetime
    provisional: bool = Field(default=False, exclude_if=lambda value: value is False)
    basis: str
    outcomes: tuple[str, ...]
    reasons: tuple[str, ...] = Field(default=(), exclude_if=lambda value: not value)
    instead_of: AgencyId | None = Field(default=None, exclude_if=absent)
    content: dict[str, Any]


class Reminded(Message, name="request.reminded", sender="platform", to="agency"):
    """A request is running late. ``escalated``: it is overdue, and you are told as the lead agency."""

    request: str
    agency: AgencyId
    due: AwareDatetime
    escalated: bool = False


class Cancelled(Message, name="request.cancelled", sender="platform", to="agency"):
    """Stop: the request is no longer needed. An answer that crosses this is kept as late."""

    request: str
    reason: Text


class Rescheduled(Message, name="request.rescheduled", sender="platform", to="agency"):
    """The limit of an open request has moved, for ``reason``, to ``due`` and ``binding_end``; or it is the
    same and no longer ``provisional``. Without them it is suspended: time does not count, and the request may
    still be answered. Whoever was told that the request is overdue is told this, too."""

    request: str
    due: AwareDatetime | None = Field(default=None, exclude_if=absent)
    binding_end: AwareDatetime | None = Field(default=None, exclude_if=absent)
    provisional: bool = Field(default=False, exclude_if=lambda value: value is False)
    reason: Text


class CaseDue(Message, name="request.case-due", sender="platform", to="agency"):
    """To the lead agency: a limit of the case itself runs out at ``due``, or is ``overdue``.

    ``limit`` says which: ``statutory``, ``promised``, or the name of a stage.
    """

    limit: Text
    due: AwareDatetime
    overdue: bool = False
    basis: Text | None = Field(default=None, exclude_if=absent)


class Expired(Message, name="request.expired", sender="platform", to="agency"):
    """The request has ended without your answer, and this replaces it: ``outcome``, as which the law counts
    silence; or the application fails for ``reason``; or ``referred_to`` answers instead."""

    request: str
    outcome: str | None = Field(default=None, exclude_if=absent)
    reason: str | None = Field(default=None, exclude_if=absent)
    referred_to: AgencyId | None = Field(default=None, exclude_if=absent)


class Disowned(Message, name="request.disowned", sender="platform", to="agency"):
    """To the lead agency: ``agency`` says that a request is not its own, why, and whose it is if it knows.
    The request stays open, and its limit runs on."""

    request: str
    agency: AgencyId
    due: AwareDatetime
    reason: Text
    belongs_to: AgencyId | None = Field(default=None, exclude_if=absent)


class Replied(Message, name="request.replied", sender="platform", to="agency"):
    """What the applicant replied to your question; ``question`` is the id of the event that asked it."""

    question: str
    text: Text | None = Field(default=None, exclude_if=absent)
    documents: tuple[DocumentRef, ...] = ()


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


class CaseClosed(Message, name="request.case-closed", sender="platform", to="agency"):
    """A case that you took part in is closed. ``ledger_hash`` is the hash of its last entry."""

    outcome: str
    ledger_hash: Sha256


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


class Received(Handling, Message, name="agency.received", sender="agency", to="platform", about="request"):
    """An officer of the agency has the request."""

    note: Text | None = Field(default=None, exclude_if=absent)


class Answered(Handling, Message, name="agency.answered", sender="agency", to="platform", about="request"):
    """The answer to the request that the event's ``requestid`` names."""

    answer: dict[str, Any]


class Question(Handling, Message, name="agency.question", sender="agency", to="platform", about="request"):
    """The agency needs something from the applicant before it can answer."""

    text: Bilingual


class NotOurs(Handling, Message, name="agency.not-ours", sender="agency", to="platform", about="request"):
    """The request belongs to another agency; ``belongs_to`` if the sender knows which."""

    reason: Text
    belongs_to: AgencyId | None = Field(default=None, exclude_if=absent)


class Corrected(Handling, Message, name="agency.corrected", sender="agency", to="platform", about="request"):
    """The agency corrects an answer it gave."""

    answer: dict[str, Any]
    reason: Text


class Reported(Handling, Message, name="agency.reported", sender="agency", to="platform"):
    """A step that the agency took without being asked, or on the standing order of the law.

    Not every procedure is a series of questions: a police force reports a notification, a back
    office its internal steps. ``step`` is the procedure's word for it.
    """

    step: Text
    content: dict[str, Any] = Field(default_factory=dict)


# --- channel to platform: topic channel.<id>.events --------------------------------------------------------


class Applied(Intake, Message, name="channel.applied", sender="channel", to="platform"):
    """An application; ``application`` must fit the model of the procedure."""

    procedure: ProcedureId
    application: dict[str, Any]

    @property
    def intake(self) -> Intake:
        """How it came in, without the application."""
        return Intake(**{name: getattr(self, name) for name in Intake.model_fields})


class Supplemented(Contact, Message, name="channel.supplemented", sender="channel", to="platform"):
    """What was missing: the fields of the application that were asked for, new or replaced."""

    application: dict[str, Any] = Field(min_length=1)


class ApplicantWithdrew(Contact, Message, name="channel.withdrawn", sender="channel", to="platform"):
    """The applicant takes the application back."""

    reason: Text | None = Field(default=None, exclude_if=absent)


class ApplicantReplied(Contact, Message, name="channel.replied", sender="channel", to="platform"):
    """The applicant replies to an agency's ``question``, by its id in the notice that asked it."""

    question: Text
    text: Text | None = Field(default=None, exclude_if=absent)
    documents: tuple[DocumentRef, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.text is None and not self.documents:
            raise beyond(("text",), "a reply has a text, or documents")
        return self


class NoticeOfDefault(Contact, Message, name="channel.default-noticed", sender="channel", to="platform"):
    """The applicant gives the authority notice that its decision is late (Awb art. 4:17(3)): from a stated
    time on, it owes a penalty payment for each day."""


class Paid(Contact, Message, name="channel.paid", sender="channel", to="platform"):
    """A payment came in; instalments are summed. ``reference`` is the bank's: each counts once in a case."""

    amount: Money
    reference: Text


def refusal_id(source: str, event: str | None, content: str, reason: str) -> str:
    """The id of a refusal: the same for the same event and reason, so that whoever receives it twice drops
    the copy. For another reason it is another refusal: an event that came before its case, replayed, may find
    it closed, and its sender must be told so.

    Args:
        source, event: whose event was refused, and its id, as far as it can be known.
        content: a digest of what it said.
        reason: the code why.
    """
    return f"refusal/{sha256([source, event, content, reason])[:32]}"


ABOUT_A_REQUEST = frozenset(each for each in MESSAGES.values() if each.about == "request")
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
        (Party if kind.about == "party" else CaseId)(event.subject)
        if kind.about == "request":
            if event.requestid is None:
                raise Refusal("invalid", "requestid: names the request that this is about", "requestid")
            if RequestId(event.requestid).case != event.subject:
                raise Refusal("invalid", "requestid: is a request of another case", "requestid")
    except ValidationError as error:
        raise refusal_of(error, under="data") from None
    except ValueError as error:
        raise Refusal("invalid", str(error), "subject" if event.requestid is None else "requestid") from None
    return message
