"""What all parties do: check and send events, and receive what the platform tells them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import uuid_utils
from pydantic import ValidationError

from contracts.admission import Arrival, Rules, admit
from contracts.terms.errors import Refusal, refusal_of
from contracts.terms.identifiers import CaseId, Party
from contracts.wire.envelope import Event, Message
from contracts.wire.topics import inlet_of
from network.broker.publisher import Publisher, Record
from network.parties.hearing import hearing

M = TypeVar("M", bound=Message)


class PartyClient:
    """One party of the network, on a publisher that it may share with others.

    Attributes:
        party: who speaks.
        inlet: the topic on which it speaks, with its ``source``.
    """

    def __init__(
        self, publisher: Publisher, administration: str, party: Party, *, rules: Rules | None = None
    ) -> None:
        """
        Args:
            administration: whose network it is, as the directory says.
            rules: those by which the administration's gateway admits events.
        """
        self.party = party
        self.inlet = inlet_of(administration, party)
        self._publisher = publisher
        self._rules = rules or Rules()

    def event(
        self,
        message: Message,
        case: str,
        *,
        id: str | None = None,
        time: datetime | None = None,
        request: str | None = None,
        traceparent: str | None = None,
        tracestate: str | None = None,
    ) -> Event:
        """The event by which this party says ``message`` about ``case``, checked as the gateway checks it.

        Args:
            id: a new one, unless given. Given again for the same party, it is the same event.
            time: when it happened; now, unless given.
            request: the request that it is about.
            traceparent, tracestate: the trace in which it is sent, in the form of W3C Trace Context. What
                comes days after a request is better sent in a new trace; the case links the two.

        Raises:
            Refusal: the gateway would not admit it; says why.
        """
        try:
            event = Event.of(
                message,
                id=id or str(uuid_utils.uuid7()),
                source=self.inlet.source,
                case=case,
                time=time or datetime.now(UTC),
                request=request,
                traceparent=traceparent,
                tracestate=tracestate,
            )
        except ValidationError as error:
            raise refusal_of(error) from None
        except (ValueError, RecursionError) as error:  # nested too deep to be written
            raise Refusal("invalid", f"data: cannot be written as JSON: {error}", "data") from None
        self._check(event)
        return event

    def _check(self, event: Event) -> None:
        """Admit the event's record, as the gateway will."""
        value, headers = event.encode()
        arrival = Arrival(self.inlet, event.subject.encode(), value, headers, datetime.now(UTC))
        admit(arrival, self._rules)

    async def send(self, *events: Event) -> None:
        """Publish events, in order; return when the broker has each. Sent again, an event changes nothing.

        Raises:
            PublishError: not known to be published; send the same again.
            RecordTooLarge: the broker takes no such event.
        """
        await self._publisher.publish(
            [Record(self.inlet.topic, event.subject, *event.encode()) for event in events]
        )

    async def say(self, message: Message, case: str, **about: Any) -> Event:
        """Say ``message`` about ``case``: :meth:`event` and :meth:`send` in one."""
        event = self.event(message, case, **about)
        await self.send(event)
        return event

    @asynccontextmanager
    async def hearing(self, *, group: str | None = None) -> AsyncIterator[AsyncIterator[Event]]:
        """What the platform tells this party, as an asynchronous iterator that never ends.

        See :func:`network.parties.hearing.hearing`.
        """
        async with hearing(self._publisher.broker, [self.party], group=group) as heard:
            yield (event async for _, event in heard)


def message(kind: type[M], **fields: Any) -> M:
    """A message of this kind.

    Raises:
        Refusal: it does not fit its contract, so the gateway would not admit it.
    """
    try:
        return kind(**fields)
    except ValidationError as error:
        raise refusal_of(error, under="data") from None


def case_of(request: str) -> CaseId:
    """The case of a request id."""
    return CaseId(request.partition("/")[0])
