"""What changes from one world to the other: each change is an input of a prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from contracts.terms.errors import InvalidInput
from seamless.explore.chosen import Chosen
from seamless.rebuild.learned.working_times import WorkingTimes
from seamless.rebuild.twin.arrivals import Scaled
from seamless.rebuild.twin.conditions import Conditions, Shares


@dataclass(frozen=True)
class Officers:
    """How many officers an agency gets: ``count`` in all, or so many ``more`` than it has."""

    count: int
    more: bool


@dataclass(frozen=True)
class Change:
    """What is done otherwise.

    Attributes:
        instead: the way of working; None: the same.
        times: by activity, how long it takes.
        outcomes: by activity, how often each outcome comes.
        officers: by agency.
        batches: by activity, the days of the week on which it is taken up; none: every day.
        load: so many times as many applicants come.
    """

    instead: Chosen | None = None
    times: Mapping[str, WorkingTimes] = field(default_factory=dict)
    outcomes: Mapping[str, Shares] = field(default_factory=dict)
    officers: Mapping[str, Officers] = field(default_factory=dict)
    batches: Mapping[str, frozenset[int]] = field(default_factory=dict)
    load: float = 1.0

    def applied(self, before: Conditions) -> Conditions:
        """The world after it.

        Raises:
            InvalidInput: an agency would have no officer, or nobody knows how many it has.
        """
        working = before.working
        batches = {activity: days for activity, days in {**working.batches, **self.batches}.items() if days}
        officers = dict(working.officers)
        for agency, change in self.officers.items():
            officers[agency] = _officers(agency, officers.get(agency), change)
        after = replace(
            before,
            working=replace(
                working,
                times={**working.times, **self.times},
                outcomes={**working.outcomes, **self.outcomes},
                officers=officers,
                batches=batches,
            ),
            arrivals=before.arrivals if self.load == 1 else Scaled(before.arrivals, self.load),
        )
        if self.instead is not None:
            after = replace(after, procedure=self.instead.procedure, law=self.instead.law)
        return after


def _officers(agency: str, now: int | None, change: Officers) -> int:
    if not change.more:
        return change.count
    if now is None:
        raise InvalidInput(
            f"--officers {agency}: it is not known how many it has; say how many it will have, as {agency}=3"
        )
    if now + change.count < 1:
        raise InvalidInput(f"--officers {agency}: it has {now}, so {change.count} would leave none")
    return now + change.count
