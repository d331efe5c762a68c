"""Running the case library without a server: a runtime whose time the test moves, and cases on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from temporalio.common import RawValue, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes
from temporalio.contrib.pydantic import pydantic_data_converter

from contracts.platform import Batch, Delivered, Fence, FencePassed, Opened, Outage, Published
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.terms.identifiers import AdministrationId, AgencyId, CaseId, Party, RequestId
from contracts.terms.requests import Answer, Request
from contracts.terms.service_item import ServiceItem
from contracts.wire.envelope import Message
from contracts.wire.ledger import LedgerEntry
from tests.applications import ADMINISTRATION, application, event, new_case
from workflows.case.case import Case
from workflows.case.inbox import Inbox, in_order
from workflows.case.intake import hear
from workflows.case.runtime import CHECK_AGAIN, Runtime
from workflows.case.sequence import take_next

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday, nine o'clock in Beijing."""

RUN = "this-run"

SECRET = 64 * "a"

DAY = timedelta(seconds=10)
"""A legal day of the cases' calendar, unless a test names another one."""

PORTAL = Party.channel("portal")
HOUSING = Party.agency("housing")
FIRE_SAFETY = Party.agency("fire-safety")


class NextRun(BaseException):
    """The case went on in a new run, with this input."""

    def __init__(self, opened: Opened[Any]) -> None:
        super().__init__(opened)
        self.opened = opened


class VirtualRuntime(Runtime):
    """A runtime without Temporal.

    Attributes:
        time: what the clock shows.
        batches: what was published.
        fences: what the gateway was asked to pass.
        gateway_up: whether it passes them.
        outage: the platform was away in that time: consequences are held for ``grace`` after it.
        broker_up: whether what is published arrives.
        published: what the outbox says about a batch.
        reset: whether the run was made by a Reset.
        answers: what the automated checks answer, by request; without an answer they run on.
        shown: the details that operators see.
        listed: the search attributes by which they find the case.
        listings: how often those were changed.
        summaries: what operators read at the timers.
        warnings: what was logged for operators.
        build: what the worker runs.
    """

    build: str | None = None
    listed: TypedSearchAttributes = TypedSearchAttributes.empty

    def __init__(self) -> None:
        self.time = START
        self.batches: list[Batch] = []
        self.fences: list[Fence] = []
        self.gateway_up = self.broker_up = True
        self.outage: Outage | None = None
        self.grace = timedelta(seconds=30)
        self.published: Callable[[Batch], Published] = lambda batch: Published.of(batch, RUN)
        self.reset = False
        self.answers: dict[str, Answer] = {}
        self.shown = ""
        self.warnings: list[str] = []
        self.timers: list[datetime] = []
        self.summaries: list[str] = []
        self.listings = 0

    @property
    def run_id(self) -> str:
        return RUN

    @property
    def was_reset(self) -> bool:
        return self.reset

    def now(self) -> datetime:
        return self.time

    def patched(self, change: str) -> bool:
        return True

    def read(self, came: RawValue) -> Delivered:
        read: Delivered = pydantic_data_converter.payload_converter.from_payload(came.payload, Delivered)
        return read

    async def until(self, condition: Callable[[], bool]) -> None:
        while True:
            for _ in range(5):  # whatever is ready runs first
                await asyncio.sleep(0)
            if condition():
                return

    async def sleep(self, seconds: float, summary: str) -> None:
        at = self.time + timedelta(seconds=seconds)
        self.timers.append(at)
        self.summaries.append(summary)
        await self.until(lambda: self.time >= at)

    async def publish(self, batch: Batch) -> Published:
        self.batches.append(batch)
        await self.until(lambda: self.broker_up)
        return self.published(batch)

    async def await_gateway(self, fence: Fence, step: str) -> FencePassed:
        self.fences.append(fence)
        await self.until(lambda: self.gateway_up and self.time >= fence.deadline)
        outage = self.outage
        if outage is None or outage.began > fence.deadline or outage.ended + self.grace <= fence.deadline:
            return FencePassed()
        return FencePassed(held_until=outage.ended + self.grace, outage=outage)

    async def check(
        self, request: Request[Any], request_id: RequestId, unfit: Callable[[Answer], str | None]
    ) -> Answer:
        while True:
            await self.until(lambda: request.name in self.answers)
            answer = self.answers[request.name]
            if (why := unfit(answer)) is None:
                return answer
            self.warn(f"{request.name}: {why}")
            await self.sleep(CHECK_AGAIN.total_seconds(), "again")

    def warn(self, message: str, **said: Any) -> None:
        self.warnings.append(message)

    def show(self, details: str) -> None:
        self.shown = details

    def list_by(self, changed: Sequence[SearchAttributeUpdate[Any]]) -> None:
        self.listings += 1
        kept = [pair for pair in self.listed if pair.key not in {each.key for each in changed}]
        now = [SearchAttributePair(each.key, each.value) for each in changed if each.value is not None]
        self.listed = TypedSearchAttributes([*kept, *now])

    def continue_as_new(self, opened: Opened[Any]) -> NoReturn:
        raise NextRun(opened)

    async def advance(self, by: timedelta = timedelta(0)) -> None:
        """Let time pass, and everything run that is ready then."""
        self.time += by
        for _ in range(200):
            await asyncio.sleep(0)

    @property
    def entries(self) -> list[LedgerEntry]:
        """The entries that were published."""
        return [posting.entry for batch in self.batches for posting in batch.postings]

    @property
    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.entries]


class SettledRuntime(VirtualRuntime):
    """A runtime that looks at what is waited for when nothing else can run, as Temporal does; and so quick
    enough for hundreds of cases."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    async def until(self, condition: Callable[[], bool]) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((condition, future))
        await future

    async def advance(self, by: timedelta = timedelta(0)) -> None:
        self.time += by
        met = True
        while met:
            await self._settle()
            met = False
            for condition, future in self._waiting:
                if not future.done() and condition():
                    future.set_result(None)
                    met = True
            self._waiting = [each for each in self._waiting if not each[1].done()]

    async def _settle(self) -> None:
        loop: Any = asyncio.get_running_loop()
        await asyncio.sleep(0)
        while loop._ready:
            await asyncio.sleep(0)


@asynccontextmanager
async def nothing_left_running() -> AsyncIterator[None]:
    """Ends every case that is begun meanwhile. One that was left would go on turning in its loop, and slow
    down every test that comes after."""
    before = asyncio.all_tasks()
    yield
    while started := asyncio.all_tasks() - before - {asyncio.current_task()}:
        for task in started:  # more than once: a case that is cancelled first publishes its end
            task.cancel()
        await asyncio.wait(started, timeout=0.01)


def opened(**changes: Any) -> Opened[Any]:
    """The input of a new construction permit case, opened now."""
    case = new_case()
    fields: dict[str, Any] = {
        "case": case,
        "procedure": CONSTRUCTION_PERMIT.procedure,
        "law": CONSTRUCTION_PERMIT.laws[-1].id,
        "administration": AdministrationId(ADMINISTRATION),
        "channel": case.channel,
        "calendar": f"compressed:{DAY.total_seconds()}",
        "application": application(),
        "cause": f"{PORTAL.source(ADMINISTRATION)}#application-1",
        "secret": SECRET,
        "occurred": START,
        "received": START,
    }
    return Opened[Any](**(fields | changes))


def a_case(runtime: Runtime, item: ServiceItem = CONSTRUCTION_PERMIT, **changes: Any) -> Case:
    """A case under way, of which nothing is recorded yet."""
    law = item.laws[-1].id
    return Case(opened(**({"law": law} | changes)), item, Inbox(runtime.read), runtime)


def next_run(case: Case, runtime: Runtime) -> Case:
    """The same case in its next run."""
    following = case.opened.model_copy(update={"carried": case.carried()})
    return Case(following, case.item, Inbox(runtime.read), runtime)


def take(case: Case, *came: Delivered) -> None:
    """Let events take effect, with all that is due by now, up to what has to wait for its fence."""
    for each in came:
        hear(case, each)
        if isinstance(case.runtime, VirtualRuntime):
            case.runtime.time = max(case.runtime.time, each.received)
    case.journal.undecided = in_order(case.journal.undecided)
    while take_next(case):
        continue
    case.waits.set_alarm()


def delivered(
    message: Message,
    case: CaseId,
    sender: Party,
    *,
    step: str | None = None,
    received: datetime = START,
    event_id: str | None = None,
    by_check: bool = False,
) -> Delivered:
    """A message as the gateway, or a check, delivers it; ``step`` is what it is about."""
    request = f"{case}/{step}" if step else None
    data = message.model_dump(mode="json")
    sent = event(sender, message.type, case, data, request=request, at=received, event_id=event_id)
    return Delivered(event=sent, actor=sender, received=received, by_check=by_check)


def posted(case: Case) -> list[LedgerEntry]:
    """The entries in the outbox."""
    return [recorded.entry for recorded in case.outbox._waiting]


def letters(case: Case, reader: str) -> list[tuple[str, dict[str, Any]]]:
    """Type and content of the messages in the outbox for ``agency:<id>`` or ``channel:<id>``."""
    topic = reader.replace(":", ".") + "."
    return [
        (letter.type, letter.data if letter.data is not None else posting.entry.data.content)  # type: ignore[union-attr]
        for posting in [recorded.posting() for recorded in case.outbox._waiting]
        for letter in posting.letters
        if letter.topic.startswith(topic)
    ]


def checks(*agencies: str) -> tuple[AgencyId, ...]:
    """Agencies that take part by an automated check."""
    return tuple(AgencyId(agency) for agency in agencies)
