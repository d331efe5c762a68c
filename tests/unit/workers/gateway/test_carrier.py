"""Carrying an event to its end: what passes is tried again, what never can becomes a dead letter."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import pytest
from temporalio.service import RPCError, RPCStatusCode

from contracts.admission import Admitted, Arrival
from contracts.terms.errors import Refusal
from contracts.terms.identifiers import Party
from contracts.wire.dead_letter import Place
from contracts.wire.envelope import Event
from contracts.wire.messages import Reported
from contracts.wire.topics import Inlet, inlet_of
from network.broker.connection import Broker
from network.broker.publisher import PublishError
from tests.applications import ADMINISTRATION, event, new_case
from workers.gateway import carrier as carrier_module
from workers.gateway.carrier import Carrier
from workers.gateway.dead_letters import DeadLetterWriter, ReplayOf
from workers.gateway.delivery import CaseUnknown, Delivery, NotYet, Outcome
from workers.gateway.originals import Originals, ReplayedRecord
from workers.process.settings import Settings

INLET = inlet_of(ADMINISTRATION, Party.agency("planning"))
HOUSING = inlet_of(ADMINISTRATION, Party.agency("housing"))
NOWHERE = Broker("127.0.0.1:1")
Answers = list[Outcome | Exception]


class ScriptedDelivery:
    """Gives its answers one after another, the last one again and again."""

    def __init__(self, *answers: Outcome | Exception) -> None:
        self.answers: Answers = list(answers)
        self.deliveries: list[Event] = []
        self.admitted: list[Admitted] = []

    async def deliver(self, admitted: Admitted) -> Outcome:
        self.deliveries.append(admitted.event)
        self.admitted.append(admitted)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class KeptDeadLetters:
    """Keeps dead letters in a list; fails as often as it is told first."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.refusals: list[Refusal] = []

    async def write(
        self, arrival: Arrival, place: Place, refusal: Refusal, *, replay_of: ReplayOf | None = None
    ) -> None:
        if self.failures:
            self.failures -= 1
            raise PublishError("no broker")
        self.refusals.append(refusal)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    def pauses(first: float, longest: float) -> Iterator[float]:
        while True:
            yield 0.001

    monkeypatch.setattr(carrier_module, "pauses", pauses)


def a_carrier(
    delivery: ScriptedDelivery,
    letters: KeptDeadLetters,
    *,
    seconds: float = 0.05,
    waiting: int = 10,
    originals: Originals | None = None,
) -> Carrier:
    settings = Settings(early_event_seconds=seconds, early_events=waiting)
    return Carrier(
        cast(Delivery, delivery), cast(DeadLetterWriter, letters), originals or Originals(NOWHERE), settings
    )


async def carry(
    carrier: Carrier,
    *,
    value: bytes | None = None,
    case: str | None = None,
    ago: float = 0,
    inlet: Inlet = INLET,
) -> None:
    said = event(inlet.party, Reported.type, case or new_case(), {"step": "site visited"})
    written, headers = said.encode()
    arrival = Arrival(inlet, said.subject.encode(), value or written, tuple(headers), datetime.now(UTC))
    read_at = asyncio.get_running_loop().time() - ago
    await asyncio.wait_for(carrier.carry(arrival, Place(inlet.topic, 0, 0), read_at), 5)


async def test_an_event_is_delivered_once() -> None:
    delivery, letters = ScriptedDelivery("delivered"), KeptDeadLetters()
    await carry(a_carrier(delivery, letters))
    assert len(delivery.deliveries) == 1
    assert not letters.refusals


async def test_what_passes_is_tried_again_with_the_same_event() -> None:
    delivery = ScriptedDelivery(
        OSError("reset"), NotYet("archive"), RuntimeError("a fault of ours"), "delivered"
    )
    letters = KeptDeadLetters()
    await carry(a_carrier(delivery, letters))
    assert len(delivery.deliveries) == 4
    assert len({each.key for each in delivery.deliveries}) == 1
    assert not letters.refusals


async def test_what_may_not_enter_is_a_dead_letter_and_no_case_hears_of_it() -> None:
    delivery, letters = ScriptedDelivery("delivered"), KeptDeadLetters()
    await carry(a_carrier(delivery, letters), value=b"{")
    assert [each.reason for each in letters.refusals] == ["not-json"]
    assert not delivery.deliveries


async def test_what_its_case_refuses_is_a_dead_letter() -> None:
    letters = KeptDeadLetters()
    await carry(a_carrier(ScriptedDelivery(Refusal("case-closed", "too late")), letters))
    assert [each.reason for each in letters.refusals] == ["case-closed"]


async def test_a_dead_letter_that_cannot_be_written_is_tried_again() -> None:
    letters = KeptDeadLetters(failures=3)
    await carry(a_carrier(ScriptedDelivery(Refusal("conflict", "other content")), letters))
    assert [each.reason for each in letters.refusals] == ["conflict"]


async def test_an_early_event_waits_for_its_case() -> None:
    delivery, letters = (
        ScriptedDelivery(CaseUnknown(), CaseUnknown(), OSError(), "delivered"),
        KeptDeadLetters(),
    )
    await carry(a_carrier(delivery, letters, seconds=5))
    assert len(delivery.deliveries) == 4
    assert not letters.refusals


async def test_an_early_event_whose_case_never_comes_is_a_dead_letter() -> None:
    delivery, letters = ScriptedDelivery(CaseUnknown()), KeptDeadLetters()
    await carry(a_carrier(delivery, letters))
    assert [each.reason for each in letters.refusals] == ["unknown-case"]
    assert len(delivery.deliveries) > 2


async def test_while_temporal_cannot_be_asked_no_time_passes() -> None:
    away = RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
    script: Answers = [CaseUnknown(), *[away] * 100, CaseUnknown(), "delivered"]
    delivery, letters = ScriptedDelivery(*script), KeptDeadLetters()
    await carry(a_carrier(delivery, letters, seconds=0.05))
    assert len(delivery.deliveries) == 103
    assert not letters.refusals


async def test_events_of_one_missing_case_share_their_time() -> None:
    delivery, letters = ScriptedDelivery(CaseUnknown()), KeptDeadLetters()
    carrier, case = a_carrier(delivery, letters, seconds=0.3), new_case()
    started = asyncio.get_running_loop().time()
    for _ in range(5):  # as their chain does: read together, carried one after another
        await carry(carrier, case=case, ago=asyncio.get_running_loop().time() - started)
    assert len(letters.refusals) == 5
    assert asyncio.get_running_loop().time() - started < 3 * 0.3


async def test_an_event_that_is_read_later_begins_the_time_anew() -> None:
    delivery, letters = ScriptedDelivery(CaseUnknown()), KeptDeadLetters()
    carrier, case = a_carrier(delivery, letters, seconds=0.05), new_case()
    await carry(carrier, case=case)
    await asyncio.sleep(0.06)
    delivery.answers = [CaseUnknown(), CaseUnknown(), CaseUnknown(), "delivered"]
    await carry(carrier, case=case)
    assert len(letters.refusals) == 1


async def test_only_so_many_early_events_wait_at_once() -> None:
    delivery, letters = ScriptedDelivery(CaseUnknown()), KeptDeadLetters()
    carrier = a_carrier(delivery, letters, seconds=0.2, waiting=2)
    await asyncio.gather(*(carry(carrier) for _ in range(5)))
    details = [each.detail for each in letters.refusals]
    assert sum("too many events wait" in each for each in details) == 3
    assert sum("none was opened" in each for each in details) == 2
    await carry(carrier)
    assert "none was opened" in letters.refusals[-1].detail, "their places are free again"


async def test_one_partys_early_events_take_no_places_of_anothers() -> None:
    delivery, letters = ScriptedDelivery(CaseUnknown()), KeptDeadLetters()
    carrier = a_carrier(delivery, letters, seconds=2, waiting=2)
    crowd = [asyncio.create_task(carry(carrier)) for _ in range(6)]
    await asyncio.sleep(0.05)
    other = asyncio.create_task(carry(carrier, inlet=HOUSING))
    await asyncio.sleep(0.05)
    assert len(letters.refusals) == 4  # of the crowd; the other one waits
    await asyncio.gather(*crowd, other)
    assert len(letters.refusals) == 7


@pytest.mark.parametrize(
    "fault",
    [
        RuntimeError("a fault of ours"),
        KeyError("x"),
        RPCError("too large", RPCStatusCode.INVALID_ARGUMENT, b""),
    ],
)
async def test_a_fault_of_ours_ends_as_an_internal_dead_letter(fault: Exception) -> None:
    delivery, letters = ScriptedDelivery(fault), KeptDeadLetters()
    await carry(a_carrier(delivery, letters))
    assert [each.reason for each in letters.refusals] == ["internal"]


@pytest.mark.parametrize(
    "status",
    [
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.INTERNAL,
    ],
)
async def test_a_server_that_is_away_or_overloaded_is_waited_for_without_end(status: RPCStatusCode) -> None:
    script: Answers = [*[RPCError("away", status, b"")] * 200, "delivered"]
    delivery, letters = ScriptedDelivery(*script), KeptDeadLetters()
    await carry(a_carrier(delivery, letters))
    assert not letters.refusals


class KeptOriginal(Originals):
    """The record that a dead letter came from."""

    def __init__(self, arrival: Arrival) -> None:
        self.arrival = arrival

    async def read(self, replayed: ReplayedRecord) -> Arrival:
        return self.arrival


@pytest.mark.parametrize("outcome", ["delivered", "refused"])
async def test_a_dead_letter_is_carried_again_with_the_time_of_its_record(outcome: str) -> None:
    said = event(Party.agency("planning"), Reported.type, new_case(), {"step": "site visited"})
    value, headers = said.encode()
    came = datetime(2026, 3, 2, tzinfo=UTC)
    original = KeptOriginal(Arrival(INLET, said.subject.encode(), value, headers, came))
    answer: Outcome | Exception = "delivered" if outcome == "delivered" else Refusal("case-closed", "late")
    delivery, letters = ScriptedDelivery(answer), KeptDeadLetters()
    replayed = ReplayedRecord(
        inlet=INLET,
        letter="agency.planning.events/0/7",
        original=Place(INLET.topic, 0, 7),
        replay=Place("dead-letter", 0, 3),
        reason="unknown-case",
        key=said.subject.encode(),
        replayed=datetime.now(UTC),
    )
    await a_carrier(delivery, letters, originals=original).replay(replayed, asyncio.get_running_loop().time())
    assert [each.received for each in delivery.admitted] == [came]
    assert [each.reason for each in letters.refusals] == ([] if outcome == "delivered" else ["case-closed"])
