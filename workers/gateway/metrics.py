"""The gateway's metrics. The age of the oldest unfinished event is the figure to alert on: one
stuck case keeps it rising while the lag stays small.

What grows with time is computed when it is read, and what is not known is NaN: while a server is away, no
figure stops or becomes 0.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import MAXYEAR, datetime
from typing import get_args

from aiokafka import TopicPartition
from prometheus_client import Counter, Gauge, Histogram

from contracts.terms.calendar import Calendar, LegalCalendar
from contracts.terms.errors import REASONS
from workers.gateway.delivery import Outcome
from workers.gateway.tracker import Tracker

REFUSED = "dead-letter"
"""The outcome of an event that became a dead letter."""

EVENTS = Counter(
    "seamless_gateway_events_total",
    "Events carried to their end.",
    ["topic", "outcome"],
)
DEAD_LETTERS = Counter("seamless_dead_letters_total", "Events refused and kept as dead letters.", ["reason"])
IN_FLIGHT = Gauge("seamless_gateway_in_flight", "Events read and not ended.")
OLDEST_AGE = Gauge(
    "seamless_gateway_oldest_unfinished_age_seconds",
    "Time since the broker received the oldest unfinished event; 0 when there is none.",
)
LAG = Gauge(
    "seamless_gateway_lag_records",
    "Records between the lowest unfinished offset and the end, in all partitions; the end as last known.",
)
HEARTBEAT_AGE = Gauge(
    "seamless_gateway_heartbeat_age_seconds", "Time since this gateway last reported that it is well."
)
COMMIT_SECONDS = Histogram("seamless_gateway_commit_seconds", "How long commits of offsets take.")
REBALANCES = Counter("seamless_gateway_rebalances_total", "How often partitions were reassigned.")
CARRY_DELAY = Histogram(
    "seamless_gateway_carry_delay_seconds",
    "From when the broker had an event to its end: durable in its case, or among the dead letters.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600),
)
PAUSED = Gauge(
    "seamless_gateway_paused_partitions",
    "Partitions of which nothing more is read for now: too much of them has not ended.",
)
CALENDAR_END = Gauge(
    "seamless_calendar_end_timestamp_seconds",
    "The end of the last year that the calendar of new cases knows; not a number for compressed days.",
    ["calendar"],
)


def begin_at_zero(topics: Iterable[str]) -> None:
    """Show what has not happened yet as 0: a rate does not see the first increase of a series that begins
    with it.

    Args:
        topics: those that the gateway reads.
    """
    for topic in topics:
        for outcome in (*get_args(Outcome), REFUSED):
            EVENTS.labels(topic, outcome)
    for reason in REASONS:
        DEAD_LETTERS.labels(reason)


def show_calendar(name: str, calendar: Calendar) -> None:
    """Show when the calendar of new cases ends."""
    end = math.nan
    if isinstance(calendar, LegalCalendar):
        after = min(calendar.days.last_year + 1, MAXYEAR)
        end = datetime(after, 1, 1, tzinfo=calendar.zone).timestamp()
    CALENDAR_END.labels(name).set(end)


class Since:
    """How long ago something was, in seconds; not a number before it was known at all."""

    def __init__(self, gauge: Gauge, clock: Callable[[], float] = time.time) -> None:
        """The gauge shows it from now on."""
        self._clock = clock
        self._known = False
        self._moment: float | None = None
        gauge.set_function(self.seconds)

    def is_since(self, moment: float | None) -> None:
        """It was at ``moment``, in seconds of the clock; None: there is no such thing, and 0 is shown."""
        self._moment, self._known = moment, True

    def seconds(self) -> float:
        """The age now."""
        moment = self._moment  # metrics are read in a thread of their own
        if not self._known:
            return math.nan
        return 0.0 if moment is None else max(0.0, self._clock() - moment)


class Backlog:
    """What the gateway has not carried to its end. What is known stays while partitions are handed over."""

    def __init__(self, *, in_flight: Gauge = IN_FLIGHT, oldest: Gauge = OLDEST_AGE, lag: Gauge = LAG) -> None:
        self._in_flight, self._lag = in_flight, lag
        self._oldest = Since(oldest)
        self._ends: dict[TopicPartition, int] = {}
        lag.set(math.nan)

    def see(
        self,
        trackers: Mapping[TopicPartition, Tracker],
        positions: Mapping[TopicPartition, int],
        end_of: Callable[[TopicPartition], int | None],
    ) -> None:
        """The partitions that this gateway has stand so now.

        Args:
            trackers: of those partitions that have one.
            positions: of each partition, the offset that is read next.
            end_of: where a partition ends, as the broker said last; None where it has not said yet.
        """
        oldest = [each.oldest for each in trackers.values() if each.oldest is not None]
        self._oldest.is_since(min(oldest, default=None))
        self._in_flight.set(sum(each.unfinished for each in trackers.values()))
        ends = {partition: end_of(partition) for partition in positions}
        self._ends = {
            partition: known
            for partition, end in ends.items()
            if (known := self._ends.get(partition) if end is None else end) is not None
        }
        unfinished = {partition: each.position for partition, each in trackers.items()}
        stands = {
            partition: position if (lowest := unfinished.get(partition)) is None else lowest
            for partition, position in positions.items()
        }
        behind = [max(0, end - stands[partition]) for partition, end in self._ends.items()]
        self._lag.set(sum(behind) if behind or not positions else math.nan)


BACKLOG = Backlog()
HEARTBEAT = Since(HEARTBEAT_AGE)
