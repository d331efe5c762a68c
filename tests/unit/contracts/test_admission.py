"""What may enter, and what its sender hears when it may not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.admission import Admitted, Arrival, CaseEvent, NewCase, Rules, admit
from contracts.procedures.catalogue import CATALOGUE
from contracts.procedures.construction_permit import Application as PermitApplication
from contracts.terms.bounds import STATED
from contracts.terms.directory import load_directory
from contracts.terms.errors import REASONS, Refusal
from contracts.terms.identifiers import CaseId, Party
from contracts.wire.messages import (
    Answered,
    ApplicantWithdrew,
    Applied,
    Corrected,
    Paid,
    Received,
    Reported,
    Requested,
)
from contracts.wire.topics import Inlet, events_topic, inlets_of
from tests.applications import ADMINISTRATION, application, event, new_case

INLETS = {inlet.topic: inlet for inlet in inlets_of(load_directory())}
PORTAL = INLETS[events_topic(Party.channel("portal"))]
FIRE_SAFETY = INLETS[events_topic(Party.agency("fire-safety"))]
POST = INLETS[events_topic(Party.agency("post"))]
POLICE = INLETS[events_topic(Party.agency("police"))]
CASE = new_case()
RECEIVED_AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LIMIT = 64 * 1024

Change = Callable[[dict[str, Any]], Any]


def applied(**changes: Any) -> dict[str, Any]:
    """An application as its channel writes it."""
    data = {"procedure": "construction-permit", "application": application().model_dump(mode="json")}
    written = event(Party.channel("portal"), Applied.type, CASE, data).model_dump(mode="json")
    return written | changes


def answered(**changes: Any) -> dict[str, Any]:
    """An answer as its agency writes it."""
    written = event(
        Party.agency("fire-safety"),
        Answered.type,
        CASE,
        {"answer": {"outcome": "consent"}, "officer": "officer-7"},
        request=f"{CASE}/construction-permit.review-fire-safety/1",
    )
    return written.model_dump(mode="json") | changes


def reported(agency: str, step: str, **content: Any) -> dict[str, Any]:
    """A report as its agency writes it."""
    data = {"step": step, "content": content}
    return event(Party.agency(agency), Reported.type, CASE, data).model_dump(mode="json")


def admitted(
    inlet: Inlet,
    value: dict[str, Any] | bytes | None,
    *,
    key: bytes | None = CASE.encode(),
    headers: tuple[tuple[str, bytes | None], ...] = (),
    received: datetime = RECEIVED_AT,
    virtual_time: bool = False,
) -> Admitted:
    raw = json.dumps(value).encode() if isinstance(value, dict) else value
    arrival = Arrival(inlet, key, raw, headers, received)
    return admit(arrival, Rules(LIMIT, "cn-2026.1", virtual_time))


def refused(inlet: Inlet, value: dict[str, Any] | bytes | None, **given: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        admitted(inlet, value, **given)
    assert caught.value.reason in REASONS
    return caught.value


class TestWhatEnters:
    def test_an_application_with_the_law_in_force_on_the_day_it_came(self) -> None:
        entered = admitted(PORTAL, applied())
        assert isinstance(entered, NewCase)
        assert entered.case == CASE
        assert entered.item is CATALOGUE["construction-permit"]
        assert entered.law.id == "2018-33"
        assert entered.application == application()
        assert isinstance(entered.application, PermitApplication)

    def test_an_answer_of_the_agency_that_was_asked(self) -> None:
        entered = admitted(FIRE_SAFETY, answered())
        assert isinstance(entered, CaseEvent)
        assert entered.actor == "agency:fire-safety"
        assert entered.event.data["answer"] == {"outcome": "consent"}

    def test_a_step_that_nobody_asked_for(self) -> None:
        report = answered(type=Reported.type, data={"step": "site visited"}, requestid=None)
        assert isinstance(admitted(FIRE_SAFETY, report), CaseEvent)

    def test_what_an_applicant_says_later(self) -> None:
        entered = admitted(PORTAL, applied(type=ApplicantWithdrew.type, data={}))
        assert isinstance(entered, CaseEvent)
        assert entered.actor == "channel:portal"

    def test_an_event_in_binary_mode(self) -> None:
        written = applied()
        data = json.dumps(written.pop("data")).encode()
        written["content-type"] = written.pop("datacontenttype")
        headers = tuple(
            (name if name == "content-type" else f"ce_{name}", text.encode())
            for name, text in written.items()
        )
        assert isinstance(admitted(PORTAL, data, headers=headers), NewCase)

    def test_fields_that_are_not_known_here(self) -> None:
        data = applied()["data"]
        data["application"]["heritage"] = {"listed": True}
        entered = admitted(PORTAL, applied(data=data, tenant="a"))
        assert isinstance(entered, NewCase)
        assert entered.application.model_dump()["heritage"] == {"listed": True}

    def test_headers_without_a_value(self) -> None:
        assert admitted(PORTAL, applied(), headers=(("trace", None), ("content-type", None)))


class TestWhatIsNoEvent:
    @pytest.mark.parametrize("value", [None, b"", b"{", b"hello", b"\xff\xfe"])
    def test_no_json(self, value: bytes | None) -> None:
        assert refused(PORTAL, value).reason == "not-json"

    @pytest.mark.parametrize("value", [b"[]", b"1", b'"text"', b"null"])
    def test_json_that_is_no_object(self, value: bytes) -> None:
        assert refused(PORTAL, value).reason == "invalid"

    @pytest.mark.parametrize("missing", ["specversion", "id", "source", "type", "subject", "time"])
    def test_a_missing_attribute_is_named(self, missing: str) -> None:
        written = applied()
        del written[missing]
        refusal = refused(PORTAL, written)
        assert (refusal.reason, refusal.field) == ("invalid", missing)

    def test_a_time_without_zone(self) -> None:
        assert refused(PORTAL, applied(time="2026-03-02T09:00:00")).field == "time"

    def test_a_time_that_is_none_in_utc(self) -> None:
        assert refused(PORTAL, applied(time="0001-01-01T00:00:00+08:00")).field == "time"

    def test_a_message_over_the_limit(self) -> None:
        refusal = refused(PORTAL, applied(padding="x" * LIMIT))
        assert refusal.reason == "too-large"
        assert str(LIMIT) in refusal.detail

    def test_headers_over_the_limit(self) -> None:
        assert refused(PORTAL, applied(), headers=(("x", b"x" * LIMIT),)).reason == "too-large"


class TestWhatOthersCouldNotCarry:
    """These are JSON to some readers. Behind the gateway they would stop the case, not only the event."""

    @pytest.mark.parametrize(
        "number", [b"NaN", b"-Infinity", b"1e400", b"9007199254740993", b"123456789012345678901234567890"]
    )
    def test_numbers_that_json_does_not_carry_exactly(self, number: bytes) -> None:
        raw = (
            json.dumps(applied(type=ApplicantWithdrew.type, data={"x": "HERE"}))
            .encode()
            .replace(b'"HERE"', number)
        )
        refusal = refused(PORTAL, raw)
        assert (refusal.reason, refusal.field) == ("invalid", "data.x")

    def test_half_a_character_in_binary_mode(self) -> None:
        written = applied(type=ApplicantWithdrew.type)
        headers = tuple(
            (f"ce_{name}", str(text).encode()) for name, text in written.items() if name != "data"
        )
        assert refused(PORTAL, b'{"reason": "\\ud800"}', headers=headers).field == "data.reason"

    def test_nesting_without_end(self) -> None:
        deep: dict[str, Any] = {}
        for _ in range(STATED.depth):
            deep = {"deeper": deep}
        field = refused(PORTAL, applied(type=ApplicantWithdrew.type, data=deep)).field or ""
        assert field.startswith("data.deeper.deeper")

    def test_nesting_without_end_in_binary_mode(self) -> None:
        headers = tuple(
            (f"ce_{name}", str(text).encode()) for name, text in applied().items() if name != "data"
        )
        assert refused(PORTAL, b'{"x":' * 10_000, headers=headers).reason == "invalid"

    def test_the_character_nul_but_not_its_name(self) -> None:
        assert (
            refused(PORTAL, applied(type=ApplicantWithdrew.type, data={"reason": "a\0b"})).field
            == "data.reason"
        )
        assert admitted(PORTAL, applied(type=ApplicantWithdrew.type, data={"reason": "a\\u0000b"}))

    @pytest.mark.parametrize("size", [1e20, 2**53, 2**70])
    def test_a_number_that_the_ledger_cannot_hash(self, size: float) -> None:
        data = applied()["data"]
        data["application"]["plan"]["size"] = size  # 1e20 is hashed well, as long as it is not an integer
        assert refused(PORTAL, applied(data=data)).field == "data.application.plan.size"

    @pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "1899-12-31T23:59:59Z"])
    def test_a_time_from_which_no_limit_can_be_counted(self, time: str) -> None:
        assert refused(PORTAL, applied(time=time)).field == "time"

    def test_a_broker_without_a_clock(self) -> None:
        far = datetime(9999, 12, 31, tzinfo=UTC)
        assert refused(PORTAL, applied(), received=far).field == "received"

    def test_more_headers_than_anybody_needs(self) -> None:
        assert refused(PORTAL, applied(), headers=(("x", None),) * 101).reason == "too-large"
        assert refused(PORTAL, applied(), headers=(("x" * LIMIT + "x", None),)).reason == "too-large"


class TestWhoMaySpeakWhere:
    def test_an_agency_on_the_topic_of_another(self) -> None:
        refusal = refused(INLETS[events_topic(Party.agency("planning"))], answered())
        assert (refusal.reason, refusal.field) == ("wrong-source", "source")

    def test_an_agency_in_the_name_of_another(self) -> None:
        forged = answered(source=Party.agency("planning").source(ADMINISTRATION))
        assert refused(FIRE_SAFETY, forged).reason == "wrong-source"

    def test_another_administration(self) -> None:
        refusal = refused(PORTAL, applied(source=Party.channel("portal").source("nl-demo")))
        assert refusal.reason == "wrong-source"

    @pytest.mark.parametrize(
        "key", [None, b"", b"another", b"\xff", b"portal-01a20bc3-a4c4-7044-b136-000000000000"]
    )
    def test_a_key_that_is_not_the_case(self, key: bytes | None) -> None:
        assert refused(PORTAL, applied(), key=key).reason == "wrong-key"

    def test_a_partition_key_that_is_not_the_case(self) -> None:
        assert refused(PORTAL, applied(partitionkey="another")).reason == "invalid"

    def test_a_subject_that_is_no_case(self) -> None:
        refusal = refused(FIRE_SAFETY, answered(subject="case-1", partitionkey="case-1"), key=b"case-1")
        assert (refusal.reason, refusal.field) == ("invalid", "subject")

    def test_a_case_that_another_channel_minted(self) -> None:
        case = new_case("counter")
        refusal = refused(PORTAL, applied(subject=case, partitionkey=case), key=case.encode())
        assert (refusal.reason, refusal.field) == ("wrong-source", "subject")

    def test_a_channel_may_not_speak_in_the_case_of_another(self) -> None:
        case = new_case("counter")
        withdrawal = applied(type=ApplicantWithdrew.type, data={}, subject=case, partitionkey=case)
        refusal = refused(PORTAL, withdrawal, key=case.encode())
        assert (refusal.reason, refusal.field) == ("wrong-source", "subject")

    @pytest.mark.parametrize(
        "event_type", [Requested.type, Answered.type, "org.seamless.channel.applied.v2", "nothing"]
    )
    def test_types_that_a_channel_may_not_send(self, event_type: str) -> None:
        refusal = refused(PORTAL, applied(type=event_type))
        assert (refusal.reason, refusal.field) == ("unknown-type", "type")

    def test_types_that_an_agency_may_not_send(self) -> None:
        assert refused(FIRE_SAFETY, answered(type=Paid.type)).reason == "unknown-type"


class TestApplications:
    def test_an_unknown_procedure(self) -> None:
        refusal = refused(PORTAL, applied(data={"procedure": "moon-permit", "application": {}}))
        assert (refusal.reason, refusal.field) == ("unknown-procedure", "data.procedure")
        assert "construction-permit" in refusal.detail

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            (lambda data: data["application"].pop("floor_area"), "data.application.floor_area"),
            (lambda data: data["application"]["site"].update(area="-1"), "data.application.site.area"),
            (lambda data: data["application"]["plan"].update(sha256="1"), "data.application.plan.sha256"),
            (lambda data: data.pop("application"), "data.application"),
            (lambda data: data.update(procedure="Not A Name"), "data.procedure"),
        ],
    )
    def test_the_field_at_fault_is_named(self, change: Change, field: str) -> None:
        data = applied()["data"]
        change(data)
        refusal = refused(PORTAL, applied(data=data))
        assert (refusal.reason, refusal.field) == ("invalid", field)

    def test_every_fault_is_told_at_once(self) -> None:
        refusal = refused(PORTAL, applied(data={"procedure": "construction-permit", "application": {}}))
        for name in ("applicant", "project", "site", "floor_area", "plan", "design"):
            assert f"data.application.{name}: Field required" in refusal.detail

    def test_no_law_was_in_force_on_the_day_in_the_zone_of_the_authority(self) -> None:
        eve = datetime(2018, 5, 13, 15, 59, tzinfo=UTC)  # 23:59 in China
        refusal = refused(PORTAL, applied(), received=eve)
        assert (refusal.reason, refusal.field) == ("unknown-procedure", "data.procedure")
        assert "2018-05-13" in refusal.detail
        assert admitted(PORTAL, applied(), received=eve.replace(hour=16, minute=0))


class TestAnswers:
    def test_a_request_of_another_case(self) -> None:
        refusal = refused(FIRE_SAFETY, answered(requestid=f"{new_case()}/permit.review/1"))
        assert (refusal.reason, refusal.field) == ("invalid", "requestid")

    @pytest.mark.parametrize("name", [None, "", "review-fire-safety", "{case}/permit.review/one"])
    @pytest.mark.parametrize("event_type", [Answered.type, Received.type, Corrected.type])
    def test_no_request_is_named(self, name: str | None, event_type: str) -> None:
        requestid = name and name.format(case=CASE)
        data = {"answer": {"outcome": "consent"}, "reason": "a slip"}
        refusal = refused(FIRE_SAFETY, answered(requestid=requestid, type=event_type, data=data))
        assert (refusal.reason, refusal.field) == ("invalid", "requestid")

    def test_a_request_type_that_is_not_known(self) -> None:
        refusal = refused(FIRE_SAFETY, answered(requestid=f"{CASE}/review-nothing/1"))
        assert (refusal.reason, refusal.field) == ("unknown-request", "requestid")

    @pytest.mark.parametrize("event_type", [Answered.type, Received.type])
    def test_a_request_that_was_asked_of_another_agency(self, event_type: str) -> None:
        forged = answered(requestid=f"{CASE}/construction-permit.review-planning/1", type=event_type)
        refusal = refused(FIRE_SAFETY, forged)
        assert (refusal.reason, refusal.field) == ("wrong-source", "requestid")

    @pytest.mark.parametrize("event_type", [Answered.type, Corrected.type])
    @pytest.mark.parametrize(
        ("answer", "field"),
        [
            ({"outcome": "maybe"}, "data.answer.outcome"),
            ({}, "data.answer.outcome"),
            ({"outcome": "consent-with-conditions", "conditions": [""]}, "data.answer.conditions.0"),
            ({"outcome": "consent", "deemed": True}, "data.answer.deemed"),
            ({"outcome": "consent", "deemed": "yes"}, "data.answer.deemed"),
        ],
    )
    def test_an_answer_that_does_not_fit_the_request(
        self, answer: dict[str, Any], field: str, event_type: str
    ) -> None:
        data = {"answer": answer, "reason": "a slip"}
        refusal = refused(FIRE_SAFETY, answered(data=data, type=event_type))
        assert (refusal.reason, refusal.field) == ("invalid", field)


class TestReports:
    """A step with a report type is checked against it; another one is taken as it is."""

    def test_a_report_of_whom_it_is_for(self) -> None:
        entered = admitted(POST, reported("post", "Insert Fine Notification", notified="2026-03-01"))
        assert isinstance(entered, CaseEvent)

    def test_a_report_that_another_agency_has_to_make(self) -> None:
        forged = reported("police", "Insert Fine Notification", notified="2026-03-01")
        refusal = refused(POLICE, forged)
        assert (refusal.reason, refusal.field) == ("wrong-source", "data.step")
        assert "is reported by post, not by 'police'" in refusal.detail

    @pytest.mark.parametrize(
        ("content", "field"),
        [
            ({}, "data.content.notified"),
            ({"notified": "soon"}, "data.content.notified"),
            ({"notified": "2026-03-01T09:00:00Z"}, "data.content.notified"),
        ],
    )
    def test_a_report_that_does_not_fit_its_type(self, content: dict[str, Any], field: str) -> None:
        refusal = refused(POST, reported("post", "Insert Fine Notification", **content))
        assert (refusal.reason, refusal.field) == ("invalid", field)

    def test_a_step_without_a_report_type(self) -> None:
        assert isinstance(admitted(POST, reported("post", "Lost in the mail", anything=1)), CaseEvent)


class TestVirtualTime:
    """Where a log is replayed, an event was received when it happened, not when the broker received it."""

    def test_an_application_comes_under_the_law_of_its_own_day(self) -> None:
        old = applied(time="2018-05-14T08:00:00+08:00")
        entered = admitted(PORTAL, old, virtual_time=True)
        assert isinstance(entered, NewCase)
        assert entered.received == datetime(2018, 5, 14, tzinfo=UTC)
        assert refused(PORTAL, applied(time="2018-05-13T08:00:00Z"), virtual_time=True)

    def test_otherwise_the_broker_says_when(self) -> None:
        entered = admitted(PORTAL, applied(time="2018-05-13T08:00:00Z"))
        assert entered.received == RECEIVED_AT


def test_a_case_id_of_a_channel_with_dashes_is_its_own() -> None:
    case = new_case("service-hall-3")
    assert CaseId(case).channel == "service-hall-3"
