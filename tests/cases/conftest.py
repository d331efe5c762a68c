"""Cases on a real Temporal server, with everything that leaves them collected instead of sent to Kafka."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.common import TypedSearchAttributes
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from activities.checks import CHECKS
from contracts.platform import (
    AWAIT_GATEWAY,
    CASES_QUEUE,
    DELIVER,
    PUBLISH,
    Batch,
    Closing,
    Delivered,
    Fence,
    FencePassed,
    Opened,
    Published,
    agency_queue,
)
from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.identifiers import (
    STANDARD,
    AdministrationId,
    AgencyId,
    CaseId,
    Party,
    ProcedureId,
    VariantId,
)
from contracts.wire.envelope import Event
from contracts.wire.ledger import LedgerEntry, faults
from contracts.wire.messages import Answered, Requested
from contracts.wire.topics import messages_topic
from seamless.testing import local_temporal
from tests.applications import ADMINISTRATION, event, new_case
from workers.orchestrator.sandbox import sandbox
from workflows.procedures import PROCEDURES


class Post:
    """What left the cases, by case; and whether the gateway is up and what the fence finds, once."""

    def __init__(self) -> None:
        self.entries: dict[str, list[LedgerEntry]] = {}
        self.letters: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
        self.gateway_is_down = False
        self.fences: list[Fence] = []
        self.found = FencePassed()

    @activity.defn(name=PUBLISH)
    async def publish(self, batch: Batch) -> Published:
        for posting in batch.postings:
            entry = posting.entry
            self.entries.setdefault(entry.case, []).append(entry)
            for letter in posting.letters:
                content = letter.data if letter.data is not None else entry.data.content if entry.data else {}
                self.letters.setdefault(entry.case, []).append((letter.topic, letter.type, content))
        return Published.of(batch, activity.info().workflow_run_id or "")

    @activity.defn(name=AWAIT_GATEWAY)
    async def await_gateway(self, fence: Fence) -> FencePassed:
        self.fences.append(fence)
        if self.gateway_is_down:
            raise ApplicationError("the gateway is down", next_retry_delay=None)
        found, self.found = self.found, FencePassed()
        return found


class CaseUnderTest:
    """One case, spoken to as the gateway would."""

    def __init__(
        self, case: CaseId, client: Client, handle: WorkflowHandle[Any, Closing], post: Post
    ) -> None:
        self.id = case
        self.client = client
        self.handle = handle
        self._post = post

    @property
    def entries(self) -> list[LedgerEntry]:
        return self._post.entries.get(self.id, [])

    @property
    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.entries]

    def letters(self, topic: str) -> list[tuple[str, dict[str, Any]]]:
        return [(kind, data) for to, kind, data in self._post.letters.get(self.id, []) if to == topic]

    async def send(
        self,
        party: str,
        event_type: str,
        data: dict[str, Any],
        *,
        request: str | None = None,
        received: datetime | None = None,
        again: Event | None = None,
    ) -> Event:
        actor = Party(party)
        sent = again or event(actor, event_type, self.id, data, request=request)
        await self.handle.signal(
            DELIVER, Delivered(event=sent, actor=actor, received=received or datetime.now(UTC))
        )
        return sent

    async def answer(
        self, agency: str, request: str, received: datetime | None = None, **answer: Any
    ) -> Event:
        return await self.send(
            Party.agency(agency),
            Answered.type,
            {"answer": answer},
            request=f"{self.id}/{request}",
            received=received,
        )

    async def asked(self, request: str) -> None:
        """Wait until a request has gone out."""
        await self.until(lambda: any(e.kind == "requested" and e.step == request for e in self.entries))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(120):  # three thousand events take half a minute on a busy machine
            while not condition():
                await asyncio.sleep(0.02)

    async def result(self) -> Closing:
        """The closing; the ledger has to be whole."""
        async with asyncio.timeout(120):
            closing = await self.handle.result()
        assert faults(self.entries) == []
        assert self.entries[-1].hash == self._post.entries[self.id][-1].hash
        return closing


class Cases:
    """Opens cases on a task queue of its own."""

    def __init__(self, client: Client, post: Post) -> None:
        self._client = client
        self.post = post

    async def open(
        self,
        procedure: str,
        application: Any,
        *,
        day_seconds: float = 1000,
        channel: str = "portal",
        checks: tuple[str, ...] = tuple(CHECKS),
        calendar: str | None = None,
        law: str | None = None,
        variant: VariantId = STANDARD,
        listed: TypedSearchAttributes = TypedSearchAttributes.empty,
    ) -> CaseUnderTest:
        case, item, now = new_case(channel), CATALOGUE[procedure], datetime.now(UTC)
        opened = Opened[Any](
            case=case,
            procedure=ProcedureId(procedure),
            law=law or item.laws[-1].id,
            variant=variant,
            administration=AdministrationId(ADMINISTRATION),
            channel=case.channel,
            calendar=calendar or f"compressed:{day_seconds}",
            checks=tuple(AgencyId(check) for check in checks),
            application=application,
            cause="test#1",
            secret=secrets.token_hex(32),
            occurred=now,
            received=now,
        )
        handle = await self._client.start_workflow(
            item.workflow_type(opened.variant),
            opened,
            id=case,
            task_queue=CASES_QUEUE,
            result_type=Closing,
            search_attributes=listed,
        )
        return CaseUnderTest(case, self._client, handle, self.post)


@asynccontextmanager
async def case_worker(client: Client, post: Post, **options: Any) -> AsyncIterator[None]:
    async with AsyncExitStack() as workers:
        cases = Worker(
            client,
            task_queue=CASES_QUEUE,
            workflows=PROCEDURES,
            **({"activities": [post.publish, post.await_gateway], "workflow_runner": sandbox()} | options),
        )
        await workers.enter_async_context(cases)
        for agency, checks in CHECKS.items():
            department = Worker(client, task_queue=agency_queue(agency), activities=checks)
            await workers.enter_async_context(department)
        yield


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[Client]:
    """A server for tests that need nothing else."""
    async with local_temporal() as client:
        yield client


@pytest.fixture
async def cases(temporal_client: Client) -> AsyncIterator[Cases]:
    post = Post()
    async with case_worker(temporal_client, post):
        yield Cases(temporal_client, post)


def requested(case: CaseUnderTest, agency: str) -> list[str]:
    """The requests that went to an agency's own system."""
    letters = case.letters(messages_topic(Party.agency(agency)))
    return [data["request"] for kind, data in letters if kind == Requested.type]
