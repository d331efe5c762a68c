"""What exploring a course gives: its states, and what leads from one to another.

A drawing, a comparison of two procedures, the rules and the longest path are all made from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from contracts.terms.decisions import Decision
from contracts.terms.identifiers import AgencyId, Party
from contracts.terms.law import LawVersion
from contracts.terms.limits import Limit
from contracts.terms.requests import Rung
from contracts.terms.values import Statement
from contracts.wire.envelope import Message
from seamless.explore.frames import Place

Does = Literal[
    "opens", "answers", "hands-in", "pays", "reports", "notice", "silence", "withdraws", "cancels", "outage",
    "law",
]  # fmt: skip
"""What moves a case on. ``silence``: nobody says anything until the next limit is over; ``outage``: the same,
and the platform is away meanwhile; ``law``: the law's limit ends before anybody says anything."""

NOT_BY_ITSELF = ("cancels", "withdraws")
"""That an operator can end the case, or the applicant take it back, is not an end that the course comes
to."""


BY_SILENCE = frozenset({"deemed", "lapsed", "referred"})
"""Entries that end a step since nobody spoke."""


@dataclass(frozen=True)
class Move:
    """What somebody does, or that time passes.

    Attributes:
        who: who does it; the platform, where time passes.
        said: what, in a few words.
        step: of the wait that it is about.
        outcome: of an answer.
        message: what is sent to the case.
        whole: what was wanted was said or done in full, so that the wait ends.
        odd: it is not the plain one among those that its wait can end by.
        rare: it is like another one but for its reason, or for what else it says beside its outcome.
    """

    does: Does
    who: Party
    said: str = ""
    step: str | None = None
    outcome: str | None = None
    message: Message | None = None
    whole: bool = True
    odd: bool = False
    rare: bool = False


class Happening(NamedTuple):
    """An entry of the ledger, as far as a story tells it. ``day``: so many days after the opening."""

    kind: str
    day: float
    step: str | None
    agency: AgencyId | None
    outcome: str | None
    reason: str | None
    materials: tuple[str, ...]


class Open(NamedTuple):
    """A step that is open in a state: who has it, and what follows if nothing comes.

    Attributes:
        step: with its ordinal.
        limit, ladder: None and empty where there is no limit, or a day was named.
        wants: of a wait for reports, which.
    """

    step: str
    holder: Party
    limit: Limit | None
    ladder: tuple[Rung, ...]
    referred: bool
    basis: str | None
    wants: tuple[str, ...]
    pays: bool

    @property
    def name(self) -> str:
        """The step without its ordinal and its procedure."""
        return local(self.step)


@dataclass(frozen=True)
class State:
    """A state of a course: what it can still see, what is open, what runs.

    Attributes:
        number: in the order in which they were found, from 0 on.
        depth: by so many moves it is reached first.
        places: the lines at which the course stands.
        runs: the clock of the case runs.
        extended: by how much its limits were extended.
        decided: how the case was decided.
        closed: the case has ended.
        fault: why its task fails.
        cut: it was not explored: a step was opened more often than loops are followed.
    """

    number: int
    depth: int
    places: tuple[Place, ...]
    open: tuple[Open, ...]
    runs: bool
    extended: tuple[Limit, ...]
    decided: Decision | None
    closed: bool
    fault: str | None = None
    cut: str | None = None


@dataclass(frozen=True)
class Transition:
    """A move from a state to another one, and what happened by it.

    Attributes:
        ended: the steps that it ended.
        went_on: the course went on by it; else it waits where it was for what else is open.
    """

    source: int
    target: int
    move: Move
    happened: tuple[Happening, ...]
    ended: tuple[str, ...] = ()
    went_on: bool = True


class Broken(NamedTuple):
    """A rule that a transition breaks, by its name and in words."""

    rule: str
    told: str
    transition: Transition


@dataclass
class Graph:
    """All that was found of one procedure under one law version, for one application.

    Attributes:
        label: which application.
        application: it.
        begun_before: the case began before each change that its course asks about with ``workflow.patched``.
        parents: the transition by which each state was found first.
        broken: what breaks a rule, the first of its kind.
        left: the states that were not expanded, since enough moves were made.
        rounds: so often a step was opened at most.
    """

    procedure: str
    law: LawVersion
    label: str
    application: Statement
    begun_before: bool = False
    states: list[State] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    parents: dict[int, Transition] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    rounds: int = 0

    @property
    def cut(self) -> list[str]:
        """The loops that were not followed any more."""
        return sorted({state.cut for state in self.states if state.cut})

    def way(self, transition: Transition) -> list[Transition]:
        """The shortest way that ends with a transition."""
        first = transition.source == transition.target == 0 and transition.move.does == "opens"
        return [transition] if first else [*self.path(transition.source), transition]

    def path(self, to: int) -> list[Transition]:
        """The shortest way to a state, from the opening on."""
        found: list[Transition] = []
        while to in self.parents:
            found.append(self.parents[to])
            to = found[-1].source if found[-1].source != to else -1
        return found[::-1]


def local(step: str) -> str:
    """The name of a step without its procedure and its ordinal: ``review-planning``."""
    return step.partition("/")[0].rpartition(".")[2]


def ordinal(step: str) -> int:
    """Which use of its verb a step is."""
    number = step.rpartition("/")[2]
    return int(number) if number.isdigit() else 1


def plain(value: Any) -> str:
    """A few words of any value."""
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
