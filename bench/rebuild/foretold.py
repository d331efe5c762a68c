"""Goal 2: how long later cases take, foretold from earlier ones while the process stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from bench.rebuild.goals import Goal
from seamless.rebuild.durations import follow_up, whole_times
from seamless.rebuild.log import EventLog
from seamless.rebuild.measuring import horizon_for
from seamless.rebuild.survival import Days, Flags, kaplan_meier, within

SPLITS = (0.40, 0.45, 0.50, 0.55, 0.60)
"""Which share of the cases started before the split. The halves proper are the middle one; the others show
how much of the error is the day that was chosen."""


class Foretold(NamedTuple):
    """One forecast, in days.

    Attributes:
        split: what was known when this instant was there is all that it rests on.
        horizon: each case counts up to so many days; chosen from the earlier cases.
        curve: what Kaplan and Meier say of the earlier cases.
        average: of those among them that had ended.
        came: what the cases that started since took.
    """

    split: datetime
    horizon: float
    curve: float
    average: float
    came: float

    @property
    def error(self) -> float:
        """How far the forecast is off, as a share of what came."""
        return abs(self.curve / self.came - 1)

    @property
    def average_error(self) -> float:
        """How far the average of finished cases is off."""
        return abs(self.average / self.came - 1)


def foretell(log: EventLog, split: datetime) -> Foretold:
    """Forecast the cases that started since an instant by what was known of the others at it."""
    known, later = log.as_seen(split), log.started(since=split)
    known = known.started(until=split)
    horizon = within(horizon_for(known), follow_up(known), follow_up(later))
    times, ended = whole_times(known)
    return Foretold(
        split=split,
        horizon=horizon,
        curve=_mean(times, ended, horizon),
        average=float(times[ended].mean()),
        came=_mean(*whole_times(later), horizon),
    )


def _mean(times: Days, ended: Flags, horizon: float) -> float:
    return kaplan_meier(times, ended).restricted_mean(horizon).value


def foretold(log: EventLog, most: float, split: datetime | None) -> Iterator[Goal]:
    """Whether the mean error is at most so much.

    Args:
        split: the only split; :data:`SPLITS`, unless given.
    """
    starts = [case.start for case in log.cases]
    splits = [split] if split else [starts[int(part * len(starts))] for part in SPLITS]
    found: Sequence[Foretold] = [foretell(log, each) for each in splits]
    for each in found:
        told = f"foretold {each.curve:.1f}, came {each.came:.1f} days: error {each.error:.1%}"
        beside = f"average of finished cases {each.average:.1f}: error {each.average_error:.1%}"
        name = f"{log.name}, {each.split:%Y-%m-%d}, up to {each.horizon:.0f} days"
        yield Goal(name, "", told, True, beside)
    error = float(np.mean([each.error for each in found]))
    average = float(np.mean([each.average_error for each in found]))
    yield Goal(
        f"{log.name}, mean error",
        f"at most {most:.0%}",
        f"{error:.1%}",
        error <= most,
        f"average of finished cases {average:.1%}",
    )
