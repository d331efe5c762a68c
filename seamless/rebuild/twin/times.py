"""How long a step takes: given by a person, or learned from a log.

Times of agencies are in working days of their office hours, those of applicants in days of the calendar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from contracts.terms.errors import InvalidInput
from seamless.rebuild.survival import Days, Flags, kaplan_meier

_TIME = re.compile(r"(\d+(?:\.\d+)?)([dh])")
MOST_DAYS = 3650.0


class Times(Protocol):
    """How long something takes, in days."""

    def at(self, share: float) -> float:
        """The time by which this share of all has ended; of ``share`` drawn evenly from 0 to 1, a time as it
        comes."""
        ...


@dataclass(frozen=True)
class Between:
    """Anywhere between two times, all of them equally likely."""

    low: float
    high: float

    def at(self, share: float) -> float:
        """The time by which this share has ended."""
        return self.low + share * (self.high - self.low)


class Observed:
    """As it was in a log. What had not ended counts as what it is: at least so long (Kaplan and Meier)."""

    def __init__(self, days: Days, ended: Flags) -> None:
        """
        Args:
            days: how long each took, or was seen.
            ended: whether it has ended; at least one has.
        """
        curve = kaplan_meier(days, ended)
        ends = curve.ended > 0
        over, times = 1.0 - curve.share[ends], curve.times[ends]
        self.count = int(ended.sum())
        # A time stands for all that ended with it, so for the middle of their share.
        middle = (over + np.concatenate([[0.0], over[:-1]])) / 2
        self._shares, self._times = [*map(float, middle)], [*map(float, times)]
        self._most = float(over[-1])

    def at(self, share: float) -> float:
        """The time by which this share has ended, on a line between those that were seen. What was not seen
        to end ends with the longest."""
        return float(np.interp(share * self._most, self._shares, self._times))


def parsed_times(text: str, option: str, hours_a_day: float) -> Between:
    """What a person gives: ``2d``, ``4h``, or ``1d..3d``.

    Args:
        option: where it stands, for the error.
        hours_a_day: so many hours are a day of whoever works.

    Raises:
        InvalidInput: it says no such time.
    """
    ends = [_days(each, hours_a_day) for each in text.split("..")]
    if not 1 <= len(ends) <= 2 or None in ends:
        raise InvalidInput(f"{option}: {text!r} is no time; write 2d, 4h or 1d..3d (days, hours)")
    low, high = ends[0] or 0.0, ends[-1] or 0.0
    if low > high:
        raise InvalidInput(f"{option}: {text!r} begins with the longer time; write the shorter one first")
    if high > MOST_DAYS:
        raise InvalidInput(f"{option}: {text!r} is longer than {MOST_DAYS:g} days")
    return Between(low, high)


def _days(text: str, hours_a_day: float) -> float | None:
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    return float(found[1]) / (hours_a_day if found[2] == "h" else 1.0)
