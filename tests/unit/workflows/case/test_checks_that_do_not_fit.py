"""An automated check whose answer is none to its request has failed: it is made again, and operators hear."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contracts.terms.decisions import Decision, Grant, Refuse
from tests.unit.workflows.case.clocked import ADVISER, Advice, Advise, Plea, begun, item
from tests.unit.workflows.case.running import VirtualRuntime
from workflows.case import Procedure
from workflows.case.runtime import CHECK_AGAIN

pytestmark = pytest.mark.usefixtures("runs")


async def advised(author: Procedure[Plea]) -> Decision:
    await author.accept()
    advice = await author.ask(Advise())
    return await author.decide(Grant() if advice.outcome == "yes" else Refuse(reason="late"))


@pytest.mark.parametrize(
    ("answer", "by_person"),
    [(Advice(outcome="no", reason="of-another-law"), False), (Advice(outcome="yes"), True)],
)
async def test_an_answer_that_does_not_fit_is_no_answer(
    runtime: VirtualRuntime, monkeypatch: pytest.MonkeyPatch, answer: Advice, by_person: bool
) -> None:
    monkeypatch.setattr(Advise, "by_person", by_person)
    runtime.answers[Advise.name] = answer
    carried = await begun(runtime, item(), advised, checks=(ADVISER,))
    assert "refused" not in carried.kinds
    assert any(Advise.name in each for each in runtime.warnings), runtime.warnings
    monkeypatch.setattr(Advise, "by_person", False)
    runtime.answers[Advise.name] = Advice(outcome="yes")
    await carried.days(1, CHECK_AGAIN + timedelta(seconds=1))
    assert carried.of("decided")[0].outcome == "granted"
    carried.check_ledger()
