"""Goal 3: what is ranked first in one window is worth most, or nearly so, in the next one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.rebuild.goals import Goal
from bench.rebuild.nothing_changed import nothing_changed
from bench.rebuild.sized import sizes
from seamless.rebuild.log import EventLog
from seamless.rebuild.ranking import Expected, expected
from seamless.rebuild.recorded import read_log
from seamless.rebuild.targets import UNRANKED, Key, Kind, Waits, begun, longest, offers, usual_kind, waits
from seamless.rebuild.windows import Length, Window, onward_from

SHIFTS = 6
"""The windows are moved by each sixth of their length, so that no calendar helps."""

OF_THE_FINED = ("Payment", "Appeal to Judge")
"""What the person fined does, in the log of fines, which has no column that says so."""

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
    seen = longest(found, as_of)
    windows = list(onward_from(first, each, as_of))
    for number, following in enumerate(windows[1:], start=1):
        if following.until + seen > as_of + timedelta(days=1):
            return
        worth = {
            key: offer.hours for key, offer in begun(found, following, as_of).items() if key not in UNRANKED
        }
        best = max(worth.values(), default=0.0)
        ranked = expected(found, windows[:number])
        ours, naive = first_of(ranked), _longest(found, windows[number - 1])
        if best > 0 and ours is not None and naive is not None:
            told = ranked[ours].chance.value is not None
            yield Captured(following.since, told, worth.get(ours, 0.0) / best, worth.get(naive, 0.0) / best)


def first_of(ranked: Mapping[Key, Expected]) -> Key | None:
    """What is ranked first where the log does not say how much has to change."""
    known = sorted(key for key in ranked if key not in UNRANKED)
    return max(known, key=lambda key: ranked[key].hours(), default=None)


def _longest(found: Waits, window: Window) -> Key | None:
    means = {key: offer.mean for key, offer in offers(found, window).items() if key not in UNRANKED}
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


def chosen(permits: Path, fines: Path) -> Iterator[Goal]:
    """The goals of ``seamless rebuild rank``; beside them, without a goal, what ``compare`` and ``size`` say
    where nothing changed and where a pilot has a gain."""
    if permits.exists():
        log = read_log(permits)
        yield from ranked(log, usual_kind(log), Length(2, "m"), 0.7)
        yield from ranked(log, "handoff", Length(2, "m"), None)
        yield from nothing_changed(log, Length(1, "m"))
        yield from sizes(log, Fraction(1, 2))
    if fines.exists():
        log = read_log(fines)
        yield from ranked(log.done_by_applicants(OF_THE_FINED), "handoff", Length(1, "y"), 1.0)
        yield from ranked(log, "handoff", Length(1, "y"), None, "not stated who pays")
        yield from nothing_changed(log, Length(1, "y"))
        yield from sizes(log, Fraction(1, 2))


def ranked(
    log: EventLog, by: Kind, each: Length, least: float | None, known: str | None = None
) -> Iterator[Goal]:
    """Whether what is ranked first captures so much of the best of the next window, on average.

    Args:
        least: the goal; None: there is none.
        known: what is stated of the log, in words.
    """
    found = waits(log, by)
    first, name = begins(found, each), f"{log.name}, rank by {by}, windows of {each}"
    name = name if known is None else f"{name}, {known}"
    choices = list(captured(found, each, first, log.as_of))
    told = [choice for choice in choices if choice.told]
    if not told:
        yield Goal(name, "", "not known: no window can be judged before which a chance is known", True)
        return
    ours, naive = _means(told)
    yield Goal(
        name,
        "" if least is None else f"at least {least:.1f}",
        f"{ours:.2f} of the best of the next window, {len(told)} choices",
        least is None or round(ours, 2) >= least,
        f"the longest on average {naive:.2f}",
    )
    ours, naive = _means(choices)
    measured = f"{ours:.2f}, {len(choices)} choices"
    yield Goal(
        f"{name}, with those without a chance", "", measured, True, f"the longest on average {naive:.2f}"
    )
    shifted = [
        _means([choice for choice in captured(found, each, at, log.as_of) if choice.told])
        for at in (first + timedelta(days=each.days * part / SHIFTS) for part in range(1, SHIFTS))
    ]
    yield Goal(f"{name}, shifted", "", *_spread(shifted))
    chance, drawn = np.random.default_rng(1), []
    for _ in range(RESAMPLES):
        its = waits(resampled(log, chance), by)
        drawn.append(_means([choice for choice in captured(its, each, first, log.as_of) if choice.told]))
    yield Goal(f"{name}, resampled", "", *_spread(drawn))


def _means(choices: Sequence[Captured]) -> tuple[float, float]:
    if not choices:
        return float("nan"), float("nan")
    return (
        float(np.mean([choice.ours for choice in choices])),
        float(np.mean([choice.naive for choice in choices])),
    )


def _spread(means: Sequence[tuple[float, float]]) -> tuple[str, bool, str]:
    ours, naive = (np.array(each) for each in zip(*means, strict=True))
    if np.isnan(ours).any():
        return "not known: there are too few windows", True, ""
    return (
        f"{ours.mean():.2f} ({ours.min():.2f} to {ours.max():.2f})",
        True,
        f"the longest on average {naive.mean():.2f} ({naive.min():.2f} to {naive.max():.2f})",
    )
