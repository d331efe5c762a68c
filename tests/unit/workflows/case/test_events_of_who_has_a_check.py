"""An agency for which an automated check answers may have a system, too: what that sends is answered."""

from __future__ import annotations

import pytest

from contracts.wire.messages import Answered, NotOurs, Reported
from tests.unit.workflows.case.clocked import ADVISER, Carried, advised_and_supplemented, begun, item
from tests.unit.workflows.case.ordering import ADVICE
from tests.unit.workflows.case.running import VirtualRuntime

pytestmark = pytest.mark.usefixtures("runs")

WHO = f"agency:{ADVISER}"
YES, SURPRISE = Answered(answer={"outcome": "yes"}), Answered(answer={"outcome": "perhaps"})


async def a_case(runtime: VirtualRuntime) -> Carried:
    """An adviser whose check has not answered yet."""
    return await begun(runtime, item(), advised_and_supplemented, checks=(ADVISER,))


def replies(carried: Carried) -> list[tuple[str, str | None, bool | None]]:
    return [(kind, said.get("reason"), said.get("late")) for kind, said in carried.told(WHO)]


async def test_what_takes_effect_is_taken_and_what_does_not_is_refused(runtime: VirtualRuntime) -> None:
    carried = await a_case(runtime)
    assert replies(carried) == []
    await carried.hears(NotOurs(reason="no", belongs_to=None), WHO, "clock-test.advise/2")
    await carried.hears(Reported(step="memo", content={}), WHO)
    await carried.hears(SURPRISE, WHO, ADVICE)
    await carried.hears(YES, WHO, ADVICE)
    await carried.hears(YES, WHO, ADVICE, event_id="again")
    assert replies(carried) == [
        ("request.refused.v1", "unknown-request", None),
        ("request.refused.v1", "wrong-source", None),
        ("request.refused.v1", "invalid", None),
        ("request.taken.v1", None, False),
        ("request.taken.v1", None, True),
    ]
    assert {entry.automated for entry in carried.of("answered")} == {None}, "nobody knows"
    carried.check_ledger()


async def test_its_check_is_told_nothing(runtime: VirtualRuntime) -> None:
    carried = await a_case(runtime)
    await carried.hears(YES, WHO, ADVICE, by_check=True)
    assert carried.kinds[-1] == "answered"
    assert replies(carried) == []
    assert {entry.automated for entry in carried.of("answered")} == {True}


async def test_a_case_of_an_earlier_release_goes_on_as_it_did(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "patched", lambda change: False)
    carried = await a_case(runtime)
    await carried.hears(SURPRISE, WHO, ADVICE)
    await carried.hears(YES, WHO, ADVICE)
    assert replies(carried) == []
    assert {entry.automated for entry in carried.of("answered")} == {True}
