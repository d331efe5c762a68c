"""Bounds: every contract keeps them, also one that nobody wrote yet, also in fields that it does not know."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import Field, ValidationError

from contracts.admission import Rules
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT, Application
from contracts.terms.bounds import CARRIED, MAX_INTEGER, STATED
from contracts.terms.calendar import UnknownCalendar, calendar
from contracts.terms.errors import Refusal, faults_of, refusal_of
from contracts.terms.fees import Fee, FeeSchedule
from contracts.terms.identifiers import AgencyId, CaseId, ChannelId, Party, RequestId
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Bilingual, Contract, Money, Statement
from contracts.wire.envelope import MESSAGES
from contracts.wire.topics import events_topic, messages_topic
from tests.applications import application, new_case


class Inner(Contract):
    """A part of a statement that says nothing of bounds."""

    value: Any = None


class Outer(Statement):
    """A statement that nobody thought much about."""

    number: int = 0
    amount: Decimal = Decimal(0)
    day: date = date(2026, 1, 1)
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    text: str = ""
    content: dict[str, Any] = Field(default_factory=dict)
    parts: tuple[Inner, ...] = ()


def nested(levels: int) -> Any:
    return [nested(levels - 1)] if levels else 1


BEYOND = [
    ("number", 2**53),
    ("number", 1e20),
    ("amount", "1000000000000"),
    ("amount", "0.0000001"),
    ("amount", "1E+999999"),
    ("amount", "0E+999999"),
    ("day", "1899-12-31"),
    ("day", "9999-12-31"),
    ("at", "2201-01-01T00:00:00Z"),
    ("at", "0001-01-01T00:00:00+14:00"),
    ("text", "a\x1b[31m"),
    ("text", "a\r\nb"),
    ("text", "x" * (STATED.text + 1)),
    ("content", {"x": -(2**53)}),
    ("content", {"x": float("nan")}),
    ("content", {"x": ["\ud800"]}),
    ("content", {"\x00": 1}),
    ("content", {"x": [0] * (STATED.items + 1)}),
    ("content", {"x": nested(STATED.depth)}),
]


@pytest.mark.parametrize(("field", "value"), BEYOND)
def test_a_value_beyond_its_bounds_is_refused_with_its_place(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        Outer.model_validate({field: value})
    assert faults_of(refused.value)[0].field.startswith(field)


@pytest.mark.parametrize("value", [2**53, 1e300, "\x00", "x" * 16_001, nested(51), {"a": [{"b": 10**20}]}])
def test_fields_that_no_contract_knows_keep_the_bounds(value: Any) -> None:
    with pytest.raises(ValidationError):
        Outer.model_validate({"unknown": value})
    with pytest.raises(ValidationError):
        Outer.model_validate({"parts": [{"unknown": value}]})


def test_what_is_at_the_bound_is_taken() -> None:
    said = Outer.model_validate(
        {
            "number": MAX_INTEGER,
            "amount": "999999999999.999999",
            "day": "2200-12-31",
            "at": "1900-01-01T00:00:00Z",
            "text": "two\nlines\tand a tab 消防",
            "content": {"x": nested(STATED.depth - 1)},
        }
    )
    assert Outer.model_validate_json(said.model_dump_json()) == said


def test_a_statement_bounds_the_contracts_in_it_too() -> None:
    """A part may be a contract of the platform's, which alone may hold more."""
    held = {"value": date(2300, 1, 1)}
    assert Inner.model_validate(held)
    with pytest.raises(ValidationError, match="is not between 1900-01-01 and 2200-12-31"):
        Outer.model_validate({"parts": [held]})


def test_an_application_grows_by_supplements_up_to_a_size() -> None:
    """Each event is small enough; what a case makes of all of them has to fit into one record."""
    grown = application().model_dump(mode="json")

    def supplemented(number: int) -> dict[str, Any]:
        more = {f"more{number}": ["x" * 15_000] * 4}
        return Application.model_validate(grown | more).model_dump(mode="json")

    for number in range(4):
        grown = supplemented(number)
    with pytest.raises(ValidationError, match="bytes, and 262144 are allowed"):
        supplemented(4)


def test_what_a_party_says_leaves_room_for_what_follows_from_it() -> None:
    for bound in ("whole_digits", "places", "last", "text", "items", "depth"):
        assert getattr(STATED, bound) < getattr(CARRIED, bound)
    for message in MESSAGES.values():
        assert (message.bounds is STATED) == (message.sender in ("agency", "channel"))


# --- what a sender is told ----------------------------------------------------------------------------------


def test_a_refusal_can_be_carried_whatever_it_quotes() -> None:
    with pytest.raises(ValidationError) as refused:
        Outer.model_validate({"\x1b[2J" + "k" * 9000: "\x00"})
    told = refusal_of(refused.value)
    assert Inner(value=[told.detail, told.field])
    assert Inner(value=Refusal("invalid", "\ud800" * 90_000, "\x00").detail)


def test_a_thousand_faults_are_told_in_one_sentence() -> None:
    with pytest.raises(ValidationError) as refused:
        Outer.model_validate({"parts": ["no part"] * 1000})
    told = refusal_of(refused.value)
    assert len(told.detail) <= 2000
    assert told.detail.endswith("and 980 more")


# --- identifiers, calendars, fees ---------------------------------------------------------------------------


def test_a_topic_has_a_name_that_kafka_takes() -> None:
    longest = "a" * ChannelId.longest
    prefix = "p" * 99 + "."
    for party in (Party.agency(longest), Party.channel(longest)):
        assert max(len(prefix + events_topic(party)), len(prefix + messages_topic(party))) <= 249
    for kind in (AgencyId, ChannelId):
        with pytest.raises(ValueError, match="it has more than 63 characters"):
            kind(longest + "a")


def test_the_longest_channel_mints_cases_and_these_ask() -> None:
    case = new_case("a" * ChannelId.longest)
    assert CaseId(case).channel == "a" * ChannelId.longest
    assert RequestId(f"{case}/construction-permit.review-civil-air-defence/999999").case == case


@pytest.mark.parametrize("length", ["nan", "inf", "-1", "0", "1e300", "86401", "x"])
def test_a_compressed_day_has_a_length(length: str) -> None:
    with pytest.raises(UnknownCalendar, match="in seconds"):
        calendar(f"compressed:{length}")


class Wanted(Statement):
    """An application with quantities of several kinds."""

    area: Decimal = Field(ge=0, le=10**8)
    share: float = 0
    maybe: Decimal | None = None
    much: Decimal


def item(per: str, amount: str) -> ServiceItem:
    fee = Fee(
        code="x",
        name=Bilingual(zh="x", en="x"),
        amount=Money(amount=Decimal(amount), currency="CNY"),
        per=per,
    )
    fields = {name: getattr(CONSTRUCTION_PERMIT, name) for name in ServiceItem.model_fields}
    fees = FeeSchedule(currency="CNY", lines=(fee,))
    laws = (CONSTRUCTION_PERMIT.laws[0].model_copy(update={"fees": fees}),)
    return ServiceItem(**(fields | {"application": Wanted, "laws": laws, "examples": ()}))


def test_a_service_item_has_a_fee_for_every_application_there_may_be() -> None:
    largest = Wanted(area=Decimal(10**8), much=Decimal("999999999999.999999"))
    assert item("area", "99999999").laws[0].fees.of(largest).total.amount
    assert item("much", "99.99").laws[0].fees.of(largest).total.amount


@pytest.mark.parametrize(
    ("per", "amount"),
    [("area", "1000000000"), ("much", "100000"), ("share", "1"), ("maybe", "1"), ("no", "1")],
)
def test_a_service_item_whose_fee_may_fail_is_refused_at_definition(per: str, amount: str) -> None:
    with pytest.raises(ValidationError):
        item(per, amount)


def test_an_application_is_a_statement() -> None:
    fields = {name: getattr(CONSTRUCTION_PERMIT, name) for name in ServiceItem.model_fields}
    with pytest.raises(ValidationError, match="subclass of Statement"):
        ServiceItem(**(fields | {"application": Inner}))


def test_an_event_may_not_be_larger_than_one_record_can_be() -> None:
    with pytest.raises(ValueError, match="at most"):
        Rules(max_event_bytes=10**6)
