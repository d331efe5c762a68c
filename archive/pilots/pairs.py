"""The new way in words: "slower in 68 of 100 pairs"."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from archive.pilots.cases import PilotCase, by_block, seen


class Pairs(NamedTuple):
    """Pairs of a new case and an old one of the same block, by which of them took longer.

    Attributes:
        slower, faster: the new case took longer, or less long; also where one is still open, but has already
            taken longer than the other.
        same: they took equally long.
        not_yet_known: it is open.
    """

    slower: int
    faster: int
    same: int
    not_yet_known: int

    @property
    def known(self) -> int:
        """How many took longer or less long."""
        return self.slower + self.faster


def pairs_of(cases: Iterable[PilotCase], as_of: float) -> Pairs:
    """The pairs of a pilot, as they were known at a moment."""
    counted = {"slower": 0, "faster": 0, "same": 0, "not_yet_known": 0}
    for members in by_block(seen(cases, as_of)):
        for new in members:
            for old in members:
                if (new.arm, old.arm) == ("new", "old"):
                    counted[_order(new, old, as_of)] += 1
    return Pairs(**counted)


def _order(new: PilotCase, old: PilotCase, as_of: float) -> str:
    ended, other = (new.end is not None, old.end is not None)
    took = (as_of if new.end is None else new.end) - new.start
    other_took = (as_of if old.end is None else old.end) - old.start
    if ended and other:
        return "same" if took == other_took else "slower" if took > other_took else "faster"
    if other and took >= other_took:
        return "slower"
    if ended and other_took >= took:
        return "faster"
    return "not_yet_known"
