"""Speaking as the operators of the platform: giving orders, and learning what became of them."""

from __future__ import annotations

import asyncio
from typing import Literal, NamedTuple

from contracts.admission import Rules
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import OPERATOR
from contracts.wire.envelope import Event
from contracts.wire.orders import OrderProposed, OrderRefused, OrderTaken
from network.broker.publisher import Publisher
from network.parties.party import PartyClient

Fate = Literal["taken", "proposed", "refused", "unheard"]

FATES: dict[str, Fate] = {
    OrderTaken.type: "taken",
    OrderProposed.type: "proposed",
    OrderRefused.type: "refused",
}


class Given(NamedTuple):
    """An order that was given.

    Attributes:
        order: the id of its event.
        fate: it took effect; another person has to confirm it; it was refused; or there was no reply in time,
            and it may yet take effect.
        refusal: why it was refused.
    """

    order: str
    fate: Fate
    refusal: Refusal | None = None


class OperatorClient(PartyClient):
    """The operators. ``event`` makes an order, whose subject is a case id or a party; :meth:`give` it."""

    def __init__(self, publisher: Publisher, administration: str, *, rules: Rules | None = None) -> None:
        super().__init__(publisher, administration, OPERATOR, rules=rules)

    async def give(self, order: Event, *, within_seconds: float) -> Given:
        """Give an order and wait for what becomes of it. Given again, it changes nothing.

        Raises:
            PublishError: not known to be given; give the same again.
            Unavailable: no broker answers, or there is no such topic.
        """
        async with self.hearing() as heard:
            await self.send(order)
            try:
                async with asyncio.timeout(within_seconds):
                    async for reply in heard:
                        if reply.type in FATES and reply.data.get("event") == order.id:
                            return _given(order.id, reply)
            except TimeoutError:
                pass
        return Given(order.id, "unheard")


def _given(order: str, reply: Event) -> Given:
    fate = FATES[reply.type]
    if fate != "refused":
        return Given(order, fate)
    said = OrderRefused.model_validate(reply.data)
    return Given(order, fate, Refusal(said.reason, said.detail, said.field))
