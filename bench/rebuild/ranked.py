"""Goal 3: what is ranked first in one window is worth most, or nearly so, in the next one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import NamedTuple

import numpy as np

from bench.rebuild.goals import Goal
from seamless.rebuild.chances import FEWEST_BEFORE
from seamless.rebuild.log import EventLog
from seamless.rebuild.ranking import expected
from seamless.rebuild.survival import horizon_of, kaplan_meier
from seamless.rebuild.targets import NOT_KNOWN, Key, Kind, Waits, begun, offers, waits
from seamless.rebuild.windows import Length, Window, onward_from

SHIFTS = 6
"""The windows are moved by each sixth of their length, so that no calendar helps."""

RESAMPLES = 5
"""Logs of the same size, drawn from the cases with replacement."""


class Captured(NamedTuple):
    """What a choice was worth in the next window, as a share of what the best one was.

    Attributes:
        at: when it was made; nothing later was known.
        told: the chance was known, since there were enough earlier windows.
        naive: what the choice of the target that takes longest on average was worth.
    """

    at: datetime
    told: bool
    ours: float
    naive: float


def captured(found: Waits, each: Length, first: datetime, as_of: datetime) -> Iterator[Captured]:
    """For each window but the last, what its choice captures of the next one.

    A target is worth what the waits that began in the next window took beyond their best quarter: those are
    what it would have changed. A window of which nine in ten waits cannot have been seen to their ends is not
    judged.
    """
    seen = timedelta(days=horizon_of(kaplan_meier(found.ended - found.began, found.over)))
    windows = list(onward_from(first, each, as_of))
    for number, following in enumerate(windows[1:], start=1):
        if following.until + seen > as_of + timedelta(days=1):
            return
        worth = {
            key: offer.hours for key, offer in begun(found, following, as_of).items() if key != NOT_KNOWN
        }
        best = max(worth.values(), default=0.0)
        ours, naive = _first(found, windows[:number]), _longest(found, windows[number - 1])
        if best > 0 and ours is not None and naive is not None:
            told = number > FEWEST_BEFORE
            yield Captured(following.since, told, worth.get(ours, 0.0) / best, worth.get(naive, 0.0) / best)


def _first(found: Waits, windows: Sequence[Window]) -> Key | None:
    ranked = {key: each.hours() for key, each in expected(found, windows).items() if key != NOT_KNOWN}
    return max(sorted(ranked), key=lambda key: ranked[key], default=None)


def _longest(found: Waits, window: Window) -> Key | None:
    means = {key: offer.mean for key, offer in offers(found, window).items() if key != NOT_KNOWN}
    return max(sorted(means), key=lambda key: means[key], default=None)


def begins(found: Waits, each: Length) -> datetime:
    """The first day of the month, or of the year, in which the first case started."""
    at = found.first
    first = datetime.combine(at.date().replace(day=1), time(), at.tzinfo)
    return first.replace(month=1) if each.unit == "y" else first


def resampled(log: EventLog, chance: np.random.Generator) -> EventLog:
    """A log of as many cases, drawn from these with replacement."""
    drawn = sorted(chance.integers(0, len(log.cases), len(log.cases)))
    return replace(log, cases=tuple(log.cases[place] for place in drawn))


def ranked(log: EventLog, by: Kind, each: Length, least: float) -> Iterator[Goal]:
    """Whether what is ranked first captures so much of the best of the next window, on average."""
    found = waits(log, by)
    first, name = begins(found, each), f"{log.name}, rank by {by}, windows of {each}"
    choices = list(captured(found, each, first, log.as_of))
    told = [choice for choice in choices if choice.told]
    ours, naive = _means(told)
    yield Goal(
        name,
        f"at least {least:.1f}",
        f"{ours:.2f} of the best of the next window, {len(told)} choices",
        round(ours, 2) >= least,
        f"the longest on average {naive:.2f}",
    )
    ours, naive = _means(choices)
    beside = f"the longest on average {naive:.2f}"
    yield Goal(
        f"{name}, also while no chance is known", "", f"{ours:.2f}, {len(choices)} choices", True, beside
    )
    shifted = [
        _means([choice for choice in captured(found, each, at, log.as_of) if choice.told])
        for at in (first + timedelta(days=each.days * part / SHIFTS) for part in range(1, SHIFTS))
    ]
    yield Goal(f"{name}, shifted windows", "", *_spread(shifted))
    chance, drawn = np.random.default_rng(1), []
    for _ in range(RESAMPLES):
        its = waits(resampled(log, chance), by)
        drawn.append(_means([choice for choice in captured(its, each, first, log.as_of) if choice.told]))
    yield Goal(f"{name}, resampled logs", "", *_spread(drawn))


def _means(choices: Sequence[Captured]) -> tuple[float, float]:
    if not choices:
        return float("nan"), float("nan")
    return (
        float(np.mean([choice.ours for choice in choices])),
        float(np.mean([choice.naive for choice in choices])),
    )


def _spread(means: Sequence[tuple[float, float]]) -> tuple[str, bool, str]:
    ours, naive = (np.array(each) for each in zip(*means, strict=True))
    return (
        f"{ours.mean():.2f} ({ours.min():.2f} to {ours.max():.2f})",
        True,
        f"the longest on average {naive.mean():.2f} ({naive.min():.2f} to {naive.max():.2f})",
    )
