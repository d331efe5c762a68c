"""Whether the event loop of a process turns: a blocked one does nothing and reports nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

BEAT_SECONDS = 1.0

STANDS_STILL_SECONDS = 60.0
"""A loop that has not turned for so long is blocked: what takes long is done in threads and processes."""


class Pulse:
    """Beats while the event loop turns."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """
        Args:
            clock: in seconds.
        """
        self._clock = clock
        self._last = clock()

    @property
    def felt(self) -> bool:
        """Whether the loop has turned of late. May be asked in any thread."""
        return self._clock() - self._last < STANDS_STILL_SECONDS

    def beat(self) -> None:
        """The loop turns now."""
        self._last = self._clock()

    async def keep_beating(self) -> None:
        """Beat until cancelled."""
        while True:
            self.beat()
            await asyncio.sleep(BEAT_SECONDS)
