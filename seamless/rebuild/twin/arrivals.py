"""When applicants come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from seamless.rebuild.twin.draws import Draws
from seamless.rebuild.twin.hours import Hours

Day = Sequence[tuple[str, float]]
"""The applications of one day: each by a name of its own, and when it comes, in seconds since 1970."""


class Arrival(NamedTuple):
    """One application.

    Attributes:
        at: when, in seconds since 1970.
        name: tells it from every other; the same in worlds with more or fewer of them.
    """

    at: float
    name: str


class Arrivals(Protocol):
    """When applicants come."""

    @property
    def a_day(self) -> float:
        """How many a day, on average, counted over all days of the calendar."""
        ...

    def on(self, place: int, midnight: float, works: bool, draws: Draws) -> Day:
        """Who comes on one day, in order.

        Args:
            place: the number of the day.
            works: it is a working day.
        """
        ...


@dataclass(frozen=True)
class Steady:
    """So many a working day on average, in office hours, each independent of the others."""

    a_working_day: float
    hours: Hours

    @property
    def a_day(self) -> float:
        """How many a day of the calendar, about."""
        return self.a_working_day * 5 / 7

    def on(self, place: int, midnight: float, works: bool, draws: Draws) -> Day:
        """Who comes on one day."""
        if not works or self.a_working_day <= 0:
            return ()
        opens, at = self.hours.next_opening(midnight - 1), 0.0
        found: list[tuple[str, float]] = []
        while (at := at + draws.between(1 / self.a_working_day, "arrives", place, len(found))) < 1:
            found.append((str(len(found)), opens + at * self.hours.length))
        return found


@dataclass(frozen=True)
class Recorded:
    """As they came in a log: each day is one of its days, drawn among those of the same kind.

    Attributes:
        days: by kind of day, of each of its days, when they came, in seconds since midnight.
    """

    days: Mapping[bool, Sequence[Sequence[float]]]

    @property
    def a_day(self) -> float:
        """How many a day of the calendar."""
        everyday = [day for days in self.days.values() for day in days]
        return sum(map(len, everyday)) / max(1, len(everyday))

    def on(self, place: int, midnight: float, works: bool, draws: Draws) -> Day:
        """Who comes on one day."""
        days = self.days.get(works, ())
        if not days:
            return ()
        day = days[int(draws.share("day", place) * len(days))]
        return [(str(number), midnight + at) for number, at in enumerate(day)]


SOON = 3600.0
"""One more applicant comes up to so many seconds after the one that it is like."""


@dataclass(frozen=True)
class Scaled:
    """More of them, or fewer: ``factor`` times as many."""

    of: Arrivals
    factor: float

    @property
    def a_day(self) -> float:
        """How many a day."""
        return self.of.a_day * self.factor

    def on(self, place: int, midnight: float, works: bool, draws: Draws) -> Day:
        """Who comes on one day: each of the others more than once, or not always."""
        found = []
        for name, at in self.of.on(place, midnight, works, draws):
            for copy in range(int(self.factor + draws.share("copies", place, name))):
                later = copy * SOON * draws.share("copy", place, name, copy)
                found.append((f"{name}+{copy}" if copy else name, at + later))
        return sorted(found, key=lambda each: each[1])


def arrivals(of: Arrivals, first: float, hours: Hours, draws: Draws) -> Iterator[Arrival]:
    """All applications from a day on, in order, without end."""
    day, place = hours.day(first), 0
    while True:
        midnight = hours.midnight(day)
        for name, at in of.on(place, midnight, hours.works_on(day), draws):
            yield Arrival(at, f"{place}.{name}")
        day, place = day.fromordinal(day.toordinal() + 1), place + 1
