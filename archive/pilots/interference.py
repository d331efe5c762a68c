"""Whether the two arms of a pilot are in each other's way.

The evidence takes it that a case goes as it would have gone, whatever variant the *other* cases have. Where
both arms need the same agencies, and these take longer the more they have to do, this does not hold: a new
way that keeps an agency busy makes the old one slower, too, and looks less bad than it is; one that relieves
the agency helps both, and looks less good. Since each block has one new case, both arms have the same load at
all times, and no comparison of the arms can show it. What can be seen is whether the conditions are there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, select

from archive.batches import at_once
from archive.pilots.cases import Days, Flags
from archive.pilots.reading import days_of
from archive.tables import steps
from contracts.pilots import Arm
from contracts.terms.identifiers import AgencyId, CaseId

LATEST = 2_000
"""So many steps of an agency are compared at most, the latest ones."""

FEWEST = 30
"""Fewer steps say nothing of an agency."""

HOLDS = 0.1
"""An agency is shared if each arm has it for at least this part of its time with agencies."""

GROWS = 0.2
"""A step takes longer the more there is to do, if this is so in so many more of the pairs of steps than the
opposite."""


class AgencyStep(NamedTuple):
    """What an agency was asked, in days; ``ended`` None: it has not answered yet."""

    case: CaseId
    agency: AgencyId
    asked: float
    ended: float | None


class Shared(NamedTuple):
    """An agency that both arms need.

    Attributes:
        new, old: which part of the time that the arm's cases were with agencies they were with this one.
        load: how much it had to do, on average, when it was asked: requests of all cases.
        concordance: of pairs of its steps, in how many more the one that found more to do took longer, than
            in how many it took less long: from -1 to 1, Kendall's tau; open steps count as far as they are
            known to take longer. None: too few steps.
    """

    agency: AgencyId
    new: float
    old: float
    load: float
    concordance: float | None

    @property
    def disturbs(self) -> bool:
        """Whether through this agency one arm may slow the other."""
        return self.concordance is not None and self.concordance >= GROWS and min(self.new, self.old) >= HOLDS


def agency_steps(db: Connection, chosen: Collection[CaseId], since: datetime) -> list[AgencyStep]:
    """What the agencies of some cases were asked, by all cases, since an instant."""
    asked = {
        agency
        for some in at_once(chosen)
        for agency in db.scalars(
            select(steps.c.agency)
            .where(steps.c.case.in_(some), steps.c.agency.is_not(None), steps.c.third_party.is_(None))
            .distinct()
        )
    }
    query = (
        select(steps.c.case, steps.c.agency, steps.c.asked, steps.c.ended)
        .where(steps.c.agency.in_(asked), steps.c.third_party.is_(None), steps.c.opened >= since)
        .order_by(steps.c.asked)
    )
    return [
        AgencyStep(
            CaseId(row.case), row.agency, days_of(row.asked), days_of(row.ended) if row.ended else None
        )
        for row in db.execute(query)
    ]


def interference(asked: Sequence[AgencyStep], arms: Mapping[CaseId, Arm], as_of: float) -> list[Shared]:
    """The agencies that both arms were with, the one that most of their time was spent with first; as it was
    known at a moment.

    Args:
        asked: of agencies by all cases, in this order.
        arms: of the pilot's cases.
    """
    found = [
        step._replace(ended=step.ended if step.ended is not None and step.ended <= as_of else None)
        for step in asked
        if step.asked <= as_of
    ]
    held = {arm: _held([step for step in found if arms.get(step.case) == arm], as_of) for arm in _ARMS}
    agencies = held["new"].keys() & held["old"].keys()
    shared = [
        _shared(agency, [step for step in found if step.agency == agency], held, as_of) for agency in agencies
    ]
    return sorted(shared, key=lambda each: (-each.new - each.old, each.agency))


_ARMS: tuple[Arm, ...] = ("new", "old")


def _held(its: Sequence[AgencyStep], as_of: float) -> Mapping[AgencyId, float]:
    days: dict[AgencyId, float] = {}
    for step in its:
        took = (as_of if step.ended is None else step.ended) - step.asked
        days[step.agency] = days.get(step.agency, 0.0) + took
    total = sum(days.values())
    return {agency: each / total if total > 0 else 0.0 for agency, each in days.items()}


def _shared(
    agency: AgencyId, its: Sequence[AgencyStep], held: Mapping[Arm, Mapping[AgencyId, float]], as_of: float
) -> Shared:
    asked = np.array([step.asked for step in its])
    ended = np.array([step.ended is not None for step in its])
    ends = np.array([as_of if step.ended is None else step.ended for step in its])
    load = load_at(asked, np.where(ended, ends, np.inf))
    enough = len(its) >= FEWEST
    latest = slice(-LATEST, None)
    return Shared(
        agency=agency,
        new=held["new"][agency],
        old=held["old"][agency],
        load=float(load.mean()),
        concordance=concordance(load[latest], (ends - asked)[latest], ended[latest]) if enough else None,
    )


def load_at(asked: Days, ends: Days) -> Days:
    """How many other steps were open when each was asked for."""
    before = np.searchsorted(np.sort(asked), asked, side="left")
    over = np.searchsorted(np.sort(ends), asked, side="right")
    return np.asarray(np.maximum(before - over, 0), np.float64)


def concordance(load: Days, times: Days, ended: Flags) -> float | None:
    """Kendall's tau of load and time, of the pairs whose order is known; None where there are none.

    Args:
        times: how long each step took, or, where it has not ended, has taken so far.
    """
    more = np.sign(load[:, None] - load[None, :])
    shorter_ended = (times[:, None] < times[None, :]) & ended[:, None]
    longer = shorter_ended.T.astype(np.int8) - shorter_ended
    known = (more != 0) & (longer != 0)
    return float((more * longer)[known].mean()) if known.any() else None
