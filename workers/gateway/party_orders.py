"""Orders about parties, from the gateway's side: no event of a quarantined party is admitted, and whoever
orders something is told the result."""

from __future__ import annotations

import structlog

from activities.orders import count_order
from contracts.admission import PartyOrder
from contracts.terms.errors import REASONS, Refusal
from contracts.terms.identifiers import OPERATOR, PLATFORM, Party
from contracts.wire.canonical import sha256
from contracts.wire.envelope import Event, Message
from contracts.wire.orders import OrderProposed, OrderTaken
from contracts.wire.topics import messages_topic
from network.broker.publisher import Publisher, Record
from network.broker.standing import StandingOrders

log = structlog.get_logger(__name__)


class PartyOrders:
    """What orders about parties do to the gateway."""

    def __init__(self, orders: StandingOrders, publisher: Publisher, *, administration: str) -> None:
        self._orders = orders
        self._publisher = publisher
        self._source = PLATFORM.source(administration)

    def check(self, party: Party) -> None:
        """Return if a party may speak.

        Raises:
            Refusal: it is in quarantine.
        """
        if self._orders.standing.is_quarantined(party):
            raise Refusal("quarantined", REASONS["quarantined"].en)

    async def take(self, given: PartyOrder) -> str:
        """What became of an order, which the operator is told. May be called again with it.

        Raises:
            Refusal: it cannot take effect.
            Unavailable: Kafka is away; call again.
        """
        await self._orders.catch_up()  # the order itself is on the topic
        verdict = self._orders.standing.verdict(given.event)
        if isinstance(verdict, Refusal):
            raise verdict
        order = given.order
        if verdict == "proposed":
            await self._tell(given, OrderProposed(event=given.event.id, lever=order.lever))
        elif verdict == "taken":
            await self._tell(given, OrderTaken(event=given.event.id))
        else:
            raise Refusal("internal", f"{given.event.key} was not read from the operators' topic")
        count_order(order.lever, verdict)
        log.info(f"order {verdict}", lever=order.lever, party=given.party, by=order.officer, why=order.why)
        return verdict

    async def _tell(self, given: PartyOrder, message: Message) -> None:
        event = Event.of(
            message,
            id=f"order/{sha256([given.event.key, message.type])[:32]}",
            source=self._source,
            case=given.party,
            time=given.received,
            traceparent=given.event.traceparent,
        )
        await self._publisher.publish([Record(messages_topic(OPERATOR), given.party, *event.encode())])
