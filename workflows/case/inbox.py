"""The inbox: events that have come to a case and have not taken effect yet."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.platform import Delivered


class Inbox:
    """Events wait here from their signal, or their check, until the case takes them all at once."""

    def __init__(self) -> None:
        self._waiting: list[Delivered] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, delivered: Delivered) -> None:
        """Add an event."""
        self._waiting.append(delivered)

    def restore(self, carried: Iterable[Delivered]) -> None:
        """Put what the last run left before everything that this run got."""
        self._waiting[:0] = carried

    def waiting(self) -> list[Delivered]:
        """A copy of what waits, for the next run."""
        return list(self._waiting)

    def take(self) -> list[Delivered]:
        """Empty the inbox; the events by the time the broker had them, then by sender.

        Signals that were sent at once arrive in any order, so which of two answers came first is decided
        by the broker's time and not by chance.
        """
        taken, self._waiting = self._waiting, []
        return sorted(taken, key=lambda each: (each.received, each.actor))
