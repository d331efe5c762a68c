"""Operators ask Temporal for cases: each query of docs/operating.md finds what it says, and nothing else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.worker import Worker

from contracts import attributes
from contracts.admission import NewCase
from contracts.platform import CANCEL, CASES_QUEUE, Cancellation, agency_queue
from contracts.procedures.construction_permit import CONSTRUCTION_PERMIT
from contracts.procedures.tree_felling import ADDED_REVIEW, TREE_FELLING
from contracts.terms.identifiers import STANDARD, CaseId, Party, VariantId
from contracts.terms.service_item import ServiceItem
from contracts.wire.contact import Intake
from contracts.wire.envelope import Event
from contracts.wire.messages import Applied
from deploy.local.stack import Stack
from tests.applications import application, event, new_case, tree
from tests.documented import views
from tests.integration.town import Town, consent
from workers.gateway.delivery import CaseHistory, Delivery
from workers.orchestrator.sandbox import sandbox
from workers.process.identity import Identity
from workers.process.temporal import connect
from workers.watcher.execution import execution_of
from workflows.case.ledger_closing import LedgerClosing

pytestmark = pytest.mark.integration

GUIDE = Path(__file__).parents[2] / "docs" / "operating.md"
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+\d{2}:\d{2}")
LATER = "2099-01-01T00:00:00+08:00"
"""A day after everything that is due in the planted cases; the days of the guide are before it."""

FAST_DAY_SECONDS = 2.0
"""The length of a working day of the case that becomes overdue: after 10 of them, until 3 more are over."""

OVERDUE = {"overdue at fire safety", "overdue anywhere"}
FOUND = {
    "waits for fire safety, overdue or not": "fire-safety",
    "something in it is due before a day": "housing fire-safety applicant issuing variant old-law",
    "waits for the applicant": "applicant",
    "led by housing": "housing fire-safety applicant issuing",
    "accepted and not yet decided": "fire-safety variant old-law",
    "decided, and something still has to be done": "issuing",
    "refused": "refused",
    "open cases of a procedure": "housing fire-safety applicant issuing",
    "open cases of a variant": "variant",
    "open cases under an earlier law version": "old-law",
    "opened through the portal before a day, and still open": (
        "housing fire-safety applicant issuing variant old-law"
    ),
    "stuck: the code of the next step fails": "failing",
    "ended from outside, without a word in the ledger": "terminated",
}
"""By each question which of the planted cases a query finds; the case that is overdue apart."""


def guide() -> dict[str, str]:
    """The queries of the guide, by their questions."""
    return views(GUIDE.read_text("utf-8"))


def test_every_query_of_the_guide_is_asked_here() -> None:
    assert set(guide()) == OVERDUE | set(FOUND)


class NoArchive:
    """An archive that knows no case."""

    async def opening(self, case: str) -> None:
        return None


class Planted:
    """Cases, each in a state of its own, by what it waits for or has become."""

    def __init__(self, stack: Stack, town: Town, client: Client) -> None:
        self.cases: dict[str, str] = {}
        self.client = client
        self._stack = stack
        self._town = town
        town.reply = self._reply

    def _reply(self, requested: Event) -> dict[str, Any] | None:
        state = next((state for state, case in self.cases.items() if case == requested.subject), "")
        match state, requested.data["request"].partition(".")[2]:
            case "applicant", "check-completeness":
                missing = {"zh": "用地批准", "en": "Land title", "field": "land_title"}
                return {"outcome": "incomplete", "missing": [missing]}
            case "refused", "review-environment":
                return {"outcome": "refuse", "reason": "environmental-harm"}
            case (
                ("housing", "check-completeness")
                | ("fire-safety" | "overdue", "review-fire-safety")
                | ("issuing", "issue-permit")
                | ("variant" | "old-law", _)
            ):
                return None
        return consent(requested)

    async def apply(self, *states: str) -> None:
        """Cases by way of the gateway."""
        for state in states:
            self.cases[state] = case = new_case()
            await self._town.apply(case)

    async def open(
        self,
        state: str,
        item: ServiceItem,
        said: Any,
        *,
        law: int = -1,
        variant: VariantId = STANDARD,
        day_seconds: float = 1000,
    ) -> None:
        """A case that the gateway of this stack would not open: on other days, or under a law of before."""
        self.cases[state] = case = new_case()
        self._town.cases.add(case)
        delivery = Delivery(
            self.client,
            cast(CaseHistory, NoArchive()),
            directory=self._stack.settings.directory,
            calendar_name=f"compressed:{day_seconds}",
        )
        now, applied = datetime.now(UTC), event(Party.channel("portal"), Applied.type, case, {})
        await delivery.deliver(NewCase(applied, case, now, item, item.laws[law], said, Intake(), variant))

    async def start(self, state: str, queue: str) -> None:
        """A workflow of a procedure that no orchestrator runs."""
        self.cases[state] = case = new_case()
        procedure = SearchAttributePair(
            SearchAttributeKey.for_keyword(attributes.PROCEDURE), "permit-receipt"
        )
        await self.client.start_workflow(
            "permit-receipt", id=case, task_queue=queue, search_attributes=TypedSearchAttributes([procedure])
        )

    async def found_by(self, query: str) -> set[str]:
        """Which of them a query finds."""
        states = {case: state for state, case in self.cases.items()}
        listed = {each.id async for each in self.client.list_workflows(query)}
        return {state for case, state in states.items() if case in listed}

    async def until_found(self, expected: Mapping[str, set[str]]) -> None:
        """Wait until each query, by itself, finds these: what is listed lags a moment."""
        found: dict[str, set[str]] = {}
        try:
            async with asyncio.timeout(150):
                while found != expected:
                    await asyncio.sleep(0.5)
                    found = {query: await self.found_by(query) for query in expected}
        except TimeoutError:
            assert found == expected

    async def end(self) -> None:
        """End those that are open."""
        for case in self.cases.values():
            execution = await execution_of(self.client, case)
            handle = self.client.get_workflow_handle(case)
            if execution is not None and execution.runs:
                if "permit-receipt" in (await handle.describe()).workflow_type:
                    await handle.terminate()
                else:
                    await handle.signal(CANCEL, Cancellation(by="ling", why="The test is over."))


@asynccontextmanager
async def planting(stack: Stack, town: Town) -> AsyncIterator[Planted]:
    planted = Planted(stack, town, await connect(stack.settings))
    try:
        yield planted
    finally:
        await planted.end()


async def test_each_query_finds_what_it_says(stack: Stack, town: Town) -> None:
    async with planting(stack, town) as planted, AsyncExitStack() as workers:
        await planted.apply("housing", "fire-safety", "applicant", "issuing", "granted", "refused")
        await planted.open("variant", TREE_FELLING, tree(), variant=VariantId(ADDED_REVIEW))
        await planted.open("old-law", TREE_FELLING, tree(), law=0)
        await planted.start("terminated", "nobody")
        await planted.client.get_workflow_handle(planted.cases["terminated"]).terminate()
        await planted.start("failing", "failing")
        await workers.enter_async_context(
            Worker(planted.client, task_queue="failing", workflows=[LedgerClosing], workflow_runner=sandbox())
        )
        queries = guide()
        expected = {INSTANT.sub(LATER, queries[each]): set(FOUND[each].split()) for each in FOUND}
        await planted.until_found(expected)
        as_printed = {query for query in queries.values() if INSTANT.search(query)}
        await planted.until_found({query: set() for query in as_printed})
        await town.closed(planted.cases["granted"])


async def test_what_is_overdue_is_found_while_it_is(stack: Stack, town: Town) -> None:
    async with planting(stack, town) as planted:
        await planted.apply("fire-safety")
        await planted.open("overdue", CONSTRUCTION_PERMIT, application(), day_seconds=FAST_DAY_SECONDS)
        queries = guide()
        await planted.until_found({queries[each]: {"overdue"} for each in OVERDUE})
        handle = planted.client.get_workflow_handle(planted.cases["overdue"])
        described = await handle.describe()
        due = described.typed_search_attributes[SearchAttributeKey.for_datetime(attributes.DUE)]
        assert due < datetime.now(UTC)
        # What Temporal lists and what stands in the ledger's topic are two readers: either may be first.
        await town.until(lambda: "deemed" in town.kinds(planted.cases["overdue"]))
        await planted.until_found({queries[each]: set() for each in OVERDUE})


async def test_no_personal_data_can_be_read_where_operators_look(stack: Stack, town: Town) -> None:
    case = await town.apply()
    await town.closed(case)
    client = await connect(stack.settings)
    handle = client.get_workflow_handle(case)
    described = await handle.describe()
    events = (await handle.fetch_history()).events
    shown = [
        str({key.name: value for key, value in described.typed_search_attributes}),
        str(await described.static_summary()),
        *(event.user_metadata.summary.data.decode() for event in events),
        *(str(event.upsert_workflow_search_attributes_event_attributes) for event in events),
    ]
    said = application()
    for personal in (said.applicant.name, said.applicant.contact, said.project, said.site.address):
        assert personal not in "\n".join(shown)
        assert str(personal.encode("unicode_escape"))[2:-1] not in "\n".join(shown)
    assert any("answered (housing)" in each for each in shown)
    assert any("automated check by drainage" in each for each in shown)


async def test_who_works_says_which_process_and_build_it_is(stack: Stack, town: Town) -> None:
    case = await town.apply()
    await town.closed(case)
    client = await connect(stack.settings)

    async def workers(queue: str, kind: TaskQueueType.ValueType) -> set[tuple[str, int, str] | None]:
        """Who polled lately; of one that another test has stopped, Temporal tells for minutes."""
        found = await client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
            )
        )
        who = [Identity.read(poller.identity) for poller in found.pollers]
        return {each and (each.process, each.pid, each.build) for each in who}

    build = stack.settings.build
    for process, queue, kind in (
        ("orchestrator", CASES_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW),
        ("department-drainage", agency_queue("drainage"), TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
    ):
        found = await workers(queue, kind)
        assert {each and each[0] for each in found} == {process}
        assert (process, stack.worker(process).pid, build) in found
    history = await client.get_workflow_handle(CaseId(case)).fetch_history()
    signals = {
        Identity.read(event.workflow_execution_signaled_event_attributes.identity)
        for event in history.events
        if event.HasField("workflow_execution_signaled_event_attributes")
    }
    assert {each.process for each in signals if each} == {"gateway"}
