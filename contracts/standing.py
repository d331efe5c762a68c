"""The orders about parties that are in force: who is paused, and who is in quarantine.

They follow from the orders on the operators' topic, in its order: whoever has read it knows the same. All
orders about one party have the same key, so they are in one partition.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal, NamedTuple

from contracts.admission import PartyOrder
from contracts.terms.errors import REASONS, Refusal
from contracts.terms.identifiers import Party
from contracts.terms.levers import LetterLever, PartyLever
from contracts.wire.envelope import Event
from contracts.wire.orders import ordered

Verdict = Literal["taken", "proposed"] | Refusal
"""What became of an order; proposed: another person has to confirm it."""


class Pause(NamedTuple):
    """An agency was paused, or is, as long as nobody ended that. Nothing follows from its silence
    meanwhile."""

    began: datetime
    ended: datetime | None = None


class Standing:
    """What is in force after the orders that were taken."""

    def __init__(self, two_persons: Collection[PartyLever | LetterLever] = ()) -> None:
        """
        Args:
            two_persons: the levers that need two persons.
        """
        self._two_persons = frozenset(two_persons)
        self._quarantined: dict[Party, PartyOrder] = {}
        self._paused: dict[Party, PartyOrder] = {}
        self._pauses: dict[Party, list[Pause]] = {}
        self._proposals: dict[str, PartyOrder] = {}
        self._verdicts: dict[str, tuple[str, Verdict]] = {}

    def take(self, given: PartyOrder) -> Verdict:
        """Take the next order; what became of it. One that was taken before changes nothing."""
        if (known := self.verdict(given.event)) is not None:
            return known
        verdict = self._verdict(given)
        if verdict == "proposed":
            self._proposals[given.event.id] = given
        elif verdict == "taken":
            self._proposals.pop(given.order.confirms or "", None)
            self._let_hold(given)
        self._verdicts[given.event.key] = (given.event.digest, verdict)
        return verdict

    def verdict(self, event: Event) -> Verdict | None:
        """What became of the order that an event carries; None where it was not taken yet."""
        known = self._verdicts.get(event.key)
        if known is None:
            return None
        return known[1] if known[0] == event.digest else _refusal("id-reused")

    @property
    def quarantined(self) -> dict[Party, PartyOrder]:
        """The parties whose events are not admitted, each with the order that says so."""
        return dict(self._quarantined)

    @property
    def paused(self) -> dict[Party, PartyOrder]:
        """The agencies that are paused, each with the order that says so."""
        return dict(self._paused)

    @property
    def proposed(self) -> list[PartyOrder]:
        """The orders that another person has to confirm, the oldest first."""
        return sorted(self._proposals.values(), key=lambda each: (each.received, each.event.id))

    def is_quarantined(self, party: Party) -> bool:
        """Whether no event of a party is admitted."""
        return party in self._quarantined

    def every_pause(self) -> dict[Party, list[Pause]]:
        """When which agency was paused, in order."""
        return {agency: list(pauses) for agency, pauses in self._pauses.items()}

    def _verdict(self, given: PartyOrder) -> Verdict:
        order = given.order
        if order.confirms is not None:
            proposal = self._proposals.get(order.confirms)
            if proposal is None or ordered(proposal.event) != ordered(given.event):
                return _refusal("unknown-order")
            if proposal.order.officer == order.officer:
                return _refusal("same-person")
            return "taken"
        return "proposed" if order.lever in self._two_persons else "taken"

    def _let_hold(self, given: PartyOrder) -> None:
        party = given.party
        match given.order.lever:
            case "quarantine":
                self._quarantined.setdefault(party, given)
            case "readmit":
                self._quarantined.pop(party, None)
            case "pause" if party not in self._paused:
                self._paused[party] = given
                self._pauses.setdefault(party, []).append(Pause(given.received))
            case "resume" if self._paused.pop(party, None) is not None:
                self._pauses[party][-1] = self._pauses[party][-1]._replace(ended=given.received)


def _refusal(reason: str) -> Refusal:
    return Refusal(reason, REASONS[reason].en)
