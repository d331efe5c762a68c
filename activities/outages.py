"""The metrics of the platform's heartbeats and outages."""

from __future__ import annotations

import math
from collections.abc import Callable

from prometheus_client import Gauge

from activities.availability import Availability

HEARTBEAT = Gauge(
    "seamless_platform_heartbeat_timestamp_seconds",
    "When a gateway last reported that it is well, by the broker's clock; NaN until all were read.",
)
OUTAGES = Gauge(
    "seamless_platform_outages",
    "Outages that the heartbeats of the last 30 days tell of; not a number before all were read.",
)
OUTAGE_END = Gauge(
    "seamless_platform_outage_end_timestamp_seconds",
    "When the last outage ended; not a number: there was none.",
)


def show_outages(availability: Availability, known: Callable[[], bool]) -> None:
    """Show them in the metrics from now on.

    Args:
        known: whether all heartbeats that there were have been read once.
    """

    def heartbeat() -> float:
        last = availability.last
        return math.nan if last is None or not known() else last.timestamp()

    def outage_end() -> float:
        outages = availability.outages
        return outages[-1].ended.timestamp() if outages and known() else math.nan

    HEARTBEAT.set_function(heartbeat)
    OUTAGES.set_function(lambda: len(availability.outages) if known() else math.nan)
    OUTAGE_END.set_function(outage_end)
