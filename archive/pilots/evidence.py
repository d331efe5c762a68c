"""The evidence of a pilot: whether the new way is faster, slower or does harm; it may be looked at daily.

Each question has a test martingale of its own (:mod:`archive.pilots.martingale`) over the events within the
blocks (:mod:`archive.pilots.risk_sets`): e-values that may be looked at at any time. If the new way makes no
difference to any case, the probability that it is ever called better is at most 5 %, that it is ever called
worse is at most 5 %, and that it is ever called harmful is at most 5 % for the kinds of harm together. Only
the draw of the places is needed for this, so a change of the office's pace, its batches, or a growing load do
no harm to it: they meet both arms of a block. What the bets assume decides how soon a difference is found,
never how often one is found where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from archive.pilots.cases import HARMS, Harm, PilotCase, blocks_of, seen
from archive.pilots.martingale import first_day, wealth
from archive.pilots.pairs import Pairs, pairs_of
from archive.pilots.risk_sets import RiskSets, ends_in, harms_in

Verdict = Literal["undecided", "better", "worse", "harmful"]

ALPHA = 0.05
"""How often a pilot with nothing to find may be called better, and how often worse, and how often harmful."""

GOAL = 1 / ALPHA
"""The e-value that decides whether the new way is faster, or slower."""

HARM_GOAL = GOAL * len(HARMS)
"""The e-value that decides that one kind of harm became more frequent: the kinds share :data:`ALPHA`."""

ODDS = (6 / 4, 7 / 3, 8 / 2)
"""What is bet on: that of ten pairs in a block the new case is the one in 6, 7 or 8."""

SHARES = (0.1, 0.45, 0.45)
"""How the 1 is divided among them: most on differences that whoever waits would feel, and that a pilot of
some hundred cases can show."""

FASTER = ODDS
SLOWER = tuple(1 / each for each in ODDS)
"""Hazard ratios: who is slower ends less often first."""


@dataclass(frozen=True)
class Weighed:
    """The evidence on one question.

    Attributes:
        goal: the e-value that decides.
        e: the e-value: 1 says nothing; it falls where the events speak against it.
        events: how many events say something.
        reached: the day on which ``goal`` was first reached, which decides for good; None: it never was.
        course: the e-value after each event, with the day from which on it counts.
    """

    goal: float
    e: float
    events: int
    reached: float | None
    course: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Counted:
    """How many cases had a harm so far, of those that have ended."""

    new: int
    of_new: int
    old: int
    of_old: int


@dataclass(frozen=True)
class Evidence:
    """What a pilot's cases say at a moment.

    Attributes:
        as_of: the day of it.
        new, old: how many cases each arm has; ``new_open``, ``old_open``: of these, how many are open.
        blocks: how many blocks are complete; only these count.
        set_aside: how many blocks were not drawn as they should have been, and are not counted.
        faster, slower: the new way takes less time, or more.
        harm: a kind of harm is more frequent with the new way.
        harmed: how many cases had it.
        pairs: of two cases in the same block, which took longer.
    """

    as_of: float
    new: int
    old: int
    new_open: int
    old_open: int
    blocks: int
    set_aside: int
    faster: Weighed
    slower: Weighed
    harm: Mapping[Harm, Weighed]
    harmed: Mapping[Harm, Counted]
    pairs: Pairs

    @property
    def verdict(self) -> Verdict:
        """What is decided; where evidence points both ways, the worst that was found."""
        if any(each.reached is not None for each in self.harm.values()):
            return "harmful"
        if self.slower.reached is not None:
            return "worse"
        return "better" if self.faster.reached is not None else "undecided"


def evidence(cases: Sequence[PilotCase], as_of: float) -> Evidence:
    """The evidence of a pilot at a moment. What happened later is not used, even if it is known.

    Args:
        cases: all of one pilot, in any order.
        as_of: in days, since the same origin as those of the cases.

    Raises:
        ValueError: the cases differ in the size of their block: they are not of one pilot.
    """
    if len({case.size for case in cases}) > 1:
        raise ValueError("cases: the size of the blocks differs; pass the cases of one pilot only")
    known = seen(cases, as_of)
    blocks = blocks_of(known)
    ends = ends_in(blocks.starts, blocks.ends, blocks.new)
    harms = {harm: harms_in(blocks.settled[harm], blocks.harmed[harm], blocks.new) for harm in HARMS}
    arms = {arm: [case for case in known if case.arm == arm] for arm in ("new", "old")}
    return Evidence(
        as_of=as_of,
        new=len(arms["new"]),
        old=len(arms["old"]),
        new_open=sum(case.end is None for case in arms["new"]),
        old_open=sum(case.end is None for case in arms["old"]),
        blocks=len(blocks.starts),
        set_aside=blocks.set_aside,
        faster=weigh(ends, FASTER, GOAL, as_of),
        slower=weigh(ends, SLOWER, GOAL, as_of),
        harm=MappingProxyType({harm: weigh(each, ODDS, HARM_GOAL, as_of) for harm, each in harms.items()}),
        harmed=MappingProxyType({harm: _counted(arms, harm) for harm in HARMS}),
        pairs=pairs_of(known, as_of),
    )


def weigh(events: RiskSets, ratios: Sequence[float], goal: float, as_of: float) -> Weighed:
    """The evidence of some events, as far as they count by a day."""
    flat = events.flat(-1).ordered()
    count = int((flat.days <= as_of).sum())
    flat = flat.first(count)
    course = wealth(flat, ratios, SHARES)
    day = float(first_day(course, flat.days, goal))
    return Weighed(
        goal=goal,
        e=float(course[-1]) if count else 1.0,
        events=count,
        reached=day if np.isfinite(day) else None,
        course=tuple(zip(flat.days.tolist(), course.tolist(), strict=True)),
    )


def _counted(arms: Mapping[str, Sequence[PilotCase]], harm: Harm) -> Counted:
    ended = {arm: [case for case in its if case.end is not None] for arm, its in arms.items()}
    had = {arm: sum(case.settled(harm)[1] for case in its) for arm, its in ended.items()}
    return Counted(new=had["new"], of_new=len(ended["new"]), old=had["old"], of_old=len(ended["old"]))
