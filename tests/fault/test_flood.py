"""Nobody can kill a case: not with large events, and not with as many as Temporal takes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from temporalio.client import Client

from contracts.terms.identifiers import CaseId, Party
from contracts.wire.envelope import Event
from contracts.wire.messages import Refused, Reported
from contracts.wire.topics import events_topic, messages_topic
from deploy.local.stack import Stack
from network.broker.dead_letters import list_dead_letters
from network.broker.publisher import Publisher, Record
from tests.applications import event
from tests.integration.judge import archived, judge
from tests.integration.town import Town, consent
from workers.process.temporal import connect

pytestmark = [pytest.mark.fault, pytest.mark.integration]

HOUSING, POLICE = Party.agency("housing"), Party.agency("police")
CROWD = {HOUSING: 4_000, Party.agency("fire-safety"): 3_000, Party.agency("environment"): 3_000}
LARGE = {"text": 4 * [15_000 * "x"]}
"""60 kB."""


def all_but_completeness(requested: Event) -> dict[str, Any] | None:
    """What a town replies in which nobody checks whether the application is complete."""
    return (
        None if requested.data["request"] == "construction-permit.check-completeness" else consent(requested)
    )


async def waiting_case(town: Town) -> CaseId:
    """A case that waits for its first answer."""
    town.reply = all_but_completeness
    case = await town.apply()
    await town.until(lambda: "requested" in town.kinds(case))
    return case


async def goes_on(stack: Stack, town: Town, case: CaseId) -> None:
    """The first answer comes, and the case ends as it should."""
    await town.answer(f"{case}/construction-permit.check-completeness/1", {"outcome": "complete"})
    await town.closed(case)
    await judge(stack.settings, [case], outcome="granted")


async def report(stack: Stack, sender: Party, case: CaseId, count: int, content: dict[str, Any]) -> None:
    """Publish so many reports about a case."""
    topic = events_topic(sender)
    async with Publisher(stack.settings.broker) as publisher:
        for start in range(0, count, 100):
            said = [
                event(sender, Reported.type, case, {"step": f"visit {number}", "content": content})
                for number in range(start, min(start + 100, count))
            ]
            await publisher.publish([Record(topic, case, *each.encode()) for each in said])


async def history_bytes(client: Client, case: CaseId) -> int:
    """How large the history of a case's run is."""
    return (await client.get_workflow_handle(case).describe()).raw_info.history_size_bytes


@pytest.mark.full_size
async def test_large_reports_of_an_agency_that_nobody_asked_do_not_end_a_case(
    stack: Stack, town: Town
) -> None:
    """900 of 60 kB are 54 MB, and Temporal ends a run at 50."""
    case = await waiting_case(town)
    client = await connect(stack.settings)
    largest = 0
    sending = asyncio.create_task(report(stack, POLICE, case, 900, LARGE))
    ended = 0
    async with asyncio.timeout(300):
        while ended < 900:
            largest = max(largest, await history_bytes(client, case))
            await asyncio.sleep(0.5)
            ended = len(town.heard(messages_topic(POLICE), Refused.type, case))
    await sending
    letters = [
        letter for letter in await list_dead_letters(stack.settings.broker) if letter.key == case.encode()
    ]
    assert town.kinds(case).count("refused") + len(letters) == 900
    assert largest < 45 * 1024 * 1024, "Temporal ends a run at 50 MB"
    await goes_on(stack, town, case)


@pytest.mark.full_size
@pytest.mark.timeout(900)
async def test_ten_thousand_events_that_wait_while_everything_is_down_take_effect_in_order(
    stack: Stack, town: Town
) -> None:
    """As many as Temporal takes for one run wait there, too, before anybody takes them."""
    case = await waiting_case(town)
    down = ("gateway", "orchestrator", "archive")
    await asyncio.gather(*(stack.worker(name).stop(15) for name in down))
    await asyncio.gather(*(report(stack, party, case, count, {}) for party, count in CROWD.items()))
    stack.start_worker("gateway")
    client = await connect(stack.settings)
    async with asyncio.timeout(300):
        while (await client.get_workflow_handle(case).describe()).history_length < 9_500:
            await asyncio.sleep(0.5)
    stack.start_worker("orchestrator")
    stack.start_worker("archive")
    await stack.ready()
    await town.until(lambda: town.kinds(case).count("reported") == sum(CROWD.values()), within_seconds=600)
    await goes_on(stack, town, case)
    ledger = (await archived(stack.settings, [case]))[case]
    for party, count in CROWD.items():
        said = [entry.outcome for entry in ledger if entry.kind == "reported" and entry.actor == party]
        assert said == [f"visit {number}" for number in range(count)]  # none lost, none doubled, in order
    assert len([run async for run in client.list_workflows(f"WorkflowId = '{case}'")]) > 1
