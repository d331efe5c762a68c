"""A case under test: the test opens it, sends to it and moves its clock."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import uuid_utils
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from contracts.platform import DELIVER, Closing, Delivered, Opened, agency_queue
from contracts.terms.calendar import calendar_of_case
from contracts.terms.identifiers import AdministrationId, AgencyId, CaseId, ChannelId, Party, RequestId
from contracts.terms.limits import Limit
from contracts.terms.reports import Report
from contracts.terms.requests import Answer, Request
from contracts.terms.values import Money, Statement
from contracts.wire.envelope import Event, Message
from contracts.wire.ledger import LedgerEntry
from contracts.wire.messages import Answered, ApplicantWithdrew, Paid, Reported, Supplemented
from contracts.wire.topics import messages_topic
from seamless.replay.clock import Clocks
from seamless.testing.post import Post
from seamless.testing.told import NOT_YET, last_failure, told
from workers.orchestrator.main import case_worker
from workflows.case import Procedure

R = TypeVar("R", bound=Answer)

ADMINISTRATION = AdministrationId("cn-demo")
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday, 2 March 2026, nine o'clock in Beijing."""

PATIENCE_SECONDS = 20.0
SETTLING_SECONDS = 5.0
LOOK_SECONDS = 0.5
"""How often a case that does not do what the test waits for is asked whether its code failed."""


class CaseFailed(AssertionError):
    """The case's code fails, so nothing that the test waits for will come."""


class CaseUnderTest:
    """One case, spoken to as the gateway would speak to it.

    Attributes:
        id: of the case.
        handle: of its workflow.
        post: what left it.
    """

    def __init__(self, handle: WorkflowHandle[Any, Closing], opened: Opened[Any], clocks: Clocks) -> None:
        self.id = opened.case
        self.handle = handle
        self.post = Post()
        self._opened = opened
        self._clocks = clocks
        self._calendar = calendar_of_case(opened.calendar, opened.received)
        self._moved = timedelta(0)

    # --- what it says --------------------------------------------------------------------------------

    @property
    def entries(self) -> list[LedgerEntry]:
        """Its ledger."""
        return self.post.entries

    @property
    def kinds(self) -> list[str]:
        """The kinds of the entries of its ledger."""
        return [entry.kind for entry in self.post.entries]

    def letters(self, reader: Party | str) -> list[tuple[str, dict[str, Any]]]:
        """Type and content of what a party was told: ``agency:<id>`` or ``channel:<id>``."""
        topic = messages_topic(Party(reader))
        return [(kind, content) for to, kind, content in self.post.letters if to == topic]

    @property
    def now(self) -> datetime:
        """What its clock shows, UTC."""
        return datetime.now(UTC) - self._opened.behind + self._moved

    # --- what is waited for ----------------------------------------------------------------------------

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition, of its ledger for example.

        Raises:
            CaseFailed: its code fails.
            AssertionError: it does not come about.
        """
        began = looked = asyncio.get_running_loop().time()
        while not condition():
            now = asyncio.get_running_loop().time()
            if now - looked > LOOK_SECONDS:
                looked = now
                failure = await last_failure(self.handle)
                if failure and not failure.startswith(NOT_YET):
                    raise CaseFailed(failure)
            if now - began > PATIENCE_SECONDS:
                raise AssertionError("what the test waits for does not come")
            await asyncio.sleep(0.02)

    async def asked(self, request: type[Request[Any]], nth: int = 1) -> dict[str, Any]:
        """Wait until an agency has been asked, for the ``nth`` time in this case; what it was asked."""
        step = f"{request.name}/{nth}"

        def entry() -> LedgerEntry | None:
            found = (each for each in self.entries if each.kind == "requested" and each.step == step)
            return next(found, None)

        await self.until(lambda: entry() is not None)
        data = entry().data  # type: ignore[union-attr]
        content: dict[str, Any] = data.content["content"] if data else {}
        return content

    async def closing(self) -> Closing:
        """Wait for the end of the case; its result."""
        await self.until(lambda: bool(self.entries) and self.entries[-1].kind == "closed")
        return await self.handle.result()

    # --- what is said to it ----------------------------------------------------------------------------

    async def answer(
        self,
        request: type[Request[R]],
        answer: R,
        *,
        nth: int = 1,
        by: AgencyId | None = None,
        officer: str | None = None,
    ) -> None:
        """Answer a request that was asked, as its agency or, where it was referred, as another one."""
        await self.asked(request, nth)
        said = Answered(answer=answer.model_dump(mode="json"), officer=officer)
        await self.send(said, Party.agency(by or request.agency), request=f"{request.name}/{nth}")

    async def report(self, report: Report, by: AgencyId) -> None:
        """Report a step as an agency."""
        await self.send(Reported(step=report.step, content=report.model_dump(mode="json")), Party.agency(by))

    async def supplement(self, **fields: Any) -> None:
        """Hand in fields of the application that the case has asked for."""
        await self._until_asked("asked-applicant")
        await self.send(Supplemented(application=fields), self._channel)

    async def pay(self, amount: Money) -> None:
        """Pay, with a reference of its own."""
        await self.send(Paid(amount=amount, reference=uuid4().hex), self._channel)

    async def withdraw(self) -> None:
        """Take the application back."""
        await self.send(ApplicantWithdrew(), self._channel)

    async def send(self, message: Message, sender: Party, *, request: str | None = None) -> None:
        """Send any message as a party; ``request`` is the step that it is about."""
        event = Event.of(
            message,
            id=str(uuid_utils.uuid7()),
            source=sender.source(self._opened.administration),
            case=self.id,
            time=self.now,
            request=RequestId(f"{self.id}/{request}") if request else None,
        )
        await self.handle.signal(DELIVER, Delivered(event=event, actor=sender, received=self.now))

    async def passes(self, time: timedelta | Limit) -> None:
        """Let time pass, or a limit that begins now; return when all that falls due has taken effect."""
        now = self.now
        ahead = time if isinstance(time, timedelta) else self._calendar.due(now, time).at - now
        await self._clocks.move(self.id, ahead)
        self._moved += ahead
        with suppress(TimeoutError):  # a case whose code fails: whatever the test waits for next says so
            async with asyncio.timeout(SETTLING_SECONDS):
                await self._clocks.settled(self.id)

    @property
    def _channel(self) -> Party:
        return Party.channel(self._opened.channel)

    async def _until_asked(self, kind: str) -> None:
        await self.until(lambda: kind in self.kinds)


@asynccontextmanager
async def case_of(
    procedure: type[Procedure[Any]],
    application: Statement,
    temporal: Client,
    *,
    calendar: str = "cn-2026.1",
    opened: datetime = MORNING,
    checks: Mapping[AgencyId, Sequence[Callable[..., Any]]] | None = None,
    law: str | None = None,
    sandboxed: bool = True,
) -> AsyncIterator[CaseUnderTest]:
    """A new case of a procedure, on Temporal alone, for as long as the block runs.

    Whatever fails in the block carries the case's ledger and the last failure of its code as a note, which
    pytest prints.

    Args:
        calendar: by which it counts its days.
        opened: what its clock shows at first.
        checks: the automated checks that take part, by agency.
        law: its law version; the newest without it.
        sandboxed: as the orchestrator runs it. Not for a class, or for contracts, in the test's own file.
    """
    start = Opened[Any](
        case=CaseId(f"portal-{uuid_utils.uuid7()}"),
        procedure=procedure.item.procedure,
        law=law or procedure.item.newest_law.id,
        administration=ADMINISTRATION,
        channel=ChannelId("portal"),
        calendar=calendar,
        checks=tuple(checks or {}),
        application=application,
        cause="test",
        secret=secrets.token_hex(32),
        occurred=opened,
        received=opened,
    )
    async with opened_case(procedure, start, temporal, checks=checks, sandboxed=sandboxed) as case:
        yield case


@asynccontextmanager
async def opened_case(
    procedure: type[Procedure[Any]],
    opened: Opened[Any],
    temporal: Client,
    *,
    checks: Mapping[AgencyId, Sequence[Callable[..., Any]]] | None = None,
    sandboxed: bool = True,
) -> AsyncIterator[CaseUnderTest]:
    """A case with this input. Its clock shows at first when that was ``received``; see :func:`case_of`."""
    start = opened.model_copy(update={"behind": datetime.now(UTC) - opened.received})
    queue = f"case-{start.case}"
    handle = temporal.get_workflow_handle(start.case, result_type=Closing)
    case = CaseUnderTest(handle, start, Clocks(temporal))
    async with AsyncExitStack() as workers:
        await workers.enter_async_context(
            case_worker(
                temporal,
                [case.post.publish, case.post.await_gateway],
                procedures=[procedure],
                queue=queue,
                runner=None if sandboxed else UnsandboxedWorkflowRunner(),
            )
        )
        for agency, activities in (checks or {}).items():
            department = Worker(temporal, task_queue=agency_queue(agency), activities=list(activities))
            await workers.enter_async_context(department)
        await temporal.start_workflow(procedure.workflow_type, start, id=start.case, task_queue=queue)
        try:
            yield case
        except BaseException as error:
            error.add_note(await told(case.entries, handle))
            raise
        finally:
            if (await handle.describe()).status == WorkflowExecutionStatus.RUNNING:
                await handle.terminate("the test is over")
