"""The gateway's spans, and what its case and a refused sender are told of the trace."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from contracts.admission import Arrival
from contracts.terms.errors import Refusal
from contracts.wire.dead_letter import Place
from contracts.wire.envelope import STRUCTURED, Event
from contracts.wire.messages import Reported
from contracts.wire.tracing import trace_id
from tests.applications import event, new_case
from tests.hostile import HOSTILE
from tests.spans import kept_spans
from tests.stages import Kept
from tests.unit.workers.gateway.test_carrier import INLET, NOWHERE, ScriptedDelivery, hurry
from workers.gateway.carrier import Carrier
from workers.gateway.dead_letters import DeadLetterWriter
from workers.gateway.delivery import CaseUnknown
from workers.gateway.originals import Originals
from workers.process.settings import Settings

__all__ = ["hurry"]

SENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
PLACE = Place(INLET.topic, 1, 7)
SHORT = HOSTILE.filter(lambda value: len(json.dumps(value)) < 20_000)


def an_event(**context: Any) -> Event:
    said = event(INLET.party, Reported.type, new_case(), {"step": "Zhang San visited"})
    return said.model_copy(update=context)


def arrival_of(said: Event, **changed: Any) -> Arrival:
    value, headers = said.encode()
    value = json.dumps(json.loads(value) | changed).encode()
    return Arrival(INLET, said.subject.encode(), value, tuple(headers), said.time)


class Gateway:
    """A carrier whose case answers as the script says, and whose broker keeps what is published."""

    def __init__(self, *script: Any) -> None:
        self.delivery = ScriptedDelivery(*script)
        self.broker = Kept()
        letters = DeadLetterWriter(self.broker, administration="cn-demo", group="gateway")
        self.rules = Settings(early_event_seconds=0.05)
        self._carrier = lambda: Carrier(self.delivery, letters, Originals(NOWHERE), self.rules)  # type: ignore[arg-type]

    async def carry(self, arrival: Arrival) -> None:
        await self._carrier().carry(arrival, PLACE, asyncio.get_running_loop().time())

    @property
    def replies(self) -> list[Event]:
        """What the sender was told."""
        return [
            Event.decode(each.value, each.headers)
            for each in self.broker.records
            if each.topic == INLET.replies
        ]


async def test_without_a_collector_an_event_is_delivered_as_it_came() -> None:
    gateway, said = Gateway("delivered"), an_event(traceparent=SENT, tracestate="a=1")
    await gateway.carry(arrival_of(said))
    assert gateway.delivery.deliveries == [said]


async def test_a_case_follows_from_the_delivery_of_an_event_in_the_trace_of_the_event() -> None:
    gateway, said = Gateway("delivered"), an_event(traceparent=SENT, tracestate="a=1")
    with kept_spans() as spans:
        await gateway.carry(arrival_of(said))
    deliver, receive = spans
    (delivered,) = gateway.delivery.deliveries
    assert (receive.name, receive.trace, receive.parent) == (
        f"receive {INLET.topic}",
        trace_id(SENT),
        SENT[36:52],
    )
    assert (deliver.name, deliver.parent) == ("deliver", receive.id)
    assert (delivered.traceparent, delivered.tracestate) == (deliver.context, "a=1")
    assert delivered.digest == said.digest, "a repeat is known by what it says"
    assert deliver.about["seamless.outcome"] == "delivered"
    assert deliver.about["seamless.case"] == said.subject
    assert "Zhang San" not in str(spans)


async def test_an_event_without_a_trace_begins_one() -> None:
    gateway = Gateway("delivered")
    with kept_spans() as spans:
        await gateway.carry(arrival_of(an_event()))
    deliver, receive = spans
    assert (receive.parent, deliver.trace) == ("", receive.trace)
    assert gateway.delivery.deliveries[0].traceparent == deliver.context


async def test_an_event_that_is_tried_again_is_one_delivery_with_one_context() -> None:
    gateway = Gateway(OSError("reset"), CaseUnknown(), OSError("reset"), "duplicate")
    with kept_spans() as spans:
        await gateway.carry(arrival_of(an_event(traceparent=SENT)))
    assert len(spans) == 2
    assert len({each.traceparent for each in gateway.delivery.deliveries}) == 1
    assert spans[0].about["seamless.outcome"] == "duplicate"


@pytest.mark.parametrize("collected", [True, False])
async def test_a_refused_sender_is_told_in_the_trace_of_its_event(collected: bool) -> None:
    gateway, said = Gateway(Refusal("case-closed", "Zhang San's case")), an_event(traceparent=SENT)
    if collected:
        with kept_spans() as spans:
            await gateway.carry(arrival_of(said))
        refused = spans[-1]
        assert (refused.parent, refused.failed) == (SENT[36:52], "case-closed")
        assert [each.traceparent for each in gateway.replies] == [refused.context]
        assert [each.failed for each in spans] == 3 * ["case-closed"]
        assert "Zhang San" not in str(spans)
    else:
        await gateway.carry(arrival_of(said))
        assert [each.traceparent for each in gateway.replies] == [SENT]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.fixed_dictionaries({}, optional={"traceparent": SHORT | st.just(SENT), "tracestate": SHORT}))
def test_no_context_harms_whatever_it_holds(context: dict[str, Any]) -> None:
    """It is handed on, or it is as if there were none; and the event is delivered, or its refusal told."""
    for script, faulty in (("delivered", {}), ("delivered", {"specversion": "9"})):
        gateway = Gateway(script)
        with kept_spans() as spans:
            asyncio.run(gateway.carry(arrival_of(an_event(), **context, **faulty)))
        heard = gateway.replies if faulty else gateway.delivery.deliveries
        assert len(heard) == 1
        assert trace_id(heard[0].traceparent) == spans[0].trace
        assert (spans[0].trace == trace_id(SENT)) is (context.get("traceparent") == SENT)


@pytest.mark.parametrize("hostile", ["\x1b[41m\r\n[info] Zhang San", "x" * 5000])
async def test_a_refusal_is_logged_with_its_reason_and_without_what_the_sender_wrote(hostile: str) -> None:
    said = an_event()
    value = json.dumps(json.loads(said.encode()[0]) | {"source": hostile, "id": hostile}).encode()
    arrival = Arrival(INLET, said.subject.encode(), value, [("content-type", STRUCTURED.encode())], said.time)
    with capture_logs() as lines:
        await Gateway("delivered").carry(arrival)
    (line,) = lines
    assert (line["event"], line["case"], line["sender"]) == ("event refused", said.subject, str(INLET.party))
    assert line["reason"] in ("invalid", "wrong-source")
    assert line["why"]
    assert hostile[:20] not in str(line)
