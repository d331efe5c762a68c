"""What a party's client takes, the gateway takes; and what it refuses, the gateway would have refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.admission import Arrival, CaseEvent, NewCase, Rules, admit
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import CaseId, Party
from contracts.wire.envelope import STRUCTURED
from contracts.wire.messages import Answered, Applied, Corrected, Reported, Supplemented
from contracts.wire.topics import inlet_of
from network.broker.connection import Broker
from network.broker.publisher import Publisher, Record
from network.parties import AgencyClient, ChannelClient
from network.parties.party import PartyClient
from tests.applications import ADMINISTRATION, application, fine, new_case

CASE = new_case()
REQUEST = f"{CASE}/construction-permit.review-fire-safety/1"


class Published(Publisher):
    """Keeps what is published."""

    def __init__(self) -> None:
        super().__init__(Broker("127.0.0.1:1"))
        self.records: list[Record] = []

    async def publish(self, records: Sequence[Record]) -> None:
        self.records += records


def mapping(whole: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.text(max_size=8), whole, max_size=4)


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**52, max_value=2**80)
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["\x00", "\ud800", "9" * 400, "9999-12-31T23:59:59Z", "-0", "1e400", "消防", ""])
)
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | mapping(inner), max_leaves=12)
objects = mapping(anything)


def deep(levels: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return {"x": value}


def gateway_takes(party: Party, event_type: str, data: Mapping[str, Any], request: str | None) -> bool:
    """Whether the gateway admits the event as a foreign client would write it."""
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": party.source(ADMINISTRATION),
        "type": event_type,
        "subject": CASE,
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    } | ({"requestid": request} if request else {})
    try:
        written = json.dumps(event, ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # not even to be written
        return False
    inlet = inlet_of(ADMINISTRATION, party)
    headers = (("content-type", STRUCTURED.encode()),)
    try:
        admit(Arrival(inlet, CASE.encode(), written, headers, datetime.now(UTC)), Rules())
    except Refusal:
        return False
    return True


def client_takes(client: PartyClient, message: Any, request: str | None) -> bool:
    try:
        client.event(message, CASE, request=request)
    except Refusal:
        return False
    return True


portal = ChannelClient(Published(), ADMINISTRATION, "portal")
fire_safety = AgencyClient(Published(), ADMINISTRATION, "fire-safety")


@settings(max_examples=300, deadline=None)
@given(changes=objects)
@example(changes={"size": 2**70})
@example(changes={"project": "\x00"})
@example(changes={"project": "\ud800"})
@example(changes={"more": float("nan")})
@example(changes=deep(60))
@example(changes=deep(200))
@example(changes={"project": "x" * 70_000})
def test_applications(changes: dict[str, Any]) -> None:
    content = application().model_dump(mode="json") | changes
    data = {"procedure": "construction-permit", "application": content}
    applied = Applied.model_construct(**data)  # type: ignore[arg-type]
    assert client_takes(portal, applied, None) == gateway_takes(portal.party, Applied.type, data, None)


@settings(max_examples=300, deadline=None)
@given(field=st.sampled_from(sorted(application().model_dump())), value=anything)
def test_a_field_of_an_application(field: str, value: Any) -> None:
    content = application().model_dump(mode="json") | {field: value}
    data = {"procedure": "construction-permit", "application": content}
    applied = Applied.model_construct(**data)  # type: ignore[arg-type]
    assert client_takes(portal, applied, None) == gateway_takes(portal.party, Applied.type, data, None)


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from([Answered, Corrected]), answer=objects, outcome=st.sampled_from(["consent", "x"]))
def test_answers(kind: type[Answered] | type[Corrected], answer: dict[str, Any], outcome: str) -> None:
    data = {"answer": answer | {"outcome": outcome}} | ({"reason": "r"} if kind is Corrected else {})
    message = kind.model_construct(**data)  # type: ignore[arg-type]
    taken = gateway_takes(fire_safety.party, kind.type, data, REQUEST)
    assert client_takes(fire_safety, message, REQUEST) == taken


@settings(max_examples=200, deadline=None)
@given(content=objects)
def test_reports_and_supplements(content: dict[str, Any]) -> None:
    reported = {"step": "site visited", "content": content}
    message = Reported.model_construct(**reported)  # type: ignore[arg-type]
    taken = gateway_takes(fire_safety.party, Reported.type, reported, None)
    assert client_takes(fire_safety, message, None) == taken
    supplement = {"application": content}
    supplemented = Supplemented.model_construct(**supplement)
    taken = gateway_takes(portal.party, Supplemented.type, supplement, None)
    assert client_takes(portal, supplemented, None) == taken


async def test_what_is_sent_is_what_was_checked() -> None:
    publisher = Published()
    channel = ChannelClient(publisher, ADMINISTRATION, "portal")
    case = await channel.apply("construction-permit", application())
    await channel.withdraw(case, "another site")
    agency = AgencyClient(publisher, ADMINISTRATION, "fire-safety")
    await agency.answer(
        f"{case}/construction-permit.review-fire-safety/1", {"outcome": "consent"}, officer="f-7"
    )
    admitted = [
        admit(
            Arrival(
                inlet_of(ADMINISTRATION, party), str(record.key).encode(), record.value, record.headers,
                datetime.now(UTC),
            ),
            Rules(),
        )
        for record, party in zip(publisher.records, [channel.party, channel.party, agency.party], strict=True)
    ]  # fmt: skip
    assert [type(each) for each in admitted] == [NewCase, CaseEvent, CaseEvent]
    assert {each.case for each in admitted} == {CaseId(case)}


@pytest.mark.parametrize(
    ("procedure", "given", "field"),
    [
        ("flying-permit", application(), "data.procedure"),
        ("Flying Permit", application(), "data.procedure"),
        ("construction-permit", fine(), "data.application.applicant"),
    ],
)
def test_a_refusal_names_what_is_wrong(procedure: str, given: Any, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        portal.application(procedure, given)
    assert field in [fault.field for fault in refused.value.faults]
