"""What the blocks of a pilot reveal, and on which day: which of the cases at risk had the event.

In a block of N consecutive arrivals one place, drawn at random, got the new variant. Suppose that the
variant makes no difference to any case (the null hypothesis). Then starts, ends and harms of all cases are
what they are, whoever was drawn; nothing is left to chance but the draw, which is uniform over the N places.
As long as the drawn place has not been revealed, each of the n cases still at risk is it with probability
1 / n. So at an event that d of them have at the same age, the new case is among these d with probability
d / n: the factor of Cox's partial likelihood within the block (Cox 1972 and 1975).

**When an event counts.** Cases of a block begin on different days, and the risk set at an age is known only
once every case that has not ended has reached this age. An event counts from that day on: the latest of the
days on which the cases that were at risk reached its age, or ended. Within a block, the events then come in
the order of age, as the probability 1 / n requires; and that day follows from starts and ends alone, never
from who was drawn. An open case counts in every risk set up to its age.

Counted at once, with those that happen to be old enough, an event would get another risk set later: a bet
changed after the race. And a logrank test in calendar time takes it that all at risk have the same hazard,
given what is known. That fails here: whoever knows on which days an office empties its pile knows which of
two cases will end first, and sees who was drawn as soon as both have arrived.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archive.pilots.cases import Days, Flags


class RiskSets(NamedTuple):
    """Events, each with what was at risk. All arrays have the same shape; what is no event has ``ended`` 0.

    Attributes:
        days: from when on it counts; infinity where there is no event.
        at_risk: how many cases could have had it, n.
        ended: how many had it at the same age, d.
        hit: whether the new case is among them.
    """

    days: Days
    at_risk: Days
    ended: Days
    hit: Flags

    def ordered(self) -> RiskSets:
        """By the day on which they count, along the last axis; those of one day keep their order."""
        order = np.argsort(self.days, axis=-1, kind="stable")
        return RiskSets(
            np.take_along_axis(self.days, order, axis=-1),
            np.take_along_axis(self.at_risk, order, axis=-1),
            np.take_along_axis(self.ended, order, axis=-1),
            np.take_along_axis(self.hit, order, axis=-1),
        )

    def flat(self, *shape: int) -> RiskSets:
        """In another shape: the events of several blocks along one axis."""
        return RiskSets(
            self.days.reshape(shape),
            self.at_risk.reshape(shape),
            self.ended.reshape(shape),
            self.hit.reshape(shape),
        )

    def first(self, count: int) -> RiskSets:
        """The first so many along the last axis."""
        return RiskSets(
            self.days[..., :count], self.at_risk[..., :count], self.ended[..., :count], self.hit[..., :count]
        )


def ends_in(starts: Days, ends: Days, new: Flags) -> RiskSets:
    """The events "a case ends", in the order of age within each block.

    An event at which all that are at risk end tells nothing, nor one after the new case has ended.

    Args:
        starts, ends, new: the last axis holds the places of a block; an open case ends at infinity.
    """
    times = ends - starts
    ages = np.sort(times, axis=-1)
    known = np.where(np.isfinite(ages), ages, 0.0)[..., :, None]
    reached = np.where(times[..., None, :] <= known, ends[..., None, :], starts[..., None, :] + known)
    same = times[..., None, :] == ages[..., :, None]
    at_risk = (times[..., None, :] >= ages[..., :, None]).sum(-1)
    ended = same.sum(-1)
    hit = (same & new[..., None, :]).any(-1)
    new_at_risk = (times[..., None, :] >= ages[..., :, None]) & new[..., None, :]
    first = np.concatenate([np.ones_like(hit[..., :1]), ages[..., 1:] != ages[..., :-1]], axis=-1)
    tells = first & np.isfinite(ages) & (ended < at_risk) & new_at_risk.any(-1)
    return _only(tells, reached.max(-1), at_risk, ended, hit)


def harms_in(settled: Days, harmed: Flags, new: Flags) -> RiskSets:
    """The harms of each block, as one event of those who had it, counted once the last of its cases is
    settled. Earlier, who is quick to decide would look as if they refused more."""
    size = settled.shape[-1]
    ended = harmed.sum(-1)
    days = settled.max(-1)
    tells = np.isfinite(days) & (ended > 0) & (ended < size)
    hit = np.asarray((harmed & new).any(-1), np.bool_)
    return _only(tells, days, np.full(ended.shape, size), ended, hit)


def _only(tells: Flags, days: Days, at_risk: Days, ended: Days, hit: Flags) -> RiskSets:
    return RiskSets(
        days=np.where(tells, days, np.inf),
        at_risk=np.where(tells, at_risk, 1).astype(np.float64),
        ended=np.where(tells, ended, 0).astype(np.float64),
        hit=hit & tells,
    )
