"""Planted worlds: what is true in them is known here, and hidden from whoever predicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
from numpy.random import Generator

from bench.rebuild.ways import (
    ConstructionPermitOneByOne,
    OpeningRestaurantTwoBranches,
    TreeFellingOneByOne,
)
from contracts.terms.directory import Directory, load_directory
from contracts.terms.law import LawVersion
from seamless.explore.chosen import Chosen
from seamless.rebuild.learned.working_times import WorkingTimes
from seamless.rebuild.twin.arrivals import Arrivals, Recorded, Steady
from seamless.rebuild.twin.conditions import Conditions, Shares, Working
from seamless.rebuild.twin.hours import Hours, hours_of
from seamless.rebuild.twin.living import Class
from workflows.construction_permit import ConstructionPermit
from workflows.opening_restaurant_bundle import OpeningRestaurantBundle
from workflows.opening_restaurant_chain import OpeningRestaurantChain
from workflows.tree_felling_added_review import TreeFellingAddedReview

Family = Literal["gamma", "lognormal", "uniform", "exponential", "two kinds"]

FIRST = date(2026, 1, 5)
OF_TIMES = 4000
"""So many draws stand for a distribution."""


@dataclass(frozen=True)
class Planted:
    """One planted world.

    Attributes:
        before, after: the ways of working; the first one is serial.
        busy: how much of their time the busiest agency's officers work on these cases, in either way.
        officers: how many each agency has at least and at most.
        family: of working times.
        mean: of working times, in working days, at least and at most.
        bunched: applicants come in bunches, not steadily.
        batches: what is taken up on certain days of the week.
        outcomes: what is not the ordinary outcome, and how often.
        new: the steps that the old way has not; what they take is stated, not learned.
        old: those that the new way has not, where it is any.
    """

    name: str
    before: Class
    after: Class
    busy: float
    officers: tuple[int, int]
    family: Family
    mean: tuple[float, float]
    calendar: str = "cn-2026.1"
    hours: tuple[float, float] = (9, 17)
    bunched: bool = False
    batches: Mapping[str, frozenset[int]] | None = None
    outcomes: Mapping[str, Shares] | None = None
    new: tuple[str, ...] = ()
    old: tuple[str, ...] = ()

    def conditions(self, seed: int) -> Conditions:
        """What is true in it."""
        random = np.random.default_rng([seed, sum(self.name.encode())])
        item, hours = self.before.item, hours_of(self.calendar, *self.hours)
        times = {"supplement": WorkingTimes.between(1, 4), "collect": WorkingTimes.between(0.5, 5)}
        before: defaultdict[str, float] = defaultdict(float)
        after: defaultdict[str, float] = defaultdict(float)
        for request in item.requests:
            name, mean = request.local_name, random.uniform(*self.mean)
            times[name] = times_of(self.family, mean, random)
            before[request.agency] += mean * (name not in self.new)
            after[request.agency] += mean * (name not in (self.old or self.new))
        load = {agency: max(before[agency], after[agency]) for agency in sorted(before)}
        least, most = self.officers
        officers = {agency: int(random.integers(least, most + 1)) for agency in load if load[agency]}
        a_day = self.busy / max(load[agency] / officers[agency] for agency in officers)
        return Conditions(
            procedure=self.before,
            law=_law(self.before),
            applications=item.examples,
            directory=systems(),
            calendar=self.calendar,
            hours=hours,
            arrivals=_bunched(a_day, hours, random) if self.bunched else Steady(a_day, hours),
            working=Working(times, self.outcomes or {}, officers, self.batches or {}),
            first=hours.midnight(FIRST),
        )

    def instead(self) -> Chosen:
        """The new way of working."""
        return Chosen(self.after, _law(self.after))


def times_of(family: Family, mean: float, random: Generator) -> WorkingTimes:
    """Working times of a family, by many draws."""
    match family:
        case "gamma":
            drawn = random.gamma(2.0, mean / 2.0, OF_TIMES)
        case "lognormal":
            drawn = random.lognormal(np.log(mean) - 0.32, 0.8, OF_TIMES)
        case "uniform":
            drawn = random.uniform(0.3 * mean, 1.7 * mean, OF_TIMES)
        case "exponential":
            drawn = random.exponential(mean, OF_TIMES)
        case "two kinds":  # most cases are easy
            easy = random.random(OF_TIMES) < 0.8
            drawn = (
                np.where(easy, random.uniform(0.2, 0.8, OF_TIMES), random.uniform(1.5, 4.5, OF_TIMES)) * mean
            )
    return WorkingTimes.of(np.minimum(drawn, 6 * mean))


def systems() -> Directory:
    """The directory, with every agency on a system of its own: here each takes time."""
    directory = load_directory()
    own = tuple(each.model_copy(update={"participation": "system"}) for each in directory.agencies)
    return directory.model_copy(update={"agencies": own})


def without_times(conditions: Conditions) -> Conditions:
    """What everybody may know of a world: its calendar, its hours, its law."""
    return replace(conditions, working=Working(), arrivals=Steady(0.0, conditions.hours))


def _law(procedure: Class) -> LawVersion:
    item = procedure.item
    known = [law for law in item.laws if procedure.variant in law.variants]
    like = [law for law in item.laws if issubclass(procedure, OpeningRestaurantChain)]
    return known[-1] if known else like[0] if like else item.newest_law


def _bunched(a_day: float, hours: Hours, random: Generator) -> Arrivals:
    """Days that differ: their numbers of applicants vary more than by chance."""
    days: list[Sequence[float]] = []
    for _ in range(400):
        count = random.poisson(a_day * random.gamma(1.5, 1 / 1.5))
        days.append(sorted(9 * 3600 + random.random(count) * hours.length))
    return Recorded({True: days, False: [()]})


TUESDAYS = frozenset({1, 3})
JOINT = ("inspect-together", "conclude")
SINGLE = ("inspect-kitchen", "inspect-fire-safety", "inspect-drains")

WORLDS = (
    Planted("restaurant, bundle", OpeningRestaurantChain, OpeningRestaurantBundle, 0.6, (2, 3), "gamma",
            (0.3, 0.8), new=JOINT, old=SINGLE,
            outcomes={"check-completeness": {"complete": 0.85, "incomplete": 0.15}}),
    Planted("restaurant, bundle, quiet", OpeningRestaurantChain, OpeningRestaurantBundle, 0.35, (1, 2),
            "two kinds", (0.3, 0.7), new=JOINT, old=SINGLE, calendar="nl-2026.3"),
    Planted("restaurant, two branches", OpeningRestaurantChain, OpeningRestaurantTwoBranches, 0.7, (2, 4),
            "uniform", (0.4, 0.9), new=JOINT, bunched=True),
    Planted("restaurant, two branches, batches", OpeningRestaurantChain, OpeningRestaurantTwoBranches, 0.5,
            (2, 3), "lognormal", (0.3, 0.7), new=JOINT,
            batches={"inspect-kitchen": TUESDAYS, "inspect-drains": frozenset({0})}),
    Planted("construction", ConstructionPermitOneByOne, ConstructionPermit, 0.6, (2, 4), "gamma", (0.8, 2.0),
            outcomes={"check-completeness": {"complete": 0.9, "incomplete": 0.1},
                      "review-planning": {"consent": 0.95, "refuse": 0.05}}),
    Planted("construction, busy", ConstructionPermitOneByOne, ConstructionPermit, 0.8, (2, 3), "lognormal",
            (0.6, 1.4), calendar="it-2026.2", hours=(8, 14)),
    Planted("construction, batches", ConstructionPermitOneByOne, ConstructionPermit, 0.5, (1, 3), "uniform",
            (0.5, 1.2), batches={"review-planning": frozenset({0, 2}), "review-environment": frozenset({3})},
            bunched=True),
    Planted("tree felling", TreeFellingOneByOne, TreeFellingAddedReview, 0.65, (2, 3), "exponential",
            (0.5, 1.0), outcomes={"inspect-tree": {"fell": 0.85, "keep": 0.15}}),
    Planted("tree felling, one officer", TreeFellingOneByOne, TreeFellingAddedReview, 0.5, (1, 1),
            "two kinds", (0.3, 0.8), calendar="it-2026.2", batches={"review-habitat": TUESDAYS}),
)  # fmt: skip
"""They differ in load, officers, calendars and hours, batches, families of times, and how applicants come."""
