"""What the gateway tells Prometheus. The age of the oldest unfinished event is the figure to alert on: one
stuck case keeps it rising while the lag stays small."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter(
    "seamless_gateway_events_total",
    "Events carried to their end.",
    ["topic", "outcome"],
)
DEAD_LETTERS = Counter("seamless_dead_letters_total", "Events refused and kept as dead letters.", ["reason"])
IN_FLIGHT = Gauge("seamless_gateway_in_flight", "Events read and not ended.")
OLDEST_AGE = Gauge(
    "seamless_gateway_oldest_unfinished_age_seconds",
    "How long ago the broker had the oldest event that is read and not ended; 0 when there is none.",
)
LAG = Gauge(
    "seamless_gateway_lag_records",
    "Records between the lowest unfinished offset and the end, in all partitions.",
)
COMMIT_SECONDS = Histogram("seamless_gateway_commit_seconds", "How long commits of offsets take.")
REBALANCES = Counter("seamless_gateway_rebalances_total", "How often partitions were assigned anew.")
