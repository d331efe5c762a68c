"""When the platform could be reached: heartbeats of its gateways, and the outages between them."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Any

from contracts.platform import FencePassed, Outage
from network.broker.connection import append_time


class Availability:
    """The outages that the heartbeats show, from every record of the topic of heartbeats.

    A gateway sends heartbeats only while broker and Temporal answer it, and the broker timestamps them. So a
    gap between two heartbeats is a time in which one of the three was away. Before the first one there was no
    platform.
    """

    def __init__(self, *, outage_after: timedelta, kept: int = 1000) -> None:
        """
        Args:
            outage_after: a longer gap than this is an outage.
            kept: how many outages are remembered, the latest.
        """
        self._outage_after = outage_after
        self._last: datetime | None = None
        self._outages: deque[Outage] = deque(maxlen=kept)

    def take(self, record: Any) -> None:
        """Take the next heartbeat."""
        self.beat(append_time(record))

    def beat(self, at: datetime) -> None:
        """A gateway was well at ``at``, as the broker says. Beats of several gateways may cross."""
        if self._last is not None and at - self._last > self._outage_after:
            self._outages.append(Outage(began=self._last, ended=at))
        self._last = at if self._last is None else max(self._last, at)

    @property
    def last(self) -> datetime | None:
        """When a gateway was well last, as the broker says; None: there was no platform yet."""
        return self._last

    @property
    def outages(self) -> tuple[Outage, ...]:
        """Those that are remembered, in order. May be asked in any thread."""
        return tuple(self._outages.copy())

    def known_until(self, moment: datetime) -> bool:
        """Whether it is known what was away up to ``moment``: a gateway has beaten since."""
        return self._last is not None and self._last >= moment

    def verdict(self, deadline: datetime, grace: timedelta) -> FencePassed:
        """From when on a consequence of ``deadline`` may bind, by the outages that are known.

        A consequence waits ``grace`` after the end of an outage that began before its deadline and ended
        later than ``grace`` before it: whoever could not speak over the deadline, or just before it, has
        that long. The verdict does not depend on when it is asked for.
        """
        for outage in reversed(self._outages):
            if outage.ended + grace <= deadline:
                break
            if outage.began <= deadline:
                return FencePassed(held_until=outage.ended + grace, outage=outage)
        return FencePassed()
