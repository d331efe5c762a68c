"""What the committee says of a pilot by commands takes effect; whatever ends a pilot ends its assignment."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from activities.assigning import assigning_of
from deploy.local.stack import Stack
from tests.integration.commands import seamless
from workers.process.temporal import connect

PROCEDURE = "tree-felling"
VARIANTS = ("--old", "standard", "--new", "added-review")


class Desk:
    """Whoever types the commands."""

    def __init__(self, stack: Stack) -> None:
        self._settings = stack.settings

    async def says(self, *words: str, code: int = 0) -> tuple[dict[str, Any], str]:
        """What a command says, which ends as it should."""
        ended, out, error = await seamless(self._settings, *words)
        assert ended == code, (words, out, error)
        return out, error

    async def opens(self) -> str:
        """A pilot that waits to be approved."""
        out, _ = await self.says("pilot", "open", PROCEDURE, *VARIANTS, "--why", "a test")
        await self.until(out["case"], "approve")
        return str(out["case"])

    async def until(self, pilot: str, stage: str) -> dict[str, Any]:
        """What is shown of a pilot once it has come so far."""
        async with asyncio.timeout(240):
            while True:
                _, out, _ = await seamless(self._settings, "pilot", "show", pilot)
                if out.get("stage") == stage:
                    return out
                await asyncio.sleep(0.2)

    async def assigns_in(self) -> str | None:
        """The variant in which the cases are opened since the last pilot has ended; None: it assigns."""
        standing = await assigning_of(await connect(self._settings), PROCEDURE)
        return standing.ended.variant if standing and standing.ended else None


@pytest.fixture
def desk(stack: Stack) -> Desk:
    return Desk(stack)


async def test_a_pilot_that_runs_is_stopped_by_command(desk: Desk) -> None:
    pilot = await desk.opens()
    await desk.says("pilot", "approve", pilot, "--as", "chen")
    _, error = await desk.says("pilot", "approve", pilot, "--as", "chen", code=2)
    assert "the same person has approved it before" in error
    await desk.says("pilot", "approve", pilot, "--as", "wu")
    await desk.until(pilot, "run")
    assert await desk.assigns_in() is None
    _, error = await desk.says("pilot", "adopt", pilot, "--as", "chen", code=2)
    assert "does not wait for the committee's decision" in error
    await desk.says("pilot", "stop", pilot, "--why", "short of staff")
    shown = await desk.until(pilot, "gone-back")
    assert shown["reason"] == "stopped"
    assert await desk.assigns_in() == "standard"
    _, error = await desk.says("pilot", "stop", pilot, "--why", "again", code=2)
    assert "has ended, and assigns no cases: it was given up" in error


async def test_a_member_who_refuses_ends_a_pilot_before_it_begins(desk: Desk) -> None:
    pilot = await desk.opens()
    await desk.says("pilot", "approve", pilot, "--as", "chen")
    await desk.says("pilot", "approve", pilot, "--as", "wu", "--refuse", "not in summer")
    shown = await desk.until(pilot, "not-approved")
    assert [(each["outcome"], each["note"]) for each in shown["approvals"]] == [
        ("approve", None),
        ("refuse", "not in summer"),
    ]
    assert shown["begun"] is None


async def test_what_a_cancelled_pilot_left_behind_is_ended_by_command(desk: Desk) -> None:
    pilot = await desk.opens()
    await desk.says("pilot", "approve", pilot, "--as", "chen")
    await desk.says("pilot", "approve", pilot, "--as", "wu")
    await desk.until(pilot, "run")
    await desk.says("case", "cancel", pilot, "--why", "a test")
    await desk.until(pilot, "cancelled")
    assert await desk.assigns_in() is None
    await desk.says("pilot", "stop", pilot, "--why", "it was cancelled")
    assert await desk.assigns_in() == "standard"
