"""What simulated parties plan to say, and when; and what has become pointless meanwhile."""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Literal

from contracts.terms.identifiers import CaseId, Party
from contracts.wire.envelope import Message

Until = Literal["step", "decision", "closing", "ever"]
"""Until when there is a point in saying something: until the step that it is about has ended, the case is
decided, or is closed; or it is said whatever happens."""

PASSING: tuple[Until, ...] = ("step", "decision", "closing")


@dataclass(frozen=True)
class Intention:
    """Something that a party is going to say.

    Attributes:
        at: when.
        id: of the event. Intended twice, it is said once.
        step: what it is about: a request id, or a step of the case; empty for the case as a whole.
        request: the request id that the event names.
        until: until when there is a point in it.
        before: from this instant on there is none either, as its party knows by itself.
    """

    at: datetime
    party: Party
    case: CaseId
    message: Message
    id: str
    step: str = ""
    request: str | None = None
    until: Until = "step"
    before: datetime | None = None


class Agenda:
    """The intentions of any number of parties, in the order of their time."""

    def __init__(self) -> None:
        self._of: dict[str, dict[tuple[Party, str], Intention]] = defaultdict(dict)
        self._queue: list[tuple[datetime, int, Intention]] = []
        self._order = count()

    def add(self, intention: Intention) -> None:
        """Intend to say something."""
        key = (intention.party, intention.id)
        if key not in self._of[intention.case]:
            self._of[intention.case][key] = intention
            heapq.heappush(self._queue, (intention.at, next(self._order), intention))

    def drop(
        self,
        case: str,
        *until: Until,
        party: Party | None = None,
        step: str | None = None,
        id: str | None = None,
    ) -> None:
        """Drop what has become pointless in a case.

        Args:
            until: only what there was a point in until one of these; all but what is said whatever happens,
                unless given.
            party, step, id: only what this party intends, what is about this step, or has this id.
        """
        kept = {
            key: each
            for key, each in self.of(case).items()
            if each.until not in (until or PASSING)
            or party not in (None, each.party)
            or step not in (None, each.step)
            or id not in (None, each.id)
        }
        self._of.pop(case, None)
        if kept:
            self._of[case] = kept

    def of(self, case: str) -> dict[tuple[Party, str], Intention]:
        """What is intended in a case, by party and id of the event."""
        return self._of.get(case, {})

    def next_at(self) -> datetime | None:
        """When something is to be said next; None: nothing is intended."""
        while self._queue and not self._stands(self._queue[0][2]):
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    def take(self, now: datetime) -> Intention | None:
        """What is to be said first of what is due; it is no longer intended then, nor is what there is no
        point in any more."""
        while (at := self.next_at()) is not None and at <= now:
            intention = heapq.heappop(self._queue)[2]
            self.drop(intention.case, intention.until, party=intention.party, id=intention.id)
            if intention.before is None or now < intention.before:
                return intention
        return None

    def _stands(self, intention: Intention) -> bool:
        return self.of(intention.case).get((intention.party, intention.id)) is intention
