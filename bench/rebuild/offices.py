"""What a log says of an office, and what it might have been: for pilots in which nothing is to be found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from archive.pilots.cases import Days, Flags
from seamless.rebuild.durations import days
from seamless.rebuild.log import CaseRecord, EventLog

HARMED_LEAST, HARMED_MOST = 0.05, 0.5
"""The step that stands for a harm is one that so many cases have."""


class Office(NamedTuple):
    """What a log says of its cases, by their start, in days.

    Attributes:
        starts, ends: of each case; infinity: it is open.
        harmed: which cases had the step that stands for a harm.
        as_of: when the log ends.
    """

    starts: Days
    ends: Days
    harmed: Flags
    as_of: float


def office_of(log: EventLog) -> Office:
    """The cases of a log. A harm is the most frequent of the steps that are neither rare nor usual."""
    begin = log.cases[0].start
    step = _some_step(log)
    return Office(
        starts=np.array([days(case.start - begin) for case in log.cases]),
        ends=np.array([days(case.end - begin) if case.end else np.inf for case in log.cases]),
        harmed=np.array([_has(case, step) for case in log.cases]),
        as_of=days(log.as_of - begin),
    )


def _some_step(log: EventLog) -> str | None:
    names = {step.activity for case in log.cases for step in case.steps}
    shares = {name: float(np.mean([_has(case, name) for case in log.cases])) for name in names}
    seldom = {name: share for name, share in shares.items() if HARMED_LEAST <= share <= HARMED_MOST}
    return max(sorted(seldom), key=lambda name: seldom[name], default=None)


def _has(case: CaseRecord, activity: str | None) -> bool:
    return any(step.activity == activity for step in case.steps)


# --- as it might have been ----------------------------------------------------------


def resampled(office: Office, random: np.random.Generator) -> Office:
    """The arrivals as they were, each with the course of a case drawn from all of them."""
    return _with(office, random.integers(len(office.starts), size=len(office.starts)))


def shifted(office: Office, random: np.random.Generator) -> Office:
    """The arrivals as they were, each with the course of the case that came half a log later."""
    return _with(office, np.roll(np.arange(len(office.starts)), len(office.starts) // 2))


def monthly(office: Office, random: np.random.Generator) -> Office:
    """As it was, but that cases end on every thirtieth day only: all that are ready, at once."""
    return office._replace(ends=np.ceil(office.ends / 30) * 30)


def crowded(office: Office, random: np.random.Generator) -> Office:
    """As it was, but that everything takes three times as long in every second half-year."""
    crowd = (office.starts // 182) % 2 == 1
    times = (office.ends - office.starts) * np.where(crowd, 3.0, 1.0)
    return office._replace(ends=office.starts + times)


def _with(office: Office, chosen: NDArray[np.intp]) -> Office:
    times = (office.ends - office.starts)[chosen]
    return office._replace(ends=office.starts + times, harmed=office.harmed[chosen])


World: TypeAlias = Callable[[Office, np.random.Generator], Office]

WORLDS: Mapping[str, World] = {
    "resampled": resampled,
    "shifted": shifted,
    "runs every 30 days": monthly,
    "half-years three times as slow": crowded,
}
