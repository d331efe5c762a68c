"""Goal 5: in planted worlds, whoever sees only a log of the old way predicts what the new way brings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np

from bench.rebuild.goals import Goal
from bench.rebuild.planted import WORLDS, Planted, without_times
from seamless.rebuild.log import EventLog
from seamless.rebuild.twin.changes import Change
from seamless.rebuild.twin.conditions import Conditions, Working
from seamless.rebuild.twin.learning import learn
from seamless.rebuild.twin.logged import event_log
from seamless.rebuild.twin.predicting import Question, predict, whole_times
from seamless.rebuild.twin.world import Registries, World

LOGGED, LOGS = 250, 4
"""Cases in a log, and logs that each world gives: what is predicted from each is judged."""
RUNS, CASES = 10, 300
TRUE_RUNS, TRUE_CASES = 4, 2000
MOST_POINTS, LEAST_COVERED = 4.0, 0.85


class Judged(NamedTuple):
    """What was predicted of a world, and what is true there. Shares of the whole time before."""

    name: str
    truth: float
    predicted: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]

    @property
    def points(self) -> float:
        """How far the predictions are off, on average, in percentage points."""
        return 100 * float(np.mean([abs(each - self.truth) for each in self.predicted]))

    @property
    def covered(self) -> int:
        """How many intervals hold the truth."""
        return sum(low <= self.truth <= high for low, high in self.intervals)


def judge(world: Planted, seed: int, logs: int = LOGS) -> Judged:
    """Predict a world's change from each of so many logs, and compare with the change really made in it."""
    known, true = Registries(), world.conditions(seed)
    change = Change(instead=world.instead())
    truth = _gain(true, change, known, seed)
    stated = {step: true.working.times[step] for step in world.new}
    predicted, intervals = [], []
    for number in range(logs):
        log = recorded(true, known, 7919 * seed + 31 * number + 1)
        question = Question(
            replace(without_times(true), working=Working(stated)), change, learn(log, true.hours), stated
        )
        found = predict(question.as_learned(), runs=RUNS, cases=CASES, seed=number, known=known)
        predicted.append(found.gain.value)
        intervals.append((found.gain.low, found.gain.high))
    return Judged(world.name, truth, tuple(predicted), tuple(intervals))


def recorded(true: Conditions, known: Registries, seed: int) -> EventLog:
    """A log of a world that has gone on for a while, as it stands when the last of its cases starts."""
    world = World(true, seed, known.of(true).case)
    world.run(LOGGED + LOGGED // 4)
    cases = world.cases[-LOGGED:]
    log = event_log(cases, "planted.csv", world.now)
    return log.as_seen(datetime.fromtimestamp(cases[-1].started, UTC))


def _gain(true: Conditions, change: Change, known: Registries, seed: int) -> float:
    """What the change really brings: both worlds, for long."""
    sides = []
    for conditions in (true, change.applied(true)):
        times = []
        for number in range(TRUE_RUNS):
            world = World(conditions, 104_729 * seed + number, known.of(conditions).case)
            world.run(TRUE_CASES + TRUE_CASES // 4)
            times.append(whole_times(world.cases[-TRUE_CASES:]).mean())
        sides.append(float(np.mean(times)))
    return 1 - sides[1] / sides[0]


def twins(seed: int = 1) -> Iterator[Goal]:
    """Whether predicted gains are near the true ones, and intervals as wide as they say."""
    cores = min(len(WORLDS), os.cpu_count() or 1)
    with ProcessPoolExecutor(cores, get_context("spawn")) as pool:
        found: Sequence[Judged] = list(pool.map(judge, WORLDS, [seed] * len(WORLDS)))
    for each in found:
        said = f"true gain {each.truth:.1%}, predicted {np.mean(each.predicted):.1%}"
        width = float(np.mean([high - low for low, high in each.intervals]))
        beside = f"off by {each.points:.1f} points, {each.covered} of {LOGS} held, {100 * width:.0f} wide"
        yield Goal(f"twin: {each.name}", "", said, True, beside)
    points = float(np.mean([each.points for each in found]))
    covered = sum(each.covered for each in found) / sum(len(each.predicted) for each in found)
    yield Goal(
        "twin: predicted gain",
        f"within {MOST_POINTS:g} points on average",
        f"{points:.1f} points",
        points <= MOST_POINTS,
        f"{len(found)} worlds, {LOGS} logs each",
    )
    yield Goal(
        "twin: intervals of 90 %",
        f"hold at least {LEAST_COVERED:.0%}",
        f"{covered:.0%}",
        covered >= LEAST_COVERED,
        "of the true gains",
    )
