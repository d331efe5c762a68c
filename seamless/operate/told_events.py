"""The events that a run was told, and which of them an entry of its ledger names."""

from __future__ import annotations

from collections import defaultdict

from contracts.platform import Delivered
from contracts.wire.ledger import LedgerEntry


class ToldEvents:
    """Attributes:
    left: those that no entry has named yet, of those that the run was told, in order.
    """

    def __init__(self) -> None:
        self.left: list[Delivered] = []
        self._known: defaultdict[str, list[Delivered]] = defaultdict(list)

    def add(self, event: Delivered, *, told: bool) -> None:
        """Note an event that the run was told, or that the gateway will carry again."""
        if told and event in self.left:
            return
        self._known[event.event.key].append(event)
        if told:
            self.left.append(event)

    def take(self, entry: LedgerEntry) -> Delivered | None:
        """The event that an entry names: of those with its id, that which the broker received then. What was
        refused may have been said again, or put right."""
        known = self._known.get(entry.cause or "")
        if not known:
            return None
        event = next((each for each in known if each.received == entry.received), known[0])
        self._known[event.event.key] = [each for each in known if not _same(each, event)]
        self.left = [each for each in self.left if not _same(each, event)]
        return event


def _same(one: Delivered, other: Delivered) -> bool:
    return (one.received, one.event.key, one.event.digest) == (
        other.received,
        other.event.key,
        other.event.digest,
    )
