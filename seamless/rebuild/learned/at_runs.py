"""Where cases are on the days of some runs: their latest step, and when they had taken another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from seamless.rebuild.log import EventLog
from seamless.rebuild.survival import Flags

Ordinals: TypeAlias = NDArray[np.int64]
"""Days, counted as :meth:`datetime.date.toordinal` does; or places in a sequence."""

START = ""
"""Stands for the start of a case, where a step is meant otherwise."""
NEVER = 0
"""The day of what did not happen."""

_SPAN = 10_000_000
"""More days than there are."""


class AtRuns:
    """The cases of a log on the days of some runs; of each, what it had done before the day.

    Attributes:
        cases: how many.
        days: of the runs, rising.
        started: on which day each case started.
        gone: on which day it went; :data:`NEVER`, if it did not.
    """

    def __init__(self, log: EventLog, activity: str, runs: Sequence[date]) -> None:
        self.cases = len(log.cases)
        self.days: Ordinals = np.array([day.toordinal() for day in runs], np.int64)
        self.gone: Ordinals = np.full(self.cases, NEVER, np.int64)
        self.started: Ordinals = np.array([case.start.toordinal() for case in log.cases], np.int64)
        ends = [case.end.toordinal() if case.end else _SPAN for case in log.cases]
        # An end that was not recorded is a last step, of which nobody knew that it was the last.
        self._ended: Ordinals = (
            np.array(ends, np.int64) if log.ends == "recorded" else np.full(self.cases, _SPAN, np.int64)
        )
        of, names, on = [], [], []
        for at, case in enumerate(log.cases):
            for step in case.completed:
                assert step.completed is not None
                if step.activity != activity:
                    of.append(at)
                    names.append(step.activity)
                    on.append(step.completed.toordinal())
                elif self.gone[at] == NEVER:
                    self.gone[at] = step.completed.toordinal()
        self._of: Ordinals = np.array(of, np.int64)
        self._names = np.array(names, object)
        self._on: Ordinals = np.array(on, np.int64)

    @property
    def activities(self) -> list[str]:
        """Which steps there are, besides the activity that comes in runs."""
        return sorted(set(self._names))

    @property
    def under_way(self) -> Flags:
        """Of each case and run, whether it had started before the day, and had neither ended nor gone."""
        started = self.started[:, None] < self.days
        return np.asarray(started & (self.days <= self._ended[:, None]) & ~self._gone_before, bool)

    @property
    def _gone_before(self) -> Flags:
        return np.asarray((self.gone[:, None] != NEVER) & (self.gone[:, None] < self.days), bool)

    def since(self, activity: str) -> Ordinals:
        """Of each case and run, the latest day before it on which the case had taken a step."""
        if activity == START:
            started = np.repeat(self.started[:, None], len(self.days), axis=1)
            return np.where(started < self.days, started, NEVER)
        chosen = np.flatnonzero(self._names == activity)
        latest = self._latest(chosen)
        return np.where(latest >= 0, self._on[latest], NEVER)

    def latest(self, states: Sequence[str]) -> Ordinals:
        """Of each case and run, the place of its latest step among ``states``; of :data:`START`, if it had
        taken none; behind the last, if it is not there."""
        places = {name: at for at, name in enumerate(states)}
        of_step = np.array([places.get(name, len(states)) for name in self._names], np.int64)
        latest = self._latest(np.arange(len(self._of)))
        none = places.get(START, len(states))
        return np.where(latest >= 0, of_step[latest], none) if len(of_step) else np.full_like(latest, none)

    def _latest(self, chosen: Ordinals) -> Ordinals:
        """Of each case and run, which of some steps was the latest before the day; -1, if none was."""
        if not len(chosen):
            return np.full((self.cases, len(self.days)), -1, np.int64)
        of = self._of[chosen]
        wanted = np.arange(self.cases)[:, None] * _SPAN + self.days
        place = np.searchsorted(of * _SPAN + self._on[chosen], wanted) - 1
        own = (place >= 0) & (of[place] == np.arange(self.cases)[:, None])
        return np.where(own, chosen[place], -1)
