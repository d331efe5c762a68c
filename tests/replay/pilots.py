"""What happens in the recorded case of a pilot."""

from __future__ import annotations

from typing import Any

from contracts.wire.messages import Answered
from tests.cases.conftest import CaseUnderTest


async def adopted(case: CaseUnderTest) -> None:
    """Approved by two persons; undecided at first, then better; the committee adopts it."""
    committee, office, step = "steering-committee", "pilot-office", "rebuilding"

    async def answer(agency: str, request: str, officer: str | None = None, **said: Any) -> None:
        await case.asked(f"{step}.{request}")
        told = {"answer": said} | ({"officer": officer} if officer else {})
        await case.send(f"agency:{agency}", Answered.type, told, request=f"{case.id}/{step}.{request}")

    await answer(committee, "approve-pilot/1", "chen", outcome="approve")
    await answer(committee, "confirm-pilot/1", "chen", outcome="approve")
    await case.until(lambda: "refused" in case.kinds)
    await answer(committee, "confirm-pilot/1", "wu", outcome="approve")
    await answer(office, "begin-assignment/1", outcome="begun", concerned=["market-regulation", "water"])
    await answer(office, "weigh-evidence/1", outcome="undecided")
    await answer(office, "weigh-evidence/2", outcome="better")
    await answer(committee, "decide-adoption/1", "wu", outcome="adopt", note="faster")
    await answer(office, "weigh-evidence/3", outcome="better")
    await answer(office, "end-assignment/1", outcome="ended")
