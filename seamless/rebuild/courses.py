"""Where the time of a case goes: how long it waited for which step, in which phase, and who had it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from seamless.rebuild.durations import days
from seamless.rebuild.figures import PHASES, Interval, Part, Phase
from seamless.rebuild.log import CaseRecord, EventLog, StepRecord
from seamless.rebuild.survival import Estimate


class Spell(NamedTuple):
    """The time that a case waited for one step.

    Attributes:
        before: the step that had ended before it, on which it followed; None for the first.
        began: when somebody was asked for it; where that is not recorded, when ``before`` had ended, or the
            case started. So it is working and waiting time together.
        ended: when the step ended; ``over`` is false while it has not, and it is the last instant seen.
    """

    step: StepRecord
    before: StepRecord | None
    began: datetime
    ended: datetime
    over: bool

    @property
    def days(self) -> float:
        """How long it took, or has taken."""
        return days(self.ended - self.began)


def spells(case: CaseRecord, as_of: datetime) -> list[Spell]:
    """The spells of a case, in the order of its steps."""
    done = case.completed
    ends = [step.completed for step in done if step.completed is not None]
    found = []
    for place, step in enumerate(case.steps):
        asked = step.queued or (step.started if step.completed is None else None)
        # What had ended by when it was asked for; of steps that end together, those that stand before it.
        last = min(bisect_right(ends, asked), place) if asked is not None else min(place, len(done))
        before = done[last - 1] if last else None
        began = asked or (before.completed if before and before.completed else case.start)
        ended = step.completed or as_of
        found.append(Spell(step, before, min(began, ended), ended, step.completed is not None))
    return found


class Course(NamedTuple):
    """A case and its spells."""

    case: CaseRecord
    spells: Sequence[Spell]


@lru_cache(maxsize=2)
def courses(log: EventLog) -> Sequence[Course]:
    """The courses of all cases; kept, since many figures ask for them."""
    return [Course(case, spells(case, log.as_of)) for case in log.cases]


def all_spells(log: EventLog) -> Iterator[tuple[CaseRecord, Spell]]:
    """Every spell of every case."""
    for case, its in courses(log):
        for spell in its:
            yield case, spell


class Stretch(NamedTuple):
    """From one time of a case to another, in days since it started."""

    began: float
    ended: float

    @property
    def days(self) -> float:
        """How long it is."""
        return max(0.0, self.ended - self.began)


def lifetime(case: CaseRecord, log: EventLog, horizon: float) -> Stretch:
    """The time of a case that counts: to its end, or to the last instant seen; where no end is known, to its
    last step; up to the horizon."""
    last = case.end or log.as_of
    if log.ends == "unknown":
        last = max((step.completed for step in case.completed if step.completed), default=case.start)
    return Stretch(0.0, min(horizon, max(0.0, days(last - case.start))))


def phases(log: EventLog, horizon: float) -> tuple[Part, ...]:
    """The phases of all cases, in their order."""
    spent: dict[Phase, float] = dict.fromkeys(PHASES, 0.0)
    for case in log.cases:
        life = lifetime(case, log, horizon)
        began = [step.queued or step.completed for step in case.steps if step.queued or step.completed]
        first = _within(life, case, min((at for at in began if at), default=None))
        ends = [step.completed for step in case.steps if step.completed is not None]
        open_steps = any(step.completed is None for step in case.steps) and case.end is None
        last = life.ended if open_steps else _within(life, case, max(ends, default=None))
        last = max(first, last) if began else life.ended
        spent["before"] += first - life.began if began else life.days
        spent["recorded"] += last - first if began else 0.0
        left = life.ended - last
        spent["after" if case.end is not None or log.ends == "unknown" else "since"] += left
    return _parts(spent, len(log.cases))


def _within(life: Stretch, case: CaseRecord, at: datetime | None) -> float:
    return life.ended if at is None else min(life.ended, max(0.0, days(at - case.start)))


def holders(log: EventLog, horizon: float) -> tuple[Part, ...]:
    """Who had the cases, by what they had; several at once have an equal part each."""
    spent: defaultdict[str | None, float] = defaultdict(float)
    for case, its in courses(log):
        life = lifetime(case, log, horizon)
        held = [
            (spell.step.group, _within(life, case, spell.began), _within(life, case, spell.ended))
            for spell in its
        ]
        marks = sorted({0.0, life.ended, *(at for _, began, ended in held for at in (began, ended))})
        for began, ended in pairwise(marks):
            have = [who for who, since, until in held if since <= began and until >= ended]
            for who in have or [None]:
                spent[who] += (ended - began) / max(1, len(have))
    return tuple(sorted(_parts(spent, len(log.cases)), key=lambda part: -part.share))


def _parts(spent: Mapping[Phase, float] | Mapping[str | None, float], cases: int) -> tuple[Part, ...]:
    whole = sum(spent.values())
    return tuple(
        Part(name=name, days_per_case=value / cases, share=value / whole if whole else 0.0)
        for name, value in spent.items()
        if value > 0
    )


def working(log: EventLog) -> tuple[Interval | None, int]:
    """The share of work in the time of steps, and of how many steps it is known: those of which it is
    recorded when an officer began.

    The error takes the steps for independent.
    """
    worked: list[tuple[float, float]] = []
    for _, spell in all_spells(log):
        if spell.over and spell.step.started is not None and spell.days > 0:
            worked.append((days(spell.ended - max(spell.began, spell.step.started)), spell.days))
    if not worked:
        return None, 0
    total = sum(whole for _, whole in worked)
    share = sum(part for part, _ in worked) / total
    error = sum((part - share * whole) ** 2 for part, whole in worked) ** 0.5 / total
    return Interval.of(Estimate(share, error), most=1.0), len(worked)
