"""How long cases take: as a whole, and between their first and last recorded step; in the halves of a log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import numpy as np

from seamless.rebuild.figures import Change, Duration, Half, Halves, Interval, sampled
from seamless.rebuild.log import CaseRecord, EventLog, pauses
from seamless.rebuild.survival import (
    Curve,
    Days,
    Estimate,
    Flags,
    change,
    kaplan_meier,
    share_of,
    within,
)

QUIET = 0.95
"""An open case takes no further step, it is assumed, once its latest one is longer ago than this share of all
times between two steps."""

FEWEST = 4
"""So few say nothing of others: they have no interval, and are not compared."""


def days(span: timedelta) -> float:
    """A span in days."""
    return span.total_seconds() / 86400


def whole_times(log: EventLog) -> tuple[Days, Flags]:
    """How long each case took or has been open, and whether it has ended; none where no end is known."""
    if log.ends == "unknown":
        return np.zeros(0), np.zeros(0, bool)
    times = [max(0.0, days((case.end or log.as_of) - case.start)) for case in log.cases]
    return np.array(times, np.float64), np.array([case.end is not None for case in log.cases], bool)


def follow_up(log: EventLog) -> Days:
    """For how long each case could have been seen: since it started."""
    return np.array([max(0.0, days(log.as_of - case.start)) for case in log.cases], np.float64)


def recorded_times(log: EventLog) -> tuple[Days, Flags]:
    """From the first to the last recorded step of each case that has any. It may go on where the case is
    open and its latest step is no longer ago than usual: see :data:`QUIET`."""
    marks = [[step.completed for step in case.steps if step.completed] for case in log.cases]
    gaps = [days(pause) for pause in pauses(log.cases)]
    quiet = float(np.quantile(gaps, QUIET)) if gaps else 0.0
    times, ended = [], []
    for case, ends in zip(log.cases, marks, strict=True):
        if ends:
            times.append(days(ends[-1] - ends[0]))
            ended.append(case.end is not None or days(log.as_of - ends[-1]) > quiet)
    return np.array(times, np.float64), np.array(ended, bool)


def one_officer(cases: Sequence[CaseRecord]) -> Estimate | None:
    """The share of cases whose recorded steps are all one officer's, of those with at least two steps of
    which it is known; None where these are less than half. Who it is does not matter, and is told
    nowhere."""
    officers = [[step.resource for step in case.steps if step.resource] for case in cases]
    known = [its for its in officers if len(its) > 1]
    if not known or len(known) * 2 < len(cases):
        return None
    return share_of(sum(len(set(its)) == 1 for its in known), len(known))


def duration(times: Days, ended: Flags, horizon: float, *, drawn: bool = False) -> Duration | None:
    """How long something took; None where there is nothing.

    Args:
        drawn: with its curve.
    """
    if not len(times):
        return None
    curve = kaplan_meier(times, ended)
    mean = curve.restricted_mean(horizon)
    if len(times) < FEWEST:  # they say nothing of others
        mean = Estimate(mean.value, horizon)
    return Duration(
        count=len(times),
        open=int((~ended).sum()),
        horizon=horizon,
        mean=Interval.of(mean, most=horizon),
        median=curve.quantile(0.5),
        nine_in_ten=curve.quantile(0.9),
        longer=curve.longer_than(horizon),
        finished=float(times[ended].mean()) if ended.any() else None,
        curve=sampled(curve, horizon) if drawn else (),
    )


def middle(log: EventLog) -> datetime:
    """The start of the case in the middle: where the halves of a log meet, unless a person says another
    instant."""
    return log.cases[len(log.cases) // 2].start


def halves(log: EventLog, horizon: float, at: datetime) -> Halves | None:
    """The cases that started before an instant, and those since; None where either are too few.

    Both are counted up to the same horizon, which is shortened to what was seen of both.
    """
    parts = [log.started(until=at), log.started(since=at)]
    if any(len(part.cases) < FEWEST for part in parts):
        return None
    wholes, recordeds = means(parts, whole_times, horizon), means(parts, recorded_times, horizon)
    officers = [one_officer(part.cases) for part in parts]
    first, second = (
        Half(
            since=part.cases[0].start,
            until=part.cases[-1].start,
            cases=len(part.cases),
            whole=whole[1],
            recorded=recorded[1],
            one_officer=Interval.of(officer, most=1.0) if officer else None,
        )
        for part, whole, recorded, officer in zip(parts, wholes, recordeds, officers, strict=True)
    )
    return Halves(
        first=first,
        second=second,
        whole=changed(wholes),
        recorded=changed(recordeds),
        one_officer=_difference(*officers),
    )


def means(
    parts: Sequence[EventLog], read: Callable[[EventLog], tuple[Days, Flags]], horizon: float
) -> list[tuple[Estimate | None, Duration | None]]:
    """How long the cases of some parts of a log took, all up to the same horizon, which is shortened to what
    was seen of each; nothing where one has no times."""
    measured = [read(part) for part in parts]
    if any(not len(times) for times, _ in measured):
        return [(None, None)] * len(parts)
    curves: list[Curve] = [kaplan_meier(times, ended) for times, ended in measured]
    seen = within(horizon, *(follow_up(part) for part in parts))
    return [
        (curve.restricted_mean(seen), duration(times, ended, seen, drawn=True))
        for curve, (times, ended) in zip(curves, measured, strict=True)
    ]


def changed(found: Sequence[tuple[Estimate | None, Duration | None]]) -> Change | None:
    """By how much the mean of the second of two parts differs."""
    (before, _), (after, _) = found
    return Change.by(change(before, after)) if before and after else None


def _difference(before: Estimate | None, after: Estimate | None) -> Change | None:
    if before is None or after is None:
        return None
    return Change.by(Estimate(after.value - before.value, float(np.hypot(before.error, after.error))))
