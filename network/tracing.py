"""Spans of this process, and the trace context of events in OpenTelemetry's terms.

Until a process has said where spans go, none is created, and an event's context is passed on unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    NoOpTracer,
    Span,
    SpanContext,
    TraceFlags,
    Tracer,
    TraceState,
    set_span_in_context,
)

from contracts.wire.tracing import SpanIds, Trace, trace_id

_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass
class Tracing:
    """The spans of this process.

    Attributes:
        tracer: makes them.
    """

    tracer: Tracer

    @property
    def on(self) -> bool:
        """Whether any are created."""
        return not isinstance(self.tracer, NoOpTracer)


TRACING = Tracing(NoOpTracer())

STATED: ContextVar[SpanIds | None] = ContextVar("stated", default=None)
"""The ids of the next span, if they are not random."""


@contextmanager
def stated(ids: SpanIds) -> Iterator[None]:
    """Spans created meanwhile have these ids; if their parent has a trace, only the span id."""
    token = STATED.set(ids)
    try:
        yield
    finally:
        STATED.reset(token)


def below(trace: Trace | None) -> Context:
    """The context of a span that follows from an event; of the first one of a trace, where none is named."""
    if trace is None or trace.parent is None:
        return Context()
    return set_span_in_context(NonRecordingSpan(context_of(trace.parent, trace.state)), Context())


def link_to(traceparent: str) -> Link:
    """A link to another context."""
    return Link(context_of(traceparent))


def context_of(traceparent: str, state: str | None = None) -> SpanContext:
    """A context that another process has stated."""
    _, trace, span, flags = traceparent.split("-")
    return SpanContext(
        int(trace, 16),
        int(span, 16),
        is_remote=True,
        trace_flags=TraceFlags(int(flags, 16)),
        trace_state=TraceState.from_header([state]) if state else None,
    )


def within(span: Span) -> Context:
    """The context of what is done within a span."""
    return set_span_in_context(span, Context())


def handed_on(span: Span, came: Trace | None) -> Trace | None:
    """The context of what is sent within a span that follows from ``came``. Where no span was made, it is
    what came, as it came."""
    context = span.get_span_context()
    said = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
    if came is None or came.parent is None:
        return Trace.of(said) if context.is_valid else None
    if not context.is_valid or said[3:52] == came.parent[3:52]:
        return came
    return Trace.of(said, came.state if trace_id(said) == trace_id(came.parent) else None)


def nanoseconds(at: datetime) -> int:
    """An instant as spans have it."""
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000
