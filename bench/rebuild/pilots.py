"""Goal 6: pilots on the real order of a log. Where there is nothing to find, few are called better or worse;
where the new way is twice as slow, nearly all are stopped soon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from archive.pilots.cases import Days
from archive.pilots.evidence import ALPHA, FASTER, GOAL, HARM_GOAL, ODDS, SHARES, SLOWER
from archive.pilots.martingale import first_day, wealth
from archive.pilots.risk_sets import RiskSets, ends_in, harms_in
from bench.rebuild.goals import Goal
from bench.rebuild.offices import WORLDS, Office, office_of
from seamless.rebuild.log import EventLog
from seamless.rebuild.survival import CONFIDENT

PILOTS, MORE, FEWER = 1000, 4000, 300
"""So many pilots are held against the goals; so many others say how much of that is chance; and so many are
enough for the rest."""

MOST_NEW = 400
"""A pilot goes on until so many new cases were assigned, or the log ends."""

SOON = 75
"""New cases by which one that is twice as slow should be stopped. Every pilot begins early enough for them,
or, where a log is too short for it, in its first half."""

SEED, OTHER_SEED = 6, 7

AT_ONCE = 100
"""So many pilots are computed at the same time."""

USUAL_AFTER = 20
"""The usual way beside it: a sign test at the level of 5 %, looked at daily from so many pairs on."""


class Piloted(NamedTuple):
    """What became of some pilots: of each, the new cases by which it was decided; infinity: it never was.

    Attributes:
        won, slower, harmed: called better; worse; harmful.
        usual: a sign test says that one way is faster.
    """

    won: Days
    slower: Days
    harmed: Days
    usual: Days

    @property
    def rolled_back(self) -> Days:
        """Called worse or harmful."""
        return np.minimum(self.slower, self.harmed)


# --- pilots -------------------------------------------------------------------------------------------------


def piloted(
    office: Office,
    size: int,
    *,
    times: float = 1.0,
    harms: float = 1.0,
    pilots: int = PILOTS,
    seed: int = SEED,
) -> Piloted:
    """Pilots with blocks of ``size``, each from a point in the log on that is drawn.

    A new case takes ``times`` as long as it did; harms become ``harms`` times as frequent. Evidence is looked
    at whenever there is new, which is at least as often as daily; a decision takes effect in the evening.
    """
    random = np.random.default_rng(seed)
    parts = [
        _some(office, size, times, harms, random, min(AT_ONCE, pilots - begun))
        for begun in range(0, pilots, AT_ONCE)
    ]
    return Piloted(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _some(
    office: Office,
    size: int,
    times: float,
    harms: float,
    random: np.random.Generator,
    pilots: int,
) -> Piloted:
    cases = len(office.starts)
    last = max(cases - SOON * size, cases // 2)
    begin = random.integers(last + 1, size=pilots)
    blocks = min(MOST_NEW, cases // size)
    at = begin[:, None, None] + np.arange(blocks * size).reshape(blocks, size)
    there = (at[..., -1] < cases)[..., None]
    at = np.minimum(at, cases - 1)
    new = np.arange(size) == random.integers(size, size=(pilots, blocks))[..., None]
    starts, took = office.starts[at], (office.ends - office.starts)[at]
    ends = np.where(new & there, starts + times * took, office.ends[at])
    ends = np.where(there, ends, np.inf)  # past the log's end there is nothing
    share = office.harmed.mean()
    more = random.random(new.shape) < (harms - 1) * share / (1 - share)
    harmed = office.harmed[at] | (new & more)
    ended = _by(ends_in(starts, ends, new), office.as_of)
    harm = _by(harms_in(ends, harmed, new), office.as_of)
    assigned = np.where(new & there, starts, np.inf).min(-1)

    def by(events: RiskSets, ratios: tuple[float, ...], goal: float) -> Days:
        return _assigned(assigned, first_day(wealth(events, ratios, SHARES), events.days, goal))

    return Piloted(
        won=by(ended, FASTER, GOAL),
        slower=by(ended, SLOWER, GOAL),
        harmed=by(harm, ODDS, HARM_GOAL),
        usual=_assigned(assigned, _usual(ended)),
    )


def _by(events: RiskSets, as_of: float) -> RiskSets:
    """The events of each pilot that count by the end of the log, in order; none beyond."""
    flat = events.flat(len(events.days), -1)
    late = flat.days > as_of
    flat = RiskSets(
        days=np.where(late, np.inf, flat.days),
        at_risk=np.where(late, 1.0, flat.at_risk),
        ended=np.where(late, 0.0, flat.ended),
        hit=flat.hit & ~late,
    ).ordered()
    most = int(np.isfinite(flat.days).sum(-1).max(initial=0))
    return flat.first(most)


def _assigned(assigned: Days, day: Days) -> Days:
    """How many new cases were assigned by the evening of a day."""
    count = (assigned < np.floor(day)[:, None] + 1).sum(-1)
    return np.where(np.isfinite(day), count, np.inf)


def _usual(events: RiskSets) -> Days:
    """The day on which a sign test first differs."""
    tells = np.isfinite(events.days)
    expected = (events.ended / events.at_risk) * tells
    excess = np.cumsum((events.hit - expected) * tells, axis=-1)
    spread = np.sqrt(np.cumsum(expected * (1 - expected), axis=-1))
    enough = np.cumsum(tells, axis=-1) >= USUAL_AFTER
    differs = enough & tells & (np.abs(excess) > CONFIDENT * spread)
    return np.asarray(np.where(differs, events.days, np.inf).min(axis=-1, initial=np.inf), np.float64)


# --- what is told -------------------------------------------------------------------------------------------


def piloting(log: EventLog, *, stopped: float | None) -> Iterator[Goal]:
    """Whether few pilots with nothing to find are decided on a log as it was; beside it, as it might have
    been, and how soon those are decided in which there is something.

    Args:
        stopped: how many of those that are twice as slow have to be stopped within :data:`SOON` new cases,
            with every second case in the new variant; None: that is told, and no goal.
    """
    office = office_of(log)
    nothing, others = piloted(office, 2), piloted(office, 2, pilots=MORE, seed=OTHER_SEED)
    yield _nothing(log.name, nothing, others)
    slow, others = (
        piloted(office, 2, times=2.0, pilots=pilots, seed=seed)
        for pilots, seed in ((PILOTS, SEED), (MORE, OTHER_SEED))
    )
    yield _slow(log.name, slow, others, stopped)
    random = np.random.default_rng(len(office.starts))
    for name, world in WORLDS.items():
        yield _beside(f"{log.name}, {name}", piloted(world(office, random), 2, pilots=FEWER))
    for size in (5, 10):
        yield _beside(f"{log.name}, one in {size}", piloted(office, size, pilots=FEWER))
    for times in (2.0, 1.25, 0.8, 0.5):
        yield _different(log.name, office, times)
    if office.harmed.any():
        yield _harmless(log.name, nothing)
        found = piloted(office, 2, harms=1.5, pilots=FEWER)
        yield Goal(f"{log.name}, harm 1.5 times as often", "", f"called harmful: {_when(found.harmed)}", True)


def _nothing(name: str, found: Piloted, others: Piloted) -> Goal:
    won, back = _share(found.won), _share(found.slower)
    more = f"{_share(others.won):.1%} and {_share(others.slower):.1%} of {len(others.won):,} others"
    return Goal(
        f"{name}, nothing to find",
        f"called better and worse: at most {ALPHA:.0%} each",
        f"{won:.1%} and {back:.1%} of {len(found.won):,} pilots",
        max(won, back) <= ALPHA,
        f"{more}; sign test at each look {_share(found.usual):.1%}",
    )


def _harmless(name: str, found: Piloted) -> Goal:
    harmed = _share(found.harmed)
    measured = f"{harmed:.1%} of {len(found.harmed):,} pilots"
    beside = f"called worse or harmful: {_share(found.rolled_back):.1%}"
    return Goal(
        f"{name}, harm as often", f"called harmful: at most {ALPHA:.0%}", measured, harmed <= ALPHA, beside
    )


def _slow(name: str, found: Piloted, others: Piloted, least: float | None) -> Goal:
    soon = _share(found.slower, SOON)
    return Goal(
        f"{name}, twice as slow",
        f"stopped within {SOON} new cases: at least {least:.0%}" if least is not None else "",
        f"{soon:.1%} of {len(found.slower):,} pilots",
        least is None or soon >= least,
        f"{_share(others.slower, SOON):.1%} of {len(others.slower):,} others within {SOON} new cases",
    )


def _beside(name: str, found: Piloted) -> Goal:
    told = f"called better {_share(found.won):.1%}, worse {_share(found.slower):.1%}"
    return Goal(f"{name}: nothing to find", "", told, True, f"sign test {_share(found.usual):.1%}")


def _different(name: str, office: Office, times: float) -> Goal:
    verdict, told = ("worse" if times > 1 else "better"), []
    for size in (2, 5, 10):
        found = piloted(office, size, times=times, pilots=FEWER)
        told.append(f"1/{size} {_when(found.slower if times > 1 else found.won)}")
    beside = "in brackets: new cases by which half of all pilots were"
    return Goal(f"{name}, {times:g} times as long: called {verdict}", "", ", ".join(told), True, beside)


def _when(found: Days) -> str:
    middle = float(np.median(found))
    return f"{_share(found):.0%} ({middle:.0f})" if np.isfinite(middle) else f"{_share(found):.0%}"


def _share(found: Days, by: float = np.inf) -> float:
    return float((np.isfinite(found) & (found <= by)).mean())
