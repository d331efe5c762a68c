"""What the orchestrators tell Prometheus of the platform's heartbeats and outages."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY

from activities.availability import Availability
from activities.outages import show_outages

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def shown() -> list[float]:
    names = ("heartbeat_timestamp_seconds", "outages", "outage_end_timestamp_seconds")
    found = [REGISTRY.get_sample_value(f"seamless_platform_{name}") for name in names]
    return [value for value in found if value is not None]


def test_what_was_not_read_yet_is_not_known() -> None:
    availability = Availability(outage_after=timedelta(minutes=1))
    availability.beat(NOON)
    show_outages(availability, lambda: False)
    assert [math.isnan(value) for value in shown()] == [True] * 3


def test_an_outage_is_told_once_it_is_over_and_meanwhile_the_last_heartbeat_stands() -> None:
    availability = Availability(outage_after=timedelta(minutes=1))
    show_outages(availability, lambda: True)
    heartbeat, outages, end = shown()
    assert (math.isnan(heartbeat), outages, math.isnan(end)) == (True, 0, True)
    availability.beat(NOON)
    heartbeat, outages, end = shown()
    assert (heartbeat, outages, math.isnan(end)) == (NOON.timestamp(), 0, True)
    back = NOON + timedelta(minutes=5)
    availability.beat(back)
    assert shown() == [back.timestamp(), 1, back.timestamp()]
