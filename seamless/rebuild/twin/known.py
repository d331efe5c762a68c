"""Courses that the real workflow code has taken: so it is asked once for each, not for each case.

What a case wants next follows from what has ended in it, how, and what it waits for: its code is
deterministic, and has no other memory. So whatever the real code said once at such a place is kept, and said
again of the next case that comes there. Where the time itself decides (a law that decides in silence, a stage
with a limit of its own, a limit that stands still), nothing is kept: that case goes on in the real code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from archive.steps import How
from contracts.terms.calendar import Calendar, calendar_of_case
from contracts.terms.clock_rules import TacitGrant, TacitRefusal
from contracts.terms.identifiers import Party
from contracts.terms.law import LawVersion
from contracts.terms.limits import Limit
from contracts.terms.requests import Rung
from seamless.rebuild.twin.living import Asked, Class, LivingCase, Saying, Turn, instant
from workflows.case.deadlines import Wait
from workflows.case.ladder import schedule

AN_INSTANT, NO_TIME = timedelta(microseconds=1), timedelta(0)


class OtherThanKnown(AssertionError):
    """The real code said something else than it had said at the same place of another case."""


class Term(NamedTuple):
    """How long a step may take, and its ladder with every grace.

    Attributes:
        key: tells it from every other.
        follows: it follows the last day of another limit, so it begins an instant before it is asked.
    """

    key: str
    limit: Limit
    ladder: tuple[Rung, ...]
    follows: bool

    @property
    def by_day(self) -> bool:
        """It ends with a day, whatever time of day it began at."""
        return "hours" not in self.key


class Known(NamedTuple):
    """What the real code said: who was asked, each with its term; what was over, and whether it closed."""

    asked: tuple[tuple[Asked, Term | None], ...]
    over: tuple[tuple[str, How], ...]
    closed: bool


Heard = tuple[tuple[str, str | None], ...]
"""What a case was told: steps, each with its outcome; None: nobody said anything until it was too late."""


@dataclass
class Place:
    """A place in the course. ``then``: what followed on what it heard here, and where that led; None: the
    time decides what follows."""

    then: dict[Heard, tuple[Known, Place] | None] = field(default_factory=dict)


class Courses:
    """All that is known of one application's courses through one procedure.

    Attributes:
        asked_of_code: so many cases were asked of the real code.
    """

    def __init__(self, procedure: Class, law: LawVersion) -> None:
        self.procedure, self.law = procedure, law
        self.asked_of_code = 0
        self.start = Place()
        self._places: dict[tuple[frozenset[object], frozenset[object]], Place] = {}
        self._ends: dict[tuple[str, str, int], float] = {}

    @property
    def timed(self) -> bool:
        """By its law the time may decide anywhere."""
        return isinstance(self.law.late, TacitGrant | TacitRefusal)

    def place(self, ended: frozenset[object], waiting: frozenset[object]) -> Place:
        """The place at which so much has ended, and so much is waited for, of whom."""
        return self._places.setdefault((ended, waiting), Place())

    def end(self, calendar: Calendar, name: str, term: Term, at: float) -> float:
        """From when on it is too late for what is asked at an instant."""
        if not term.by_day or name.startswith("compressed:"):
            return self._counted(calendar, term, at)
        began = instant(at) - (AN_INSTANT if term.follows else NO_TIME)
        key = (name, term.key, calendar.day(began).toordinal())
        end = self._ends.get(key)
        if end is None:
            end = self._ends[key] = self._counted(calendar, term, at)
        return end

    def _counted(self, calendar: Calendar, term: Term, at: float) -> float:
        began = instant(at) - (AN_INSTANT if term.follows else NO_TIME)
        _, rungs = schedule(calendar, began, term.limit, term.ladder, counting=self.law.counting)
        return rungs[-1].at.timestamp()


class KnownCase:
    """One case that goes as others went before it, and in the real code where none did."""

    def __init__(self, courses: Courses, calendar: str, at: float, live: Callable[[], LivingCase]) -> None:
        """
        Args:
            calendar: the version that it counts with.
            at: when it is opened.
            live: the same case in the real code, as it is then.
        """
        self._courses, self._live = courses, live
        self._name, self._opened_at = calendar, at
        self._calendar = calendar_of_case(calendar, instant(at))
        self._place = courses.start
        self._history: list[tuple[Saying | None, float]] = []
        self._open: dict[str, float | None] = {}
        self._holders: dict[str, Party] = {}
        self._ended: set[object] = set()
        self._code: LivingCase | None = None
        self._follows = True
        """Whether what it does may be kept, and is where others were."""

    # --- what happens to it -----------------------------------------------------------------------------

    def begin(self) -> Turn:
        """What it wants when it is opened."""
        return self._takes((), None, self._opened_at)

    @property
    def due(self) -> float | None:
        """When the next thing is due that may change its course."""
        if self._code is not None:
            return self._code.due
        return min((end for end in self._open.values() if end is not None), default=None)

    def ring(self, at: float) -> Turn:
        """Let time pass."""
        late = tuple(
            sorted((step, None) for step, end in self._open.items() if end is not None and end <= at)
        )
        if not late and self._code is not None and self._follows:
            return self._code.ring(at)  # a reminder
        return self._takes(late, None, at)

    def say(self, saying: Saying, at: float) -> Turn:
        """Tell it something."""
        if saying.outcome is None:  # that an officer has it changes no course
            self._history.append((saying, at))
            return self._code.say(saying, at) if self._code is not None else Turn()
        return self._takes(((saying.step, saying.outcome),), saying, at)

    def end(self) -> None:
        """Let it go."""
        if self._code is not None:
            self._code.end()
            self._code = None

    # --- what follows -----------------------------------------------------------------------------------

    def _takes(self, heard: Heard, saying: Saying | None, at: float) -> Turn:
        known = self._place.then.get(heard) if self._follows and not self._courses.timed else None
        if known is not None and self._code is None:
            self._history.append((saying, at))
            said, self._place = known
            return self._goes_on(heard, said, at)
        if self._code is None:
            self._code = self._caught_up()
            turn = self._code.begin() if not heard else self._told(self._code, saying, at)
        else:
            turn = self._told(self._code, saying, at)
        self._history.append((saying, at))
        if self._follows:
            self._keep(heard, turn, at, known)
        return turn

    def _told(self, code: LivingCase, saying: Saying | None, at: float) -> Turn:
        return code.ring(at) if saying is None else code.say(saying, at)

    def _caught_up(self) -> LivingCase:
        """The same case in the real code, up to here."""
        self._courses.asked_of_code += 1
        code = self._live()
        for number, (saying, at) in enumerate(self._history):
            if number == 0:
                code.begin()
            else:
                self._told(code, saying, at)
        return code

    def _keep(self, heard: Heard, turn: Turn, at: float, known: tuple[Known, Place] | None) -> None:
        """Keep what the code said; what it said before of another case, it says again."""
        assert self._code is not None
        waits = self._code.waits
        terms = [(asked, _term(waits.get(asked.step), at)) for asked in turn.asked]
        timed = self._courses.timed or self._code.has_stages
        for asked, term in terms:
            counted = None if term is None else self._courses.end(self._calendar, self._name, term, at)
            timed = timed or (not asked.check and counted != asked.until)
        if timed:
            self._follows = False
            self._place.then[heard] = None
            return
        said = Known(
            tuple((asked._replace(until=None), term) for asked, term in terms), turn.over, turn.closed
        )
        if known is not None and known[0] != said:
            kind = self._courses.procedure.workflow_type
            raise OtherThanKnown(f"{kind}: when it heard {heard}, it said {said}, and before {known[0]}")
        here = self._place
        self._goes_on(heard, said, at)
        following = self._courses.place(frozenset(self._ended), frozenset(self._holders.items()))
        here.then[heard] = (said, following)
        self._place = following

    def _goes_on(self, heard: Heard, said: Known, at: float) -> Turn:
        """Follow what was said; the same, at this case's own instants."""
        outcomes = dict(heard)
        for step, how in said.over:
            self._open.pop(step, None)
            self._holders.pop(step, None)
            self._ended.add((step, how, outcomes.get(step)))
        asked = []
        for each, term in said.asked:
            end = None
            if term is not None and not each.check:
                end = self._courses.end(self._calendar, self._name, term, at)
            self._open[each.step], self._holders[each.step] = end, each.holder
            asked.append(each._replace(until=end))
        if said.closed:
            self._open.clear()
            self._holders.clear()
        return Turn(tuple(asked), said.over, said.closed)


def _term(wait: Wait | None, at: float) -> Term | None:
    """The term of what was asked at an instant; None where it has no limit, or one that began otherwise."""
    if wait is None or wait.limit is None or wait.began is None:
        return None
    follows = wait.began == instant(at) - AN_INSTANT
    if not follows and wait.began != instant(at):
        return None
    return Term(f"{wait.limit!r} {wait.ladder!r} {follows}", wait.limit, wait.ladder, follows)
