"""A new run comes to where the last one was, whatever was broken off on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from contracts.terms.decisions import Decision, Grant, Refuse
from contracts.terms.limits import Limit, working_days
from contracts.terms.requests import End, Request, lapse, refer
from contracts.wire.messages import Answered, Paid, Received, Requested
from tests.unit.workflows.case.clocked import (
    ADVISER,
    HEAD,
    HOUSING,
    Advise,
    ApproveExtension,
    Inspect,
    Plea,
    begun,
    item,
)
from tests.unit.workflows.case.running import DAY, VirtualRuntime
from workflows.case import Procedure
from workflows.case.interruptions import Lapsed

pytestmark = pytest.mark.usefixtures("runs")

WHO, LONG = f"agency:{ADVISER}", item(statutory=working_days(200), promised=working_days(200))


def has_terms(monkeypatch: pytest.MonkeyPatch, request: type[Request], limit: Limit, end: End) -> None:
    terms = request.stated.model_copy(update={"limit": limit, "overdue": (end,)})
    monkeypatch.setattr(request, "stated", terms)
    monkeypatch.setattr(request, "versions", (terms,))


async def _until_yes(author: Procedure[Plea]) -> None:
    while (await author.ask(Advise())).outcome != "yes":
        continue


async def _advised_twice_then_inspected(author: Procedure[Plea]) -> None:
    await author.ask(Advise())
    await author.ask(Advise())
    await author.ask(Inspect())


async def _until_a_sibling_has_waited_in_vain(
    author: Procedure[Plea], branch: Coroutine[Any, Any, None]
) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(author.ask(ApproveExtension()))
            group.create_task(branch)
    except* Lapsed:
        pass


async def asks_once_more(author: Procedure[Plea]) -> Decision:
    """A branch asks again and again, until its sibling has waited in vain; then the course asks once more."""
    await _until_a_sibling_has_waited_in_vain(author, _until_yes(author))
    last = await author.ask(Advise())
    return await author.decide(Grant() if last.outcome == "yes" else Refuse(reason="late"))


async def is_paid_then(author: Procedure[Plea]) -> Decision:
    await _until_a_sibling_has_waited_in_vain(author, _advised_twice_then_inspected(author))
    await author.wait_for(Paid)
    return await author.decide(Grant())


async def test_an_answer_is_that_to_the_request_that_the_course_waits_for(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_terms(monkeypatch, ApproveExtension, working_days(3), lapse("silent"))
    carried = await begun(runtime, LONG, asks_once_more)
    for number in (1, 2, 3):
        await carried.hears(Answered(answer={"outcome": "no"}), WHO, f"clock-test.advise/{number}")
    await carried.days(4, DAY)
    assert list(carried.case.journal.waits) == ["clock-test.advise/4", "clock-test.advise/5"]
    await carried.hears(Received(), WHO, "clock-test.advise/5")
    assert "decided" not in carried.kinds, "nobody has answered the last request"
    await carried.hears(Answered(answer={"outcome": "yes"}), WHO, "clock-test.advise/5")
    assert carried.of("decided")[0].outcome == "granted"
    carried.check_ledger()


async def test_a_request_that_a_branch_left_open_is_referred_in_any_run(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_terms(monkeypatch, ApproveExtension, working_days(30), lapse("silent"))
    has_terms(monkeypatch, Inspect, working_days(60), refer(HEAD, working_days(5), "silent"))
    carried = await begun(runtime, LONG, is_paid_then)
    for number in (1, 2):
        await carried.hears(Answered(answer={"outcome": "no"}), WHO, f"clock-test.advise/{number}")
    await carried.days(32, DAY)
    await carried.hears(Received(), f"agency:{HOUSING}", "clock-test.inspect/1")
    await carried.days(32, DAY)
    told = [said for kind, said in carried.told(f"agency:{HEAD}") if Requested.type.endswith(kind)]
    assert told[-1]["instead_of"] == HOUSING
    carried.check_ledger()
