"""Speaking as a channel: sending what applicants say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import uuid_utils
from pydantic import BaseModel

from contracts.admission import Rules
from contracts.terms.identifiers import CaseId, ChannelId, Party
from contracts.terms.values import DocumentRef, Money
from contracts.wire.envelope import Event
from contracts.wire.messages import ApplicantReplied, ApplicantWithdrew, Applied, Paid, Supplemented
from network.broker.publisher import Publisher
from network.parties.party import PartyClient, message


class ChannelClient(PartyClient):
    """A channel: a portal, a counter, another system through which applicants reach the administration.

    Each method raises :class:`contracts.terms.errors.Refusal` when the gateway would not admit the event, and
    :class:`network.broker.publisher.PublishError` when it is not known to be published.
    """

    def __init__(
        self, publisher: Publisher, administration: str, channel: str, *, rules: Rules | None = None
    ) -> None:
        super().__init__(publisher, administration, Party.channel(channel), rules=rules)
        self._channel = ChannelId(channel)

    def new_case(self) -> CaseId:
        """A fresh case id, as this channel mints it."""
        return new_case_id(self._channel)

    def application(
        self,
        procedure: str,
        application: Mapping[str, Any] | BaseModel,
        *,
        case: CaseId | None = None,
        id: str | None = None,
        time: datetime | None = None,
        traceparent: str | None = None,
        tracestate: str | None = None,
    ) -> Event:
        """The event that submits an application, checked; :meth:`send` it.

        Args:
            case: a new one, unless given.
            id: a new one, unless given.
            time: when the applicant applied; now, unless given.
            traceparent, tracestate: the trace in which that happened, as W3C Trace Context has it.
        """
        content = application.model_dump(mode="json") if isinstance(application, BaseModel) else application
        applied = Applied.model_construct(procedure=procedure, application=content)  # type: ignore[arg-type]
        return self.event(
            applied,
            case or self.new_case(),
            id=id,
            time=time,
            traceparent=traceparent,
            tracestate=tracestate,
        )

    async def apply(self, procedure: str, application: Mapping[str, Any] | BaseModel, **given: Any) -> CaseId:
        """Submit an application; returns the id of its case. See :meth:`application`."""
        event = self.application(procedure, application, **given)
        await self.send(event)
        return CaseId(event.subject)

    async def supplement(self, case: str, application: Mapping[str, Any], **about: Any) -> Event:
        """Hand in what was missing: the fields of the application that were asked for."""
        return await self.say(message(Supplemented, application=dict(application)), case, **about)

    async def reply(
        self,
        case: str,
        question: str,
        text: str | None = None,
        documents: Sequence[DocumentRef] = (),
        **about: Any,
    ) -> Event:
        """Reply to an agency's question, by the id in the notice that asked it."""
        replied = message(ApplicantReplied, question=question, text=text, documents=tuple(documents))
        return await self.say(replied, case, **about)

    async def pay(self, case: str, amount: Money, reference: str, **about: Any) -> Event:
        """Say that a payment came in, under the bank's reference."""
        return await self.say(message(Paid, amount=amount, reference=reference), case, **about)

    async def withdraw(self, case: str, reason: str | None = None, **about: Any) -> Event:
        """Take the application back."""
        return await self.say(message(ApplicantWithdrew, reason=reason), case, **about)


def new_case_id(channel: str) -> CaseId:
    """A fresh case id, as a channel mints it. Ids of one channel sort by creation time."""
    return CaseId(f"{channel}-{uuid_utils.uuid7()}")
