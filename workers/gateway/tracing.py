"""The gateway's spans: an event that is received and delivered to its case, or refused."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, use_span

from contracts.admission import Arrival, CaseEvent, NewCase
from contracts.terms.errors import Refusal
from contracts.wire.dead_letter import Place
from contracts.wire.tracing import Trace
from network.tracing import TRACING, below, handed_on, nanoseconds, within
from workers.gateway.dead_letters import attributes_of
from workers.gateway.delivery import Outcome

ForCase = NewCase | CaseEvent


async def delivered(
    admitted: ForCase, place: Place, deliver: Callable[[ForCase], Awaitable[Outcome]]
) -> Outcome:
    """What ``deliver`` makes of an event, in its spans: one from when the broker received the event, and
    below it that of its delivery. Its case follows from the delivery, whose context the event names from here
    on."""
    if not TRACING.on:
        return await deliver(admitted)
    event = admitted.event
    about = {"seamless.case": admitted.case, "seamless.type": event.type}
    with _received(place, event.trace, admitted.received, about) as receive:
        delivery = TRACING.tracer.start_span(
            "deliver", within(receive), kind=SpanKind.CLIENT, attributes=about
        )
        with _ended(delivery):
            outcome = await deliver(_following(admitted, delivery))
            delivery.set_attribute("seamless.outcome", outcome)
            return outcome


@contextmanager
def refused(arrival: Arrival, place: Place, refusal: Refusal) -> Iterator[None]:
    """The span of a record that becomes a dead letter meanwhile. What its sender is told has its context."""
    if not TRACING.on:
        yield
        return
    trace = Trace.stated_in(attributes_of(arrival))
    about = {"seamless.reason": refusal.reason}
    with _received(place, trace, arrival.received, about) as span:
        span.set_status(Status(StatusCode.ERROR, refusal.reason))
        with use_span(span, record_exception=False, set_status_on_exception=False):
            yield


def _following(admitted: ForCase, span: Span) -> ForCase:
    """What was admitted, sent within a span as far as its case can tell."""
    came = admitted.event.trace
    trace = handed_on(span, came)
    if trace == came:
        return admitted
    context = {"traceparent": trace and trace.parent, "tracestate": trace and trace.state}
    return replace(admitted, event=admitted.event.model_copy(update=context))


@contextmanager
def _received(place: Place, trace: Trace | None, since: datetime, about: dict[str, str]) -> Iterator[Span]:
    """The span of a record, from when the broker received it; its clock may be ahead of ours."""
    span = TRACING.tracer.start_span(
        f"receive {place.topic}",
        below(trace),
        kind=SpanKind.CONSUMER,
        attributes={
            "messaging.system": "kafka",
            "messaging.destination.name": place.topic,
            "messaging.destination.partition.id": str(place.partition),
            "messaging.kafka.offset": place.offset,
            **about,
        },
        start_time=min(nanoseconds(since), time.time_ns()),
    )
    with _ended(span):
        yield span


@contextmanager
def _ended(span: Span) -> Iterator[None]:
    """Ends a span with what it was for. What an error says may quote a party, so only its type, or the reason
    of a refusal, is told."""
    try:
        yield
    except Exception as error:
        reason = error.reason if isinstance(error, Refusal) else type(error).__name__
        span.set_status(Status(StatusCode.ERROR, reason))
        raise
    finally:
        span.end()
