"""The one check of what may enter: a Kafka record becomes a typed admission, or a refusal that says why not.

The gateway makes it for every record that it reads, and the clients in ``network.parties`` make it for every
event before they send it: what one accepts, the other accepts. Nothing here does I/O or depends on the case,
so whatever is refused here can never succeed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import cast

from pydantic import BaseModel, ValidationError

from contracts.pilots import Assignment
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.bounds import STATED
from contracts.terms.calendar import LegalCalendar, calendar
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.errors import Refusal, refusal_of
from contracts.terms.identifiers import STANDARD, CaseId, Party, RequestId, VariantId
from contracts.terms.law import LawVersion
from contracts.terms.reports import report_of
from contracts.terms.requests import REQUESTS
from contracts.terms.service_item import ServiceItem
from contracts.wire.canonical import sha256
from contracts.wire.contact import Intake
from contracts.wire.envelope import (
    LARGEST_EVENT_BYTES,
    MAX_EVENT_BYTES,
    MESSAGES,
    Event,
    Headers,
    Message,
    Role,
)
from contracts.wire.messages import Answered, Applied, Corrected, Reported, message_of
from contracts.wire.orders import MoveOrdered, Order
from contracts.wire.topics import Inlet

MAX_HEADERS = 100
"""How many headers a record may have."""


@dataclass(frozen=True)
class Arrival:
    """A record as it came from Kafka.

    Attributes:
        inlet: the topic it came from and the party that may speak there.
        headers: as they came; a value may be null.
        received: the broker's append time, UTC.
    """

    inlet: Inlet
    key: bytes | None
    value: bytes | None
    headers: Headers
    received: datetime


@dataclass(frozen=True)
class Rules:
    """What differs between administrations.

    Attributes:
        max_event_bytes: how large a value may be; the headers together, too.
        calendar: the calendar version by which the day of an application is counted.
        variants: by procedure, the variant in which cases are opened, where their law version names it.
        virtual_time: a log is replayed: an event counts as received when it happened, not when the broker got
            it.
        days: those of the calendar version, if it is not one of the package's.
    """

    max_event_bytes: int = MAX_EVENT_BYTES
    calendar: str = "cn-2026.1"
    virtual_time: bool = False
    variants: Mapping[str, VariantId] = field(default_factory=dict)
    days: CalendarDays | None = None

    def __post_init__(self) -> None:
        if self.max_event_bytes > LARGEST_EVENT_BYTES:
            raise ValueError(f"max_event_bytes: an event may have {LARGEST_EVENT_BYTES} bytes at most")

    def legal_day(self, instant: datetime) -> date:
        """The day of an instant, by the calendar."""
        return (LegalCalendar(self.days) if self.days else calendar(self.calendar)).day(instant)

    def variant(self, item: ServiceItem, law: LawVersion) -> tuple[VariantId, str]:
        """In which variant a case is opened, and why."""
        wanted = self.variants.get(item.procedure)
        if wanted in law.variants:
            return wanted, "set by the administration"
        return law.variants[0], f"the law version {law.id} names it first"


@dataclass(frozen=True)
class NewCase:
    """An application that may open the case ``case`` under ``law``, in ``variant``, for ``variant_basis``,
    ``assigned`` to it by a pilot; ``received``: when it was handed in. ``intake``: how it came in."""

    event: Event
    case: CaseId
    received: datetime
    item: ServiceItem
    law: LawVersion
    application: BaseModel
    intake: Intake
    variant: VariantId = STANDARD
    variant_basis: str | None = None
    assigned: Assignment | None = None


@dataclass(frozen=True)
class CaseEvent:
    """An event for the case ``case``, sent by ``actor``; ``received``: by this, it is late or not."""

    event: Event
    case: CaseId
    received: datetime
    actor: Party


@dataclass(frozen=True)
class PartyOrder:
    """An operator's ``order`` about a party, for every case; ``received``: from when it applies."""

    event: Event
    party: Party
    received: datetime
    order: Order


Admitted = NewCase | CaseEvent | PartyOrder


def admit(arrival: Arrival, rules: Rules) -> Admitted:
    """What ``arrival`` says, if it may enter.

    Raises:
        Refusal: it may not enter, and never will as it is.
    """
    event = _decoded(arrival, rules.max_event_bytes)
    subject = _addressed(arrival, event)
    received = event.time.astimezone(UTC) if rules.virtual_time else arrival.received
    party = arrival.inlet.party
    message = message_of(event, cast(Role, party.kind))
    _check_hashable(message, "data")
    if isinstance(subject, Party):
        return _party_order(event, subject, received, message)
    if isinstance(message, Applied):
        return _application(event, subject, received, message, rules)
    if party.kind == "agency" and message.about == "request":
        _check_answer(party, event, message)
    if isinstance(message, Reported):
        _check_hashable(report_of(message.step, message.content, party.id), "data.content")
    if isinstance(message, MoveOrdered):
        _check_move(event, message)
    return CaseEvent(event, subject, received, party)


def _decoded(arrival: Arrival, limit: int) -> Event:
    """The event of a record, all of it within the bounds of what a party may say."""
    headers = [(name, value or b"") for name, value in arrival.headers]
    sizes = (
        len(arrival.value or b""),
        sum(len(name.encode(errors="replace")) + len(value) for name, value in headers),
    )
    if max(sizes) > limit:
        raise Refusal(
            "too-large",
            f"the message has {max(sizes)} bytes and the limit is {limit}; "
            "send documents by reference, as URI and SHA-256",
        )
    if len(headers) > MAX_HEADERS:
        raise Refusal("too-large", f"the message has {len(headers)} headers and the limit is {MAX_HEADERS}")
    event = Event.decode(arrival.value, arrival.headers)
    for said in (event, {"received": arrival.received}):
        if excess := STATED.excess_in(said):
            place = ".".join(map(str, excess.path))
            raise Refusal("invalid", f"{place}: {excess.message}", place)
    return event


def _check_hashable(said: BaseModel | None, place: str) -> None:
    """Refuse what the ledger could not hash. The ledger hashes the parsed message, which is not the message
    as it came: a number may have changed, and defaults may have been added."""
    try:
        sha256(said.model_dump(mode="json") if said is not None else {})
    except (ValueError, RecursionError) as error:
        detail = f"{place}: holds what JSON cannot carry exactly, send it as a string: {error}"
        raise Refusal("invalid", detail, place) from None


def _addressed(arrival: Arrival, event: Event) -> CaseId | Party:
    """The case that the event is for, or the party that an order is about; its sender may speak here and its
    key is that."""
    inlet = arrival.inlet
    if event.source != inlet.source:
        detail = (
            f"source: {event.source!r} may not speak on {inlet.topic}; there it has to be {inlet.source!r}"
        )
        raise Refusal("wrong-source", detail, "source")
    kind = MESSAGES.get(event.type)
    try:
        subject: CaseId | Party = (
            Party(event.subject) if kind is not None and kind.about == "party" else CaseId(event.subject)
        )
    except ValueError as error:
        raise Refusal("invalid", f"subject: {error}", "subject") from None
    if arrival.key != event.subject.encode():
        key = None if arrival.key is None else arrival.key[:200].decode(errors="replace")
        detail = (
            f"key: the record's key is {key!r} and subject is {event.subject!r}; both have to be the same"
        )
        raise Refusal("wrong-key", detail, "subject")
    if isinstance(subject, CaseId) and inlet.party.kind == "channel" and subject.channel != inlet.party.id:
        detail = f"subject: {subject} was minted by channel {subject.channel!r}, not by {inlet.party.id!r}"
        raise Refusal("wrong-source", detail, "subject")
    return subject


def _party_order(event: Event, party: Party, received: datetime, order: Message) -> PartyOrder:
    if not isinstance(order, Order):
        raise TypeError(f"{event.type} is about a party, and no order")
    kinds = ("agency",) if order.lever in ("pause", "resume") else ("agency", "channel")
    if party.kind not in kinds or not party.id:
        detail = f"subject: {party!r} has to be {' or '.join(f'{kind}:<id>' for kind in kinds)}"
        raise Refusal("invalid", detail, "subject")
    return PartyOrder(event, party, received, order)


def _application(event: Event, case: CaseId, received: datetime, data: Applied, rules: Rules) -> NewCase:
    item = CATALOGUE.get(data.procedure)
    if item is None:
        detail = f"data.procedure: there is no {data.procedure!r}; there are: {', '.join(sorted(CATALOGUE))}"
        raise Refusal("unknown-procedure", detail, "data.procedure")
    try:
        application = item.application.model_validate(data.application)
    except ValidationError as error:
        raise refusal_of(error, under="data.application") from None
    _check_hashable(application, "data.application")
    try:
        law = item.law_on(rules.legal_day(received))
    except LookupError as error:
        raise Refusal("unknown-procedure", f"data.procedure: {error}", "data.procedure") from None
    variant, basis = rules.variant(item, law)
    return NewCase(event, case, received, item, law, application, data.intake, variant, basis)


def _check_answer(party: Party, event: Event, data: Message) -> None:
    """The request was made of this agency, and its answer fits what was asked."""
    request_id = RequestId(event.requestid or "")
    request = REQUESTS.get(request_id.request_type)
    if request is None:
        name = request_id.request_type
        detail = f"requestid: there is no request type {name!r}; its name is <procedure>.<request>"
        raise Refusal("unknown-request", detail, "requestid")
    if not request.may_be_answered_by(party.id):
        asked = " and ".join(map(repr, request.answerers()))
        detail = f"requestid: {request.name!r} is asked of {asked}, not of {party.id!r}"
        raise Refusal("wrong-source", detail, "requestid")
    if isinstance(data, Answered | Corrected):
        _check_hashable(request.answer_from(data.answer), "data.answer")


def _check_move(event: Event, order: MoveOrdered) -> None:
    """The request may be moved to this agency, whose answer would be admitted then."""
    name = RequestId(event.requestid or "").request_type
    request = REQUESTS.get(name)
    if request is None:
        raise Refusal("unknown-request", f"requestid: there is no request type {name!r}", "requestid")
    if not request.may_be_answered_by(order.agency):
        known = ", ".join(dict.fromkeys((*request.answerers(), *request.stand_ins)))
        detail = (
            f"data.agency: {name!r} cannot be moved to {order.agency!r}, only to: {known}; "
            "the stand_ins of the service item name others"
        )
        raise Refusal("invalid", detail, "data.agency")
