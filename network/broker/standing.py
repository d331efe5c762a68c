"""Following the orders about parties: who is paused, and who is in quarantine."""

from __future__ import annotations

from typing import Any

from contracts.admission import Arrival, PartyOrder, Rules, admit
from contracts.standing import Standing
from contracts.terms.directory import Directory
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import OPERATOR
from contracts.wire.envelope import LARGEST_EVENT_BYTES
from contracts.wire.topics import events_topic, inlet_of
from network.broker.connection import Broker, append_time
from network.broker.follower import TopicFollower
from network.broker.whole import whole_topic

RULES = Rules(max_event_bytes=LARGEST_EVENT_BYTES)


class StandingOrders:
    """Follows the operators' topic for as long as :meth:`run` runs.

    Attributes:
        standing: what is in force, as far as it was read.
    """

    def __init__(self, broker: Broker, directory: Directory) -> None:
        self.standing = Standing(directory.two_persons)
        self._inlet = inlet_of(directory.administration, OPERATOR)
        self._follower = TopicFollower(broker, (self._inlet.topic,), self.take)

    async def run(self) -> None:
        """Follow the topic until cancelled."""
        await self._follower.run()

    async def ready(self) -> None:
        """Return once all was read that the topic had when it was first followed; however long that takes."""
        await self._follower.until(lambda: self._follower.read_once)

    async def catch_up(self) -> None:
        """Return when every order is known that the broker had received at the call.

        Raises:
            Unavailable: the broker cannot be asked.
        """
        await self._follower.catch_up()

    def take(self, record: Any) -> None:
        """Take the next record of the topic. What is not an order about a party is left out."""
        arrival = Arrival(self._inlet, record.key, record.value, tuple(record.headers), append_time(record))
        try:
            admitted = admit(arrival, RULES)
        except Refusal:
            return  # the gateway makes a dead letter of it
        if isinstance(admitted, PartyOrder):
            self.standing.take(admitted)


async def standing_now(broker: Broker, directory: Directory) -> Standing:
    """What stands now.

    Raises:
        Unavailable: no broker answers, or there is no such topic.
    """
    orders = StandingOrders(broker, directory)
    async for record in whole_topic(broker, events_topic(OPERATOR)):
        orders.take(record)
    return orders.standing
