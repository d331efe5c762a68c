"""A simulated channel: its applicants apply, and hand in what the notices ask for, or do not."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.identifiers import CaseId, ChannelId, Party, ProcedureId
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Money
from contracts.wire.envelope import Event, Message
from contracts.wire.messages import (
    ApplicantReplied,
    ApplicantWithdrew,
    Applied,
    NoticeOfDefault,
    Paid,
    Supplemented,
)
from contracts.wire.notices import (
    Asked,
    CaseClosedNotice,
    Decided,
    FeeDue,
    Missing,
    OverdueNotice,
    Receipt,
    RefusedNotice,
    TakenNotice,
)
from seamless.explore.values import fields_of, in_json
from seamless.town.agenda import PASSING, Agenda, Intention, Until
from seamless.town.applications import application_to
from seamless.town.draws import draw, is_simulated, number_of, numbered_case
from seamless.town.manners import ApplicantManner

REPLY = "按要求说明（模拟） / As you asked (simulated)"
SOON = 0.9
"""Whoever brings something in time has it there after so much of the limit, at the latest."""


class SimulatedChannel:
    """One channel, and all applicants who come through it, be they simulated or not.

    Attributes:
        refused: the cases whose applications were refused.
    """

    def __init__(self, channel: ChannelId, manner: ApplicantManner, *, seed: int, day: timedelta) -> None:
        """
        Args:
            day: how long a working day lasts.
        """
        self.party = Party.channel(channel)
        self.refused: set[str] = set()
        self._channel, self._manner = channel, manner
        self._seed, self._day = seed, day
        self._procedures: dict[str, ProcedureId] = {}

    def applies(self, item: ServiceItem, number: int, now: datetime) -> Intention:
        """The application of one more applicant.

        Raises:
            NoExample: there is no example of an application, and none can be made up.
        """
        chance = draw(self._seed, number, "application")
        lacks = chance.random() < self._manner.lacks
        made = application_to(item, chance, now.date(), lacks=lacks)
        case = numbered_case(self._channel, number)
        message = Applied(procedure=item.procedure, application=made.model_dump(mode="json"))
        return Intention(now, self.party, case, message, f"{case}/{message.type}", until="ever")

    def hear(self, event: Event, agenda: Agenda) -> None:
        """Process what the platform tells an applicant."""
        case = CaseId(event.subject)
        match event.type:
            case Receipt.type:
                self._registered(event, case, Receipt.model_validate(event.data), agenda)
            case Missing.type:
                self._supplement(event, case, Missing.model_validate(event.data), agenda)
            case FeeDue.type:
                self._pay(event, case, FeeDue.model_validate(event.data), agenda)
            case Asked.type:
                self._reply(event, case, Asked.model_validate(event.data), agenda)
            case OverdueNotice.type:
                self._urge(event, case, OverdueNotice.model_validate(event.data), agenda)
            case Decided.type:
                agenda.drop(case, "decision", party=self.party)
            case CaseClosedNotice.type:
                agenda.drop(case, party=self.party)
                self._procedures.pop(case, None)
            case TakenNotice.type | RefusedNotice.type:
                self._heard(event, case, agenda)

    def _heard(self, event: Event, case: CaseId, agenda: Agenda) -> None:
        said = str(event.data.get("event"))
        agenda.drop(case, *PASSING, "ever", party=self.party, id=said)
        if event.type == RefusedNotice.type and said == f"{case}/{Applied.type}":
            self.refused.add(case)

    def _registered(self, event: Event, case: CaseId, receipt: Receipt, agenda: Agenda) -> None:
        self._procedures[case] = receipt.procedure
        item = CATALOGUE.get(receipt.procedure)
        chance = draw(self._seed, number_of(case), "withdraws")
        if receipt.stage != "registered" or item is None or not item.withdrawable or not is_simulated(case):
            return
        if chance.random() < self._manner.withdraws:
            at = event.time + chance.uniform(1, 8) * self._day
            self._intend(agenda, case, at, ApplicantWithdrew(), f"{case}/withdraws", "decision")

    def _supplement(self, event: Event, case: CaseId, missing: Missing, agenda: Agenda) -> None:
        chance, item = self._chance(event, case), CATALOGUE.get(self._procedures.get(case, ""))
        at = self._brings_at(event.time, missing.due, chance)
        if at is None or item is None:
            return
        possible = fields_of(item.application, event.time.date())
        brought: dict[str, Any] = {}
        for each in missing.items:
            values = [value for value in possible.get(each.field, ()) if value is not None]
            if values:
                brought[each.field] = in_json(values[0])
        if len(brought) > 1 and chance.random() < self._manner.partly:
            brought.popitem()
        if brought:
            self._intend(agenda, case, at, Supplemented(application=brought), f"{event.id}/brings", "closing")

    def _pay(self, event: Event, case: CaseId, fee: FeeDue, agenda: Agenda) -> None:
        chance = self._chance(event, case)
        at = self._brings_at(event.time, fee.due, chance)
        if at is None or not fee.amount.amount:
            return
        parts = [fee.amount.amount]
        if chance.random() < self._manner.partly:
            half = (fee.amount.amount / 2).quantize(Decimal("0.01"))
            parts = [each for each in (half, fee.amount.amount - half) if each]
        for number, amount in enumerate(parts, 1):
            paid = Paid(
                amount=Money(amount=amount, currency=fee.amount.currency),
                reference=f"{event.id}/{number}",
            )
            late = at > fee.due
            self._intend(agenda, case, at, paid, f"{event.id}/pays/{number}", "ever" if late else "closing")

    def _reply(self, event: Event, case: CaseId, asked: Asked, agenda: Agenda) -> None:
        at = self._brings_at(event.time, asked.due, self._chance(event, case))
        if at is not None:
            reply = ApplicantReplied(question=asked.question, text=REPLY)
            self._intend(agenda, case, at, reply, f"{event.id}/replies", "closing")

    def _urge(self, event: Event, case: CaseId, overdue: OverdueNotice, agenda: Agenda) -> None:
        if overdue.follows == "penalty" and self._chance(event, case).random() < self._manner.urges:
            at = event.time + self._day
            self._intend(agenda, case, at, NoticeOfDefault(), f"{event.id}/urges", "decision")

    def _brings_at(self, asked: datetime, due: datetime, chance: Random) -> datetime | None:
        """When an applicant brings what is due then; None: never."""
        drawn, limit = chance.random(), due - asked
        took = chance.triangular(0.2, 1.8, 1.0) * self._manner.days * self._day
        if drawn < self._manner.silent:
            return None
        if drawn < self._manner.silent + self._manner.late:
            return due + chance.uniform(0.5, 3) * self._day
        return asked + min(took, SOON * limit)

    def _chance(self, event: Event, case: CaseId) -> Random:
        """The draws for what a notice asks for: an applicant behaves alike each time."""
        return draw(self._seed, number_of(case), event.type)

    def _intend(
        self, agenda: Agenda, case: CaseId, at: datetime, message: Message, id: str, until: Until
    ) -> None:
        agenda.add(Intention(at, self.party, case, message, id, until=until))
