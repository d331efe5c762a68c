"""The gateway's figures stay true while the broker is away: ages rise, and what is not known is not 0."""

from __future__ import annotations

import math
from datetime import datetime

from aiokafka import TopicPartition
from prometheus_client import REGISTRY, CollectorRegistry, Gauge

from contracts.terms.calendar import calendar
from contracts.terms.errors import REASONS
from workers.gateway.metrics import Backlog, Since, begin_at_zero, show_calendar
from workers.gateway.tracker import Tracker

ONE, TWO = (TopicPartition("agency.planning.events", number) for number in range(2))


class Shown:
    """A backlog and what the metrics show of it."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        names = ("in_flight", "oldest", "lag")
        self.gauges = {name: Gauge(name, name, registry=registry) for name in names}
        self.backlog = Backlog(**self.gauges)
        self._registry = registry

    def __getitem__(self, name: str) -> float:
        value = self._registry.get_sample_value(name)
        assert value is not None
        return value


def read(*timestamps: float, ended: int = 0) -> Tracker:
    """A partition of which records with these stamps were read and some have ended."""
    tracker = Tracker(100)
    for offset, timestamp in enumerate(timestamps):
        tracker.add(offset, timestamp)
    for offset in range(ended):
        tracker.finish(offset)
    return tracker


def test_before_anything_is_known_no_figure_says_that_all_is_done() -> None:
    shown = Shown()
    assert math.isnan(shown["lag"])
    assert math.isnan(shown["oldest"])


def test_an_end_that_the_broker_has_not_said_yet_is_not_reached() -> None:
    shown = Shown()
    shown.backlog.see({}, {ONE: 0}, {}.get)
    assert math.isnan(shown["lag"])


def test_a_partition_of_which_nothing_was_read_yet_counts_from_where_it_is_read() -> None:
    shown = Shown()
    shown.backlog.see({}, {ONE: 0, TWO: 3}, {ONE: 0, TWO: 9}.get)
    assert shown["lag"] == 6
    assert shown["oldest"] == 0


def test_the_age_of_the_oldest_rises_although_nothing_is_measured_any_more() -> None:
    now = 1000.0
    gauge = Gauge("age", "age", registry=CollectorRegistry())
    age = Since(gauge, lambda: now)
    age.is_since(990.0)
    assert age.seconds() == 10
    now = 1600.0
    assert age.seconds() == 610


def test_the_lag_is_told_from_the_end_that_was_known_last() -> None:
    shown = Shown()
    trackers = {ONE: read(1.0, 2.0, 3.0, ended=1), TWO: read(1.0, ended=1)}
    positions = {ONE: 3, TWO: 1}
    shown.backlog.see(trackers, positions, {ONE: 10, TWO: 1}.get)
    assert (shown["lag"], shown["in_flight"]) == (9, 2)
    shown.backlog.see(trackers, positions, {}.get)  # the broker is away
    assert (shown["lag"], shown["in_flight"]) == (9, 2)
    trackers[ONE].finish(1)
    shown.backlog.see(trackers, positions, {}.get)
    assert shown["lag"] == 8


def test_partitions_that_went_to_another_gateway_are_not_counted_here() -> None:
    shown = Shown()
    shown.backlog.see({ONE: read(1.0), TWO: read(1.0)}, {ONE: 1, TWO: 1}, {ONE: 5, TWO: 7}.get)
    shown.backlog.see({TWO: read(1.0)}, {TWO: 1}, {TWO: 7}.get)
    assert shown["lag"] == 7
    shown.backlog.see({}, {}, {}.get)
    assert (shown["lag"], shown["in_flight"], shown["oldest"]) == (0, 0, 0)


def test_what_has_not_happened_yet_is_shown_as_zero() -> None:
    begin_at_zero(["agency.planning.events"])
    for outcome in ("started", "delivered", "duplicate", "dead-letter"):
        labels = {"topic": "agency.planning.events", "outcome": outcome}
        assert REGISTRY.get_sample_value("seamless_gateway_events_total", labels) is not None
    for reason in REASONS:
        assert REGISTRY.get_sample_value("seamless_dead_letters_total", {"reason": reason}) is not None


def test_the_calendar_ends_with_its_last_year_in_its_zone() -> None:
    show_calendar("cn-2026.1", calendar("cn-2026.1"))
    end = REGISTRY.get_sample_value("seamless_calendar_end_timestamp_seconds", {"calendar": "cn-2026.1"})
    assert end == datetime.fromisoformat("2027-01-01T00:00:00+08:00").timestamp()


def test_compressed_days_never_end() -> None:
    show_calendar("compressed:2", calendar("compressed:2"))
    end = REGISTRY.get_sample_value("seamless_calendar_end_timestamp_seconds", {"calendar": "compressed:2"})
    assert end is not None
    assert math.isnan(end)
