"""An event log: cases and the steps that were taken in them, wherever they were recorded.

Nothing in it is read from what may be erased. What a source does not tell is absent, and never 0 or "none".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

from archive.steps import How
from contracts.terms.identifiers import APPLICANT

Field = Literal[
    "case", "activity", "completion", "start", "queued", "resource", "group", "outcome", "how", "step-due",
    "transition", "case-start", "case-end", "due", "promised", "variant", "silence",
    "supplements", "materials", "visits", "objections", "satisfaction", "cost",
]  # fmt: skip
"""What a log may tell. ``queued`` is when somebody was asked; ``start``, when an officer began; ``due`` and
``promised``, by when the case had to be decided; ``silence``, whether the law decided it."""

FIELDS: tuple[Field, ...] = get_args(Field)

Number = Literal["supplements", "materials", "visits", "objections", "satisfaction", "cost"]
"""What is counted or asked once a case."""

NUMBERS: tuple[Number, ...] = get_args(Number)

USUALLY_LAST = 0.8
"""An activity ends cases if it is the last one in so many of the cases that have it."""
SELDOM = 0.01
"""An activity that fewer cases have says nothing of how cases end."""
NEARLY_EVERY = 0.99
"""A case that has waited longer than so many of the waits between two steps is not expected to go on."""
MOST = 0.5
"""Activities say how cases end if so many of the cases end with them that are not expected to go on."""


class StepRecord(NamedTuple):
    """One step of a case.

    Attributes:
        completed: when it ended; None while it is open.
        queued: when somebody was asked for it.
        started: when somebody began to work on it.
        resource: which officer; only ever compared within one case.
        group: who had it: an agency or a desk, the applicant, a third party.
        due: the instant at which its limit is over.
    """

    activity: str
    completed: datetime | None
    queued: datetime | None = None
    started: datetime | None = None
    resource: str | None = None
    group: str | None = None
    outcome: str | None = None
    how: How | None = None
    due: datetime | None = None


class CaseRecord(NamedTuple):
    """One case.

    Attributes:
        start: when the applicant's time began.
        end: when it ended; None: it is open, or the log does not say.
        steps: in the order of their ends; what is open stands last.
        attributes: what else is known of the case from its beginning on.
        due, promised: the instants at which its limits are over.
        silent: whether the law decided it, since nobody had in time.
        numbers: of those that the log tells, by name.
    """

    reference: str
    start: datetime
    end: datetime | None
    steps: tuple[StepRecord, ...]
    attributes: Mapping[str, str] = MappingProxyType({})
    variant: str | None = None
    due: datetime | None = None
    promised: datetime | None = None
    silent: bool | None = None
    numbers: Mapping[Number, float] = MappingProxyType({})

    @property
    def completed(self) -> list[StepRecord]:
        """The steps that have ended."""
        return [step for step in self.steps if step.completed is not None]


Ends = Literal["recorded", "stated", "assumed", "unknown"]
"""How it is known when a case ended: the log records it; it is the last step, if that is one that was stated
to end cases, or one that usually is the last; it is not known."""


@dataclass(frozen=True, eq=False)
class EventLog:
    """Cases, by their start, as far as they were recorded up to an instant.

    Attributes:
        name: the procedure, or the file.
        as_of: the last instant of which it tells.
        ends, ending: how ends are known, and by which activities.
        columns: which column each field was read from; empty for an archive.
        passed_over: what was read and is not in it, by what it is: ``repeated-lifecycle`` rows.
        by_day: all its times are days.
    """

    name: str
    cases: tuple[CaseRecord, ...]
    as_of: datetime
    ends: Ends
    ending: frozenset[str] = frozenset()
    columns: Mapping[str, str] = field(default_factory=dict)
    passed_over: Mapping[str, int] = field(default_factory=dict)
    by_day: bool = False

    def started(self, since: datetime | None = None, until: datetime | None = None) -> EventLog:
        """The cases that started at ``since`` or later, and before ``until``."""
        chosen = tuple(
            case
            for case in self.cases
            if (since is None or case.start >= since) and (until is None or case.start < until)
        )
        return replace(self, cases=chosen)

    def done_by_applicants(self, activities: Collection[str]) -> EventLog:
        """The log, where it is stated that the applicants take these activities."""
        if not activities:
            return self
        stated = [
            case._replace(
                steps=tuple(
                    step._replace(group=APPLICANT) if step.activity in activities else step
                    for step in case.steps
                )
            )
            for case in self.cases
        ]
        return replace(self, cases=tuple(stated))

    def as_seen(self, instant: datetime) -> EventLog:
        """The log as it stood at an instant: nothing that happened later was known then."""
        seen = [self._seen(case, instant) for case in self.cases if case.start <= instant]
        return replace(self, cases=tuple(seen), as_of=min(self.as_of, instant))

    def _seen(self, case: CaseRecord, instant: datetime) -> CaseRecord:
        steps = tuple(seen for step in case.steps if (seen := _step_seen(step, instant)) is not None)
        if self.ends == "recorded":
            end = case.end if case.end is not None and case.end <= instant else None
        else:
            end = end_by(steps, self.ending)
        silent = case.silent if end is not None else None if case.silent is None else False
        return case._replace(steps=steps, end=end, silent=silent)


def _step_seen(step: StepRecord, instant: datetime) -> StepRecord | None:
    if step.completed is not None and step.completed <= instant:
        return step
    if step.queued is None or step.queued > instant:
        return None
    started = step.started if step.started is not None and step.started <= instant else None
    return step._replace(completed=None, started=started, outcome=None, how=None)


def ends_unknown(log: EventLog) -> str:
    """What to say where a log does not tell when a case ends, and that is needed."""
    last = Counter(case.steps[-1].activity for case in log.cases if case.steps)
    often = ", ".join(f"{each!r} in {count / last.total():.0%}" for each, count in last.most_common(3))
    return (
        f"{log.name} does not say when a case ends; name the activities that end one, with --end ACTIVITY, "
        f"or the column, with --map case-end=COLUMN. The last steps of its cases: {often or 'none'}"
    )


def in_order(steps: Sequence[StepRecord]) -> tuple[StepRecord, ...]:
    """Steps by their ends, as recorded where they ended together; the open ones last, as they were asked."""
    ended = sorted((step for step in steps if step.completed is not None), key=_ended_at)
    return (*ended, *(step for step in steps if step.completed is None))


def _ended_at(step: StepRecord) -> datetime:
    assert step.completed is not None
    return step.completed


def end_by(steps: Sequence[StepRecord], ending: frozenset[str]) -> datetime | None:
    """When a case ended: with its last step, if that is one that ends cases."""
    last = steps[-1] if steps else None
    return last.completed if last is not None and last.activity in ending else None


def usually_last(cases: Sequence[CaseRecord]) -> frozenset[str]:
    """The activities that end cases, as far as a log shows it: see :data:`USUALLY_LAST`. None, where most
    cases that seem to be over had another step last: to call those open would be wrong."""
    have: Counter[str] = Counter()
    last: Counter[str] = Counter()
    for case in cases:
        have.update({step.activity for step in case.steps})
        if case.steps:
            last[case.steps[-1].activity] += 1
    found = frozenset(
        activity
        for activity, count in last.items()
        if count >= USUALLY_LAST * have[activity] and have[activity] >= SELDOM * len(cases)
    )
    over = _seem_over(cases)
    return found if sum(step.activity in found for step in over) >= MOST * len(over) else frozenset()


def pauses(cases: Sequence[CaseRecord]) -> list[timedelta]:
    """The times from one completed step of a case to its next one, of all cases."""
    ends = [[step.completed for step in case.steps if step.completed is not None] for case in cases]
    return [after - before for its in ends for before, after in pairwise(its)]


def _seem_over(cases: Sequence[CaseRecord]) -> list[StepRecord]:
    """The last steps of the cases that are not expected to go on: see :data:`NEARLY_EVERY`."""
    latest = [case.steps[-1] for case in cases if case.steps and case.steps[-1].completed is not None]
    waits = sorted(pauses(cases))
    if not waits or not latest:
        return latest
    longest, as_of = waits[int(NEARLY_EVERY * (len(waits) - 1))], max(map(_ended_at, latest))
    return [step for step in latest if as_of - _ended_at(step) > longest]
