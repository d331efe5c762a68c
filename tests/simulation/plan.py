"""What happens in one run of the simulation: drawn by its seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from contracts.terms.calendar_days import CalendarDays
from contracts.terms.directory import Directory, load_directory
from contracts.terms.identifiers import STANDARD, VariantId
from tests.simulation.days import published, version_after
from tests.simulation.played import CONSTRUCTION, ENVIRONMENTAL, TREE, Played

FAULTS_UNTIL = 70.0
"""Seconds; after that everything works, and an operator sees to what is left."""

HORIZON = 600.0

PARTITIONS = 2

Course = Literal[
    "soon", "refuse-soon", "refuse-at-the-end", "at-the-first-instant-after", "refuse-late", "silence"
]
Trouble = Literal[
    "calm",
    "flood",
    "early-flood",
    "away",
    "deaths",
    "losses",
    "stray-gateway",
    "transactions",
    "clock",
    "poison",
    "two-builds",
]


@dataclass
class Plan:
    """One run.

    Attributes:
        troubles: what goes wrong.
        partitioner: of each party's client.
        course: how each request of each case is answered, by case and request type.
        played: the procedure; variant: in which the gateway opens its cases.
        first_day: the legal day on which it begins, by a published calendar; None: on compressed days.
        calendars: versions that are published meanwhile, and when.
        completeness: how many times the application is found incomplete.
        pays: how the applicant of each case pays; supplements likewise.
        withdraws: when the applicant of each case withdraws, before its statutory end or after it.
        spread: so long after a legal day's end what follows is taken, at most.
        copies: how likely a party says something twice.
        away: spans in which broker and Temporal, or the gateways, are away.
        dies: when (by call) gateways and orchestrators die, in turn.
        chatter: how likely an agency says at once that it has a request.
        events_per_run: after so many a case goes on in a new run; bite: so many it takes in one task.
        slow: seconds that a signal may take: so the gateway is behind at many a deadline.
        two_builds: from when to when two builds of the procedure serve side by side.
        skew: of Temporal's clock; steps: of the broker's: from when, to when, by how much.
    """

    seed: int
    troubles: frozenset[Trouble] = frozenset()
    cases: int = 1
    gateways: int = 1
    partitioner: dict[str, str] = field(default_factory=dict)
    course: dict[tuple[int, str], Course] = field(default_factory=dict)
    played: Played = CONSTRUCTION
    variant: VariantId = STANDARD
    first_day: date | None = None
    calendars: list[tuple[float, CalendarDays]] = field(default_factory=list)
    spread: float = 0.0
    withdraws: dict[int, Course] = field(default_factory=dict)
    completeness: dict[int, int] = field(default_factory=dict)
    pays: dict[int, Course] = field(default_factory=dict)
    supplements: dict[int, Course] = field(default_factory=dict)
    copies: float = 0.0
    broker_away: list[tuple[float, float]] = field(default_factory=list)
    temporal_away: list[tuple[float, float]] = field(default_factory=list)
    gateways_away: list[tuple[float, float]] = field(default_factory=list)
    gateway_dies: list[tuple[int, bool]] = field(default_factory=list)
    orchestrator_dies: list[tuple[int, bool]] = field(default_factory=list)
    loses: float = 0.0
    forgets: float = 0.0
    skew: float = 0.0
    broker_skew: float = 0.0
    steps: list[tuple[float, float, float]] = field(default_factory=list)
    stray: tuple[float, float] | None = None
    two_builds: tuple[float, float] | None = None
    transactions: float = 0.0
    events_per_run: int = 1000
    bite: int = 100
    operator_seconds: float = 5.0
    slow: float = 0.0
    chatter: float = 0.0


def plan(seed: int) -> Plan:
    """The plan of a seed."""
    draw = random.Random(f"plan/{seed}")
    kinds: list[Trouble] = [
        "away", "deaths", "losses", "stray-gateway", "transactions", "clock", "poison", "two-builds"
    ]  # fmt: skip
    alone: Trouble | None = draw.choices(["calm", "flood", "early-flood", None], weights=[10, 12, 8, 70])[0]  # type: ignore[assignment]
    troubles = {alone} if alone else set(draw.sample(kinds, draw.choice([1, 1, 2, 3])))
    made = Plan(seed, frozenset(troubles))
    made.cases = draw.choice([1, 1, 2]) if alone is None else 2
    if alone is None or alone == "calm":
        _draw_law(made, draw)
    made.gateways = draw.choice([1, 1, 2])
    made.partitioner = {
        name: draw.choice(["murmur2", "crc32", "random"])
        for name in sorted({*made.played.agencies, "portal"})
    }
    _draw_courses(made, draw)
    made.copies = draw.choice([0.0, 0.2])
    made.skew, made.broker_skew = draw.choice([-0.1, 0.0, 0.1]), draw.choice([-0.1, 0.0, 0.1])
    made.chatter = draw.choice([0.0, 0.5])
    made.forgets = draw.choice([0.0, 0.0, 0.3])
    made.events_per_run = draw.choice([1000, 1000, 6])
    made.bite = draw.choice([100, 1])
    made.operator_seconds = draw.uniform(3, 15)
    _draw_troubles(made, draw)
    made.slow = draw.choice([0.0, 1.5]) if alone is None else 0.0
    return made


def _draw_law(made: Plan, draw: random.Random) -> None:
    made.played = draw.choices([CONSTRUCTION, TREE, ENVIRONMENTAL], [50, 25, 25])[0]
    made.variant = draw.choice(made.played.variants)
    if made.played is not CONSTRUCTION:
        made.cases, made.troubles = draw.choice([1, 2, 3]), made.troubles - {"two-builds"}
    if draw.random() < 0.3:
        return
    made.first_day = draw.choice(made.played.opened)
    made.spread = draw.choice([0.0, 2.0])
    days, at = published(made.played.calendars), 0.0
    for number in range(draw.choice([0, 0, 1, 2])):
        at += draw.uniform(2, 35)
        made.calendars.append((at, version_after(days, number, made.first_day, draw)))


def _draw_courses(made: Plan, draw: random.Random) -> None:
    for case in range(made.cases):
        bad = draw.choice(list(made.played.refuses))
        for request in made.played.requests:
            answers: list[Course] = ["soon", "silence"]
            weights = [85, 15]
            if request == bad:
                answers = ["soon", "refuse-soon", "refuse-at-the-end", "refuse-late", "silence"]
                weights = [15, 10, 50, 10, 15]
            elif made.played.checked and request == made.played.checked[0]:
                answers, weights = ["soon", "at-the-first-instant-after", "silence"], [80, 10, 10]
            made.course[case, request] = draw.choices(answers, weights)[0]
        made.completeness[case] = draw.choice([0, 0, 0, 1])
        ends: list[Course] = [
            "soon",
            "refuse-at-the-end",
            "at-the-first-instant-after",
            "refuse-late",
            "silence",
        ]
        made.pays[case] = draw.choices(ends, [50, 25, 10, 8, 7])[0]
        made.supplements[case] = draw.choices(ends, [50, 25, 10, 8, 7])[0]
        made.withdraws[case] = draw.choices(ends, [3, 4, 4, 4, 85])[0]
        if made.played is ENVIRONMENTAL and draw.random() < 0.5:  # only so its statutory limit runs out
            made.course[case, "environmental-permit.take-decision"] = "silence"
            made.completeness[case] = draw.choice([0, 1, 2])


def _draw_troubles(made: Plan, draw: random.Random) -> None:
    def span(longest: float) -> tuple[float, float]:
        begin = draw.uniform(1, FAULTS_UNTIL - longest - 10)
        return begin, begin + draw.uniform(0.5, longest)

    if "away" in made.troubles:
        for _ in range(draw.choice([1, 2])):
            which = draw.choice([made.broker_away, made.temporal_away, made.gateways_away])
            which.append(span(20))
    if "deaths" in made.troubles:
        made.gateway_dies = [(int(draw.expovariate(1 / 60)) + 1, draw.random() < 0.5) for _ in range(4)]
        made.orchestrator_dies = [(int(draw.expovariate(1 / 40)) + 1, draw.random() < 0.5) for _ in range(2)]
    if "losses" in made.troubles:
        made.loses = draw.choice([0.02, 0.1])
    if "stray-gateway" in made.troubles:
        made.stray = span(30)
    if "two-builds" in made.troubles:
        made.two_builds = span(40)
    if "transactions" in made.troubles:
        made.transactions = draw.choice([0.2, 0.6])
    if "clock" in made.troubles:
        for _ in range(draw.choice([1, 2])):
            begin, end = span(15)
            earlier = draw.choice([0.0, begin])  # over the opening of the reviews as often as later
            step = draw.choice([-4.0, -1.0, 1.0, 5.0, 30.0])
            made.steps.append((begin - earlier, end - earlier, step))


def directory(played: Played) -> Directory:
    """The parties of a procedure, and no more: every topic costs steps."""
    every = load_directory()
    return every.model_copy(
        update={
            "partitions": PARTITIONS,
            "agencies": tuple(each for each in every.agencies if each.id in played.agencies),
            "channels": tuple(each for each in every.channels if each.id == "portal"),
        }
    )
