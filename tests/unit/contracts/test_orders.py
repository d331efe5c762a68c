"""What operators may order: admitted on their own topic alone, about a case or about a party."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.admission import Admitted, Arrival, CaseEvent, PartyOrder, Rules, admit
from contracts.terms.errors import REASONS, Refusal
from contracts.terms.identifiers import OPERATOR, CaseId, Party
from contracts.wire.envelope import MESSAGES
from contracts.wire.messages import Answered
from contracts.wire.orders import NOT_THE_ORDER, Order, ordered
from contracts.wire.topics import inlet_of
from tests.applications import ADMINISTRATION, event

CASE = CaseId("portal-01a21959-853b-70f0-a92a-6e8aa6b99cd2")  # ids of tests are the same in every process
ANOTHER = CaseId("portal-01a21959-853b-70f0-a92a-6e8aa6b99cd3")
REQUEST = f"{CASE}/construction-permit.review-fire-safety/1"
SAID = {"officer": "ling", "why": "a test"}
WHAT: dict[str, dict[str, Any]] = {
    "cancel": {},
    "resend": {},
    "move": {"agency": "housing"},
    "extend": {
        "basis": "art. 7",
        "limit": {"count": 3, "unit": "weeks"},
        "approver": "housing",
        "approval": "2026-1",
    },
    "release": {"step": "statutory"},
    "pause": {},
    "resume": {},
    "quarantine": {},
    "readmit": {},
}
ORDERS = {kind.lever: kind for kind in MESSAGES.values() if issubclass(kind, Order)}


def an_event(lever: str, **changes: Any) -> dict[str, Any]:
    kind = ORDERS[lever]
    subject = "agency:fire-safety" if kind.about == "party" else CASE
    request = REQUEST if kind.about == "request" else None
    said = event(OPERATOR, kind.type, subject, SAID | WHAT[lever], request=request)
    return said.model_dump(mode="json") | changes


def admitted(written: dict[str, Any], sender: Party = OPERATOR) -> Admitted:
    arrival = Arrival(
        inlet_of(ADMINISTRATION, sender),
        written["subject"].encode(),
        json.dumps(written).encode(),
        (),
        datetime.now(UTC),
    )
    return admit(arrival, Rules())


def refused(written: dict[str, Any], sender: Party = OPERATOR) -> Refusal:
    with pytest.raises(Refusal) as caught:
        admitted(written, sender)
    assert caught.value.reason in REASONS
    return caught.value


def test_every_lever_has_an_order() -> None:
    assert ORDERS.keys() == WHAT.keys()


@pytest.mark.parametrize("lever", WHAT)
def test_each_is_admitted(lever: str) -> None:
    found = admitted(an_event(lever))
    if ORDERS[lever].about == "party":
        assert isinstance(found, PartyOrder)
        assert (found.party, found.order.lever) == ("agency:fire-safety", lever)
    else:
        assert isinstance(found, CaseEvent)
        assert (found.case, found.actor) == (CASE, OPERATOR)


@pytest.mark.parametrize("lever", WHAT)
@pytest.mark.parametrize("sender", [Party.agency("fire-safety"), Party.channel("portal")])
def test_nobody_else_orders_anything(lever: str, sender: Party) -> None:
    as_itself = an_event(lever, source=sender.source(ADMINISTRATION))
    assert refused(as_itself, sender).reason in ("unknown-type", "invalid")
    assert refused(an_event(lever), sender).reason == "wrong-source"


@pytest.mark.parametrize("lever", WHAT)
@pytest.mark.parametrize("field", ["officer", "why"])
def test_each_says_who_and_why(lever: str, field: str) -> None:
    data = {name: value for name, value in (SAID | WHAT[lever]).items() if name != field}
    assert refused(an_event(lever, data=data)).field == f"data.{field}"
    assert refused(an_event(lever, data=data | {field: ""})).field == f"data.{field}"


def test_an_operator_answers_for_no_agency() -> None:
    answer = event(OPERATOR, Answered.type, CASE, {"answer": {"outcome": "consent"}}, request=REQUEST)
    assert refused(answer.model_dump(mode="json")).reason == "unknown-type"


@pytest.mark.parametrize("lever", ["resend", "move"])
@pytest.mark.parametrize("request_id", [None, "?", f"{ANOTHER}/construction-permit.review-planning/1"])
def test_what_is_about_a_request_names_one_of_its_case(lever: str, request_id: str | None) -> None:
    assert refused(an_event(lever, requestid=request_id)).field == "requestid"


def test_a_request_is_moved_to_who_may_answer_it() -> None:
    data = SAID | {"agency": "police"}
    assert refused(an_event("move", data=data)).field == "data.agency"
    unknown = an_event("move", requestid=f"{CASE}/construction-permit.no-such/1")
    assert refused(unknown).reason == "unknown-request"


def test_the_answer_of_who_stands_in_is_admitted_and_of_others_is_not() -> None:
    for agency, may in [("housing", True), ("fire-safety", True), ("planning", False)]:
        sender = Party.agency(agency)
        said = event(sender, Answered.type, CASE, {"answer": {"outcome": "consent"}}, request=REQUEST)
        written = said.model_dump(mode="json")
        if may:
            assert isinstance(admitted(written, sender), CaseEvent)
        else:
            assert refused(written, sender).reason == "wrong-source"


@pytest.mark.parametrize("subject", ["platform", "operator", "agency", "third-party:court", "AGENCY:x", CASE])
@pytest.mark.parametrize("lever", ["pause", "quarantine"])
def test_who_cannot_be_paused_or_put_in_quarantine(lever: str, subject: str) -> None:
    assert refused(an_event(lever, subject=subject, partitionkey=None)).field == "subject"


def test_a_channel_is_put_in_quarantine_and_is_not_paused() -> None:
    portal = {"subject": "channel:portal", "partitionkey": None}
    assert isinstance(admitted(an_event("quarantine", **portal)), PartyOrder)
    assert refused(an_event("pause", **portal)).field == "subject"


@given(
    st.dictionaries(st.sampled_from(sorted(NOT_THE_ORDER)), st.text("abc 一", min_size=1, max_size=5)),
    st.sampled_from(["housing", "planning"]),
)
def test_a_confirmation_is_known_by_what_is_ordered_alone(about: dict[str, str], agency: str) -> None:
    first = event(OPERATOR, ORDERS["move"].type, CASE, SAID | {"agency": "housing"}, request=REQUEST)
    second = event(OPERATOR, ORDERS["move"].type, CASE, SAID | {"agency": agency} | about, request=REQUEST)
    assert (ordered(first) == ordered(second)) == (agency == "housing")
