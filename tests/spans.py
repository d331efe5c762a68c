"""Spans in tests: those of this process, kept; and a collector that decodes what other processes send."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from network.tracing import TRACING
from workers.process.tracing import StatedIds


@dataclass(frozen=True)
class Seen:
    """A span as a collector has it; ids in hexadecimal."""

    name: str
    trace: str
    id: str
    parent: str
    process: str
    began: int
    ended: int
    failed: str | None
    links: tuple[str, ...]
    about: dict[str, Any] = field(hash=False)

    @property
    def context(self) -> str:
        """What an event says that was sent within it."""
        return f"00-{self.trace}-{self.id}-01"


@contextmanager
def kept_spans() -> Iterator[list[Seen]]:
    """Keeps the spans that this process makes meanwhile, once they have ended; they are there at the end."""
    exporter, before = InMemorySpanExporter(), TRACING.tracer
    provider = TracerProvider(id_generator=StatedIds(), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    TRACING.tracer = provider.get_tracer("test")
    seen: list[Seen] = []
    try:
        yield seen
    finally:
        TRACING.tracer = before
        seen += [_seen(span) for span in exporter.get_finished_spans()]


def _seen(span: ReadableSpan) -> Seen:
    context = span.get_span_context()
    assert context is not None
    return Seen(
        name=span.name,
        trace=f"{context.trace_id:032x}",
        id=f"{context.span_id:016x}",
        parent=f"{span.parent.span_id:016x}" if span.parent else "",
        process="",
        began=span.start_time or 0,
        ended=span.end_time or 0,
        failed=span.status.description if not span.status.is_ok and span.status.description else None,
        links=tuple(f"00-{each.context.trace_id:032x}-{each.context.span_id:016x}-01" for each in span.links),
        about=dict(span.attributes or {}),
    )


class Collector:
    """A collector of OTLP over HTTP, on loopback.

    Attributes:
        spans: what it has taken.
        answer: the status that it answers with.
        address: its base address.
    """

    def __init__(self, port: int = 0) -> None:
        self.spans: list[Seen] = []
        self.answer = 200
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if collector.answer == 200 and self.path == "/v1/traces":
                    collector.spans += decoded(body)
                self.send_response(collector.answer if self.path == "/v1/traces" else 404)
                self.end_headers()
                self.wfile.write(ExportTraceServiceResponse().SerializeToString())

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing is told of a request."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_port
        self.address = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def decoded(body: bytes) -> Iterator[Seen]:
    """The spans of a request to a collector."""
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        process = {each.key: each.value.string_value for each in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Seen(
                    name=span.name,
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    process=process["service.name"],
                    began=span.start_time_unix_nano,
                    ended=span.end_time_unix_nano,
                    failed=span.status.message if span.status.code == span.status.STATUS_CODE_ERROR else None,
                    links=tuple(f"00-{each.trace_id.hex()}-{each.span_id.hex()}-01" for each in span.links),
                    about={
                        each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value")
                        for each in span.attributes
                    },
                )
