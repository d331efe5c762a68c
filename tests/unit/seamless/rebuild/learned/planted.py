"""Logs in which an activity comes in runs by a rule that is known."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from seamless.rebuild.log import CaseRecord, EventLog
from tests.unit.seamless.rebuild.logs import case, log, step

RUN = "collect"
YEARS = 12


def planted(
    random: Generator,
    runs: Sequence[float],
    cutoff: Callable[[float], float],
    *,
    cases: int = 3000,
    pay: float = 0.3,
    held_back: float = 0.0,
) -> EventLog:
    """Cases that are checked, after which some pay and never go; of the others, each goes in the first run
    of which the cutoff is not before the check, or in the next one, if it is held back.

    Args:
        runs: their days, and ``cutoff`` of each, in days since the start of everything.
    """
    found: list[CaseRecord] = []
    for number, start in enumerate(np.floor(np.sort(random.uniform(0, 365 * YEARS, cases)))):
        checked = start + np.floor(random.gamma(3.0, 15.0))
        steps = [step("open", start), step("check", checked)]
        if random.random() < pay:
            steps.append(step("pay", checked + np.floor(random.uniform(1, 90))))
        due = next((at for at, run in enumerate(runs) if cutoff(run) >= checked), len(runs))
        due += int(random.random() < held_back)
        if due < len(runs) and len(steps) == 2:
            steps.append(step(RUN, runs[due]))
        found.append(case(start, None, *steps, reference=f"{number:05}"))
    return log(found, 365 * YEARS, "unknown")


def yearly(random: Generator, off: int) -> list[float]:
    """A run in each year, up to so many days before or after the same day."""
    return [float(365 * year + 200 + random.integers(-off, off + 1)) for year in range(1, YEARS)]


def by_age(age: float) -> Callable[[float], float]:
    """Cases that were checked so many days before a run, or earlier."""
    return lambda run: run - age


def by_year(day: int, age: float) -> Callable[[float], float]:
    """Cases that were checked by a day of the year, the latest which is so long before a run."""
    days = [365.25 * year + day for year in range(-2, YEARS)]
    return lambda run: days[bisect_right(days, run - age) - 1]
