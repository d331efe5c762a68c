"""A simulated agency: a queue and its officers, who work in office hours, each on one request at a time."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seamless.rebuild.twin.hours import Hours

Schedule = Callable[[float, Callable[[float], None]], None]
"""Have something done at an instant."""


@dataclass(eq=False)
class Task:
    """One request at an agency.

    Attributes:
        case: whose it is.
        step: its name in the case.
        days: how long an officer works on it, in working days.
        weekdays: it is taken up on these days of the week only, Monday being 0; None: on any.
        asked, begun: when the agency was asked, and when an officer began.
        officer: which one of the agency's.
        outcome: what will be said of it.
        stopped: it is needed no longer.
    """

    case: Any
    step: str
    activity: str
    days: float
    weekdays: frozenset[int] | None
    asked: float
    outcome: str
    begun: float | None = None
    officer: int = 0
    stopped: bool = False


class Agency:
    """One agency. Who has waited longest is served first; what is taken up on certain days only waits for
    them, and lets others pass.

    Attributes:
        officers: how many; None: as many as are needed, so nothing waits, and nobody says who has it.
        backlog: for how many working days an officer would have to work on what waits.
        longest: how many requests waited at most.
        waited, taken: how many working days they waited for an officer in all, and how many they were.
        busy: for how many working days officers were at work in all.
    """

    def __init__(
        self,
        officers: int | None,
        hours: Hours,
        schedule: Schedule,
        begins: Callable[[Task, float], None],
        ends: Callable[[Task, float], None],
    ) -> None:
        """
        Args:
            begins, ends: told when an officer begins with a request, and is done with it.
        """
        self.officers = officers
        self._hours, self._schedule = hours, schedule
        self._begins, self._ends = begins, ends
        self._free: list[int] | None = None if officers is None else list(range(officers))
        self._queue: deque[Task] = deque()
        self._on_days: defaultdict[frozenset[int], deque[Task]] = defaultdict(deque)
        self._wakes_at = 0.0
        self._waiting = 0
        self.longest = self.taken = 0
        self.waited = self.busy = self.backlog = 0.0

    def ask(self, task: Task, now: float) -> None:
        """Hand in a request."""
        if self._free is None:
            self._schedule(self._hours.after(now, task.days), lambda at: self._done(task, at))
            return
        (self._queue if task.weekdays is None else self._on_days[task.weekdays]).append(task)
        self._waiting += 1
        self.backlog += task.days
        self._look(now)
        self.longest = max(self.longest, self._waiting)

    def stop(self, task: Task, now: float) -> None:
        """It is needed no longer: it leaves the queue, or its officer is free."""
        task.stopped = True
        if self._free is None:
            return
        if task.begun is None:
            self._waiting -= 1
            self.backlog -= task.days
        else:
            self.busy += self._hours.between(task.begun, now)
            self._leave(task, now)

    def _look(self, now: float) -> None:
        """Begin with what can be begun with now; else look again when that may be."""
        if not self._free:
            return
        opening = self._hours.opening(now)
        if opening > now:
            self._wake(opening)
            return
        while self._free and (task := self._next(now)) is not None:
            task.officer, task.begun = heapq.heappop(self._free), now
            self._waiting -= 1
            self.backlog -= task.days
            self.taken += 1
            self.waited += self._hours.between(task.asked, now)
            self._begins(task, now)
            self._schedule(self._hours.after(now, task.days), lambda at, task=task: self._done(task, at))  # type: ignore[misc]
        if self._free and any(self._on_days.values()):
            self._wake(self._hours.next_opening(now))

    def _next(self, now: float) -> Task | None:
        """Who has waited longest, of those that may be taken up today."""
        weekday = self._hours.day(now).weekday() if self._on_days else 0
        open_today = [self._queue, *(each for days, each in self._on_days.items() if weekday in days)]
        for queue in open_today:
            while queue and queue[0].stopped:
                queue.popleft()
        waiting = [queue for queue in open_today if queue]
        return min(waiting, key=lambda queue: queue[0].asked).popleft() if waiting else None

    def _wake(self, at: float) -> None:
        if at > self._wakes_at:
            self._wakes_at = at
            self._schedule(at, self._look)

    def _done(self, task: Task, now: float) -> None:
        if task.stopped:
            return
        if self._free is None:
            self._ends(task, now)
            return
        self.busy += task.days
        self._ends(task, now)
        self._leave(task, now)

    def _leave(self, task: Task, now: float) -> None:
        assert self._free is not None
        heapq.heappush(self._free, task.officer)
        self._look(now)
