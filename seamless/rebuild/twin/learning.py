"""What a log tells of the work on a procedure: times, outcomes, officers, batch days, arrivals.

How sure that is shows in what might have been learned from other cases: :meth:`Learned.drawn`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from numpy.random import Generator

from seamless.rebuild.courses import spells
from seamless.rebuild.learned.working_times import MOSTLY, WorkingTimes
from seamless.rebuild.log import CaseRecord, EventLog, StepRecord
from seamless.rebuild.twin.arrivals import Arrivals, Recorded
from seamless.rebuild.twin.conditions import Working
from seamless.rebuild.twin.hours import Hours
from seamless.rebuild.twin.officers import Officers, Shift, officers_of

NONE: Mapping[str, str] = MappingProxyType({})

FEWEST, MOST_DAYS, NEARLY = 20, 3, 0.98
"""A step is taken up on certain days of the week if nearly all of at least :data:`FEWEST` beginnings were on
at most :data:`MOST_DAYS` of them. By chance that happens in one of some thousand."""


@dataclass(frozen=True)
class Learned:
    """What is known of the work, and of how sure it is.

    Attributes:
        times: by activity: of agencies in working days, of others in days.
        outcomes: by activity, how often each came.
        officers: by agency; none of those of which it is not recorded when an officer begins.
        batches: by activity, the days of the week on which it is taken up.
        days: by kind of day, when applicants came on each.
    """

    times: Mapping[str, WorkingTimes]
    outcomes: Mapping[str, Mapping[str, int]]
    officers: Mapping[str, Officers]
    batches: Mapping[str, frozenset[int]]
    days: Mapping[bool, Sequence[Sequence[float]]]

    @property
    def working(self) -> Working:
        """The work, as it was."""
        return Working(
            self.times,
            {activity: _shares(counts) for activity, counts in self.outcomes.items()},
            {agency: each.least for agency, each in self.officers.items()},
            self.batches,
        )

    @property
    def arrivals(self) -> Arrivals:
        """When applicants come, as they came."""
        return Recorded(self.days)

    def drawn(self, random: Generator) -> tuple[Working, Arrivals]:
        """What might have been learned of other cases of the same work, by the Bayesian bootstrap."""
        outcomes = {
            activity: _shares({name: random.gamma(count) for name, count in sorted(counts.items())})
            for activity, counts in self.outcomes.items()
        }
        working = Working(
            {activity: times.resampled(random) for activity, times in self.times.items()},
            outcomes,
            {agency: each.drawn(random) for agency, each in self.officers.items()},
            self.batches,
        )
        days = {
            works: [its[place] for place in random.integers(len(its), size=len(its))]
            for works, its in self.days.items()
            if its
        }
        return working, Recorded(days)


def learn(log: EventLog, hours: Hours, agencies: Mapping[str, str] = NONE) -> Learned:
    """What a log tells.

    Args:
        agencies: by activity, whose it is, where the log names no agency as an archive does.
    """
    by_activity: defaultdict[str, list[_Span]] = defaultdict(list)
    for case in log.cases:
        for span in _spans(case, log.as_of, agencies):
            by_activity[span.activity].append(span)
    shifts: defaultdict[str, list[Shift]] = defaultdict(list)
    batches, starts = {}, {}
    for activity, found in by_activity.items():
        begun = [span for span in found if span.started is not None]
        starts[activity] = len(begun) > MOSTLY * len(found)
        if starts[activity] and (days := _weekdays(begun, hours)):
            batches[activity] = days
    unknown = {span.agency for its in by_activity.values() for span in its if not starts[span.activity]}
    for activity, found in by_activity.items():
        for span in found:
            if span.agency is not None and span.agency not in unknown:
                ended = span.ended or log.as_of
                shifts[span.agency].append(
                    Shift(span.asked, span.started, ended.timestamp(), activity in batches)
                )
    officers = {
        agency: known for agency, its in shifts.items() if (known := officers_of(its, hours)) is not None
    }
    times = {
        activity: took
        for activity, found in sorted(by_activity.items())
        if (took := _times(found, officers, hours, log.as_of)) is not None
    }
    return Learned(
        times=times,
        outcomes={
            activity: Counter(span.outcome for span in found if span.outcome is not None)
            for activity, found in sorted(by_activity.items())
        },
        officers=officers,
        batches={
            activity: days for activity, days in batches.items() if _agency(by_activity[activity]) in officers
        },
        days=_days(log, hours),
    )


class _Span(NamedTuple):
    """A step, with what went on in it where it was asked again.

    Attributes:
        agency: whose it is; None of whoever is none.
        asked, started: in seconds since 1970.
        answered: it ended with an answer.
    """

    activity: str
    agency: str | None
    asked: float
    started: float | None
    ended: datetime | None
    answered: bool
    outcome: str | None


def _spans(case: CaseRecord, as_of: datetime, agencies: Mapping[str, str]) -> Iterator[_Span]:
    """The steps of a case. Where silence ended one and the same was asked again at once, the agency went on
    with it, and it is one."""
    going: dict[tuple[str, str | None], _Span] = {}
    for spell in sorted(spells(case, as_of), key=lambda each: each.began):
        step = spell.step
        span = _span(step, spell.began, agencies)
        before = going.pop((step.activity, step.group), None)
        if before is not None and before.ended is not None and before.ended.timestamp() >= span.asked - 1:
            span = span._replace(asked=before.asked, started=before.started or span.started)
        elif before is not None:
            yield before
        if step.how == "deemed":
            going[step.activity, step.group] = span
        else:
            yield span
    yield from going.values()


def _span(step: StepRecord, began: datetime, agencies: Mapping[str, str]) -> _Span:
    return _Span(
        activity=step.activity,
        agency=_agency_of(step, agencies),
        asked=began.timestamp(),
        started=None if step.started is None else step.started.timestamp(),
        ended=step.completed,
        answered=step.completed is not None and step.how in (None, "answered"),
        outcome=step.outcome if step.how in (None, "answered") else None,
    )


def _agency_of(step: StepRecord, agencies: Mapping[str, str]) -> str | None:
    """Whose step it is, where it is an agency's."""
    kind, _, name = (step.group or "").partition(":")
    return name if kind == "agency" and name else agencies.get(step.activity)


def _agency(spans_of: Sequence[_Span]) -> str | None:
    return next((span.agency for span in spans_of), None)


def _times(
    found: Sequence[_Span], queues: Collection[str | None], hours: Hours, as_of: datetime
) -> WorkingTimes | None:
    """How long a step takes: from when an officer began, where its agency has a queue; else from when it was
    asked, working and waiting time together; None where nothing has ended."""
    queued = _agency(found) in queues
    spans_of = [span for span in found if not queued or span.started is not None]
    took = []
    for span in spans_of:
        began = span.started if queued and span.started is not None else span.asked
        ended = max(began, (span.ended or as_of).timestamp())
        took.append((ended - began) / 86400 if span.agency is None else hours.between(began, ended))
    over = [span.answered for span in spans_of]
    return WorkingTimes.of(took, over) if any(over) else None


def _weekdays(begun: Sequence[_Span], hours: Hours) -> frozenset[int] | None:
    """The days of the week on which a step is taken up; None where that is any."""
    if len(begun) < FEWEST:
        return None
    on = Counter(hours.day(span.started).weekday() for span in begun if span.started is not None)
    days = on.most_common(MOST_DAYS)
    if sum(count for _, count in days) < NEARLY * len(begun):
        return None
    return frozenset(day for day, count in days if count > (1 - NEARLY) * len(begun))


def _days(log: EventLog, hours: Hours) -> dict[bool, list[list[float]]]:
    """Every day from the first case to the last, with its arrivals, by whether it is a working day."""
    came: defaultdict[int, list[float]] = defaultdict(list)
    for case in log.cases:
        at = case.start.timestamp()
        day = hours.day(at)
        came[day.toordinal()].append(at - hours.midnight(day))
    found: dict[bool, list[list[float]]] = {True: [], False: []}
    if came:
        day = hours.day(log.cases[0].start.timestamp())
        for ordinal in range(min(came), max(came) + 1):
            found[hours.works_on(day.fromordinal(ordinal))].append(sorted(came[ordinal]))
    return found


def _shares(counts: Mapping[str, float]) -> dict[str, float]:
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()} if total else {}
