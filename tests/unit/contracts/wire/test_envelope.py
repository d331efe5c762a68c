"""Our envelope, judged by the ``cloudevents`` package: what we write it reads, and the other way round."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from contracts.terms.errors import Refusal
from contracts.wire.envelope import Event, Headers
from contracts.wire.messages import Applied, Reported
from tests.applications import application, event, new_case

CASE = new_case()
AT = datetime(2026, 3, 2, 1, 2, 3, 456000, tzinfo=UTC)
ATTRIBUTES: dict[str, Any] = {
    "id": "0001",
    "source": "urn:cn-demo:channel:portal",
    "type": Applied.type,
    "subject": CASE,
    "time": AT,
    "datacontenttype": "application/json",
    "partitionkey": CASE,
    "sequence": "00000007",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "requestid": f"{CASE}/construction-permit.review-planning/1",
}
DATA = {"procedure": "construction-permit", "application": application().model_dump(mode="json")}


def judged(value: bytes, headers: Headers) -> CloudEvent:
    """What the package reads in a structured message. It takes any ``ce_`` header for a sign of binary mode,
    though the binding allows them in a structured one; so it gets the content type alone."""
    content_type = {name: text for name, text in headers if name == "content-type"}
    read = from_structured(KafkaMessage(headers=content_type, key=None, value=value), JSONFormat())
    assert isinstance(read, CloudEvent)
    return read


def listed(message: KafkaMessage) -> Headers:
    return list(message.headers.items())


def test_what_we_write_the_judge_reads() -> None:
    ours = Event.model_validate(ATTRIBUTES | {"specversion": "1.0", "data": DATA})
    read = judged(*ours.encode())
    for name, value in ATTRIBUTES.items():
        assert read.get_attributes()[name] == value, name
    assert read.get_specversion() == "1.0"
    assert read.get_data() == DATA


def test_what_an_event_says_has_one_digest_however_and_by_whomever_it_is_sent() -> None:
    ours = Event.model_validate(ATTRIBUTES | {"specversion": "1.0", "data": DATA, "digest": "an extension"})
    assert ours.digest == Event.model_validate(ours.model_dump() | {"id": "2", "source": "urn:b"}).digest
    for other in ({"type": Reported.type}, {"requestid": None}, {"data": {}}):
        assert ours.digest != ours.model_copy(update=other).digest


def test_the_headers_repeat_what_filters_need() -> None:
    ours = event("urn:cn-demo:agency:planning", Reported.type, CASE, {"step": "visited"}, event_id="7")
    _, headers = ours.encode()
    assert dict(headers) == {
        "content-type": b"application/cloudevents+json; charset=UTF-8",
        "ce_id": b"7",
        "ce_type": Reported.type.encode(),
        "ce_source": b"urn:cn-demo:agency:planning",
        "ce_subject": CASE.encode(),
    }


def test_what_we_write_we_read() -> None:
    ours = Event.model_validate(ATTRIBUTES | {"specversion": "1.0", "data": DATA})
    assert Event.decode(*ours.encode()) == ours


@pytest.mark.parametrize("write", [to_structured, to_binary])
def test_what_the_judge_writes_we_read(write: Any) -> None:
    message = write(CloudEvent(dict(ATTRIBUTES), DATA), JSONFormat())
    read = Event.decode(message.value, listed(message))
    for name, value in ATTRIBUTES.items():
        assert getattr(read, name) == value, name
    assert read.data == DATA


@pytest.mark.parametrize("write", [to_structured, to_binary])
def test_extensions_that_we_do_not_know_are_kept(write: Any) -> None:
    message = write(CloudEvent(ATTRIBUTES | {"tenant": "haidian"}, DATA), JSONFormat())
    ours = Event.decode(message.value, listed(message))
    assert judged(*ours.encode()).get_extension("tenant") == "haidian"


def test_absent_attributes_are_left_out_of_the_json() -> None:
    ours = event("urn:cn-demo:agency:planning", Reported.type, CASE, {"step": "visited"})
    written = json.loads(ours.encode()[0])
    assert not {"requestid", "sequence", "traceparent", "dataschema"} & written.keys()


@pytest.mark.parametrize("mode", ["structured", "binary"])
@pytest.mark.parametrize("missing", ["id", "source", "type", "specversion", "time"])
def test_a_missing_attribute_is_refused_and_never_invented(missing: str, mode: str) -> None:
    written = ATTRIBUTES | {"specversion": "1.0", "time": AT.isoformat()}
    del written[missing]
    value = json.dumps(written | {"data": DATA}).encode()
    headers: Headers = []
    if mode == "binary":
        value = json.dumps(DATA).encode()
        headers = [(f"ce_{name}", text.encode()) for name, text in written.items()]
    with pytest.raises(Refusal) as caught:
        Event.decode(value, headers)
    assert caught.value.reason == "invalid"


def test_the_judge_invents_an_id() -> None:
    """Why it is only the judge. Should it stop doing so, this fails and the choice may be made again."""
    written = {name: text for name, text in ATTRIBUTES.items() if name not in ("id", "time")}
    value = json.dumps(written | {"specversion": "1.0", "data": DATA}).encode()
    content_type = [("content-type", b"application/cloudevents+json")]
    assert judged(value, content_type).get_id()


# --- attributes ---------------------------------------------------------------------------------------------


def attributes(**changes: Any) -> dict[str, Any]:
    return ATTRIBUTES | {"specversion": "1.0", "data": {}} | changes


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        "a trace",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n",
        "x" * 5000,
        7,
    ],
)
def test_what_is_no_trace_context_is_ignored(traceparent: Any) -> None:
    """As W3C Trace Context wants it: an event is not refused for the sake of its trace."""
    assert Event.model_validate(attributes(traceparent=traceparent)).traceparent is None


def headers(**changes: bytes) -> Headers:
    """The headers of an event in binary mode."""
    written = ATTRIBUTES | {"specversion": "1.0", "time": AT.isoformat()}
    said = {f"ce_{name}": str(text).encode() for name, text in written.items() if name != "datacontenttype"}
    return list((said | {"content-type": b"application/json"} | changes).items())


@pytest.mark.parametrize("name", ["ce_traceparent", "ce_tracestate"])
def test_a_header_that_is_no_text_is_no_trace_context(name: str) -> None:
    read = Event.decode(b"{}", headers(**{name: b"\xff\xfe"}))
    assert getattr(read, name.removeprefix("ce_")) is None


@pytest.mark.parametrize("name", ["ce_id", "ce_subject", "ce_tenant"])
def test_a_header_that_is_no_text_is_named(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        Event.decode(b"{}", headers(**{name: b"\xff"}))
    assert (refused.value.reason, refused.value.field) == ("invalid", name.removeprefix("ce_"))


JSON_TYPES = ["application/json", "Application/JSON", "application/json ; charset=utf-8", ""]


@pytest.mark.parametrize("media_type", JSON_TYPES)
def test_a_media_type_is_compared_without_its_parameters_and_its_capitals(media_type: str) -> None:
    assert Event.decode(b"{}", headers(**{"content-type": media_type.encode()})).id == ATTRIBUTES["id"]
    if media_type:
        said = attributes(time=AT.isoformat(), datacontenttype=media_type)
        structured = [("content-type", b"Application/CloudEvents+JSON ;charset=utf-8"), ("ce_id", b"7")]
        read = Event.decode(json.dumps(said).encode(), structured)
        assert (read.id, read.datacontenttype) == (ATTRIBUTES["id"], "application/json")


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application", "application/json+x"])
def test_another_media_type_is_refused(media_type: str) -> None:
    with pytest.raises(Refusal):
        Event.decode(b"{}", headers(**{"content-type": media_type.encode()}))


def test_what_is_no_plain_utf_8_or_no_number_for_readers_is_told_in_words() -> None:
    said = json.dumps(attributes(time=AT.isoformat())).encode()
    with pytest.raises(Refusal, match="byte order mark") as refused:
        Event.decode(b"\xef\xbb\xbf" + said, [])
    assert refused.value.reason == "not-json"
    with pytest.raises(Refusal, match="5000 digits; send it as a text") as refused:
        Event.decode(said.replace(b'"data": {', b'"data": {"n": ' + b"9" * 5000), [])
    assert refused.value.reason == "invalid"


@pytest.mark.parametrize("name", ["id", "source", "type", "subject", "requestid", "sequence", "dataschema"])
@pytest.mark.parametrize("value", ["", "a\nb", "a\tb", "a\x00b", "a\x85b", "x" * 2001, 7])
def test_an_attribute_is_one_line_of_text(name: str, value: Any) -> None:
    with pytest.raises(Refusal) as refused:
        Event.decode(
            json.dumps(attributes(partitionkey=None, time=AT.isoformat()) | {name: value}).encode(), []
        )
    assert refused.value.field == name


@pytest.mark.parametrize(
    ("name", "value"),
    [("Tenant", "x"), ("data_base64", "x"), ("步骤", "x"), ("", "x"), ("a" * 41, "x")]
    + [("tenant", value) for value in ({}, [], 1.5, "a\nb", 2**53)],
)
def test_an_extension_is_what_cloudevents_says(name: str, value: Any) -> None:
    with pytest.raises(Refusal) as refused:
        Event.decode(json.dumps(attributes(time=AT.isoformat()) | {name: value}).encode(), [])
    assert refused.value.reason == "invalid"
    assert refused.value.field in (name, None)


@pytest.mark.parametrize("value", ["x", "消防", 7, True, None])
def test_extensions_of_its_types_are_kept(value: Any) -> None:
    read = Event.model_validate(attributes(tenant=value))
    assert (read.model_extra or {})["tenant"] == value
