"""What could be rebuilt: agencies, steps and handoffs, and how much of the time that cases wait for each of
them could be removed. Officers are no such thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import APPLICANT
from seamless.rebuild.courses import Spell, all_spells
from seamless.rebuild.durations import days
from seamless.rebuild.handoffs import Between, between, who
from seamless.rebuild.log import EventLog
from seamless.rebuild.survival import MOST, Days, Flags, horizon_of, kaplan_meier
from seamless.rebuild.windows import Window

Kind = Literal["agency", "step", "handoff"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Key = tuple[str, ...]
"""A target: an agency or a step, or the two parties of a handoff."""

NOT_KNOWN: Key = ()
"""The target of waits of which the log does not say who had the case."""

APPLICANTS: Key = ("", "", APPLICANT)
"""The target of waits for the applicant: time that is told, but no office that could be rebuilt."""

UNRANKED = frozenset({NOT_KNOWN, APPLICANTS})

BEST = 0.25
"""The best quarter: so many of the waits are no longer than what could be reached."""


class Place(NamedTuple):
    """What a case waits for: a step at a target, which may have several."""

    target: Key
    step: str


@dataclass(frozen=True, eq=False)
class Waits:
    """The times that cases waited for targets.

    Attributes:
        first: from when on days are counted.
        places: what was waited for, each once.
        place: which of those each wait was for.
        began, ended: of each wait, in days; where it has not ended, the last instant seen.
        asked: it is recorded when somebody was asked, so that the wait was known before it was over.
        over: it has ended; ``done``: since the step was done, and not since it was no longer needed.
    """

    first: datetime
    places: Sequence[Place]
    place: NDArray[np.int64]
    began: Days
    ended: Days
    asked: Flags
    over: Flags
    done: Flags

    def day(self, at: datetime) -> float:
        """An instant in days."""
        return days(at - self.first)


class Offer(NamedTuple):
    """What a target offers in a window.

    Attributes:
        hours: the waiting that is beyond the best quarter.
        waits: of how many waits.
        mean: how long those took on average, in days.
        steps: ``hours`` by step.
    """

    hours: float
    waits: int
    mean: float
    steps: Mapping[str, float]


def usual_kind(log: EventLog) -> Kind:
    """What is ranked first in a log: agencies, or, where it does not tell of any, handoffs."""
    return "agency" if between(log) == "groups" else "handoff"


def waits(log: EventLog, kind: Kind) -> Waits:
    """All waits of a log.

    Raises:
        InvalidInput: the log does not tell of such targets; says what it lacks.
    """
    of = between(log)
    if kind == "agency" and of == "activities":
        raise InvalidInput(
            f"--by agency: {log.name} does not say who has a step; say which column does, with "
            "--map group=COLUMN, or use --by handoff"
        )
    alone = of_one_officer(log) if of == "groups" and kind != "step" else frozenset()
    first = log.cases[0].start if log.cases else log.as_of
    places: dict[Place, int] = {}
    rows = []
    for _, spell in all_spells(log):
        target = target_of(spell, kind, of)
        if target is not None and not alone & set(target):
            step = spell.step
            place = places.setdefault(Place(target, step.activity), len(places))
            asked = step.queued is not None or not spell.over
            done = spell.over and step.how != "stopped"
            began, ended = days(spell.began - first), days(spell.ended - first)
            rows.append((place, began, ended, asked, spell.over, done))
    columns = list(zip(*rows, strict=True)) or [()] * 6
    return Waits(
        first=first,
        places=tuple(places),
        place=np.array(columns[0], np.int64),
        began=np.array(columns[1], np.float64),
        ended=np.array(columns[2], np.float64),
        asked=np.array(columns[3], bool),
        over=np.array(columns[4], bool),
        done=np.array(columns[5], bool),
    )


def target_of(spell: Spell, kind: Kind, of: Between) -> Key | None:
    """The target of a wait; None where it was no handoff between two that are known."""
    if spell.step.group == APPLICANT:
        return APPLICANTS
    after = spell.step.activity if kind == "step" else who(spell.step, of)
    if kind != "handoff":
        return (after,) if after is not None else NOT_KNOWN
    before = who(spell.before, of) if spell.before is not None else None
    return (before, after) if before is not None and after is not None and before != after else None


def of_one_officer(log: EventLog) -> frozenset[str]:
    """The groups whose recorded steps are all one officer's: to rank them would be to rank a person.

    The pseudonyms of an archive differ from case to case, so it tells of no such group.
    """
    officers: defaultdict[str, set[str | None]] = defaultdict(set)
    for case in log.cases:
        for step in case.steps:
            if step.group is not None and step.completed is not None:
                officers[step.group].add(step.resource)
    return frozenset(
        group for group, its in officers.items() if len(its) == 1 and next(iter(its)) is not None
    )


def offers(found: Waits, window: Window) -> dict[Key, Offer]:
    """What each target offers in a window, by what was known when the window was over.

    The time counts that passed in the window, up to now where a wait goes on; where it is not recorded when
    somebody was asked, a wait was not known before it was over, and counts as a whole then.
    """
    since, until = found.day(window.since), found.day(window.until)
    ended = found.over & (found.ended < until)
    known = np.where(ended, found.ended >= since, found.asked & (found.began < until))
    return _offers(found, np.flatnonzero(known), until, since)


def begun(found: Waits, window: Window, as_of: datetime) -> dict[Key, Offer]:
    """What each target offered in a window, as known later on: what the waits that began in it took. That is
    what would have been removed if the target had been rebuilt by then."""
    until = found.day(as_of)
    in_it = (found.began >= found.day(window.since)) & (found.began < found.day(window.until))
    known = in_it & ((found.over & (found.ended < until)) | found.asked)
    return _offers(found, np.flatnonzero(known), until, None)


def longest(found: Waits, as_of: datetime) -> timedelta:
    """For how long waits have to be watched: the first of
    :data:`seamless.rebuild.survival.HORIZONS` by which nine in ten of what was over at an instant was."""
    over = found.over & (found.ended < found.day(as_of))
    times = (found.ended - found.began)[over]
    if not len(times):
        return timedelta(0)
    return timedelta(days=horizon_of(kaplan_meier(times, np.ones(len(times), bool))))


def _offers(found: Waits, chosen: NDArray[np.int64], until: float, since: float | None) -> dict[Key, Offer]:
    took: defaultdict[Key, list[Days]] = defaultdict(list)
    of_step: defaultdict[Key, dict[str, float]] = defaultdict(dict)
    chosen = chosen[np.argsort(found.place[chosen], kind="stable")]
    cuts = np.flatnonzero(np.diff(found.place[chosen])) + 1
    for its in np.split(chosen, cuts) if len(chosen) else []:
        target, step = found.places[found.place[its[0]]]
        took[target].append(np.minimum(found.ended[its], until) - found.began[its])
        of_step[target][step] = _removable(found, its, until, since)
    return {
        target: Offer(
            hours=sum(steps.values()),
            waits=sum(map(len, took[target])),
            mean=float(np.concatenate(took[target]).mean()),
            steps=steps,
        )
        for target, steps in of_step.items()
    }


def _removable(found: Waits, its: NDArray[np.int64], until: float, since: float | None) -> float:
    """The hours that some waits for one step at one target took beyond the best quarter of them.

    An agency whose steps are long by nature offers no more than one whose steps are short. As everywhere, a
    time counts up to a horizon: here that by which nine in ten were over, if so many were. Otherwise few that
    take for ever would say most.
    """
    began, ended = found.began[its], np.minimum(found.ended[its], until)
    curve = kaplan_meier(ended - began, found.done[its] & (found.ended[its] < until))
    best, horizon = curve.quantile(BEST), curve.quantile(MOST) or inf
    if best is None:  # so few were done that nobody knows what could be reached
        return 0.0
    first = began + best
    if since is not None:
        first = np.where(found.asked[its], np.maximum(first, since), first)
    return float(np.maximum(0.0, np.minimum(ended, began + horizon) - first).sum()) * 24
