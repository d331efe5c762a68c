"""What is measured of a procedure. Times are in days, shares of 1; None is "not known"."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from seamless.rebuild.log import Ends, Number
from seamless.rebuild.survival import Curve, Estimate

Unknown = Literal[
    "whole-time", "who-held", "working-time", "limit-by-law", "limit-promised", "silence",
    "one-officer", "supplements", "materials", "visits", "objections", "satisfaction", "cost",
]  # fmt: skip
"""What a log may not tell."""

By = Literal["agency", "step", "handoff", "variant", "month"]
BYS: tuple[By, ...] = get_args(By)


class Figure(BaseModel):
    """What was measured, for people and for programs. Its texts are whatever a log has."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Interval(Figure):
    """A value with its interval of 95 %."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, found: Estimate, least: float = 0.0, most: float = float("inf")) -> Interval:
        """The interval of an estimate, as far as there can be such values."""
        return cls(value=found.value, low=max(least, found.low), high=min(most, found.high))


class Change(Interval):
    """By how much a value differs, as a share of what it was, or in shares where it is one.

    ``differs``: the interval does not hold 0.
    """

    differs: bool

    @classmethod
    def by(cls, found: Estimate | None) -> Change | None:
        """The change of an estimate."""
        if found is None:
            return None
        differs = not found.low <= 0 <= found.high
        return cls(value=found.value, low=found.low, high=found.high, differs=differs)


class Duration(Figure):
    """How long something took.

    Attributes:
        count, open: of how many, and how many of them have not ended.
        mean: each counted up to ``horizon`` days at most, those that have not ended with what they took so
            far (the restricted mean of Kaplan and Meier).
        median, nine_in_ten: by when half and nine in ten have ended; None where not so many have.
        longer: the share that takes longer than the horizon.
        finished: the plain average of those that have ended, which hides those that take long.
        curve: the share that takes longer than so many days, for a picture.
    """

    count: int
    open: int
    horizon: float
    mean: Interval
    median: float | None
    nine_in_ten: float | None
    longer: float
    finished: float | None
    curve: tuple[tuple[float, float], ...] = ()


class Half(Figure):
    """A part of the log, by when its cases started.

    Attributes:
        recorded: from the first to the last recorded step.
        one_officer: the share of cases in which all recorded steps are one officer's.
    """

    since: datetime
    until: datetime
    cases: int
    whole: Duration | None
    recorded: Duration | None
    one_officer: Interval | None


class Halves(Figure):
    """The earlier half of the cases and the later one, and how they differ."""

    first: Half
    second: Half
    whole: Change | None
    recorded: Change | None
    one_officer: Change | None


Phase = Literal["before", "recorded", "after", "since"]
"""Of a case's time: until its first recorded step has ended, or somebody was asked for one; from there to its
last recorded step; from there to its end; of an open case, since its latest step."""

PHASES: tuple[Phase, ...] = get_args(Phase)


class Part(Figure):
    """A part of the whole time of all cases, each up to the horizon; open cases up to now.

    ``name`` None: the log does not say whose time it was.
    """

    name: str | None
    days_per_case: float
    share: float


class Pair(Figure):
    """A handoff between two, and what it took until the second one was done."""

    before: str
    after: str
    count: int
    per_case: float
    median: float


class Repeated(Figure):
    """A step that is taken again."""

    activity: str
    cases: int
    share: float


class Handoffs(Figure):
    """How a case goes round.

    Attributes:
        between: who is compared: agencies and desks, or, where the log does not tell of any, steps.
        per_case: handoffs of a case.
        pairs: the most frequent.
        rework: the share of cases in which a step was taken more than once; ``repeated`` says which.
        ping_pong: the share of cases that went from one to another and straight back.
    """

    between: Literal["groups", "activities"]
    per_case: Interval
    pairs: tuple[Pair, ...]
    rework: Interval
    repeated: tuple[Repeated, ...]
    ping_pong: Interval


class Batch(Figure):
    """A step that is taken for many cases on few days.

    Attributes:
        days: on how many days four in five of its cases were moved, of ``of_days`` in all.
        largest: most cases on one day.
        waiting: days for which a case of it waited for the day; see docs/rebuild.md.
        share: what that is of the whole time of all cases.
    """

    activity: str
    cases: int
    days: int
    of_days: int
    largest: int
    waiting: float
    share: float


class Punctual(Figure):
    """How many were in time.

    Attributes:
        share: in time, of all that were decided or are overdue.
        early_open: open, and not yet overdue.
    """

    in_time: int
    late: int
    overdue_open: int
    early_open: int
    share: Interval | None


class Silence(Figure):
    """What silence brought about.

    Attributes:
        steps, of_steps: steps that ended by an answer that the law supplied, of all that ended.
        outcomes: as what it counted.
        cases: decided by the law, since nobody had in time; None: not known.
    """

    steps: int
    of_steps: int
    outcomes: dict[str, int]
    cases: int | None


class Count(Figure):
    """What is counted once a case: the mean of the cases of which it is known, and how many have any."""

    name: Number
    cases: int
    mean: float
    with_any: float


class Explained(Figure):
    """How much of the variance of the whole time goes with something; with no word on what causes what.

    ``in_course``: it is known only once the case went its way.
    """

    name: str
    levels: int
    in_course: bool
    share: Interval


class Row(Figure):
    """One line of a breakdown: the time of those that have this ``key``, which is two parties of a handoff.

    ``share`` is what it is of the whole time of all cases; None where it is no part of it.
    """

    key: tuple[str | None, ...]
    duration: Duration
    share: float | None
    in_time: Punctual | None


class Measured(Figure):
    """All that is measured of a procedure.

    Attributes:
        columns: which field was read from which column.
        ends, ending: how it is known when a case ended; see :data:`seamless.rebuild.log.Ends`.
        passed_over: what was read and is in no figure.
        horizon: the days up to which a case counts.
        working: of the time of steps whose beginning is recorded, the share after it; ``working_of`` is how
            many those are.
    """

    name: str
    as_of: datetime
    since: datetime
    until: datetime
    cases: int
    open: int | None
    ends: Ends
    ending: tuple[str, ...]
    columns: dict[str, str]
    passed_over: dict[str, int]
    by_day: bool
    horizon: float
    whole: Duration | None
    halves: Halves | None
    phases: tuple[Part, ...]
    holders: tuple[Part, ...]
    working: Interval | None
    working_of: int
    handoffs: Handoffs
    batches: tuple[Batch, ...]
    by_law: Punctual | None
    by_promise: Punctual | None
    steps_in_time: Punctual | None
    silence: Silence | None
    counts: tuple[Count, ...]
    explained: tuple[Explained, ...]
    months: tuple[Row, ...]
    not_known: tuple[Unknown, ...]
    by: By | None = None
    rows: tuple[Row, ...] = ()

    @property
    def known_holders(self) -> tuple[Part, ...]:
        """The holders, without the time of which it is not known who had the case."""
        return tuple(part for part in self.holders if part.name is not None)


def sampled(curve: Curve, horizon: float, points: int = 120) -> tuple[tuple[float, float], ...]:
    """A curve at so many times up to the horizon."""
    return tuple(
        (horizon * at / points, curve.longer_than(horizon * at / points)) for at in range(points + 1)
    )
