"""What simulated applicants do with what they are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from contracts.procedures.catalogue import CATALOGUE
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.terms.identifiers import CaseId, ChannelId, ProcedureId
from contracts.terms.values import Money
from contracts.wire.envelope import Event, Message
from contracts.wire.messages import Paid
from contracts.wire.notices import CaseClosedNotice, Decided, FeeDue, Receipt, RefusedNotice
from seamless.town.agenda import Agenda
from seamless.town.channel import SimulatedChannel
from seamless.town.manners import ApplicantManner
from seamless.town.players import Players
from seamless.town.scenario import Scenario
from tests.applications import new_case
from tests.unit.seamless.town.lived import DAY, PORTAL, everybody_by_a_system

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HASH = "0" * 64
CONSTRUCTION = CONSTRUCTION_PERMIT.procedure


def simulated(**manner: Any) -> SimulatedChannel:
    return SimulatedChannel(ChannelId("portal"), ApplicantManner(**manner), seed=1, day=DAY)


def told(case: CaseId, message: Message, number: int = 1) -> Event:
    source = "urn:cn-demo:platform"
    return Event.of(message, id=f"{case}/{number}/1", source=source, case=case, time=NOW)


def registered(case: CaseId, procedure: ProcedureId = CONSTRUCTION) -> Event:
    return told(case, Receipt(stage="registered", procedure=procedure, ledger_hash=HASH))


def fee(case: CaseId) -> Event:
    owed = Money(amount=Decimal("9.99"), currency="CNY")
    return told(case, FeeDue(amount=owed, due=NOW + 10 * DAY), 2)


def intended(agenda: Agenda, case: CaseId) -> list[str]:
    return [type(each.message).__name__ for each in agenda.of(case).values()]


def test_a_late_payment_is_sent_although_the_case_is_closed_by_then() -> None:
    channel, agenda, case = simulated(late=1, silent=0, partly=0), Agenda(), new_case()
    for event in (registered(case), fee(case)):
        channel.hear(event, agenda)
    channel.hear(told(case, CaseClosedNotice(outcome="refused", ledger_hash=HASH), 3), agenda)
    [payment] = agenda.of(case).values()
    assert isinstance(payment.message, Paid)
    assert payment.at > NOW + 10 * DAY


def test_a_payment_in_time_is_not_made_once_the_case_is_closed() -> None:
    channel, agenda, case = simulated(late=0, silent=0), Agenda(), new_case()
    for event in (registered(case), fee(case)):
        channel.hear(event, agenda)
    assert all(each.at < NOW + 10 * DAY for each in agenda.of(case).values())
    channel.hear(told(case, CaseClosedNotice(outcome="refused", ledger_hash=HASH), 3), agenda)
    assert intended(agenda, case) == []


def test_the_parts_of_a_payment_are_what_is_due() -> None:
    channel, agenda, case = simulated(partly=1, silent=0, late=0), Agenda(), new_case()
    channel.hear(fee(case), agenda)
    paid = [each.message for each in agenda.of(case).values() if isinstance(each.message, Paid)]
    assert len(paid) == len({each.reference for each in paid}) == 2
    assert sum(each.amount.amount for each in paid) == Decimal("9.99")


def test_who_is_not_simulated_does_not_withdraw_but_pays() -> None:
    channel, agenda, case = simulated(withdraws=1, silent=0), Agenda(), new_case()
    for event in (registered(case), fee(case)):
        channel.hear(event, agenda)
    assert set(intended(agenda, case)) == {"Paid"}


def test_a_simulated_applicant_does_not_withdraw_what_is_decided() -> None:
    channel, agenda = simulated(withdraws=1), Agenda()
    case = channel.applies(CONSTRUCTION_PERMIT, 1, NOW).case
    channel.hear(registered(case), agenda)
    assert intended(agenda, case) == ["ApplicantWithdrew"]
    channel.hear(told(case, Decided(decision={"outcome": "withdrawn"}, ledger_hash=HASH), 2), agenda)
    assert intended(agenda, case) == []


@pytest.mark.parametrize("procedure", sorted(CATALOGUE))
def test_every_application_is_one_whatever_is_drawn(procedure: str) -> None:
    item = CATALOGUE[procedure]
    channel = simulated(lacks=0.5)
    applied = [channel.applies(item, number, NOW).message.model_dump(mode="json") for number in range(30)]
    for each in applied:
        item.application.model_validate(each["application"])


def test_a_case_whose_application_was_refused_has_ended() -> None:
    players = Players(everybody_by_a_system(), Scenario(day=timedelta(seconds=1), seed=1))
    application = players.application(1, NOW, [CONSTRUCTION_PERMIT])
    assert application is not None
    assert application.procedure == CONSTRUCTION
    intention = application.intention
    assert intention.party.id in {PORTAL, "counter"}
    assert not players.has_ended(intention.case)
    text = {"zh": "不", "en": "no"}
    refused = RefusedNotice(event=intention.id, reason="conflict", text=text, detail="another one")
    value, headers = told(intention.case, refused).encode()
    players.hear(f"channel.{intention.party.id}.notices", intention.case.encode(), value, headers)
    assert players.has_ended(intention.case)


def test_without_a_procedure_that_is_open_nobody_applies() -> None:
    players = Players(everybody_by_a_system(), Scenario(day=DAY, seed=3))
    assert players.application(1, NOW, []) is None
