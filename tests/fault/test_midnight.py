"""Many limits end at one midnight: what follows is spread, takes effect within the stated delay, and no task
fails."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import Client

from contracts.platform import CANCEL, CASES_QUEUE, Cancellation, Opened
from contracts.procedures.environmental_permit import ENVIRONMENTAL_PERMIT, PermitApplication
from contracts.terms.identifiers import CaseId, ChannelId
from deploy.local.stack import Stack
from tests.applications import dormer, new_case
from tests.integration.town import Town
from workers.process.temporal import connect

pytestmark = [pytest.mark.fault, pytest.mark.integration]

MIDNIGHT = datetime(2021, 3, 2, tzinfo=ZoneInfo("Europe/Amsterdam")).astimezone(UTC)
"""The end of Monday, 1 March 2021: eight weeks after receipt on Monday, 4 January."""

RECEIVED = datetime(2021, 1, 4, 9, tzinfo=ZoneInfo("Europe/Amsterdam")).astimezone(UTC)

SLACK_SECONDS = 60
"""How long after the spread the last case may have been taken: its fence, and what waits before it."""


async def open_case(client: Client, stack: Stack, behind: timedelta, spread: timedelta) -> CaseId:
    """Open a case whose limit ends at the midnight, by its own clock, as the gateway would."""
    case = new_case()
    opened = Opened[PermitApplication](
        case=case,
        procedure=ENVIRONMENTAL_PERMIT.procedure,
        law="wabo-2010",
        administration=stack.settings.directory.administration,
        channel=ChannelId(case.channel),
        calendar="nl-2026.2",
        application=dormer(),
        cause="test#midnight",
        secret=secrets.token_hex(32),
        occurred=RECEIVED,
        received=RECEIVED,
        behind=behind,
        spread=spread,
    )
    workflow = ENVIRONMENTAL_PERMIT.workflow_type("standard")  # type: ignore[arg-type]
    await client.start_workflow(workflow, opened, id=case, task_queue=CASES_QUEUE)
    return case


async def failed_tasks(client: Client, case: str) -> int:
    """How many tasks failed by what they did, and not since a busy machine took two seconds for one."""
    history = await client.get_workflow_handle(case).fetch_history()
    return sum(
        event.HasField("workflow_task_failed_event_attributes")
        and "[TMPRL1101]" not in event.workflow_task_failed_event_attributes.failure.message
        for event in history.events
    )


@pytest.mark.parametrize(
    ("cases", "opening_seconds", "spread_seconds"),
    [
        pytest.param(150, 40, 30, marks=pytest.mark.long),
        pytest.param(5_000, 900, 600, marks=[pytest.mark.full_size, pytest.mark.timeout(3000)]),
    ],
)
async def test_what_follows_at_one_midnight_takes_effect_within_the_stated_delay(
    stack: Stack, town: Town, cases: int, opening_seconds: int, spread_seconds: int
) -> None:
    town.reply = lambda requested: None
    client, spread = await connect(stack.settings), timedelta(seconds=spread_seconds)
    midnight = datetime.now(UTC) + timedelta(seconds=opening_seconds)
    behind = midnight - MIDNIGHT
    opened: list[CaseId] = []
    for start in range(0, cases, 20):
        batch = (open_case(client, stack, behind, spread) for _ in range(start, min(start + 20, cases)))
        opened += await asyncio.gather(*batch)
    assert datetime.now(UTC) < midnight, "too slow to open so many cases in time"

    def decided() -> list[Any]:
        return [entry for case in opened for entry in town.ledger[case] if entry.kind == "decided"]

    await town.until(lambda: len(decided()) == cases, within_seconds=opening_seconds + spread_seconds + 600)
    delays = sorted((entry.recorded - MIDNIGHT).total_seconds() for entry in decided())
    assert all(entry.clock is not None and entry.clock.at == MIDNIGHT for entry in decided())
    failed = sum([await failed_tasks(client, case) for case in opened])
    print(
        f"{cases} cases at one midnight, spread over {spread_seconds} s: the first took effect after "
        f"{delays[0]:.1f} s, half after {delays[len(delays) // 2]:.1f} s, the last after {delays[-1]:.1f} s; "
        f"failed tasks: {failed}"
    )
    for case in opened:  # the decision has to be sent yet, and nobody does
        cancellation = Cancellation(by="ling", why="The test is over.")
        await client.get_workflow_handle(case).signal(CANCEL, cancellation)
    await town.until(
        lambda: all(town.ledger[case][-1].kind == "closed" for case in opened), within_seconds=600
    )
    assert delays[0] >= 0
    assert delays[-1] <= spread_seconds + SLACK_SECONDS
    assert failed == 0
