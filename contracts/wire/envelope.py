"""The envelope: a CloudEvents 1.0 event and how it travels on Kafka.

Our own model rather than the ``cloudevents`` package: that one invents an ``id`` where a message
lacks it, which would defeat deduplication. The package is the judge in the tests.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError, model_validator

from contracts.terms.errors import Refusal, refusal_of
from contracts.terms.values import Contract, absent

STRUCTURED = "application/cloudevents+json"
MAX_EVENT_BYTES = 64 * 1024
"""What every CloudEvents intermediary must forward; documents go by reference."""

Headers = list[tuple[str, bytes]]
Attribute = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Event(Contract):
    """One CloudEvents 1.0 event. ``subject`` and ``partitionkey`` are the case id.

    ``time`` is when it happened, as the sender says. ``(source, id)`` names the event for ever:
    sent again, it changes nothing. Extensions that are not known here are kept.
    """

    specversion: Literal["1.0"]
    id: Attribute
    source: Attribute
    type: Attribute
    subject: Attribute
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str | None = Field(default=None, exclude_if=absent)
    partitionkey: str | None = Field(default=None, exclude_if=absent)
    sequence: str | None = Field(default=None, exclude_if=absent)
    traceparent: str | None = Field(default=None, exclude_if=absent)
    requestid: str | None = Field(default=None, exclude_if=absent)
    data: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_case(self) -> Self:
        if self.partitionkey is not None and self.partitionkey != self.subject:
            raise ValueError("partitionkey has to be the case id, as subject is")
        return self

    @property
    def key(self) -> str:
        """What this event is known by: ``source#id``."""
        return f"{self.source}#{self.id}"

    def encode(self) -> tuple[bytes, Headers]:
        """Value and headers of the Kafka record, in structured mode."""
        attributes = {
            "ce_id": self.id,
            "ce_type": self.type,
            "ce_source": self.source,
            "ce_subject": self.subject,
        }
        headers: Headers = [("content-type", f"{STRUCTURED}; charset=UTF-8".encode())]
        headers += [(name, value.encode()) for name, value in attributes.items()]
        return self.model_dump_json().encode(), headers

    @classmethod
    def decode(cls, value: bytes | None, headers: Headers) -> Self:
        """The event of a Kafka record, in structured or in binary mode.

        Raises:
            Refusal: the record is no event of ours; names the field at fault.
        """
        named = {name.lower(): content for name, content in headers}
        if not value:
            raise Refusal("not-json", "the message is empty")
        try:
            if "ce_id" not in named or named.get("content-type", b"").lower().startswith(STRUCTURED.encode()):
                return cls.model_validate_json(value)
            attributes: dict[str, Any] = {
                name[3:]: content.decode() for name, content in named.items() if name.startswith("ce_")
            }
            content_type = named.get("content-type", b"application/json").decode().split(";")[0]
            return cls.model_validate(
                attributes | {"datacontenttype": content_type, "data": json.loads(value)}
            )
        except ValidationError as error:
            raise refusal_of(error) from None
        except ValueError as error:
            raise Refusal("not-json", str(error)) from None


def agency_source(administration: str, agency: str) -> str:
    """``source`` of what an agency sends."""
    return f"urn:{administration}:agency:{agency}"


def channel_source(administration: str, channel: str) -> str:
    """``source`` of what a channel sends."""
    return f"urn:{administration}:channel:{channel}"


def platform_source(administration: str) -> str:
    """``source`` of what the platform sends."""
    return f"urn:{administration}:platform"
