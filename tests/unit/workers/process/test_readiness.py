"""Readiness: false while anything is in the way, with each reason, told once."""

from __future__ import annotations

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from workers.process.readiness import Readiness


def shown(registry: CollectorRegistry) -> tuple[float | None, set[str]]:
    """What the metrics say: whether it is ready, and the reasons why not."""
    reasons = {
        sample.labels["reason"]
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == "seamless_not_ready" and sample.value == 1
    }
    return registry.get_sample_value("seamless_ready"), reasons


def test_a_process_that_begins_is_not_ready_and_then_is() -> None:
    registry = CollectorRegistry()
    readiness = Readiness(registry)
    assert shown(registry) == (0, {"starting"})
    readiness.begun()
    assert shown(registry) == (1, set())


def test_it_is_ready_again_once_the_last_reason_is_gone() -> None:
    registry = CollectorRegistry()
    readiness = Readiness(registry)
    readiness.begun()
    readiness.hinder("kafka-away", "nobody listens")
    readiness.hinder("temporal-away", "nobody listens")
    assert shown(registry) == (0, {"kafka-away", "temporal-away"})
    readiness.clear("kafka-away")
    assert shown(registry) == (0, {"temporal-away"})
    readiness.clear("temporal-away")
    assert shown(registry) == (1, set())


def test_a_server_that_is_away_before_the_process_has_begun_does_not_make_it_ready_when_it_comes() -> None:
    registry = CollectorRegistry()
    readiness = Readiness(registry)
    readiness.hinder("kafka-away", "nobody listens")
    readiness.clear("kafka-away")
    assert shown(registry) == (0, {"starting"})


def test_each_change_is_one_line_in_the_log() -> None:
    readiness = Readiness(CollectorRegistry())
    with capture_logs() as lines:
        for _ in range(1000):
            readiness.hinder("kafka-away", "nobody listens on port 9092 of 127.0.0.1")
        readiness.clear("kafka-away")
        readiness.clear("kafka-away")
    assert [(line["event"], line["reason"]) for line in lines] == [
        ("not ready", "kafka-away"),
        ("no longer in the way", "kafka-away"),
    ]
    assert lines[0]["why"] == "nobody listens on port 9092 of 127.0.0.1"
