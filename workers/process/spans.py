"""How many spans of a process reached their collector: 0 where none are made, so that a rule finds them."""

from __future__ import annotations

from prometheus_client import Counter

EXPORTED = Counter("seamless_spans_exported_total", "Spans that the collector has taken.")
DROPPED = Counter("seamless_spans_dropped_total", "Spans that were dropped.", ["reason"])
TOO_MANY, NOT_TAKEN = REASONS = ("too-many", "not-taken")


def begin_at_zero() -> None:
    """Make their series."""
    for reason in REASONS:
        DROPPED.labels(reason)
