"""How long events wait for a case that is not there yet."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator

from contracts.terms.identifiers import Party


class TooManyWait(Exception):
    """The maximum number of events of this party already wait."""


class EarlyEvents:
    """Gives each missing case the same time, from when it was first missed, whatever waits for it.

    All events of a case share that time: with a separate time for each, a series of them would hold back
    their partition for hours. While Temporal cannot be asked, or its answer is late, no time passes: the
    application may wait in the same queue.
    """

    def __init__(self, seconds: float, at_most: int, clock: Callable[[], float]) -> None:
        """
        Args:
            seconds: how long a case may be missing.
            at_most: how many events of one party may wait. Each party has a separate allowance, so one that
                sends many does not use up another's.
            clock: seconds, monotonic; the one that events are stamped with when they are read.
        """
        self.seconds = seconds
        self._at_most = at_most
        self._waiting: Counter[Party] = Counter()
        self._clock = clock
        self._missed: dict[str, float] = {}
        self._unavailable = float("-inf")

    @contextlib.contextmanager
    def waiting(self, party: Party) -> Iterator[None]:
        """While an event of ``party`` waits.

        Raises:
            TooManyWait: there is no room for it.
        """
        if self._waiting[party] >= self._at_most:
            raise TooManyWait
        self._waiting[party] += 1
        try:
            yield
        finally:
            self._waiting[party] -= 1

    def missed(self, case: str, read_at: float) -> None:
        """An event that was read at ``read_at`` found no case. An event that was read after the time for this
        case had run out begins it again."""
        now = self._clock()
        if read_at > self._missed.get(case, float("-inf")) + self.seconds:
            self._missed = {each: at for each, at in self._missed.items() if now - at <= 2 * self.seconds}
            self._missed[case] = now

    def found(self, case: str) -> None:
        """The case exists."""
        self._missed.pop(case, None)

    def unavailable(self) -> None:
        """Temporal could not be asked just now."""
        self._unavailable = self._clock()

    def seconds_left(self, case: str) -> float:
        """How many seconds the case still has; 0 when its time has run out."""
        since = max(self._missed.get(case, float("-inf")), self._unavailable)
        return max(0.0, since + self.seconds - self._clock())
