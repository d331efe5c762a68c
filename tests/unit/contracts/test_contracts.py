"""Contracts: what a definition refuses, what identifiers take, and that stored messages stay readable."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from contracts.procedures.catalogue import CATALOGUE
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT, HOUSING, ReviewFireSafety
from contracts.terms.directory import Directory, load_directory
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import AgencyId, CaseId, ChannelId, RequestId
from contracts.terms.limits import working_days
from contracts.terms.requests import REQUESTS, Answer, Request, deem, escalate, lapse, remind
from contracts.wire.envelope import MAX_EVENT_BYTES, MESSAGES, Event
from contracts.wire.ledger import LedgerEntry, faults
from contracts.wire.messages import message_of
from contracts.wire.topics import AVAILABILITY, inlets_of, topics_of
from tests.applications import application, new_case

PAYLOADS = Path(__file__).parents[2] / "payloads"
STORED = sorted(PAYLOADS.glob("v*/*.json"))


class Opinion(Answer):
    outcome: Literal["yes", "no"]


# --- requests -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "overdue",
    [
        [],
        [remind(at=0.5)],
        [escalate(to=HOUSING, grace=working_days(1))],
        [deem("yes"), remind(at=0.5)],
        [deem("yes"), lapse("late")],
    ],
    ids=["none", "only a reminder", "only an escalation", "an end in the middle", "two ends"],
)
def test_a_ladder_that_does_not_end_once_is_refused_at_definition(overdue: list[Any]) -> None:
    with pytest.raises(TypeError, match="Ask: its overdue ladder has to end, once"):

        class Ask(Request[Opinion], agency=HOUSING, limit=working_days(1), basis="x", overdue=overdue):
            pass


def test_an_outcome_that_the_answer_lacks_cannot_be_deemed() -> None:
    with pytest.raises(TypeError, match="cannot deem 'maybe'"):

        class AskAgain(
            Request[Opinion], agency=HOUSING, limit=working_days(1), basis="x", overdue=[deem("maybe")]
        ):
            pass


def test_an_answer_that_needs_more_than_an_outcome_cannot_be_deemed() -> None:
    with pytest.raises(TypeError, match="cannot deem 'refuse'"):

        class Review(
            ReviewFireSafety, agency=HOUSING, limit=working_days(1), basis="x", overdue=[deem("refuse")]
        ):
            pass


def test_every_request_says_who_by_when_and_what_follows() -> None:
    agencies = {agency.id for agency in load_directory().agencies}
    for name, request in REQUESTS.items():
        if request.__module__.startswith("contracts."):
            assert request.agency in agencies, name
            assert request.stated.basis, name
            assert len(request.answer.outcomes()) > 1, name
            assert {rung.to for rung in request.stated.overdue if rung.rung == "escalate"} <= agencies, name


def test_outcomes_are_a_closed_set() -> None:
    answer = REQUESTS["construction-permit.review-fire-safety"].answer
    assert answer.outcomes() == ("consent", "consent-with-conditions", "refuse")
    with pytest.raises(ValidationError, match="outcome"):
        answer.model_validate({"outcome": "perhaps"})


# --- identifiers --------------------------------------------------------------------------------------------


def test_a_case_id_names_its_channel() -> None:
    assert new_case("service-counter-2").channel == ChannelId("service-counter-2")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "portal",
        "portal-1",
        "01990000-0000-7000-8000-000000000001",
        "portal-01990000-0000-4000-8000-000000000001",
        "Portal-01990000-0000-7000-8000-000000000001",
        "portal-01990000-0000-7000-8000-000000000001\n",
        " portal-01990000-0000-7000-8000-000000000001",
        "portal/x-01990000-0000-7000-8000-000000000001",
        "a" * 200 + "-01990000-0000-7000-8000-000000000001",
    ],
)
def test_what_is_no_case_id(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(CaseId).validate_python(text)
    with pytest.raises(ValidationError):
        TypeAdapter(CaseId).validate_json(json.dumps(text))


@pytest.mark.parametrize(
    "text", ["", "Fire", "fire_safety", "-fire", "fire-", "fire--safety", "消防", "fire.safety"]
)
def test_what_is_no_agency_id(text: str) -> None:
    with pytest.raises(ValueError, match="is no AgencyId"):
        AgencyId(text)


def test_a_request_id_names_its_case_and_type() -> None:
    case = new_case()
    request = RequestId(f"{case}/construction-permit.review-fire-safety/2")
    assert request.case == case
    assert request.request_type == "construction-permit.review-fire-safety"


def test_identifiers_are_plain_strings_in_json() -> None:
    case = new_case()
    assert TypeAdapter(CaseId).dump_json(case) == f'"{case}"'.encode()


# --- evolution ----------------------------------------------------------------------------------------------


def test_unknown_fields_are_kept() -> None:
    newer = application().model_dump(mode="json") | {"green_roof": {"area": "120"}}
    read = CONSTRUCTION_PERMIT.application.model_validate(newer)
    assert read.model_dump(mode="json")["green_roof"] == {"area": "120"}


def test_extensions_that_are_not_known_are_kept() -> None:
    stored = json.loads((PAYLOADS / "v1" / "agency.answered.v1.json").read_text("utf-8"))
    event = Event.model_validate(stored | {"dataclassification": "internal"})
    value, headers = event.encode()
    assert json.loads(value)["dataclassification"] == "internal"
    assert Event.decode(value, headers) == event


def test_every_event_type_has_a_stored_payload() -> None:
    stored = {json.loads(path.read_text("utf-8"))["type"] for path in STORED}
    assert stored >= set(MESSAGES)


@pytest.mark.parametrize("path", STORED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_stored_payload_is_still_read_and_says_the_same(path: Path) -> None:
    stored = json.loads(path.read_text("utf-8"))
    event = Event.decode(path.read_bytes(), [])
    assert includes(event.model_dump(mode="json"), stored)
    assert includes(typed(event).model_dump(mode="json"), stored["data"])


def test_a_stored_ledger_is_still_whole() -> None:
    entries = [
        LedgerEntry.model_validate(json.loads(path.read_text("utf-8"))["data"])
        for path in STORED
        if path.stem.startswith("ledger.entry.v1")
    ]
    assert len(entries) == 3
    assert faults(entries) == []


def typed(event: Event) -> BaseModel:
    """The data of an event, as its reader types it."""
    return message_of(event, MESSAGES[event.type].sender)


def includes(whole: Any, part: Any) -> bool:
    """Whether ``whole`` says all that ``part`` says; it may say more, as a newer contract does."""
    if isinstance(part, dict):
        return all(name in whole and includes(whole[name], part[name]) for name in part)
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(includes, whole, part))
    return bool(whole == part)


# --- refusals -----------------------------------------------------------------------------------------------


def refused(changes: dict[str, Any], sender: Literal["agency", "channel"] = "agency") -> Refusal:
    stored = json.loads((PAYLOADS / "v1" / "agency.answered.v1.json").read_text("utf-8"))
    with pytest.raises(Refusal) as raised:
        message_of(Event.decode(json.dumps(stored | changes).encode(), []), sender)
    return raised.value


def test_a_refusal_names_the_field() -> None:
    assert refused({"data": {"officer": 7}}).field == "data.officer"
    assert "data.answer" in refused({"data": {"officer": 7}}).detail
    assert refused({"time": "yesterday"}).field == "time"
    assert refused({"id": ""}).field == "id"
    assert refused({"subject": "portal-1", "partitionkey": None}).reason == "invalid"


def test_a_party_says_only_what_is_its_own() -> None:
    assert refused({}, "channel").reason == "unknown-type"
    assert refused({"type": "org.seamless.request.taken.v1"}).reason == "unknown-type"


def test_an_answer_names_a_request_of_its_own_case() -> None:
    assert refused({"requestid": None}).field == "requestid"
    assert (
        refused({"requestid": f"{new_case()}/construction-permit.review-fire-safety/1"}).field == "requestid"
    )
    assert refused({"requestid": "?"}).field == "requestid"


def test_an_event_is_small_enough_for_every_intermediary() -> None:
    assert MAX_EVENT_BYTES == 64 * 1024


# --- catalogue and directory --------------------------------------------------------------------------------


def test_a_law_version_is_chosen_by_the_day() -> None:
    assert CONSTRUCTION_PERMIT.law_on(date(2026, 1, 1)).id == "2018-33"
    with pytest.raises(LookupError, match="no law version is in force on 2018-05-13"):
        CONSTRUCTION_PERMIT.law_on(date(2018, 5, 13))


def test_an_unknown_reason_is_told_with_those_there_are() -> None:
    law = CONSTRUCTION_PERMIT.laws[-1]
    assert law.reason("fee-not-paid").zh == "逾期未缴费。"
    with pytest.raises(LookupError, match="fee-not-paid"):
        law.reason("moon-phase")


def test_the_fee_is_exact() -> None:
    fee = CONSTRUCTION_PERMIT.laws[-1].fees.of(application(floor_area="38000.55"))
    assert str(fee.total.amount) == "3990067.75"


def test_the_demonstration_directory_serves_its_procedures() -> None:
    directory = load_directory()
    agencies = {agency.id for agency in directory.agencies}
    assert {item.lead for item in CATALOGUE.values()} <= agencies
    assert directory.checks() == ("drainage", "pilot-office")
    names = [topic.name for topic in topics_of(directory)]
    assert len(names) == len(set(names))
    assert {inlet.topic for inlet in inlets_of(directory)} | {
        inlet.replies for inlet in inlets_of(directory)
    } <= set(names)
    of_cases = [topic for topic in topics_of(directory) if topic.name != AVAILABILITY]
    assert {topic.partitions for topic in of_cases} == {directory.partitions}


def test_a_directory_keeps_what_it_does_not_know() -> None:
    directory = Directory.model_validate(
        {"administration": "cn-x", "agencies": [], "channels": [], "contact": "x@example.org"}
    )
    assert directory.model_extra == {"contact": "x@example.org"}
