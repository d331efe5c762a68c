"""Layer B: the real workflow code, driven activation by activation: outbox, fences, checks, timers, new runs.

Nothing of a case is stood in for but the server. It is told what layer A was told, at the same instants; its
timers ring when it has set them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.worker import WorkflowRunner

from contracts import attributes
from contracts.platform import (
    AWAIT_GATEWAY,
    CANCEL,
    DELIVER,
    PUBLISH,
    Batch,
    Cancellation,
    Closing,
    Delivered,
    Fence,
    FencePassed,
    Opened,
    Posting,
    Published,
)
from seamless.explore.commands import (
    ActivityCancelled,
    ActivityScheduled,
    Command,
    Completed,
    ContinuedAsNew,
    Failed,
    Payloads,
    TimerCancelled,
    TimerStarted,
    payloads_of,
    value_of,
)
from seamless.explore.driver import Run, TaskFailed, activity_cancelled, fired, resolved, signal
from seamless.explore.scenes import Lived, Scenes
from workflows.case import Procedure, carrier
from workflows.case.case import Case

TURNS, RUNS = 10_000, 200
"""How many times a case may be told something, and how many runs it may have, on one path."""


AS_OPENED = TypedSearchAttributes(
    [SearchAttributePair(SearchAttributeKey.for_keyword(attributes.STAGE), attributes.OPENED)]
)
"""A case keeps up the search attributes that the gateway opens it with."""


class NotAsked(Exception):
    """The case waits for a fence that it did not wait for in layer A."""


class _Ready(NamedTuple):
    """An activity that has ended, of which the case will be told next."""

    number: int
    job: WorkflowActivationJob


def drive(
    procedure: type[Procedure[Any]],
    opened: Opened[Any],
    path: Scenes,
    *,
    new_runs: bool = False,
    runner: WorkflowRunner | None = None,
) -> Lived:
    """Live a path.

    Args:
        new_runs: the case goes on in a new run after every event, and all that is ready is told in one
            activation; else it has one run, and is told one thing in each.
        runner: makes its workflow instances; outside the SDK's sandbox, unless given.

    Raises:
        TaskFailed: the code fails.
        NotAsked: the case waits for a fence that it did not wait for in layer A.
    """
    with _events_per_run(1) if new_runs else nullcontext():
        found = _Found(path.found)
        driven = Driven(procedure, opened, found.passed, together=new_runs, runner=runner)
        try:
            for scene in path.scenes:
                if scene.heard is not None:
                    driven.hear(scene.heard)
                driven.pass_time(scene.until)
            return driven.lived()
        finally:
            driven.end()


@contextmanager
def _events_per_run(events: int) -> Iterator[None]:
    usual, carrier.EVENTS_PER_RUN = carrier.EVENTS_PER_RUN, events
    try:
        yield
    finally:
        carrier.EVENTS_PER_RUN = usual


class Driven:
    """A case that is driven.

    Attributes:
        postings: its ledger up to now, each entry with the messages that left with it.
        closing: its result; None while it is open.
    """

    def __init__(
        self,
        procedure: type[Procedure[Any]],
        opened: Opened[Any],
        passed: Callable[[Fence], FencePassed],
        *,
        together: bool = False,
        runner: WorkflowRunner | None = None,
    ) -> None:
        """
        Args:
            passed: what a fence finds that the case waits for.
            together: all that is ready is told in one activation; else one thing in each.
        """
        self._runner = runner
        self._procedure, self._opened, self._together = procedure, opened, together
        self._passed = passed
        self._now = opened.received
        self.postings: list[Posting] = []
        self._fences: dict[str, Fence] = {}
        self.closing: Closing | None = None
        self._runs = self._turns = 0
        self._begin(payloads_of(opened), AS_OPENED)
        self._settle()

    def _begin(self, input: Payloads, listed: TypedSearchAttributes) -> None:
        self._runs += 1
        run_id = f"{self._opened.case}/{self._runs}"
        self._run = Run(
            self._procedure,
            input,
            case=self._opened.case,
            run_id=run_id,
            seed=self._runs,
            runner=self._runner,
            listed=listed,
        )
        self._ready: deque[_Ready] = deque()
        self._checks: dict[str, int] = {}
        self._timers: dict[int, datetime] = {}
        self._obey(self._run.start(self._now))

    def end(self) -> None:
        """Let the case go."""
        self._run.evict()

    def lived(self) -> Lived:
        """What came of it."""
        return Lived(self.postings, list(self._fences.values()), self.closing, self._runs)

    @property
    def next_timer(self) -> datetime | None:
        """When its next timer rings; None: it has set none."""
        return min(self._timers.values(), default=None)

    @property
    def case(self) -> Case:
        """What the code knows of the case."""
        case: Case = self._run.workflow_object()._case
        return case

    # --- what happens to it -----------------------------------------------------------------------------

    def hear(self, heard: Delivered | Cancellation) -> None:
        """Something is said to the case; an automated check says it by its activity."""
        if isinstance(heard, Cancellation):
            self._tell(signal(CANCEL, heard))
        elif (check := self._checks.pop(heard.event.requestid or "", None)) is not None:
            self._tell(resolved(check, heard.event.data["answer"]))
        else:
            self._tell(signal(DELIVER, heard))
        self._settle()

    def pass_time(self, until: datetime) -> None:
        """Let time pass, and every timer ring that is over by then, each at its time."""
        while due := sorted((at, number) for number, at in self._timers.items() if at <= until):
            self._now, number = max(due[0][0], self._now), due[0][1]
            del self._timers[number]
            self._tell(fired(number))
            self._settle()
        self._now = until

    def _settle(self) -> None:
        """Tell the case of each activity that has ended, until nothing is under way but checks."""
        while self._ready:
            told = list(self._ready) if self._together else [self._ready[0]]
            for _ in told:
                self._ready.popleft()
            self._tell(*(each.job for each in told))

    def _tell(self, *jobs: WorkflowActivationJob) -> None:
        if not self._run.ended:
            self._obey(self._run.activate(self._now, *jobs))

    # --- what it wants ----------------------------------------------------------------------------------

    def _obey(self, commands: Sequence[Command]) -> None:
        self._turns += 1
        if self._turns > TURNS or self._runs > RUNS:
            raise TaskFailed(f"{self._opened.case}: it goes round and round, and nothing more is said to it")
        for command in commands:
            match command:
                case TimerStarted(number=number, seconds=seconds):
                    self._timers[number] = self._now + timedelta(seconds=seconds)
                case TimerCancelled(number=number):
                    self._timers.pop(number, None)
                case ActivityScheduled():
                    self._schedule(command)
                case ActivityCancelled(number=number):
                    self._cancel(number)
                case ContinuedAsNew(input=input, listed=listed):
                    self._run.evict()
                    self._begin(input, listed)
                case Completed(result=result):
                    self.closing = value_of(result, Closing)
                case Failed(message=message):
                    raise TaskFailed(f"the workflow itself fails: {message}")

    def _schedule(self, asked: ActivityScheduled) -> None:
        if asked.activity == PUBLISH:
            batch = value_of(asked.input, Batch)
            self.postings += batch.postings
            published = resolved(asked.number, Published.of(batch, self._run.run_id))
            self._ready.append(_Ready(asked.number, published))
        elif asked.activity == AWAIT_GATEWAY:
            passed = self._pass(value_of(asked.input, Fence))
            self._ready.append(_Ready(asked.number, resolved(asked.number, passed)))
        else:
            self._checks[asked.activity_id] = asked.number

    def _pass(self, fence: Fence) -> FencePassed:
        self._fences.setdefault(fence.model_dump_json(), fence)
        return self._passed(fence)

    def _cancel(self, number: int) -> None:
        """The case waits for an activity no longer. One that has ended has ended."""
        if not any(each.number == number for each in self._ready):
            self._checks = {name: each for name, each in self._checks.items() if each != number}
            self._ready.append(_Ready(number, activity_cancelled(number)))


class _Found:
    """What the fences of a path find."""

    def __init__(self, found: Sequence[tuple[Fence, FencePassed]]) -> None:
        self._found: dict[str, deque[FencePassed]] = defaultdict(deque)
        for fence, passed in found:
            self._found[fence.model_dump_json()].append(passed)

    def passed(self, fence: Fence) -> FencePassed:
        """What a fence finds. A new run asks again for one that its last run was still waiting for, or whose
        finding it had not used."""
        answers = self._found.get(fence.model_dump_json())
        if not answers:
            raise NotAsked(f"it waits for everything in time for {fence.deadline}, of {fence.topics}")
        return answers.popleft() if len(answers) > 1 else answers[0]
