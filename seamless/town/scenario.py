"""The scenario of a town: who is simulated, how much comes in, and for how long."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from contracts.procedures.rebuilding import STEERING_COMMITTEE
from contracts.terms.directory import Directory
from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import AgencyId, ChannelId
from seamless.replay.parties import CHANNEL as LOG
from seamless.town.manners import DEMONSTRATION, Manners

PER_DAY = 2.0
"""Applications in a working day, on average. With a day of five seconds, a platform takes about half a core
for it, see docs/operating.md."""


@dataclass(frozen=True)
class Scenario:
    """One town.

    Attributes:
        day: how long a working day lasts; that of the calendar by which cases are opened.
        seed: all draws depend on it: what each party does in a case follows from it and the case's number.
        per_day: applications in a working day on average. They come as a Poisson process.
        applications: so many in all, and the town ends once their cases are closed; None: without an end.
        days: it ends after so many working days; None: without an end.
        apart: agencies that are not simulated, and so are played by somebody else, or stay silent.

    Raises:
        InvalidInput: the rate, the days or the length of a day are not more than zero.
    """

    day: timedelta
    seed: int = 33
    per_day: float = PER_DAY
    applications: int | None = None
    days: float | None = None
    apart: frozenset[AgencyId] = frozenset()
    manners: Manners = DEMONSTRATION

    def __post_init__(self) -> None:
        given = {"rate": self.per_day, "days": self.days, "a day's length": self.day.total_seconds()}
        for name, value in given.items():
            if value is not None and not 0 < value < math.inf:
                raise InvalidInput(f"{name} of the simulation: it must be more than zero, not {value:g}")

    @property
    def seconds_between(self) -> float:
        """How many seconds pass between two applications, on average."""
        return self.day.total_seconds() / self.per_day

    @property
    def seconds(self) -> float | None:
        """How many seconds it lasts; None: without an end."""
        return None if self.days is None else self.days * self.day.total_seconds()


def agencies_in(directory: Directory, scenario: Scenario) -> list[AgencyId]:
    """The agencies that are simulated: those with a system of their own, but for those that are set apart,
    and the steering committee: a pilot in a simulated town is somebody's who tries the commands."""
    apart = scenario.apart | {STEERING_COMMITTEE}
    return [each.id for each in directory.agencies if each.participation == "system" and each.id not in apart]


def channels_in(directory: Directory) -> list[ChannelId]:
    """The channels that are simulated: all but the one through which logs are replayed; that one, too, where
    there is no other."""
    every = [each.id for each in directory.channels]
    return [each for each in every if each != LOG] or every


def set_apart(directory: Directory, names: Iterable[str]) -> frozenset[AgencyId]:
    """The agencies of these names.

    Raises:
        InvalidInput: the directory has none of that name, or it answers by an automated check, which is not
            simulated anyway.
    """
    known: dict[str, str] = {each.id: each.participation for each in directory.agencies}
    found: set[AgencyId] = set()
    for name in names:
        taking_part = known.get(name)
        if taking_part is None:
            raise InvalidInput(f"there is no agency {name!r} in the directory; there are: {', '.join(known)}")
        if taking_part == "check":
            raise InvalidInput(f"{name} answers by an automated check in its worker, and is never simulated")
        found.add(AgencyId(name))
    return frozenset(found)
