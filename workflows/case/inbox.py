"""The inbox: events that have come to a case and have not taken effect yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from temporalio.common import RawValue

from contracts.platform import Cancellation, Delivered
from contracts.terms.calendar_days import CalendarDays
from contracts.terms.identifiers import Party
from workflows.case.journal import size_of

BITE_EVENTS = 100
BITE_BYTES = 1_000_000
"""How many events, or bytes of them, are taken at a time: Temporal gives up a task of a case that takes two
seconds."""


class Inbox:
    """Events wait here from their signal, or their check, until the case takes them.

    What came by signal is read when it is taken: reading thousands of them takes longer than a task may.

    Attributes:
        cancellation: an operator has ended the case. It goes before everything that waits.
        over: the course is over.
        calendars: versions of the calendar that were published.
    """

    cancellation: Cancellation | None = None
    over: bool = False

    def __init__(self, read: Callable[[RawValue], Delivered]) -> None:
        """``read`` makes an event of what a signal brought."""
        self._read = read
        self._waiting: list[Delivered | RawValue] = []
        self.calendars: list[CalendarDays] = []

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def bytes(self) -> int:
        """About how many bytes wait."""
        return sum(map(_size, self._waiting))

    def put(self, came: Delivered | RawValue) -> None:
        """Add an event."""
        self._waiting.append(came)

    def cancel(self, cancellation: Cancellation, *, alone: bool = True) -> None:
        """An operator ends the case. The first order counts, immediately.

        Args:
            alone: one person may. Otherwise the order waits with the events, for its turn.
        """
        order = cancellation.order
        if order is None or (alone and not self.over and self.cancellation is None):
            self.cancellation = self.cancellation or cancellation
        else:
            self.put(order)

    def close(self, *, broken_off: bool) -> None:
        """The course is over, be it that an operator has broken it off. Nobody can end the case any more:
        whoever tries is told so, as the sender of any event is."""
        self.over = True
        if not broken_off and self.cancellation is not None and self.cancellation.order is not None:
            self.put(self.cancellation.order)

    def restore(self, carried: Iterable[Delivered]) -> None:
        """Put what the last run left before everything that this run got."""
        self._waiting[:0] = carried

    def waiting(self) -> list[Delivered]:
        """What waits, for the next run."""
        return [self._event(each) for each in self._waiting]

    def take_calendars(self) -> list[CalendarDays]:
        """Take the calendars out, in the order in which they came."""
        taken, self.calendars = self.calendars, []
        return taken

    def take(self) -> list[Delivered]:
        """Take from the inbox, at least one event and at most so many as one task of a case may, as they
        came."""
        bite = size = 0
        while bite < min(len(self._waiting), BITE_EVENTS) and size < BITE_BYTES:
            size += _size(self._waiting[bite])
            bite += 1
        taken = [self._event(each) for each in self._waiting[:bite]]
        del self._waiting[:bite]
        return taken

    def _event(self, came: Delivered | RawValue) -> Delivered:
        return self._read(came) if isinstance(came, RawValue) else came


def in_order(came: Iterable[Delivered]) -> list[Delivered]:
    """Events by the time that the broker received them, then by sender.

    Signals that were sent concurrently arrive in any order, so the broker's time decides which of two answers
    came first, not chance. What one sender said stays in the order in which it arrived, which is
    that of its partition, also where the broker's clock stepped back in between.
    """
    latest: dict[Party, datetime] = {}
    placed: list[tuple[datetime, Delivered]] = []
    for each in came:
        latest[each.actor] = max(each.received, latest.get(each.actor, each.received))
        placed.append((latest[each.actor], each))
    placed.sort(key=lambda pair: (pair[0], pair[1].actor))
    return [each for _, each in placed]


def _size(came: Delivered | RawValue) -> int:
    return len(came.payload.data) if isinstance(came, RawValue) else size_of(came)
