"""The ledger says which build made each entry, as Temporal recorded it; no case is bound to one."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio.client import Client

from contracts.wire.messages import Reported
from tests.applications import application
from tests.cases.conftest import Cases, CaseUnderTest, Post, case_worker
from tests.cases.test_construction_permit import complete, consent
from tests.replay.replaying import ledger_of, replayed_ledger, small_runs
from workers.orchestrator.main import deployed


async def checked(case: CaseUnderTest) -> None:
    """The automated check has answered: one that its worker takes with it is made again only after 30 s."""
    await case.until(lambda: case.kinds.count("answered") == 2)


async def test_a_case_goes_on_under_another_build_and_replays_to_the_same_entries(
    temporal_client: Client,
) -> None:
    post = Post()
    async with case_worker(temporal_client, post, deployment_config=deployed("1.0")):
        case = await Cases(temporal_client, post).open("construction-permit", application())
        await complete(case)
        await checked(case)
    async with case_worker(temporal_client, post, deployment_config=deployed("1.1+hotfix")):
        await consent(case, "planning")
        await case.until(lambda: case.kinds.count("answered") == 3)
    async with case_worker(temporal_client, post):  # one that nobody gave a build
        await case.handle.signal("cancel", {"by": "ling", "why": "A test."})
        await case.result()
    builds = list(dict.fromkeys(entry.build for entry in case.entries))
    assert builds == ["seamless.1.0", "seamless.1.1+hotfix", None]
    history = await case.handle.fetch_history()
    replayed = await replayed_ledger(history)  # by a worker that has no build at all
    assert [entry.hash for entry in replayed] == [entry.hash for entry in ledger_of(history)]
    assert [entry.hash for entry in replayed] == [entry.hash for entry in case.entries]


async def test_a_new_run_goes_on_under_another_build(temporal_client: Client) -> None:
    post = Post()
    with small_runs() as runner:
        options: dict[str, Any] = {"workflow_runner": runner}
        async with case_worker(temporal_client, post, deployment_config=deployed("1.0"), **options):
            case = await Cases(temporal_client, post).open("construction-permit", application())
            await complete(case)
            await checked(case)
        async with case_worker(temporal_client, post, deployment_config=deployed("1.1"), **options):
            await consent(case)
            for count in range(8):
                await case.send("agency:planning", Reported.type, {"step": f"visit {count}"})
            await case.until(lambda: case.kinds.count("reported") == 8)
            while (await case.handle.describe()).run_id == case.handle.first_execution_run_id:
                await asyncio.sleep(0.05)  # until it has gone on in a new run; else the test's time runs out
            await case.handle.signal("cancel", {"by": "ling", "why": "A test."})
            await case.result()
    assert list(dict.fromkeys(entry.build for entry in case.entries)) == ["seamless.1.0", "seamless.1.1"]
