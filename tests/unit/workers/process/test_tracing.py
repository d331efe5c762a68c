"""Sending spans to a collector: that it is away, slow or wrong stops nothing, is counted, and told once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from prometheus_client import Counter
from structlog.testing import capture_logs

from contracts.wire.tracing import SpanIds
from deploy.local.ports import free_port
from network.tracing import TRACING, below, stated
from tests.spans import Collector
from workers.process import tracing
from workers.process.run import traced
from workers.process.settings import Settings, load_settings
from workers.process.spans import DROPPED, EXPORTED, NOT_TAKEN, TOO_MANY


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def value(counter: Counter) -> float:
    return float(counter._value.get())


def make(count: int = 1) -> None:
    for _ in range(count):
        TRACING.tracer.start_span("a span", below(None), attributes={"seamless.case": "portal-1"}).end()


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.01)


def settings(address: str) -> Settings:
    return Settings(otlp=address, build="7.1")


def test_spans_reach_the_collector_with_the_name_of_their_process() -> None:
    before = value(EXPORTED)
    with Collector() as collector:
        with traced(settings(collector.address), "gateway"):
            with stated(SpanIds(31 * "0" + "a", 15 * "0" + "b")):
                make()
            make()
        first, second = collector.spans
    assert (first.process, first.trace[-1], first.id[-1]) == ("gateway", "a", "b")
    assert len({first.trace, second.trace}) == 2
    assert first.about == {"seamless.case": "portal-1"}
    assert value(EXPORTED) - before == 2


@pytest.mark.parametrize("given", [{"otlp": ""}, {"otlp": "http://127.0.0.1:1", "virtual_time": True}])
def test_without_a_collector_and_in_a_replay_no_span_is_made(given: dict[str, object]) -> None:
    with traced(Settings.model_validate(given), "gateway"):
        assert not TRACING.tracer.start_span("a span").is_recording()


def test_after_it_no_span_is_made() -> None:
    with Collector() as collector:
        with traced(settings(collector.address), "gateway"):
            assert TRACING.tracer.start_span("a span").is_recording()
        assert not TRACING.tracer.start_span("a span").is_recording()


def test_a_collector_that_is_away_is_told_of_once_and_so_is_its_return(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "2")
    port, dropped = free_port(), DROPPED.labels(NOT_TAKEN)
    before = value(dropped)
    with capture_logs() as lines, traced(settings(f"http://127.0.0.1:{port}"), "gateway"):
        for number in range(2):
            make()
            until(lambda number=number: value(dropped) - before == number + 1)  # type: ignore[misc]
        with Collector(port) as collector:
            make()
            until(lambda: collector.spans)
            until(lambda: len(lines) == 2)
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("spans are dropped: the collector takes none", "warning"),
        ("the collector takes spans again", "info"),
    ]
    assert "refused" in lines[0]["error"]
    assert lines[1]["dropped"] == 2


@pytest.mark.parametrize("answer", [400, 401, 404])
def test_a_collector_that_refuses_is_told_of(answer: int) -> None:
    with capture_logs() as lines, Collector() as collector:
        collector.answer = answer
        with traced(settings(collector.address), "gateway"):
            make()
            until(lambda: lines)
    assert str(answer) in lines[0]["error"]


class Stuck(SpanExporter):
    """A collector that answers only when it is let go."""

    def __init__(self, endpoint: str) -> None:
        self.go = threading.Event()
        GO.append(self.go)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.go.wait()
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """It goes on being stuck."""


GO: list[threading.Event] = []


class Faulty(Stuck):
    """A client that fails in a way that it should not."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        raise KeyError("a fault")


def test_a_collector_that_is_stuck_holds_up_nobody_and_no_more_than_so_many_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracing, "OTLPSpanExporter", Stuck)
    monkeypatch.setattr(tracing, "STOP_SECONDS", 0.2)
    dropped = DROPPED.labels(TOO_MANY)
    before, began = value(dropped), time.monotonic()
    with capture_logs() as lines, traced(settings("http://127.0.0.1:1"), "gateway"):
        make(tracing.WAITING_AT_MOST + 100)
        assert value(dropped) - before == 100
    assert time.monotonic() - began < 5
    assert [line["event"] for line in lines] == ["spans are dropped: more come than the collector takes"]
    GO[-1].set()


def test_a_fault_of_the_client_loses_spans_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "OTLPSpanExporter", Faulty)
    with capture_logs() as lines, traced(settings("http://127.0.0.1:1"), "gateway"):
        make()
        until(lambda: lines)
    assert lines[0]["error"] == "KeyError: 'a fault'"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zip"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere.pem"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "99999"),
        ("OTEL_TRACES_SAMPLER", "now and then"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "-3"),
    ],
)
def test_a_variable_that_cannot_be_used_stops_no_process(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    began = False
    with Collector() as collector, traced(settings(collector.address), "gateway"):
        make()
        began = True
    assert began


def test_the_current_context_is_nobodys_parent() -> None:
    """Only what an event says makes a span part of a trace."""
    with Collector() as collector, traced(settings(collector.address), "gateway"):
        outer = TRACING.tracer.start_span("outer", Context())
        inner = TRACING.tracer.start_span("inner", below(None))
        assert inner.get_span_context().trace_id != outer.get_span_context().trace_id


@pytest.mark.parametrize(
    "address", ["http://collector.example:4318", "https://collector.example/base", "http://[::1]:4318", ""]
)
def test_an_address_of_a_collector(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAMLESS_OTLP", address and f"{address}/")
    assert load_settings().otlp == address
