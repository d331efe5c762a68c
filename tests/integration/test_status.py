"""``seamless status`` on real servers: who is there, what waits, and a broker that is dead or hangs."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contracts.terms.case_number import number_of
from deploy.local.kafka import KafkaEngine
from deploy.local.stack import Stack
from network.broker.topics import apply_topics
from tests.integration.commands import seamless
from tests.integration.judge import dead_letters
from tests.integration.town import Town
from workers.process.settings import Settings

pytestmark = pytest.mark.integration

AT_ONCE_SECONDS = 90
"""A command that hangs would take minutes; Python alone takes two seconds to begin on a busy machine, and ten
or more on one that is suddenly slow."""


async def status(settings: Settings) -> tuple[int, dict[str, Any]]:
    code, said, _ = await asyncio.wait_for(seamless(settings, "status"), 150)
    return code, said


async def test_whoever_is_there_and_has_something_to_do_is_told(stack: Stack, town: Town) -> None:
    town.reply = lambda requested: None
    case = await town.apply()
    await town.until(lambda: "requested" in town.kinds(case))
    await stack.ready()
    code, said = await status(stack.settings)
    assert {each["engine"]: each["answers"] for each in said["engines"]} == {
        "kafka": True,
        "temporal": True,
        "archive": True,
    }
    assert said["not_known"] == {}
    assert [each for each in said["setup"] if not each["what"].startswith("disk: ")] == []
    there = {each["process"]: each for each in said["workers"]}
    assert there.keys() >= {"orchestrator", "gateway", "department-drainage"}
    assert {there[each]["build"] for each in ("orchestrator", "gateway")} == {stack.settings.build}
    assert there["gateway"]["pid"] == stack.worker("gateway").pid
    assert [each["what"] for each in said["needs"] if "is there" in each["what"]] == []
    assert (said["events"]["heartbeat"] is not None, said["archived"]["lost"]) == (True, 0)
    assert said["calendars"][0]["calendar"] == stack.settings.calendar
    [housing] = [each for each in said["cases"]["holders"] if each["holder"] == "agency:housing"]
    assert housing["requests"] >= 1
    assert code == {"well": 0, "needs-a-person": 1}[said["result"]], said["needs"]
    assert (code == 0) == (said["needs"] == [])

    wanted = ("--holder", "housing", "--status", "open")
    code, listed, _ = await seamless(stack.settings, "case", "list", *wanted)
    assert (code, case in {each["case"] for each in listed["cases"]}) == (0, True)
    code, shown, _ = await seamless(stack.settings, "case", "show", number_of(case))
    assert (code, shown["case"]) == (0, case)


async def test_a_dead_letter_needs_a_person(stack: Stack, town: Town) -> None:
    unknown = "portal-0199a1b2-0000-7000-8000-00000000dead"
    await town.answer(f"{unknown}/construction-permit.review-planning/1", {"outcome": "consent"})
    async with asyncio.timeout(60):
        while not (found := await dead_letters(stack.settings, unknown)):
            await asyncio.sleep(0.5)
    code, said = await status(stack.settings)
    assert (code, said["result"]) == (1, "needs-a-person")
    waiting = {each["reason"]: each for each in said["dead_letters"]}
    assert waiting[found[0].reason]["waiting"] >= 1
    assert any("dead letter" in each["what"] for each in said["needs"])
    code, _, error = await seamless(
        stack.settings, "dead-letter", "discard", found[0].id, "--why", "it was made by a test"
    )
    assert code == 0, error


async def test_whom_an_order_excuses_is_shown_until_another_order_ends_that(stack: Stack, town: Town) -> None:
    for lever, states in (("pause", ["paused"]), ("resume", [])):
        code, _, error = await seamless(stack.settings, "party", lever, "parks", "--why", "a test")
        assert code == 0, error
        _, said = await status(stack.settings)
        assert [each["state"] for each in said["parties"] if each["party"] == "agency:parks"] == states


@pytest.fixture
async def broker(stack: Stack, tmp_path: Path) -> AsyncIterator[KafkaEngine]:
    """A broker of its own, with the topics; the shared stack goes on with its own."""
    async with KafkaEngine(tmp_path / "kafka") as engine:
        settings = stack.settings.model_copy(update={"kafka": engine.bootstrap})
        await apply_topics(settings.broker, settings.directory)
        yield engine


@pytest.mark.parametrize("how", ["killed", "hangs"])
async def test_a_broker_that_is_dead_is_named_at_once_and_the_others_still_tell(
    stack: Stack, broker: KafkaEngine, how: str
) -> None:
    settings = stack.settings.model_copy(update={"kafka": broker.bootstrap})
    _, said = await status(settings)
    assert said["engines"][0]["answers"], said["engines"]
    assert any("no gateway is there" in each["what"] for each in said["needs"])
    assert broker.pid is not None
    if how == "killed":
        broker.kill()
    else:
        os.kill(broker.pid, signal.SIGSTOP)
    clock = asyncio.get_running_loop().time
    began = clock()
    code, said = await status(settings)
    took = clock() - began
    if how == "hangs":
        os.kill(broker.pid, signal.SIGCONT)
    assert took < AT_ONCE_SECONDS
    assert (code, said["result"]) == (3, "away")
    assert said["needs"][0]["what"].startswith("kafka is away: ")
    assert ("nobody listens on port" if how == "killed" else "it hangs") in said["needs"][0]["what"]
    assert {each["process"] for each in said["workers"]} >= {"orchestrator", "department-drainage"}
    assert said["cases"]["open"] >= 0
    assert said["events"] is None
    assert "kafka" in said["not_known"]["gateways"]
