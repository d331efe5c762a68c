"""What came of cases and steps: in time or not, by silence, with how many supplements and objections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from seamless.rebuild.figures import Count, Interval, Punctual, Silence
from seamless.rebuild.log import NUMBERS, CaseRecord, EventLog, StepRecord
from seamless.rebuild.survival import share_of

SILENT = ("deemed", "lapsed")
"""How a step ends that nobody did."""


class Limited(NamedTuple):
    """Something that has a limit.

    Attributes:
        ended: when it ended; None: it is open.
        due: the instant at which its limit is over; None: it has none.
        silent: it ended since nobody had done it in time.
    """

    ended: datetime | None
    due: datetime | None
    silent: bool


def of_case(case: CaseRecord, due: datetime | None) -> Limited:
    """A case, by one of its limits."""
    return Limited(case.end, due, case.silent is True)


def of_step(step: StepRecord) -> Limited:
    """A step, by its limit; what was no longer needed has none."""
    return Limited(step.completed, None if step.how == "stopped" else step.due, step.how in SILENT)


def punctual(limited: Iterable[Limited], as_of: datetime) -> Punctual | None:
    """How many were in time; None where nothing has a limit."""
    found: Counter[str] = Counter()
    for ended, due, silent in limited:
        if due is not None and ended is not None:
            found["in time" if ended <= due and not silent else "late"] += 1
        elif due is not None:
            found["overdue" if due <= as_of else "early"] += 1
    if not found:
        return None
    in_time, of = found["in time"], found["in time"] + found["late"] + found["overdue"]
    return Punctual(
        in_time=in_time,
        late=found["late"],
        overdue_open=found["overdue"],
        early_open=found["early"],
        share=Interval.of(share_of(in_time, of), most=1.0) if of else None,
    )


def by_law(log: EventLog) -> Punctual | None:
    """The cases that were decided within the limit that the law sets."""
    if log.ends == "unknown":
        return None
    return punctual((of_case(case, case.due) for case in log.cases), log.as_of)


def by_promise(log: EventLog) -> Punctual | None:
    """The cases that were decided within the limit that was promised."""
    if log.ends == "unknown":
        return None
    return punctual((of_case(case, case.promised) for case in log.cases), log.as_of)


def steps_in_time(log: EventLog) -> Punctual | None:
    """The steps that were done within their limits."""
    return punctual((of_step(step) for case in log.cases for step in case.steps), log.as_of)


def silence(log: EventLog) -> Silence | None:
    """What silence brought about; None where the log says nothing of how steps and cases ended."""
    hows = [(step.how, step.outcome) for case in log.cases for step in case.steps if step.how is not None]
    decided = [case.silent for case in log.cases if case.silent is not None]
    if not hows and not decided:
        return None
    outcomes = Counter(outcome or "" for how, outcome in hows if how == "deemed")
    return Silence(
        steps=outcomes.total(),
        of_steps=sum(how != "stopped" for how, _ in hows),
        outcomes=dict(sorted(outcomes.items())),
        cases=sum(decided) if decided else None,
    )


def counts(log: EventLog) -> tuple[Count, ...]:
    """What is counted once a case, as far as it is known of any."""
    found = []
    for name in NUMBERS:
        known = [case.numbers[name] for case in log.cases if name in case.numbers]
        if known:
            found.append(
                Count(
                    name=name,
                    cases=len(known),
                    mean=sum(known) / len(known),
                    with_any=sum(value > 0 for value in known) / len(known),
                )
            )
    return tuple(found)
