"""How a case goes round: from whom to whom, what is done again, and how often it comes straight back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Literal, NamedTuple

import numpy as np

from contracts.terms.identifiers import APPLICANT
from seamless.rebuild.courses import Spell, courses
from seamless.rebuild.durations import days
from seamless.rebuild.figures import Handoffs, Interval, Pair, Repeated
from seamless.rebuild.log import CaseRecord, EventLog, StepRecord
from seamless.rebuild.survival import Estimate, share_of

Between = Literal["groups", "activities"]

SHOWN = 12
"""So many pairs and repeated steps are told, the most frequent."""


class Handoff(NamedTuple):
    """A case went from one to another; ``days`` from when the first was done to when the second one was."""

    before: str
    after: str
    days: float


def between(log: EventLog) -> Between:
    """Whether a log tells of groups, other than the applicants; else its activities are compared."""
    groups = (step.group for case in log.cases for step in case.steps)
    return "groups" if any(group not in (None, APPLICANT) for group in groups) else "activities"


def who(step: StepRecord, of: Between) -> str | None:
    """What is compared of a step."""
    return step.group if of == "groups" else step.activity


def handoff_of(spell: Spell, of: Between) -> Handoff | None:
    """The handoff by which a step was come to; None where it was none, or is not over."""
    if spell.before is None or not spell.over or spell.before.completed is None:
        return None
    before, after = who(spell.before, of), who(spell.step, of)
    if before is None or after is None or before == after:
        return None
    return Handoff(before, after, days(spell.ended - spell.before.completed))


def handoffs_of(log: EventLog, of: Between) -> list[list[Handoff]]:
    """All handoffs of each case."""
    return [
        [handoff for spell in its if (handoff := handoff_of(spell, of)) is not None]
        for _, its in courses(log)
    ]


def done_again(case: CaseRecord) -> set[str]:
    """The steps that were taken more than once. What was stopped was not taken."""
    taken = Counter(step.activity for step in case.completed if step.how != "stopped")
    return {activity for activity, count in taken.items() if count > 1}


def comes_back(case: CaseRecord, of: Between) -> bool:
    """Whether it went from one to another, and straight back."""
    stations: list[str] = []
    for step in case.completed:
        at = who(step, of)
        if at is not None and (not stations or stations[-1] != at):
            stations.append(at)
    return any(first == third for first, third in zip(stations, stations[2:], strict=False))


def handoffs(log: EventLog) -> Handoffs:
    """How the cases of a log go round."""
    of, count = between(log), len(log.cases)
    each = handoffs_of(log, of)
    numbers = np.array([len(found) for found in each], np.float64)
    again = [done_again(case) for case in log.cases]
    repeated = Counter(activity for found in again for activity in found)
    return Handoffs(
        between=of,
        per_case=Interval.of(Estimate(float(numbers.mean()), float(numbers.std()) / count**0.5)),
        pairs=_pairs(each),
        rework=Interval.of(share_of(sum(map(bool, again)), count), most=1.0),
        repeated=tuple(
            Repeated(activity=activity, cases=cases, share=cases / count)
            for activity, cases in sorted(repeated.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]
        ),
        ping_pong=Interval.of(share_of(sum(comes_back(case, of) for case in log.cases), count), most=1.0),
    )


def _pairs(each: Sequence[Sequence[Handoff]]) -> tuple[Pair, ...]:
    took: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for found in each:
        for handoff in found:
            took[handoff.before, handoff.after].append(handoff.days)
    most = sorted(took.items(), key=lambda item: (-len(item[1]), item[0]))[:SHOWN]
    return tuple(
        Pair(
            before=before,
            after=after,
            count=len(times),
            per_case=len(times) / len(each),
            median=float(median(times)),
        )
        for (before, after), times in most
    )
