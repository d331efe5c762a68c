"""A withdrawal at the verbs, before and after the decision."""

from __future__ import annotations

import pytest

from contracts.terms.decisions import Grant
from contracts.wire.messages import ApplicantWithdrew
from tests.applications import document
from tests.unit.workflows.case.authoring import COMPLETE, FIRE, Author, answered
from tests.unit.workflows.case.running import HOUSING, PORTAL, delivered, posted, take
from workflows.case.interruptions import Withdrawal


async def test_a_withdrawal_interrupts_the_verb_that_waits_and_every_later_one(author: Author) -> None:
    asking = await author.begins(author.procedure.ask(FIRE))
    await author.hears(ApplicantWithdrew(), PORTAL)
    with pytest.raises(Withdrawal):
        await asking
    with pytest.raises(Withdrawal):
        await author.procedure.accept()


async def test_an_answer_does_not_win_over_a_withdrawal_in_the_same_activation(author: Author) -> None:
    asking = await author.begins(author.procedure.ask(COMPLETE))
    case = author.case.opened.case
    take(
        author.case,
        delivered(answered("complete"), case, HOUSING, step="construction-permit.check-completeness/1"),
    )
    take(author.case, delivered(ApplicantWithdrew(), case, PORTAL))
    with pytest.raises(Withdrawal):
        await asking


async def test_after_the_decision_the_verbs_go_on(author: Author) -> None:
    await author.hears(ApplicantWithdrew(), PORTAL)
    assert await author.procedure.decide(Grant()) == Grant()
    await author.procedure.notify(document("permit"))
    assert posted(author.case)[-1].kind == "notified"
