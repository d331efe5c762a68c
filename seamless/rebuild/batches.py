"""Batches: steps that are taken for many cases on few days, and how long cases wait for such a day."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise

from seamless.rebuild.courses import all_spells, lifetime
from seamless.rebuild.figures import Batch
from seamless.rebuild.log import EventLog

MOST, FEW, MANY = 0.8, 0.1, 5.0
"""A step comes in batches if :data:`MOST` of its cases are moved on days of which there are at most
:data:`FEW` of all, with :data:`MANY` cases each or more on average."""


def batches(log: EventLog, horizon: float) -> tuple[Batch, ...]:
    """The steps that come in batches, the one with most waiting first.

    A case waits for the day of a batch for as long as it waited after the day before it, on which others were
    moved: had there been a day every day, it would have waited no longer than until then. What it waited
    before that had another reason.
    """
    moved: defaultdict[str, Counter[date]] = defaultdict(Counter)
    for _, spell in all_spells(log):
        if spell.over and spell.step.how != "stopped":
            moved[spell.step.activity][spell.ended.date()] += 1
    of_days = {activity: _run_days(days) for activity, days in moved.items()}
    waited: defaultdict[str, float] = defaultdict(float)
    previous = {activity: _before(days) for activity, days in moved.items() if of_days[activity]}
    for _, spell in all_spells(log):
        activity = spell.step.activity
        if activity in previous and spell.over and spell.step.how != "stopped":
            gap = previous[activity].get(spell.ended.date())
            waited[activity] += min(spell.days, gap) if gap is not None else 0.0
    whole = sum(lifetime(case, log, horizon).days for case in log.cases)
    found = [
        Batch(
            activity=activity,
            cases=moved[activity].total(),
            days=run_days,
            of_days=(max(moved[activity]) - min(moved[activity])).days + 1,
            largest=max(moved[activity].values()),
            waiting=waited[activity] / moved[activity].total(),
            share=min(1.0, waited[activity] / whole) if whole else 0.0,
        )
        for activity, run_days in of_days.items()
        if run_days
    ]
    return tuple(sorted(found, key=lambda batch: (-batch.share, batch.activity)))


def _run_days(days: Counter[date]) -> int:
    """On how many days most cases were moved; 0 where that is no batch."""
    total, sofar = days.total(), 0
    for count, (_, cases) in enumerate(days.most_common(), start=1):
        sofar += cases
        if sofar >= MOST * total:
            span = (max(days) - min(days)).days + 1
            return count if count <= FEW * span and sofar >= MANY * count else 0
    return 0


def _before(days: Counter[date]) -> dict[date, float]:
    """How long before each day the one before it was."""
    ordered = sorted(days)
    return {day: float((day - before).days) for before, day in pairwise(ordered)}
