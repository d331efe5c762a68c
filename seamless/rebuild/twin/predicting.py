"""What a change brings: the same cases in the world before it and in the world after it.

What is learned from a log is uncertain. So the worlds are run many times, each time with what might have been
learned of other cases of the same work, and with other cases; the interval is from how far the gains of all
runs lie apart. Before and after have the same draws, so what differs is the change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import Party
from seamless.rebuild.courses import holders
from seamless.rebuild.figures import Figure, Part
from seamless.rebuild.learned.working_times import WorkingTimes
from seamless.rebuild.survival import Days
from seamless.rebuild.twin.arrivals import Arrivals
from seamless.rebuild.twin.changes import Change
from seamless.rebuild.twin.conditions import Conditions, Working
from seamless.rebuild.twin.learning import Learned
from seamless.rebuild.twin.logged import event_log
from seamless.rebuild.twin.world import CaseOf, Registries, Registry, World

WARM = 0.2
"""A world begins empty: so many of its first cases do not count."""

HELD = 5
"""In so many runs it is looked at who has the cases."""

Told = Callable[[int], object]


class Estimate(Figure):
    """A value with its interval of 90 %."""

    value: float
    low: float
    high: float


class Queue(Figure):
    """What waits at an agency.

    Attributes:
        officers: how many it has, on average over the runs; None: as many as are needed.
        waited: how many working days a request waits for an officer.
        longest: how many wait at most, on average over the runs.
        busy: how much of their time the officers work on these cases.
    """

    agency: str
    officers: float | None
    waited: float | None
    longest: float | None
    busy: float | None


class Side(Figure):
    """One world, over all runs.

    Attributes:
        name: the way of working, ``opening-restaurant.chain@one-by-one``.
        days: the whole time of a case, from the application to its end, on average.
        median, nine_in_ten: by then half of the cases, and nine in ten, have ended.
        silent: how many of the requests of agencies ended in silence, as a share.
        holders: who has them.
    """

    name: str
    days: Estimate
    median: float
    nine_in_ten: float
    silent: float
    holders: tuple[Part, ...]
    queues: tuple[Queue, ...]


class Prediction(Figure):
    """What a change brings.

    Attributes:
        gain: of the whole time before, how much is saved; below 0 it takes longer.
        saved: the same in days.
        runs, cases: how many runs, and how many cases count in each world of a run.
        lived: of how many cases the real code was asked; the others go as these did.
        learned: it holds how uncertain it is what was learned; else all was stated.
    """

    before: Side
    after: Side
    gain: Estimate
    saved: Estimate
    runs: int
    cases: int
    lived: int
    learned: bool


@dataclass(frozen=True)
class Question:
    """What is to be predicted.

    Attributes:
        before: the world before the change.
        learned: what its work was learned from; None: it was stated.
        given: what a person states beside it, for both worlds: by activity, how long it takes.
    """

    before: Conditions
    change: Change
    learned: Learned | None = None
    given: Mapping[str, WorkingTimes] | None = None

    def drawn(self, random: np.random.Generator) -> Conditions:
        """The world before, as it might be."""
        if self.learned is None:
            return self.before
        working, arrivals = self.learned.drawn(random)
        return self._with(working, arrivals)

    def as_learned(self) -> Question:
        """The same, where the world before is as it was learned."""
        if self.learned is None:
            return self
        return replace(self, before=self._with(self.learned.working, self.learned.arrivals))

    def _with(self, working: Working, arrivals: Arrivals) -> Conditions:
        times = {**working.times, **(self.given or {})}
        kept = self.before.working
        working = Working(
            times,
            {**kept.outcomes, **working.outcomes},
            {**kept.officers, **working.officers},
            working.batches,
        )
        return replace(self.before, working=working, arrivals=arrivals)


class _Ran:
    """The runs of one side."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.unknown: set[str] = set()
        self.means: list[float] = []
        self.times: list[Days] = []
        self.requests = self.silent = 0
        self.holders: defaultdict[str | None, float] = defaultdict(float)
        self.queues: defaultdict[str, list[tuple[int | None, float, int, float]]] = defaultdict(list)

    def run(self, conditions: Conditions, seed: int, cases: int) -> None:
        """One run."""
        world = World(conditions, seed, self.registry.case)
        world.run(_with_warming(cases))
        self.unknown |= world.unknown
        counted = world.cases[-cases:]
        times = whole_times(counted)
        self.times.append(times)
        self.means.append(float(times.mean()))
        requests = [step for case in counted for step in case.steps if step.asked.is_request]
        self.requests += len(requests)
        self.silent += sum(step.how in ("deemed", "lapsed") for step in requests)
        if len(self.means) <= HELD:
            for part in holders(event_log(counted, "", world.now), float(times.max()) + 1):
                self.holders[part.name] += part.days_per_case
        span = conditions.hours.between(world.cases[0].started, world.cases[-1].started)
        for name, agency in world.agencies.items():
            officers = conditions.working.officers.get(name)
            busy = agency.busy / (officers * span) if officers and span else 0.0
            waited = agency.waited / max(1, agency.taken)
            self.queues[name].append((officers, waited, agency.longest, min(1.0, busy)))

    def side(self, name: str) -> Side:
        """All of them."""
        runs, times = len(self.means), np.concatenate(self.times)
        whole = sum(self.holders.values())
        parts = [
            Part(name=who, days_per_case=spent / min(runs, HELD), share=spent / whole if whole else 0.0)
            for who, spent in sorted(self.holders.items(), key=lambda each: -each[1])
        ]
        return Side(
            name=name,
            days=estimate(np.array(self.means)),
            median=float(np.quantile(times, 0.5)),
            nine_in_ten=float(np.quantile(times, 0.9)),
            silent=self.silent / max(1, self.requests),
            holders=tuple(parts),
            queues=tuple(_queue(agency, found) for agency, found in sorted(self.queues.items())),
        )


def predict(
    question: Question,
    *,
    runs: int,
    cases: int,
    seed: int,
    known: Registries | None = None,
    told: Told | None = None,
) -> Prediction:
    """Predict what a change brings.

    Args:
        runs: how many times both worlds are run.
        cases: how many cases count in each.
        known: what is known of courses already; more is added.
        told: told of each run that is over.

    Raises:
        InvalidInput: it is not known how long a step takes, nobody applies, or an agency has no officer left.
    """
    random = np.random.default_rng(seed)
    changed = question.change.applied(question.before)
    known = known or Registries()
    before, after = _Ran(known.of(question.before)), _Ran(known.of(changed))
    for number in range(runs):
        world = question.drawn(random)
        before.run(world, seed * 1_000_003 + number, cases)
        after.run(question.change.applied(world), seed * 1_000_003 + number, cases)
        if told is not None:
            told(number + 1)
        if unknown := sorted(before.unknown | after.unknown):
            raise InvalidInput(_not_known(unknown))
    one, other = np.array(before.means), np.array(after.means)
    gains = 1 - other / one
    return Prediction(
        before=before.side(_name(question.before)),
        after=after.side(_name(changed)),
        gain=estimate(gains, float(1 - other.mean() / one.mean())),
        saved=estimate(one - other),
        runs=runs,
        cases=cases,
        lived=before.registry.asked_of_code + after.registry.asked_of_code,
        learned=question.learned is not None,
    )


def whole_times(cases: Sequence[CaseOf]) -> Days:
    """How long cases took from their opening to their end, in days."""
    return np.array([((case.ended or case.started) - case.started) / 86400 for case in cases])


def estimate(found: Days, value: float | None = None) -> Estimate:
    """A value and where it lies in nine of ten runs, as a normal distribution has it.

    Args:
        value: their mean, unless given.
    """
    middle = float(found.mean()) if value is None else value
    error = float(found.std(ddof=1)) if len(found) > 1 else 0.0
    reach = _reach(len(found) - 1) * error
    return Estimate(value=middle, low=middle - reach, high=middle + reach)


def _with_warming(cases: int) -> int:
    return round(cases / (1 - WARM))


def _reach(freedom: int) -> float:
    """So many standard errors on each side hold 90 %: the quantile of Student's distribution, by the first
    terms of its expansion (Abramowitz and Stegun 26.7.5)."""
    normal = 1.6448536269514722
    if freedom < 1:
        return normal
    first = (normal**3 + normal) / 4
    second = (5 * normal**5 + 16 * normal**3 + 3 * normal) / 96
    return normal + first / freedom + second / freedom**2


def _queue(agency: str, found: Sequence[tuple[int | None, float, int, float]]) -> Queue:
    known = [(officers, *rest) for officers, *rest in found if officers is not None]
    if not known:
        return Queue(agency=Party.agency(agency), officers=None, waited=None, longest=None, busy=None)
    means = [float(each) for each in np.mean(np.array(known, np.float64), axis=0)]
    return Queue(
        agency=Party.agency(agency), officers=means[0], waited=means[1], longest=means[2], busy=means[3]
    )


def _not_known(activities: Sequence[str]) -> str:
    options = " ".join(f"--time {each}=1d..3d" for each in activities)
    return f"it is not known how long these take: {', '.join(activities)}; give it, as {options}, or --assume"


def _name(conditions: Conditions) -> str:
    return f"{conditions.procedure.workflow_type}@{conditions.law.id}"
