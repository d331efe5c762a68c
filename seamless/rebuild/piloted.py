"""How long the cases of a pilot take, beside its evidence, and whether its arms may disturb one another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, select

from archive.pilots.interference import Shared, agency_steps, interference
from archive.pilots.reading import days_of, pilot_cases
from archive.tables import cases
from contracts.pilots import Arm
from contracts.terms.identifiers import CaseId
from seamless.rebuild.archived import log_of
from seamless.rebuild.durations import FEWEST, duration, follow_up, whole_times
from seamless.rebuild.figures import Change, Duration
from seamless.rebuild.log import EventLog
from seamless.rebuild.phrases import AsWritten, Language, Naming, Phrases
from seamless.rebuild.survival import change, horizon_of, kaplan_meier, within

WARNINGS: Mapping[str, tuple[str, str]] = {
    "shared": (
        "两种办法都要经过{agency}，而它手上事情越多，办得越慢：一种办法会拖慢或者减轻另一种，"
        "真实差别可能比看到的大。试点看不出这一点；须改为全部办件按周轮换两种办法。",
        "Both ways need {agency}, which takes longer the more it has to do: each way slows or relieves the "
        "other, and the true difference may be larger than it looks. This pilot cannot show it; changing all "
        "cases from one way to the other by the week (a switch-back) could.",
    ),
    "old-way-longer": (
        "试点开始以来，原办法比此前长{value}（{low}至{high}）：可能情况变了，也可能是新办法拖慢了它。",
        "Since the pilot began, the old way takes {value} longer than before ({low} to {high}): the "
        "conditions may have changed, or the new way slows it.",
    ),
    "old-way-shorter": (
        "试点开始以来，原办法比此前短{value}（{low}至{high}）：可能情况变了，也可能是新办法减轻了它。",
        "Since the pilot began the old way takes {value} less time than before ({low} to {high}): the "
        "conditions may have changed, or the new way relieves it.",
    ),
}


@dataclass(frozen=True)
class Piloted:
    """The time that the cases of a pilot take, in days, up to the same horizon, with intervals of 95 %.

    An interval is for one look: who looks daily decides by :mod:`archive.pilots.evidence`.

    Attributes:
        means: of each arm; none where an arm has too few cases.
        difference: by how much the new way differs from the old one.
        before: cases of the old variant that were opened before the pilot, as they were known when it began.
        since: by how much the old arm differs from these.
        shared: the agencies that both arms need.
    """

    means: Mapping[Arm, Duration]
    difference: Change | None
    before: Duration | None
    since: Change | None
    shared: tuple[Shared, ...]

    @property
    def disturbing(self) -> tuple[Shared, ...]:
        """The agencies through which one arm may slow or relieve the other."""
        return tuple(each for each in self.shared if each.disturbs)


def piloted(db: Connection, pilot: CaseId, as_of: datetime) -> Piloted:
    """The times of a pilot's cases, as they were known at an instant.

    Raises:
        NoSteps: the archive is an older worker's.
    """
    its = [case for case in pilot_cases(db, pilot) if case.start <= days_of(as_of)]
    arms: dict[CaseId, Arm] = {case.case: case.arm for case in its if case.case is not None}
    if not arms:
        return Piloted({}, None, None, None, ())
    procedure = db.scalar(select(cases.c.procedure).where(cases.c.case == next(iter(arms))))
    assert procedure is not None
    log = log_of(db, procedure, as_of).as_seen(as_of)
    new, old = (_chosen(log, {case for case, arm in arms.items() if arm == which}) for which in _ARMS)
    begun = min(case.start for case in (*new.cases, *old.cases))
    earlier = log.as_seen(begun).started(until=begun)
    ways = {case.variant for case in old.cases}
    before = _chosen(earlier, {case.reference for case in earlier.cases if case.variant in ways})
    of_old, of_new, difference = _compared(old, new)
    was, _, since = _compared(before, old)
    means: dict[Arm, Duration] = {"new": of_new, "old": of_old} if of_new and of_old else {}
    found = agency_steps(db, arms.keys(), min((case.start for case in before.cases), default=begun))
    known = [step for step in found if step.asked <= days_of(as_of)]
    return Piloted(
        means=means,
        difference=difference,
        before=was,
        since=since,
        shared=tuple(interference(known, arms, days_of(as_of))),
    )


_ARMS: tuple[Arm, ...] = ("new", "old")


def _chosen(log: EventLog, references: Collection[str]) -> EventLog:
    return replace(log, cases=tuple(case for case in log.cases if case.reference in references))


def _compared(first: EventLog, second: EventLog) -> tuple[Duration | None, Duration | None, Change | None]:
    """How long the cases of both take, up to a horizon that both were seen for, and by how much the second
    ones differ; nothing where either are too few."""
    if min(len(first.cases), len(second.cases)) < FEWEST:
        return None, None, None
    parts = [whole_times(log) for log in (first, second)]
    times, ended = (np.concatenate(each) for each in zip(*parts, strict=True))
    horizon = within(horizon_of(kaplan_meier(times, ended)), follow_up(first), follow_up(second))
    means = [kaplan_meier(*part).restricted_mean(horizon) for part in parts]
    of_first, of_second = (duration(*part, horizon, drawn=True) for part in parts)
    return of_first, of_second, Change.by(change(*means))


def warnings(found: Piloted, language: Language, naming: Naming | None = None) -> Iterator[str]:
    """What a reader of the evidence has to know of the pilot, in sentences; none where all is well."""
    say, naming = Phrases(language), naming or AsWritten()

    def told(key: str, **values: object) -> str:
        chinese, english = WARNINGS[key]
        return (chinese if language == "zh" else english).format(**values)

    for each in found.disturbing:
        yield told("shared", agency=naming.party(f"agency:{each.agency}"))
    if found.since is not None and found.since.differs:
        low, high = sorted((found.since.low, found.since.high), key=abs)
        key = "old-way-longer" if found.since.value > 0 else "old-way-shorter"
        yield told(key, value=say.share(found.since.value), low=say.share(low), high=say.share(high))
