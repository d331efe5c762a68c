"""What a channel may say, and what it is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from contracts.terms.decisions import Grant
from contracts.terms.limits import working_days
from contracts.terms.values import Money
from contracts.wire.messages import ApplicantReplied, ApplicantWithdrew, Paid, Replied, Supplemented
from contracts.wire.notices import Asked, RefundDue, TakenNotice
from tests.applications import application
from tests.unit.workflows.case.authoring import BILL
from tests.unit.workflows.case.edge_cases.situation import (
    CONSENT,
    INVALID,
    LAND_TITLE,
    REVIEW,
    TITLE,
    Row,
    Situation,
    admitted,
    asks_how_high,
    json_of,
)
from tests.unit.workflows.case.running import (
    DAY,
    FIRE_SAFETY,
    PORTAL,
    START,
    posted,
)
from workflows.case.deciding import close, decide

# --- a channel -------------------------------------------------------------------------------------------


async def _asked_for_title(at: Situation) -> None:
    incomplete = application(land_title=None)
    await at.begins(at.procedure.supplement(incomplete, [LAND_TITLE], working_days(5), "not-supplemented"))


async def _supplemented(at: Situation) -> str:
    await _asked_for_title(at)
    return await at.says(Supplemented(application=TITLE), PORTAL)


async def _supplemented_otherwise(at: Situation) -> str:
    await _asked_for_title(at)
    found = set()
    for handed_in in (
        {"floor_area": "1.00"},
        {"land_titel": TITLE["land_title"]},
        {"land_title": None},
        TITLE | {"floor_area": "1.00"},
    ):
        found.add(await at.says(Supplemented(application=handed_in), PORTAL))
    empty = Supplemented.model_construct(application={})
    found.add(admitted(PORTAL, json_of(at.case.opened.case, empty, PORTAL)))
    assert await at.says(Supplemented(application=TITLE), PORTAL) == "`taken`"  # the round is not used up
    return found.pop() if len(found) == 1 else str(found)


async def _supplemented_in_parts(at: Situation) -> str:
    await _asked_for_title(at)
    await at.says(Supplemented(application=TITLE), PORTAL)
    return await at.says(Supplemented(application=TITLE), PORTAL)


async def _supplemented_unasked(at: Situation) -> str:
    return await at.says(Supplemented(application=TITLE), PORTAL)


async def _supplemented_late(at: Situation) -> str:
    incomplete = application(land_title=None)
    verb = at.procedure.supplement(incomplete, [LAND_TITLE], working_days(5), "not-supplemented")
    asking = await at.begins(verb)
    await at.lets_pass(6 * DAY)
    asking.exception()
    return await at.says(Supplemented(application=TITLE), PORTAL, received=START + 6 * DAY)


async def _replied(at: Situation) -> str:
    await asks_how_high(at)
    (asked,) = at.heard(PORTAL, Asked)
    answer = await at.says(ApplicantReplied(question=asked["question"], text="Three"), PORTAL)
    (replied,) = at.heard(FIRE_SAFETY, Replied)
    question = next(each for each in posted(at.case) if each.kind == "question")
    assert (replied["text"], question.cause) == ("Three", f"{question_source(at)}#{replied['question']}")
    return answer


def question_source(at: Situation) -> str:
    return FIRE_SAFETY.source(at.case.opened.administration)


async def _replied_late(at: Situation) -> str:
    await asks_how_high(at)
    (asked,) = at.heard(PORTAL, Asked)
    await at.says(CONSENT, FIRE_SAFETY, step=REVIEW)
    return await at.says(ApplicantReplied(question=asked["question"], text="Three"), PORTAL)


async def _replied_to_nothing(at: Situation) -> str:
    return await at.says(ApplicantReplied(question="no-such-question", text="Three"), PORTAL)


def _paid(amount: str, reference: str = "bank-1", currency: str = "CNY") -> Paid:
    return Paid(amount=Money(amount=Decimal(amount), currency=currency), reference=reference)


async def _owes(at: Situation) -> Any:
    return await at.begins(at.procedure.collect(BILL, working_days(5)))


def _refunded(at: Situation) -> list[str]:
    close(at.case, Grant())
    return [data["amount"]["amount"] for data in at.heard(PORTAL, RefundDue)]


async def _paid_in_part(at: Situation) -> str:
    await _owes(at)
    answer = await at.says(_paid("99.00"), PORTAL)
    assert posted(at.case)[-1].outcome == "part"
    assert _refunded(at) == ["99.00"]
    return answer


async def _paid_too_much(at: Situation) -> str:
    collecting = await _owes(at)
    answer = await at.says(_paid("130.00"), PORTAL)
    assert at.heard(PORTAL, TakenNotice)[-1]["excess"] == {"amount": "30.00", "currency": "CNY"}
    assert await collecting
    assert _refunded(at) == ["30.00"]
    return answer


async def _paid_twice(at: Situation) -> str:
    collecting = await _owes(at)
    await at.says(_paid("50.00"), PORTAL)
    answer = await at.says(_paid("50.00"), PORTAL)
    assert not collecting.done()
    return answer


async def _paid_in_euro(at: Situation) -> str:
    await _owes(at)
    return await at.says(_paid("100.00", currency="EUR"), PORTAL)


async def _paid_nothing(at: Situation) -> str:
    await _owes(at)
    return await at.says(_paid("0"), PORTAL)


async def _paid_late(at: Situation) -> str:
    collecting = await _owes(at)
    await at.lets_pass(6 * DAY)
    answer = await at.says(_paid("100.00"), PORTAL, received=START + 6 * DAY)
    assert not await collecting
    assert _refunded(at) == ["100.00"]
    return answer


async def _withdrew(at: Situation) -> str:
    return await at.says(ApplicantWithdrew(), PORTAL)


async def _withdrew_decided(at: Situation) -> str:
    decide(at.case, Grant())
    return await at.says(ApplicantWithdrew(), PORTAL)


SEQUENCE = "unit/workflows/case/test_sequence.py"
PENALTY = "unit/workflows/case/test_penalty.py"
OWED = "::test_the_applicant_is_owed_a_penalty_for_each_day_after_notice_of_default"

CHANNELS = [
    Row(
        "`applied`",
        "the case was opened with the same content",
        "nothing",
        "unit/workers/gateway/test_delivery.py::test_the_same_application_again_is_a_duplicate",
    ),
    Row(
        "`applied`",
        "the case was opened with other content",
        "`refused`: `conflict`",
        "unit/workers/gateway/test_delivery.py::test_another_application_under_a_known_case_is_a_conflict",
    ),
    Row("`supplemented`", "some of what `missing` asked for", "`taken`", _supplemented),
    Row(
        "`supplemented`",
        "another field, `null`, or nothing; the round is not used up",
        INVALID,
        _supplemented_otherwise,
    ),
    Row("`supplemented`", "nothing was asked for", "`refused`: `not-asked`", _supplemented_unasked),
    Row(
        "`supplemented`",
        "a second one: the first has ended the round, also with a part",
        "`refused`: `not-asked`",
        _supplemented_in_parts,
    ),
    Row("`supplemented`", "the limit is over", "`taken`, late", _supplemented_late),
    Row("`replied`", "the request is open: `replied` to the agency", "`taken`", _replied),
    Row("`replied`", "the request has ended", "`taken`, late", _replied_late),
    Row("`replied`", "there is no such question", "`refused`: `unknown-question`", _replied_to_nothing),
    Row("`paid`", "less than is due: `refund-due` if the rest does not come", "`taken`", _paid_in_part),
    Row(
        "`paid`",
        "more than the fee that is due: `refund-due` at the end",
        "`taken`, with the `excess`",
        _paid_too_much,
    ),
    Row("`paid`", "the `reference` of an earlier payment", "`refused`: `payment-known`", _paid_twice),
    Row("`paid`", "another currency", "`refused`: `wrong-currency`", _paid_in_euro),
    Row("`paid`", "an amount of zero", INVALID, _paid_nothing),
    Row("`paid`", "the limit is over: `refund-due` at the end", "`taken`", _paid_late),
    Row("`withdrawn`", "the case is not decided", "`taken`", _withdrew),
    Row("`withdrawn`", "the case is decided", "`refused`: `already-decided`", _withdrew_decided),
    Row(
        "`withdrawn`",
        "at the end of a limit by which the law decides, or later",
        "`refused`: `already-decided`",
        f"{SEQUENCE}::test_what_the_broker_had_after_the_legal_end_changes_nothing_of_what_the_law_has_decided",
    ),
    Row(
        "`withdrawn`",
        "the procedure takes no withdrawals",
        "`refused`: `not-withdrawable`",
        "unit/workflows/case/test_case.py::test_where_the_law_knows_no_withdrawal_it_is_refused",
    ),
    Row("`default-noticed`", "the decision is late: `penalty-due` at the end", "`taken`", f"{PENALTY}{OWED}"),
    Row("`default-noticed`", "it is not late yet", "`refused`: `not-overdue`", f"{PENALTY}{OWED}"),
    Row("`default-noticed`", "once more", "`refused`: `already-noticed`", f"{PENALTY}{OWED}"),
    Row(
        "`default-noticed`",
        "the law has no penalty payment",
        "`refused`: `no-penalty`",
        f"{PENALTY}::test_without_a_penalty_in_the_law_a_notice_of_default_is_refused",
    ),
]
