"""The search attributes of cases on a real Temporal server: they are there to be asked by, they outlive a new
run, they cost what they have to, and nothing that an author writes can end a case by them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from contracts import attributes
from contracts.attributes import KINDS
from contracts.platform import PUBLISH
from contracts.wire.messages import Reported
from seamless.explore.driven import AS_OPENED
from tests.applications import application
from tests.cases.conftest import Cases, CaseUnderTest, Post, case_worker
from tests.cases.test_construction_permit import complete, consent
from tests.replay.replaying import replayed_ledger, small_runs
from workers.process.temporal import register_search_attributes

UPSERTED = EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES

OPENED = AS_OPENED.updated(SearchAttributePair(SearchAttributeKey.for_keyword(attributes.LAW), "2018-33"))


@pytest.fixture
async def listing(temporal_client: Client) -> Client:
    """The server, with the search attributes of cases."""
    await register_search_attributes(temporal_client)
    async with asyncio.timeout(60):
        while True:  # they take a moment to reach every part of the server
            try:
                await asked(
                    temporal_client, "SeamlessStage = 'opened' AND SeamlessDue > '2026-01-01T00:00:00Z'"
                )
            except Exception:
                await asyncio.sleep(0.2)
            else:
                break
    return temporal_client


async def asked(client: Client, query: str) -> set[str]:
    """The cases that a query finds."""
    return {each.id async for each in client.list_workflows(query)}


async def found(client: Client, query: str, case: CaseUnderTest) -> None:
    """Wait until a query finds a case: lists lag a moment."""
    async with asyncio.timeout(60):
        while case.id not in await asked(client, query):
            await asyncio.sleep(0.1)


async def listed(case: CaseUnderTest, client: Client) -> dict[str, Any]:
    """The search attributes of a case, without those of Temporal's own."""
    described = await client.get_workflow_handle(case.id).describe()
    return {key.name: value for key, value in described.typed_search_attributes if key.name in KINDS}


def changes(history: WorkflowHistory) -> list[HistoryEvent]:
    """Where a history changes search attributes of ours; ``workflow.patched`` changes one of Temporal's."""
    return [
        event
        for event in history.events
        if event.event_type == UPSERTED
        and not KINDS.keys().isdisjoint(
            event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
        )
    ]


async def test_a_case_can_be_asked_for_by_how_it_stands(listing: Client) -> None:
    post = Post()
    async with case_worker(listing, post):
        case = await Cases(listing, post).open("construction-permit", application(), listed=OPENED)
        await found(listing, "SeamlessWaitingFor = 'housing' AND SeamlessStage = 'opened'", case)
        await complete(case)
        await found(listing, "SeamlessWaitingFor = 'fire-safety' AND SeamlessStage = 'accepted'", case)
        assert case.id not in await asked(listing, "SeamlessDue < '2026-01-01T00:00:00Z'")
        assert case.id in await asked(listing, "SeamlessDue > '2026-01-01T00:00:00Z'")
        await case.handle.signal("cancel", {"by": "ling", "why": "A test."})
        await case.result()
        await found(listing, "SeamlessOutcome = 'ended' AND SeamlessWaitingFor IS NULL", case)
        assert await listed(case, listing) == {
            attributes.LAW: "2018-33",
            attributes.STAGE: "closed",
            attributes.OUTCOME: "ended",
        }
        history = await case.handle.fetch_history()
    assert [each.hash for each in await replayed_ledger(history)] == [each.hash for each in case.entries]
    published = [
        event
        for event in history.events
        if event.activity_task_scheduled_event_attributes.activity_type.name == PUBLISH
    ]
    assert 0 < len(changes(history)) <= len(published), "no more than one whenever something leaves"
    told = b"".join(event.user_metadata.summary.data for event in published).decode()
    assert "publish 2 entries: opened, requested (housing)" in told
    assert "Huajian" not in str(changes(history)) + told


async def test_a_new_run_is_listed_as_the_last_one_was(listing: Client) -> None:
    post = Post()
    with small_runs() as runner:
        async with case_worker(listing, post, workflow_runner=runner):
            case = await Cases(listing, post).open("construction-permit", application(), listed=OPENED)
            await complete(case)
            await consent(case)
            await case.until(lambda: "fee-due" in case.kinds)  # the automated check has answered, too
            for count in range(8):
                await case.send("agency:planning", Reported.type, {"step": f"visit {count}"})
            await case.until(lambda: case.kinds.count("reported") == 8)
            handle = listing.get_workflow_handle(case.id)
            while (await handle.describe()).run_id == case.handle.first_execution_run_id:
                await asyncio.sleep(0.05)
            now = await listed(case, listing)
            assert now[attributes.WAITING_FOR] == ["applicant"]
            assert now[attributes.LAW] == "2018-33"
            assert now[attributes.DUE]
            assert changes(await handle.fetch_history()) == [], "nothing has changed by that"
            await case.handle.signal("cancel", {"by": "ling", "why": "A test."})
            await case.result()
    assert (await listed(case, listing))[attributes.STAGE] == "closed"


async def test_a_case_that_was_opened_without_them_gets_none(listing: Client) -> None:
    """As one under an earlier build: its history has no event for them, and has to replay."""
    post = Post()
    async with case_worker(listing, post):
        case = await Cases(listing, post).open("construction-permit", application())
        await complete(case)
        await case.handle.signal("cancel", {"by": "ling", "why": "A test."})
        await case.result()
    history = await case.handle.fetch_history()
    assert changes(history) == []
    assert await listed(case, listing) == {}


async def test_a_server_takes_the_longest_that_there_can_be(listing: Client) -> None:
    """Without a worker: it is the server that has to take it."""
    longest = {
        attributes.STAGE: attributes.keyword("\U0001f600" * 1000),
        attributes.LAW: attributes.keyword("'\"\\审\t" * 500),
        attributes.WAITING_FOR: attributes.keywords(f"third-party:{number:0>63}" for number in range(50)),
    }
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(
            SearchAttributeKey.for_keyword_list(name)
            if isinstance(value, list)
            else SearchAttributeKey.for_keyword(name),
            value,
        )
        for name, value in longest.items()
    ]
    handle = await listing.start_workflow(
        "nothing",
        id="longest",
        task_queue="nobody",
        search_attributes=TypedSearchAttributes(pairs),
        static_summary=attributes.summary("审" * 1000),
    )
    async with asyncio.timeout(60):
        while handle.id not in await asked(listing, f"SeamlessWaitingFor = '{attributes.MORE}'"):
            await asyncio.sleep(0.1)
    await handle.terminate()
