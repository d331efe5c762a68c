"""A world of the twin: many cases at once, in virtual time, from one thing that happens to the next."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from math import ceil
from typing import Any, Protocol

from archive.steps import How
from contracts.platform import Opened
from contracts.terms.errors import InvalidInput
from contracts.terms.identifiers import CaseId, ChannelId
from contracts.terms.values import Statement
from seamless.rebuild.twin.agency import Agency, Task
from seamless.rebuild.twin.arrivals import Arrival, arrivals
from seamless.rebuild.twin.conditions import Conditions
from seamless.rebuild.twin.draws import Draws
from seamless.rebuild.twin.known import Courses, KnownCase
from seamless.rebuild.twin.living import Asked, LivingCase, Saying, Turn, instant

CHANNEL = ChannelId("portal")
SECRET = "0" * 64
UNKNOWN_DAYS = 1.0
"""What a step takes of which it is not known. No figure may come of a world with such a step."""
BACKLOG_DAYS = 120.0
"""So many working days of work may wait for each officer of an agency: half a year. With more, it does not
keep up, and how long a request takes depends on how long one goes on looking."""
LAST = 2**31
"""At one instant, what is due comes first, case by case; then everything else."""


class Course(Protocol):
    """A case as a world has it, in the real code or as it is known from it."""

    def begin(self) -> Turn:
        """What it wants when it is opened."""
        ...

    @property
    def due(self) -> float | None:
        """When something is due in it next."""
        ...

    def ring(self, at: float) -> Turn:
        """Let time pass."""
        ...

    def say(self, saying: Saying, at: float) -> Turn:
        """Tell it something."""
        ...

    def end(self) -> None:
        """Let it go."""
        ...


@dataclass
class StepOf:
    """One step of a case, in seconds since 1970."""

    asked: Asked
    queued: float
    begun: float | None = None
    ended: float | None = None
    officer: str | None = None
    outcome: str | None = None
    how: How | None = None


@dataclass(eq=False)
class CaseOf:
    """One case of a world.

    Attributes:
        place: its number, in the order of arrival.
        steps: in the order in which they were asked.
        tasks: what of it lies at agencies, by step.
        alarm: when it is to be rung next.
        again: by activity, how often it was asked.
    """

    place: int
    arrival: Arrival
    course: Course
    started: float
    ended: float | None = None
    steps: list[StepOf] = field(default_factory=list)
    open: dict[str, StepOf] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    alarm: float | None = None
    again: dict[str, int] = field(default_factory=dict)


Making = Callable[[str, float, Callable[[], LivingCase], int], Course]
"""Makes a case of a world: counting with this calendar, opened at this instant, of what makes it in the real
code, for which of the applications."""


class Registry:
    """What is known of the courses of one way of working, for any number of worlds."""

    def __init__(self, conditions: Conditions) -> None:
        self._courses = [Courses(conditions.procedure, conditions.law) for _ in conditions.applications]

    def case(self, calendar: str, at: float, live: Callable[[], LivingCase], application: int) -> Course:
        """A case that goes as others did before it."""
        return KnownCase(self._courses[application], calendar, at, live)

    @property
    def asked_of_code(self) -> int:
        """How many cases were asked of the real code."""
        return sum(each.asked_of_code for each in self._courses)


class Registries:
    """What is known of any number of ways of working."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str, tuple[Statement, ...]], Registry] = {}

    def of(self, conditions: Conditions) -> Registry:
        """What is known of the way of working of a world."""
        key = (conditions.procedure.workflow_type, conditions.law.id, conditions.applications)
        return self._of.setdefault(key, Registry(conditions))


def in_code(calendar: str, at: float, live: Callable[[], LivingCase], application: int) -> Course:
    """A case in the real code from its beginning to its end."""
    return live()


class World:
    """One world. It begins empty.

    Attributes:
        cases: in the order of arrival.
        agencies: by id.
        unknown: the steps that were asked for and of which it is not known how long they take.
        now: the instant up to which it has come.
    """

    def __init__(self, conditions: Conditions, seed: int, making: Making) -> None:
        self.conditions, self.cases = conditions, list[CaseOf]()
        self.now = conditions.first
        self._draws, self._making = Draws(seed), making
        way = conditions.procedure.workflow_type, conditions.law.id
        self._mark = f"{int(self._draws.share('world', *way) * 16**12):012x}"
        self._events: list[tuple[float, int, int, Callable[[float], None]]] = []
        self._order = count()
        self.agencies: dict[str, Agency] = {}
        self.unknown: set[str] = set()

    def run(self, cases: int) -> None:
        """Let so many applicants come, one after the other, and wait for the end of the last case.

        Raises:
            InvalidInput: nobody comes, or an agency does not keep up with its requests.
        """
        if self.conditions.arrivals.a_day <= 0:
            raise InvalidInput("nobody applies in this world; give --arrivals, as 3 (a working day)")
        coming = arrivals(self.conditions.arrivals, self.conditions.first, self.conditions.hours, self._draws)
        for place in range(cases):
            arrival = next(coming)
            self.schedule(arrival.at, partial(self._open_case, place, arrival))
        while self._events:
            self.now, _, _, event = heapq.heappop(self._events)
            event(self.now)

    def schedule(self, at: float, event: Callable[[float], None]) -> None:
        """Let something happen at an instant, or now where that is past."""
        self._push(_tick(max(at, self.now)), LAST, event)

    def _push(self, at: float, place: int, event: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (max(at, self.now), place, next(self._order), event))

    # --- cases ------------------------------------------------------------------------------------------

    def _open_case(self, place: int, arrival: Arrival, now: float) -> None:
        conditions = self.conditions
        number = int(self._draws.share(arrival.name, "application") * len(conditions.applications))
        live = partial(self._live, place, number, now)
        case = CaseOf(place, arrival, self._making(conditions.calendar, now, live, number), now)
        self.cases.append(case)
        self._follow(case, case.course.begin(), now)

    def _live(self, place: int, application: int, now: float) -> LivingCase:
        conditions = self.conditions
        procedure, at = conditions.procedure, instant(now)
        opened = Opened[Any](
            case=CaseId(f"{CHANNEL}-{place:08x}-0000-7000-8000-{self._mark}"),
            procedure=procedure.item.procedure,
            law=conditions.law.id,
            variant=procedure.variant,
            administration=conditions.directory.administration,
            channel=CHANNEL,
            calendar=conditions.calendar,
            checks=conditions.directory.checks(),
            application=conditions.applications[application],
            cause="twin",
            secret=SECRET,
            occurred=at,
            received=at,
        )
        return LivingCase(procedure, procedure.item, opened)

    def _follow(self, case: CaseOf, turn: Turn, now: float) -> None:
        """Let everybody do what a case wants of them."""
        for step, how in turn.over:
            self._over(case, step, how, turn, now)
        for asked in turn.asked:
            self._asked(case, asked, now)
        if turn.closed:
            for step in list(case.open):
                self._over(case, step, "stopped", turn, now)
            case.ended, case.alarm = now, None
            case.course.end()
            return
        due = case.course.due
        if due is not None and (case.alarm is None or due < case.alarm or case.alarm < now):
            case.alarm = due
            self._push(due, case.place, partial(self._ring, case))  # what comes at that instant is too late

    def _ring(self, case: CaseOf, now: float) -> None:
        if case.ended is not None:
            return
        case.alarm = None
        due = case.course.due
        turn = case.course.ring(now) if due is not None and due <= now else Turn()
        self._follow(case, turn, now)

    def _say(self, case: CaseOf, saying: Saying, now: float) -> None:
        step = case.open.get(saying.step)
        if step is None:
            return
        if saying.outcome is None:
            step.begun, step.officer = now, saying.officer
        else:
            step.outcome = saying.outcome
        self._follow(case, case.course.say(saying, now), now)

    # --- steps ------------------------------------------------------------------------------------------

    def _over(self, case: CaseOf, step: str, how: How, turn: Turn, now: float) -> None:
        record = case.open.pop(step, None)
        if record is None:
            return
        record.ended, record.how = now, how
        task = case.tasks.pop(step, None)
        if task is None or how == "answered":
            return
        again = next((each for each in turn.asked if _is_again(record.asked, each)), None)
        if again is None:
            self.agencies[record.asked.holder.id].stop(task, now)
        else:  # who is asked again goes on where it was
            task.step = again.step
            case.tasks[again.step] = task

    def _asked(self, case: CaseOf, asked: Asked, now: float) -> None:
        if (other := case.open.get(asked.step)) is not None:  # referred to another one
            self._over(case, asked.step, "stopped", Turn(), now)
            other.ended = now
        record = StepOf(asked, now)
        case.steps.append(record)
        case.open[asked.step] = record
        if asked.step in case.tasks:
            return
        nth = case.again[asked.activity] = case.again.get(asked.activity, 0) + 1
        outcome = self._outcome(case, asked, nth)
        if asked.check:
            self.schedule(now, partial(self._say, case, Saying(asked.step, outcome)))
            return
        times = self.conditions.working.times.get(asked.activity)
        if times is None:
            self.unknown.add(asked.activity)
        share = self._draws.share(case.arrival.name, asked.activity, nth)
        days = UNKNOWN_DAYS if times is None else times.quantile(share)
        if asked.holder.kind != "agency" or not asked.is_request:
            self.schedule(now + days * 86400, partial(self._say, case, Saying(asked.step, outcome)))
            return
        weekdays = self.conditions.working.batches.get(asked.activity)
        task = Task(case, asked.step, asked.activity, days, weekdays, now, outcome)
        case.tasks[asked.step] = task
        agency = self._agency(asked.holder.id)
        agency.ask(task, now)
        if agency.officers and agency.backlog > BACKLOG_DAYS * agency.officers:
            raise InvalidInput(self._does_not_keep_up(asked.holder.id, agency.officers, agency.backlog))

    def _does_not_keep_up(self, agency: str, officers: int, backlog: float) -> str:
        return (
            f"{agency} does not keep up in {self.conditions.procedure.workflow_type}: {backlog:.0f} working "
            f"days of work wait for {officers} officers. Give it more, as --staff {agency}={2 * officers}, "
            "or let fewer apply, as --arrivals 1 or --load -50%"
        )

    def _outcome(self, case: CaseOf, asked: Asked, nth: int) -> str:
        """What is going to be said: drawn from those that may be."""
        shares = self.conditions.working.outcomes.get(asked.activity, {})
        possible = [(each, shares.get(each, 0.0)) for each in asked.outcomes]
        left = self._draws.share(case.arrival.name, asked.activity, nth, "outcome")
        left *= sum(share for _, share in possible)
        for outcome, share in possible:
            if left < share:
                return outcome
            left -= share
        return asked.outcomes[0]

    def _agency(self, name: str) -> Agency:
        if name not in self.agencies:
            officers = self.conditions.working.officers.get(name)
            self.agencies[name] = Agency(
                officers, self.conditions.hours, self.schedule, partial(self._begins, name), self._ends
            )
        return self.agencies[name]

    def _begins(self, agency: str, task: Task, now: float) -> None:
        self._say(task.case, Saying(task.step, None, f"{agency}-{task.officer + 1}"), now)

    def _ends(self, task: Task, now: float) -> None:
        case: CaseOf = task.case
        officer = case.open[task.step].officer if task.step in case.open else None
        self._say(case, Saying(task.step, task.outcome, officer), now)


def _tick(at: float) -> float:
    """The first thousandth of a second from then on."""
    return ceil(at * 1000 - 1e-6) / 1000


def _is_again(before: Asked, after: Asked) -> bool:
    return before.activity == after.activity and before.holder == after.holder and before.step != after.step
