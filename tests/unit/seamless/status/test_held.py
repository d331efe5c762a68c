"""A consequence counts as held once the fence has refused it more than once, for the reason of the fence."""

from __future__ import annotations

import pytest

from contracts.platform import AWAIT_GATEWAY, PUBLISH
from contracts.terms.identifiers import CaseId
from seamless.status import held
from seamless.status.held import TRIES, held_of
from tests.applications import new_case
from workers.watcher.execution import Busy, Execution

CASES = [new_case() for _ in range(20)]


def busy(activity: str, attempt: int, failure: str = "the gateway stands at 3 of 4") -> Busy:
    return Busy(activity, attempt, failure, "gateway-behind" if failure else "", None)


def running(*activities: Busy) -> Execution:
    return Execution("run", "running", None, 0, None, activities)


async def test_what_waits_at_the_fence_is_held_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {
        CASES[0]: running(busy(AWAIT_GATEWAY, TRIES)),
        CASES[1]: running(busy(AWAIT_GATEWAY, TRIES - 1)),  # a gateway that has just not committed yet
        CASES[2]: running(busy(AWAIT_GATEWAY, 1, "")),  # it waits for the deadline itself
        CASES[3]: running(busy(PUBLISH, 50)),
        CASES[4]: running(busy(PUBLISH, 1, ""), busy(AWAIT_GATEWAY, 70)),
        CASES[5]: running(),
    }

    async def execution_of(client: object, case: CaseId) -> Execution | None:
        return known.get(case)

    monkeypatch.setattr(held, "execution_of", execution_of)
    found = await held_of(None, CASES)  # type: ignore[arg-type]
    assert [(each.case, each.reason) for each in found] == [
        (CASES[0], "gateway-behind"),
        (CASES[4], "gateway-behind"),
    ]
    assert found[0].told == "the gateway stands at 3 of 4"
