"""The envelope: what every message has, the CloudEvents 1.0 event, and how it travels on Kafka.

Our own model rather than the ``cloudevents`` package: that one invents an ``id`` where a message
lacks it, which would defeat deduplication. The package is the judge in the tests.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from contracts.terms.bounds import STATED
from contracts.terms.errors import Refusal, refusal_of
from contracts.terms.values import Contract, Instant, absent, beyond
from contracts.wire.canonical import sha256
from contracts.wire.tracing import Trace, TraceParent, TraceState

STRUCTURED = "application/cloudevents+json"
MAX_EVENT_BYTES = 64 * 1024
"""What every CloudEvents intermediary must forward; documents go by reference."""

LARGEST_EVENT_BYTES = 2 * MAX_EVENT_BYTES
"""What an administration may raise that limit to. What a case makes of an event has to fit into one record
(1 MB) and one payload of Temporal's (2 MB)."""

Headers = Sequence[tuple[str, bytes | None]]
"""Headers of a Kafka record, in order; a name may stand twice, and a value may be null."""

LARGEST_ATTRIBUTE = 500
"""Characters of an attribute that we know."""

Attribute = Annotated[
    str, StringConstraints(min_length=1, max_length=LARGEST_ATTRIBUTE, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")
]
"""A CloudEvents attribute: one line without control characters."""

Uri = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z][a-zA-Z0-9+.-]*:\S+$", max_length=2000)]

LONGEST_INTEGER = 1000
"""Digits of an integer that is read; far fewer are within the bounds."""

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

EXTENSION = re.compile(r"[a-z0-9]{1,40}")
"""How an extension may be named. CloudEvents recommends at most 20 characters and demands the rest."""


Role = Literal["platform", "agency", "channel", "operator", "everybody"]
About = Literal["case", "request", "party"]


class Message(Contract):
    """The data of one type of event. The class says its type, who sends it and who reads it.

    Class keywords:
        name: what its type is made of: ``agency.answered`` for ``org.seamless.agency.answered.v1``.
        sender: who sends it.
        to: who reads it.
        about: what it is about: a case, whose id is the ``subject`` of its event; a request of a case, which
            the event names in ``requestid``, too; or a party, which is the ``subject`` then.

    Raises:
        TypeError: at definition, where another message has this type.
    """

    type: ClassVar[str]
    sender: ClassVar[Role]
    to: ClassVar[Role]
    about: ClassVar[About]

    def __init_subclass__(
        cls, *, name: str, sender: Role, to: Role, about: About = "case", **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls.type, cls.sender, cls.to, cls.about = f"org.seamless.{name}.v1", sender, to, about
        if sender in ("agency", "channel"):
            cls.bounds = STATED  # a party's own words
        if cls.type in MESSAGES:
            raise TypeError(
                f"{cls.__name__}: {MESSAGES[cls.type].__name__} has the type {cls.type!r} already"
            )
        MESSAGES[cls.type] = cls


MESSAGES: dict[str, type[Message]] = {}
"""Every message by its type, as defined."""


def _media_type(said: Any) -> Any:
    """A media type without its parameters, such as ``charset``, as RFC 9110 compares it."""
    return said.split(";")[0].strip().lower() if isinstance(said, str) else said


class Event(Contract):
    """One CloudEvents 1.0 event. ``subject`` and ``partitionkey`` are the case id.

    ``time`` is when it happened, as the sender says. ``(source, id)`` names the event for ever:
    sent again, it changes nothing. Unknown extensions are kept; as CloudEvents requires, their names consist
    of lower-case letters and digits, and their values are strings, integers or Booleans.
    """

    specversion: Literal["1.0"]
    id: Attribute
    source: Attribute
    type: Attribute
    subject: Attribute
    time: Instant
    datacontenttype: Annotated[Literal["application/json"], BeforeValidator(_media_type)] = "application/json"
    dataschema: Uri | None = Field(default=None, exclude_if=absent)
    partitionkey: Attribute | None = Field(default=None, exclude_if=absent)
    sequence: Attribute | None = Field(default=None, exclude_if=absent)
    traceparent: TraceParent = Field(default=None, exclude_if=absent)
    tracestate: TraceState = Field(default=None, exclude_if=absent)
    requestid: Attribute | None = Field(default=None, exclude_if=absent)
    data: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_case(self) -> Self:
        if self.partitionkey is not None and self.partitionkey != self.subject:
            raise ValueError("partitionkey has to be the case id, as subject is")
        return self

    @model_validator(mode="after")
    def _extensions_as_cloudevents_has_them(self) -> Self:
        for name, value in (self.model_extra or {}).items():
            if not EXTENSION.fullmatch(name):
                raise beyond((name,), "no attribute is named so: lower-case letters and digits only")
            if not isinstance(value, str | int | None):  # a bool is an int, too
                raise beyond((name,), "an attribute is a text, an integer or a truth value")
            if isinstance(value, str) and not value.isprintable() and CONTROL.search(value):
                raise beyond((name,), "an attribute has no control characters")
        return self

    @classmethod
    def of(
        cls,
        message: Message,
        *,
        id: str,
        source: str,
        case: str,
        time: datetime,
        request: str | None = None,
        sequence: str | None = None,
        traceparent: str | None = None,
        tracestate: str | None = None,
    ) -> Self:
        """The event that carries ``message`` about ``case``."""
        return cls(
            specversion="1.0",
            id=id,
            source=source,
            type=message.type,
            subject=case,
            partitionkey=case,
            time=time,
            sequence=sequence,
            traceparent=traceparent,
            tracestate=tracestate,
            requestid=request,
            data=message.model_dump(mode="json", warnings=False),
        )

    @property
    def said(self) -> dict[str, Any]:
        """What it says, without who says it about which case. Two events with the same id that say the same
        are copies, whenever and however they were sent."""
        return {"type": self.type, "request": self.requestid, "data": self.data}

    @property
    def digest(self) -> str:
        """A digest of what it says."""
        return sha256(self.said)

    @property
    def key(self) -> str:
        """What identifies this event: ``source#id``."""
        return f"{self.source}#{self.id}"

    @property
    def trace(self) -> Trace | None:
        """The trace in which it was sent; None where it is in none."""
        return Trace.of(self.traceparent, self.tracestate)

    def encode(self) -> tuple[bytes, list[tuple[str, bytes]]]:
        """Value and headers of the Kafka record, in structured mode."""
        attributes = {
            "ce_id": self.id,
            "ce_type": self.type,
            "ce_source": self.source,
            "ce_subject": self.subject,
        }
        headers = [("content-type", f"{STRUCTURED}; charset=UTF-8".encode())]
        headers += [(name, value.encode()) for name, value in attributes.items()]
        return self.model_dump_json().encode(), headers

    @classmethod
    def decode(cls, value: bytes | None, headers: Headers) -> Self:
        """The event of a Kafka record, in structured or in binary mode.

        Raises:
            Refusal: the record is not an event of ours; names the field at fault.
        """
        named = {name.lower(): content for name, content in headers if content is not None}
        if not value:
            raise Refusal("not-json", "the message is empty")
        if value.startswith(BOM_UTF8):
            raise Refusal("not-json", "the message begins with a byte order mark: send plain UTF-8")
        try:
            said = json.loads(value.decode(), object_pairs_hook=each_once, parse_int=_integer)
            content_type = named.get("content-type", b"").decode(errors="replace")
            if "ce_id" not in named or _media_type(content_type) == STRUCTURED:
                return cls.model_validate(said)
            attributes = each_once(
                [
                    (name.lower()[3:], _header(name.lower(), content))
                    for name, content in headers
                    if content is not None and name.lower().startswith("ce_")
                ]
            )
            stated = {"datacontenttype": content_type} if content_type else {}
            return cls.model_validate(attributes | stated | {"data": said})
        except ValidationError as error:
            raise refusal_of(error) from None
        except RecursionError:
            raise Refusal("invalid", "data: is nested too deep", "data") from None
        except ValueError as error:
            raise Refusal("not-json", str(error)) from None


def _header(name: str, content: bytes) -> str:
    """The text of a header. A trace context that is none is ignored, whatever is wrong with it.

    Raises:
        Refusal: it is no text.
    """
    try:
        return content.decode()
    except UnicodeDecodeError:
        if name in ("ce_traceparent", "ce_tracestate"):
            return ""
        raise Refusal("invalid", f"{name}: the header is not in UTF-8", name.removeprefix("ce_")) from None


def _integer(digits: str) -> int:
    """An integer as JSON has it.

    Raises:
        Refusal: it is longer than any reader takes; Python would read so long a one slowly.
    """
    if len(digits) > LONGEST_INTEGER:
        detail = f"data: a number has {len(digits)} digits; send it as a text"
        raise Refusal("invalid", detail, "data")
    return int(digits)


def each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of its members. JSON leaves open what a repeated name means (RFC 8259, 4), and readers
    differ: what one party checked another would not see.

    Raises:
        Refusal: a name occurs twice; says which.
    """
    said = dict(members)
    if len(said) != len(members):
        name, _ = Counter(name for name, _ in members).most_common(1)[0]
        raise Refusal("invalid", f"{name}: stands twice in one object", name)
    return said
