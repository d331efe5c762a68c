"""What a party in quarantine says is kept; whoever orders something about a party hears what became of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from activities.orders import ORDERS
from contracts.admission import Arrival
from contracts.terms.directory import Directory, load_directory
from contracts.terms.errors import Refusal, Unavailable
from contracts.terms.identifiers import OPERATOR, Party
from contracts.wire.dead_letter import Place
from contracts.wire.envelope import Event
from contracts.wire.messages import Reported
from contracts.wire.orders import (
    MoveOrdered,
    OrderProposed,
    OrderTaken,
    PauseOrdered,
    QuarantineOrdered,
    ReadmitOrdered,
)
from contracts.wire.topics import inlet_of
from network.broker.connection import Broker
from network.broker.publisher import Publisher, Record
from network.broker.standing import StandingOrders
from tests.applications import ADMINISTRATION, event, new_case
from tests.unit.contracts.test_standing import PLANNING, an_order
from tests.unit.workers.gateway.test_carrier import KeptDeadLetters, ScriptedDelivery, carry
from workers.gateway.carrier import Carrier
from workers.gateway.dead_letters import DeadLetterWriter
from workers.gateway.delivery import Delivery
from workers.gateway.originals import Originals
from workers.gateway.party_orders import PartyOrders
from workers.process.settings import Settings

NOWHERE = Broker("127.0.0.1:1")
INLET = inlet_of(ADMINISTRATION, PLANNING)


class Published(Publisher):
    """Keeps what is published."""

    def __init__(self) -> None:
        super().__init__(NOWHERE)
        self.records: list[Record] = []

    async def publish(self, records: Sequence[Record]) -> None:
        self.records += records

    @property
    def events(self) -> list[Event]:
        return [Event.decode(record.value, record.headers) for record in self.records]


class Orders(StandingOrders):
    """The orders that a test gives."""

    def __init__(self, directory: Directory | None = None) -> None:
        super().__init__(NOWHERE, directory or load_directory())

    async def catch_up(self) -> None:
        return


def record_of(said: Event, key: bytes | None = None) -> Any:
    value, headers = said.encode()
    key = said.subject.encode() if key is None else key
    return SimpleNamespace(key=key, value=value, headers=headers, timestamp=1_772_413_200_000)


def party_orders(orders: Orders, publisher: Publisher | None = None) -> PartyOrders:
    return PartyOrders(orders, publisher or Published(), administration=ADMINISTRATION)


async def test_what_a_party_in_quarantine_says_becomes_a_dead_letter_until_it_is_readmitted() -> None:
    orders, delivery, letters = Orders(), ScriptedDelivery("delivered"), KeptDeadLetters()
    carrier = Carrier(
        cast(Delivery, delivery),
        cast(DeadLetterWriter, letters),
        Originals(NOWHERE),
        Settings(),
        party_orders(orders),
    )
    orders.take(record_of(an_order(QuarantineOrdered).event))
    await carry(carrier, inlet=INLET)
    assert [each.reason for each in letters.refusals] == ["quarantined"]
    await carry(carrier, inlet=inlet_of(ADMINISTRATION, Party.agency("housing")))
    orders.take(record_of(an_order(ReadmitOrdered).event))
    await carry(carrier, inlet=INLET)
    assert len(delivery.deliveries) == 2


async def test_the_operator_hears_that_an_order_holds_and_again_the_same_if_it_is_carried_again() -> None:
    orders, publisher, given = Orders(), Published(), an_order(PauseOrdered)
    orders.take(record_of(given.event))
    for _ in range(2):
        assert await party_orders(orders, publisher).take(given) == "taken"
    first, again = publisher.events
    assert first == again
    assert (first.type, first.data["event"]) == (OrderTaken.type, given.event.id)
    assert {record.topic for record in publisher.records} == {"operator.replies"}


async def test_the_operator_hears_that_another_person_has_to_confirm() -> None:
    two = load_directory().model_copy(update={"two_persons": ("pause",)})
    orders, publisher, given = Orders(two), Published(), an_order(PauseOrdered)
    orders.take(record_of(given.event))
    assert await party_orders(orders, publisher).take(given) == "proposed"
    assert [each.type for each in publisher.events] == [OrderProposed.type]
    alone = an_order(PauseOrdered, confirms=given.event.id)
    orders.take(record_of(alone.event))
    with pytest.raises(Refusal) as refused:
        await party_orders(orders, publisher).take(alone)
    assert refused.value.reason == "same-person"


async def test_an_order_is_carried_by_the_gateway_and_no_case_hears_of_it() -> None:
    orders, publisher, delivery = Orders(), Published(), ScriptedDelivery("delivered")
    carrier = Carrier(
        cast(Delivery, delivery),
        cast(DeadLetterWriter, KeptDeadLetters()),
        Originals(NOWHERE),
        Settings(),
        party_orders(orders, publisher),
    )
    given = an_order(PauseOrdered)
    orders.take(record_of(given.event))
    value, headers = given.event.encode()
    inlet = inlet_of(ADMINISTRATION, OPERATOR)
    arrival = Arrival(inlet, given.party.encode(), value, headers, given.received)
    await carrier.carry(arrival, Place(inlet.topic, 0, 0), 0)
    assert delivery.deliveries == []
    assert [each.type for each in publisher.events] == [OrderTaken.type]


async def test_while_the_broker_is_away_an_order_waits() -> None:
    class Away(Orders):
        async def catch_up(self) -> None:
            raise Unavailable("the broker is away")

    with pytest.raises(Unavailable):
        await party_orders(Away()).take(an_order(PauseOrdered))


def test_what_is_no_order_about_a_party_stops_no_follower() -> None:
    orders = Orders()
    case = new_case()
    report = event(OPERATOR, Reported.type, case, {"step": "x"})
    forged = event(PLANNING, QuarantineOrdered.type, "channel:portal", {"officer": "x", "why": "y"})
    for record in (
        record_of(report),
        record_of(forged),
        record_of(an_order(PauseOrdered).event, key=b"another"),
        SimpleNamespace(key=None, value=None, headers=(), timestamp=0),
        SimpleNamespace(key=b"\xff", value=json.dumps([]).encode(), headers=(("x", None),), timestamp=0),
    ):
        orders.take(record)
    assert orders.standing.paused == {}
    assert orders.standing.quarantined == {}


async def test_an_order_that_is_refused_before_its_case_is_counted_by_its_lever() -> None:
    inlet, letters = inlet_of(ADMINISTRATION, OPERATOR), KeptDeadLetters()
    carrier = Carrier(
        cast(Delivery, ScriptedDelivery("delivered")),
        cast(DeadLetterWriter, letters),
        Originals(NOWHERE),
        Settings(),
        party_orders(Orders()),
    )
    case = new_case()
    value, headers = event(OPERATOR, MoveOrdered.type, case, {"officer": "ling"}).encode()
    refused, before = ORDERS.labels("move", "refused"), ORDERS.labels("move", "refused")._value.get()
    await carrier.carry(Arrival(inlet, case.encode(), value, headers, datetime.now(UTC)), Place("x", 0, 0), 0)
    assert len(letters.refusals) == 1
    assert refused._value.get() == before + 1
