"""Sending the spans of a process to a collector, by OTLP over HTTP, where the settings name one.

The platform never waits for the collector. Spans that it does not take, or that come faster than it takes
them, are dropped and counted, and the log says so.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NoOpTracer

from network.tracing import STATED, TRACING
from workers.process.settings import Settings
from workers.process.spans import DROPPED, EXPORTED, NOT_TAKEN, TOO_MANY

log = structlog.get_logger(__name__)

WAITING_AT_MOST = 2048
"""How many spans wait for the collector; further ones are dropped."""

STOP_SECONDS = 2.0
"""How long a process that ends waits until the collector has the last spans."""

TEXT_AT_MOST = 500
"""Characters of an attribute."""


class StatedIds(RandomIdGenerator):
    """Draws the ids of spans, but where they were stated: see :func:`network.tracing.stated`."""

    def generate_span_id(self) -> int:
        stated = STATED.get()
        return int(stated.span, 16) if stated else super().generate_span_id()

    def generate_trace_id(self) -> int:
        stated = STATED.get()
        return int(stated.trace, 16) if stated else super().generate_trace_id()

    def is_trace_id_random(self) -> bool:
        return False  # what is stated follows from what it names


@contextmanager
def exporting(settings: Settings, process: str) -> Iterator[None]:
    """Have the spans that this process makes meanwhile sent to the collector of the settings. Where one of
    OpenTelemetry's own variables cannot be used, the log says so, and none are sent."""
    spans: Spans | None = None
    try:
        spans = Spans(OTLPSpanExporter(endpoint=f"{settings.otlp}/v1/traces"), settings.otlp)
        TRACING.tracer = _provider(settings, process, spans).get_tracer("seamless", settings.build)
    except Exception as error:  # whatever it is: the platform works without spans
        log.error("no spans are sent: a variable OTEL_... cannot be used", error=str(error)[:TEXT_AT_MOST])
    try:
        yield
    finally:
        TRACING.tracer = NoOpTracer()
        if spans is not None:
            spans.shutdown()


def _provider(settings: Settings, process: str, spans: Spans) -> TracerProvider:
    named = {
        "service.namespace": "seamless",
        "service.name": process,
        "service.version": settings.build,
        "service.instance.id": f"{socket.gethostname()}#{os.getpid()}",
    }
    provider = TracerProvider(
        resource=Resource.create(named),
        id_generator=StatedIds(),
        span_limits=SpanLimits(max_span_attribute_length=TEXT_AT_MOST),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(spans)
    return provider


class Spans(SpanProcessor):
    """The spans that have ended and wait for the collector, at most :data:`WAITING_AT_MOST`."""

    def __init__(self, collector: SpanExporter, address: str) -> None:
        self._lock = threading.Lock()
        self._waiting = 0
        self._full = False
        sending = Sending(collector, address, self._sent)
        self._queue = BatchSpanProcessor(sending, max_queue_size=WAITING_AT_MOST)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing is done before a span ends."""

    def on_end(self, span: ReadableSpan) -> None:
        """Let a span wait for the collector, if there is room."""
        if span.context is None or not span.context.trace_flags.sampled:
            return
        with self._lock:
            full, self._full = self._full, self._waiting >= WAITING_AT_MOST
            if not self._full:
                self._waiting += 1
        if not self._full:
            self._queue.on_end(span)
            return
        DROPPED.labels(TOO_MANY).inc()
        if not full:
            log.warning("spans are dropped: more come than the collector takes", waiting=WAITING_AT_MOST)

    def _sent(self, count: int) -> None:
        with self._lock:
            self._waiting -= count

    def shutdown(self) -> None:
        """Send what waits, for :data:`STOP_SECONDS` at most."""
        ending = threading.Thread(target=self._queue.shutdown, daemon=True)
        ending.start()
        ending.join(STOP_SECONDS)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what waits."""
        return self._queue.force_flush(timeout_millis)


class Sending(SpanExporter):
    """Sends spans to a collector, counts those that it does not take, and says when that begins and ends."""

    def __init__(self, collector: SpanExporter, address: str, sent: Callable[[int], None]) -> None:
        """
        Args:
            sent: is told of how many spans nothing more will be done with.
        """
        self._collector = collector
        self._address = address
        self._sent = sent
        self._dropped = 0
        self._heard = LastHeard()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans; those that are not taken are dropped."""
        try:
            result = self._collector.export(spans)
        except Exception as error:  # whatever the collector's client fails with, only spans are lost
            self._heard.text = f"{type(error).__name__}: {error}"
            result = SpanExportResult.FAILURE
        finally:
            self._sent(len(spans))
        if result is SpanExportResult.SUCCESS:
            EXPORTED.inc(len(spans))
            if self._dropped:
                log.info("the collector takes spans again", collector=self._address, dropped=self._dropped)
            self._dropped, self._heard.text = 0, ""
        else:
            DROPPED.labels(NOT_TAKEN).inc(len(spans))
            if not self._dropped:
                why = self._heard.text[:TEXT_AT_MOST]
                log.warning("spans are dropped: the collector takes none", collector=self._address, error=why)
            self._dropped += len(spans)
        return result

    def shutdown(self) -> None:
        """Give up what is under way."""
        self._collector.shutdown()


class LastHeard(logging.Handler):
    """Keeps what OpenTelemetry's client said last. It says so of every attempt; we say it once.

    Attributes:
        text: what it said.
    """

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        client = logging.getLogger("opentelemetry")
        client.handlers, client.propagate = [self], False

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what was said, unless it only says that it gives up."""
        said = record.getMessage()
        if not self.text or "max retries" not in said:
            self.text = said
