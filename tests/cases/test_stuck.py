"""No case is stuck unseen: each way of not going on is found, on a real Temporal server, with its reason."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from unittest import mock

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from archive.reader import CaseRow
from contracts.platform import (
    AWAIT_GATEWAY,
    BROKEN_CASES,
    CASES_QUEUE,
    PUBLISH,
    Batch,
    Cancellation,
    Opened,
    Published,
)
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT, Application, CheckCompleteness
from contracts.terms.decisions import Decision, Ended
from contracts.terms.identifiers import CaseId
from tests.applications import application
from tests.cases.conftest import Cases, CaseUnderTest, Post, case_worker
from workers.watcher import stuck
from workers.watcher.stuck import StuckCase, StuckCases
from workflows.case import Procedure

CHECKS = ("drainage",)


class ArchiveOfPost:
    """The archive, as it would be written from what left the cases.

    Attributes:
        ahead: how many entries more than that it has.
    """

    def __init__(self, post: Post) -> None:
        self.entries = post.entries
        self.ahead = 0

    async def case(self, case: str) -> CaseRow | None:
        entries = self.entries.get(case)
        if not entries:
            return None
        first, last = entries[0], entries[-1]
        return CaseRow(
            case=first.case,
            procedure=first.procedure,
            law=first.law,
            channel=first.case.channel,
            opened=first.received,
            updated=last.recorded,
            status="closed" if last.kind == "closed" else "open",
            outcome=None,
            holders=last.holders,
            entries=last.sequence + self.ahead,
            head=last.hash,
        )

    async def cases(self, *, status: str) -> list[CaseRow]:
        rows = [row for case in self.entries if (row := await self.case(case))]
        return [row for row in rows if row.status == status]


class Watched:
    """A case, and what is found about it."""

    def __init__(self, case: CaseUnderTest, post: Post) -> None:
        self.case = case
        self.archive = ArchiveOfPost(post)
        self._cases = StuckCases(case.client, self.archive, checks=CHECKS)  # type: ignore[arg-type]

    async def found(self) -> StuckCase | None:
        """The same found among all as when it is looked at alone; the case moves on in between."""
        for _ in range(5):
            found = {each.case: each for each in await self._cases.find()}.get(self.case.id)
            alone = await self._cases.look_at(self.case.id)
            if found == alone:
                return found
        raise AssertionError(f"found {found}, and alone {alone}")

    async def is_stuck(self, reason: str, *, within_seconds: float = 60) -> StuckCase:
        """Wait until it is found for this reason, and for no other before."""
        async with asyncio.timeout(within_seconds):
            while (found := await self.found()) is None:
                await asyncio.sleep(0.5)
        assert found.reason == reason, found
        return found


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than an operator has."""
    monkeypatch.setattr(stuck, "ATTEMPTS", {PUBLISH: 3, AWAIT_GATEWAY: 3})
    monkeypatch.setattr(stuck, "CHECK_ATTEMPTS", 2)


@pytest.fixture
def soon_unserved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little patience with what no worker takes. Only where that is looked for: a busy machine has a worker
    take a step late, too, and a case has one reason."""
    monkeypatch.setattr(stuck, "UNSERVED_SECONDS", 2.0)


async def opened(cases: Cases, **changes: Any) -> Watched:
    case = await cases.open("construction-permit", application(), **changes)
    await case.asked("construction-permit.check-completeness/1")
    return Watched(case, cases.post)


async def accepted(watched: Watched) -> None:
    await watched.case.answer("housing", "construction-permit.check-completeness/1", outcome="complete")


class Permit(Procedure[Application]):
    """Another course under the permit's name."""

    item = CONSTRUCTION_PERMIT

    @workflow.run
    async def run(self, opened: Opened[Application]) -> Any:
        return await self.carry(opened, self.course)

    async def course(self, application: Application) -> Decision:
        await self.ask(CheckCompleteness(application=application))
        return await self.goes_on()

    async def goes_on(self) -> Decision:
        raise NotImplementedError


@workflow.defn(name=CONSTRUCTION_PERMIT.workflow_type("standard"))
class WaitsForNothing(Permit):
    @workflow.run
    async def run(self, opened: Opened[Application]) -> Any:
        return await self.carry(opened, self.course)

    async def goes_on(self) -> Decision:
        await asyncio.Event().wait()
        raise AssertionError


@workflow.defn(name=CONSTRUCTION_PERMIT.workflow_type("standard"))
class Fails(Permit):
    @workflow.run
    async def run(self, opened: Opened[Application]) -> Any:
        return await self.carry(opened, self.course)

    async def goes_on(self) -> Decision:
        raise LookupError("no such reviewer")


@asynccontextmanager
async def running(client: Client, procedure: type) -> AsyncIterator[Cases]:
    post = Post()
    async with Worker(
        client,
        task_queue=CASES_QUEUE,
        workflows=[procedure],
        activities=[post.publish, post.await_gateway],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        yield Cases(client, post)


@pytest.mark.usefixtures("soon_unserved")
async def test_a_case_that_waits_for_its_agencies_is_not_stuck(cases: Cases) -> None:
    watched = await opened(cases)
    await accepted(watched)
    await watched.case.until(
        lambda: any(
            each.step == "construction-permit.review-drainage/1" and each.kind == "answered"
            for each in watched.case.entries
        )
    )
    await asyncio.sleep(2.5)
    assert await watched.found() is None
    await watched.case.handle.cancel()
    await watched.case.result()
    assert await watched.found() is None


async def test_a_case_whose_workflow_was_terminated(cases: Cases) -> None:
    watched = await opened(cases)
    await watched.case.handle.terminate(reason="by mistake")
    assert (await watched.is_stuck("workflow-gone")).detail == "its workflow is terminated: by mistake"


async def test_a_case_that_ended_before_it_had_said_anything(temporal_client: Client) -> None:
    case = await Cases(temporal_client, Post()).open("construction-permit", application())
    watched = Watched(case, Post())
    await case.handle.terminate(reason="by mistake")
    assert (await watched.is_stuck("workflow-gone")).detail == (
        "its workflow is terminated: by mistake; it has published nothing: its applicant has heard nothing"
    )


async def test_the_archive_is_asked_once_for_a_case_that_was_ended_by_force(cases: Cases) -> None:
    watched = await opened(cases)
    await watched.case.handle.terminate()
    last = watched.archive.entries[watched.case.id][-1]
    watched.archive.entries[watched.case.id].append(last.model_copy(update={"kind": "closed"}))
    found = StuckCases(watched.case.client, watched.archive, checks=CHECKS)  # type: ignore[arg-type]
    async with asyncio.timeout(60):
        while watched.case.id not in await found._listed(BROKEN_CASES):  # lists lag a moment
            await asyncio.sleep(0.1)
    await found.find()
    del watched.archive.entries[watched.case.id]
    assert watched.case.id not in {each.case for each in await found.find()}


async def test_a_case_that_temporal_lost(cases: Cases) -> None:
    watched = await opened(cases)
    await watched.case.handle.cancel()
    await watched.case.result()
    lost, entries = Watched(watched.case, Post()), watched.case.entries[:2]
    lost.case.id = CaseId(watched.case.id[:-4] + "0000")
    lost.archive.entries[lost.case.id] = [each.model_copy(update={"case": lost.case.id}) for each in entries]
    assert (await lost.is_stuck("workflow-gone")).detail == "Temporal does not know it"


async def test_a_case_whose_code_fails_and_it_can_be_ended_all_the_same(temporal_client: Client) -> None:
    async with running(temporal_client, Fails) as cases:
        watched = await opened(cases)
        await accepted(watched)
        assert "no such reviewer" in (await watched.is_stuck("task-failing")).detail
        await watched.case.handle.signal("cancel", Cancellation(by="ling", why="It cannot go on."))
        assert (await watched.case.result()).decision == Ended(result="broken-off")


async def test_the_server_lists_a_case_whose_code_fails_so_that_none_has_to_be_asked(
    temporal_client: Client,
) -> None:
    async with running(temporal_client, Fails) as cases:
        watched = await opened(cases)
        await accepted(watched)
        listed = StuckCases(temporal_client, watched.archive, checks=CHECKS, at_most=0)  # type: ignore[arg-type]
        async with asyncio.timeout(60):
            while watched.case.id not in {each.case for each in await listed.find()}:
                await asyncio.sleep(0.5)
        await watched.case.handle.terminate()


async def test_a_case_that_waits_for_nothing(temporal_client: Client) -> None:
    async with running(temporal_client, WaitsForNothing) as cases:
        watched = await opened(cases)
        await accepted(watched)
        await watched.is_stuck("waits-for-nothing")
        await watched.case.handle.signal("cancel", Cancellation(by="ling", why="It waits for nothing."))
        assert (await watched.case.result()).decision == Ended(result="broken-off")
        assert await watched.found() is None


@asynccontextmanager
async def checked(client: Client, *by: Callable[..., Any]) -> AsyncIterator[Watched]:
    """A case in which a check of drainage has to answer, run by a worker with these functions."""
    post = Post()
    with mock.patch("tests.cases.conftest.CHECKS", {"drainage": [*by]} if by else {}):
        async with case_worker(client, post):
            watched = await opened(Cases(client, post))
            await accepted(watched)
            yield watched
            await watched.case.handle.cancel()
            await watched.case.result()


async def test_a_case_whose_check_is_broken(temporal_client: Client) -> None:
    @activity.defn(name="construction-permit.review-drainage")
    async def broken(request: Any) -> None:
        raise ApplicationError("the drainage model has no such district")

    async with checked(temporal_client, broken) as watched:
        found = await watched.is_stuck("check-failing")
        assert found.detail.endswith("the drainage model has no such district")


async def test_a_case_whose_check_gives_an_answer_that_does_not_fit_under_its_law(
    temporal_client: Client,
) -> None:
    """The department's worker knows no case, so it admits what fits under any law version."""

    @activity.defn(name="construction-permit.review-drainage")
    async def unfit(request: Any) -> dict[str, Any]:
        return {"outcome": "refuse", "reason": "of-another-law"}

    async with checked(temporal_client, unfit) as watched:
        found = await watched.is_stuck("check-failing")
        assert found.detail.startswith("the check of drainage failed for good, or its answer does not fit")
        assert "refused" not in watched.case.kinds


@pytest.mark.usefixtures("soon_unserved")
async def test_a_case_whose_check_nobody_runs(temporal_client: Client) -> None:
    async with checked(temporal_client) as watched:
        found = await watched.is_stuck("no-worker")
        assert found.detail == "no worker takes construction-permit.review-drainage"


@pytest.mark.usefixtures("soon_unserved")
async def test_a_case_that_no_orchestrator_takes(temporal_client: Client) -> None:
    post = Post()
    async with case_worker(temporal_client, post):
        watched = await opened(Cases(temporal_client, post))
    await accepted(watched)
    found = await watched.is_stuck("no-worker", within_seconds=100)
    assert found.detail == "no orchestrator takes its next step"
    await watched.case.handle.terminate()


async def test_a_case_whose_messages_do_not_leave(temporal_client: Client) -> None:
    post = Post()

    @activity.defn(name=PUBLISH)
    async def publish(batch: Batch) -> Published:
        if batch.postings[0].entry.sequence > 1:
            raise ApplicationError("the broker has no topic agency.planning.requests", type="TopicMissing")
        return await post.publish(batch)

    async with case_worker(temporal_client, post, activities=[publish, post.await_gateway]):
        watched = await opened(Cases(temporal_client, post))
        await accepted(watched)
        found = await watched.is_stuck("outbox-failing")
        assert found.detail.endswith("the broker has no topic agency.planning.requests")
        await watched.case.handle.terminate()


async def test_a_case_whose_consequence_is_held(cases: Cases) -> None:
    cases.post.gateway_is_down = True  # before the limit of a quarter of a second begins
    watched = await opened(cases, day_seconds=0.05)
    found = await watched.is_stuck("fence-holding")
    assert found.detail.endswith("the gateway is down")
    await watched.case.handle.cancel()
    await watched.case.result()


async def test_a_case_that_temporal_fell_back_with(cases: Cases) -> None:
    watched = await opened(cases)
    watched.archive.ahead = 3
    assert (await watched.is_stuck("fell-back")).detail == "its ledger has 5 entries, and Temporal knows of 2"
    await watched.case.handle.cancel()
    await watched.case.result()
