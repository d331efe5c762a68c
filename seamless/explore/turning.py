"""Running a case without a server: an event loop that waits for nothing, and a runtime whose time is moved.

What runs on them is the real code, from the workflow's ``run`` on: the verbs, the intake, the ladders, the
ledger. Only what Temporal does is stood in for.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypeVarTuple, Unpack

from temporalio.common import TypedSearchAttributes

from contracts.platform import Batch, Fence, FencePassed, Opened, Outage, Posting, Published
from contracts.terms.identifiers import RequestId
from contracts.terms.requests import Answer, Request
from workflows.case.runtime import Runtime

Ts = TypeVarTuple("Ts")

RUN = "explored"
GRACE = timedelta(hours=1)
"""How long a consequence is held after an outage."""


class Turning(asyncio.AbstractEventLoop):
    """As much of an event loop as a case needs. It has no time and waits for nothing: it turns until nothing
    is ready, as the SDK's does in one activation.

    Attributes:
        tasks: all that were made, in order.
    """

    def __init__(self) -> None:
        self._ready: deque[asyncio.Handle] = deque()
        self.tasks: list[asyncio.Task[Any]] = []

    def turn(self) -> None:
        """Run whatever is ready, and what becomes ready by it."""
        running = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        try:
            while self._ready:
                handle = self._ready.popleft()
                if not handle.cancelled():
                    handle._run()
        finally:
            asyncio._set_running_loop(running)

    def call_soon(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Have something run in this turn."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """A task; it begins in this turn."""
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, **options)
        self.tasks.append(task)
        return task

    def create_future(self) -> asyncio.Future[Any]:
        """A future."""
        return asyncio.Future(loop=self)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Of a run that is given up its tasks are pending for good: nothing to tell."""

    def get_debug(self) -> bool:
        """Never."""
        return False


class Turned(Runtime):
    """A runtime without Temporal: time stands still until it is moved, all that is published arrives.

    Attributes:
        time: what the clock shows.
        postings: what was published, in order.
        fences: the steps whose fence was passed.
        found: the fences that were asked for, in order, and what each found.
        outage: the platform was away then, so what would bind in it is held.
        spared: the step that the outage does not hold.
    """

    def __init__(self, loop: Turning, time: datetime, *, whole: bool = False) -> None:
        """
        Args:
            whole: the run comes to its end, so it hears that what it said was published.
        """
        self.time = time
        self.postings: list[Posting] = []
        self.fences: set[str] = set()
        self.found: list[tuple[Fence, FencePassed]] = []
        self.outage: Outage | None = None
        self.spared: str | None = None
        self._loop, self._whole = loop, whole
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    def turn(self) -> None:
        """Let everything run that is ready; what waits for a condition is looked at when nothing else is."""
        met = True
        while met:
            self._loop.turn()
            met = False
            for condition, future in self._waiting:
                if not future.done() and condition():
                    future.set_result(None)
                    met = True
            self._waiting = [each for each in self._waiting if not each[1].done()]

    @property
    def run_id(self) -> str:
        """The same for every run."""
        return RUN

    @property
    def was_reset(self) -> bool:
        """Never."""
        return False

    @property
    def build(self) -> str | None:
        """No build."""
        return None

    def patched(self, change: str) -> bool:
        """Every change is in what is explored."""
        return True

    def now(self) -> datetime:
        """The time that it was moved to."""
        return self.time

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when the condition holds and nothing else is ready."""
        future = self._loop.create_future()
        self._waiting.append((condition, future))
        await future

    async def sleep(self, seconds: float, summary: str) -> None:
        """Return once the time was moved so far."""
        at = self.time + timedelta(seconds=seconds)
        await self.until(lambda: self.time >= at)

    async def publish(self, batch: Batch) -> Published:
        """Keep what is published. That it was, a run does not hear that is over after its move."""
        self.postings += batch.postings
        if self._whole:
            return Published.of(batch, RUN)
        published: Published = await self._loop.create_future()
        return published

    async def await_gateway(self, fence: Fence, step: str) -> FencePassed:
        """Everything in time is in the case; after an outage, what follows is held."""
        self.fences.add(step)
        found, outage = FencePassed(), self.outage
        if outage is not None and step != self.spared and outage.ended + GRACE > fence.deadline:
            found = FencePassed(held_until=outage.ended + GRACE, outage=outage)
        self.found.append((fence, found))
        return found

    async def check(
        self, request: Request[Any], request_id: RequestId, unfit: Callable[[Answer], str | None]
    ) -> Answer:
        """A check runs on; its answer is given to the case as any other is."""
        answer: Answer = await self._loop.create_future()
        return answer

    def warn(self, message: str, **said: Any) -> None:
        """Nobody reads it."""

    def show(self, details: str) -> None:
        """Nobody reads it."""

    @property
    def listed(self) -> TypedSearchAttributes:
        """Nobody lists it."""
        return TypedSearchAttributes.empty

    def continue_as_new(self, opened: Opened[Any]) -> NoReturn:
        """Never: whoever explores makes a new run after every move.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError("a case that is explored has a new run after every move")
