"""What the police know of a fine: what is owed, its status, and what a clerk marks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.procedures.traffic_fine import (
    TRAFFIC_FINE,
    AppealDecided,
    AppealedToJudge,
    AppealedToPrefecture,
    AppealSent,
    CollectionOrdered,
    DecisionNotified,
    Fine,
    FineDismissed,
    FineNotified,
    FineSent,
    euro,
)
from contracts.terms.values import Contract, Money
from contracts.wire.messages import Paid
from tests.applications import fine
from workflows.traffic_fine import Dossier

NOTIFIED_ON = date(2007, 7, 25)
SENT = FineSent(expense=euro(Decimal(13)))
NOTIFIED = FineNotified(notified=NOTIFIED_ON)
COLLECTED = CollectionOrdered()
DISMISSED = FineDismissed(code="#")
PENALTY = None
"""The day on which the penalty is added has begun."""

Step = Contract | None


def a_fine(increased: str | None = "74.00") -> Fine:
    with_penalty = euro(Decimal(increased)) if increased else None
    return fine(made=date(2007, 3, 19), amount=euro(Decimal(36)), increased=with_penalty)


def paid(amount: str, currency: str = "EUR") -> Paid:
    return Paid(amount=Money(amount=Decimal(amount), currency=currency), reference="bank")


def on(day: int) -> date:
    """The day so many days after the notification."""
    return NOTIFIED_ON + timedelta(days=day)


def entered(*steps: Step, of: Fine | None = None) -> tuple[Dossier, list[str]]:
    dossier = Dossier(of or a_fine())
    marks: list[str] = []
    for step in steps:
        if step is None:
            marks += dossier.add_penalty()
        else:
            marks += dossier.enter(step)
    return dossier, marks


@pytest.mark.parametrize(
    ("steps", "balance", "status", "marks"),
    [
        ([], "36", "open", []),
        ([SENT], "49", "open", []),
        ([SENT, NOTIFIED], "49", "open", []),
        ([SENT, NOTIFIED, PENALTY], "87", "open", []),
        ([paid("36")], "0", "paid", ["settled"]),
        ([paid("20"), paid("16")], "0", "paid", ["settled"]),
        ([SENT, paid("36")], "13", "open", []),
        ([SENT, NOTIFIED, paid("49"), PENALTY], "0", "paid", ["settled", "penalty-although-paid"]),
        ([SENT, NOTIFIED, paid("30"), PENALTY, paid("57")], "0", "paid", ["settled"]),
        ([SENT, NOTIFIED, PENALTY, paid("49")], "38", "open", []),
        ([paid("40")], "0", "paid", ["settled", "overpaid"]),
        ([paid("36"), SENT, paid("13")], "0", "paid",
         ["settled", "sent-although-paid", "payment-although-paid"]),
        ([DISMISSED, SENT], "0", "dismissed", ["dismissed", "sent-although-dismissed"]),
        ([DISMISSED, paid("36")], "0", "dismissed", ["dismissed", "payment-although-dismissed"]),
        ([paid("36"), DISMISSED], "0", "dismissed", ["settled", "dismissed"]),
        ([SENT, NOTIFIED, DISMISSED, PENALTY], "0", "dismissed", ["dismissed", "penalty-although-dismissed"]),
        ([SENT, NOTIFIED, PENALTY, COLLECTED], "87", "open", []),
        ([paid("36"), SENT, NOTIFIED, PENALTY, COLLECTED], "0", "paid",
         ["settled", "sent-although-paid", "penalty-although-paid", "collection-although-paid"]),
        ([SENT, COLLECTED], "49", "open", ["collection-before-penalty"]),
        ([SENT, SENT], "49", "open", ["doubled-step"]),
        ([NOTIFIED], "36", "open", ["notified-before-sent"]),
        ([SENT, NOTIFIED, FineNotified(notified=on(7))], "49", "open", ["doubled-step"]),
        ([SENT, NOTIFIED, AppealSent(), AppealDecided(), DecisionNotified()], "49", "open",
         3 * ["step-without-appeal"]),
        ([SENT, NOTIFIED, AppealedToPrefecture(filed=on(8)), AppealSent(), AppealDecided()], "49", "open",
         []),
    ],
)  # fmt: skip
def test_what_is_owed_its_status_and_what_is_marked(
    steps: Sequence[Step], balance: str, status: str, marks: list[str]
) -> None:
    dossier, found = entered(*steps)
    assert (dossier.balance, dossier.status, found) == (Decimal(balance), status, marks)


@pytest.mark.parametrize("appeal", [AppealedToPrefecture, AppealedToJudge])
@pytest.mark.parametrize(
    ("day", "marks"),
    [
        (0, []),
        (59, []),
        (60, []),  # the sixtieth day is the last of the limit
        (61, ["appeal-after-60-days"]),
        (-1, ["appeal-before-notification"]),
    ],
)
def test_both_kinds_of_appeal_have_sixty_days(
    appeal: type[AppealedToPrefecture | AppealedToJudge], day: int, marks: list[str]
) -> None:
    assert entered(SENT, NOTIFIED, appeal(filed=on(day)))[1] == marks


def test_the_penalty_is_due_on_day_sixty_once() -> None:
    assert entered(SENT)[0].penalty_day is None
    assert entered(SENT, NOTIFIED)[0].penalty_day == date(2007, 9, 23)
    assert entered(SENT, NOTIFIED, PENALTY)[0].penalty_day is None


def test_a_penalty_below_the_fine_counts_as_it_is_and_is_marked() -> None:
    """Nine fines of the real log are so: as data they are wrong, as cases they have to go on."""
    dossier, marks = entered(SENT, NOTIFIED, paid("30"), PENALTY, of=a_fine(increased="10.00"))
    assert (dossier.balance, marks) == (Decimal(0), ["penalty-below-fine", "settled", "overpaid"])


def test_without_a_statutory_amount_the_fine_doubles() -> None:
    dossier, _ = entered(SENT, NOTIFIED, PENALTY, of=a_fine(increased=None))
    assert dossier.balance == 72 + 13


STEPS = st.sampled_from(
    [
        PENALTY, SENT, NOTIFIED, COLLECTED, DISMISSED, AppealSent(), AppealDecided(), DecisionNotified(),
        AppealedToPrefecture(filed=on(3)), AppealedToJudge(filed=on(99)),
        paid("10"), paid("49"), paid("1", "CHF"),
    ]
)  # fmt: skip


@given(st.lists(STEPS, max_size=20))
def test_no_order_of_steps_breaks_a_dossier(steps: list[Step]) -> None:
    """Whatever comes: all marks are in the catalogue, and what is settled stays settled."""
    dossier = Dossier(a_fine())
    for step in steps:
        settled = dossier.settled
        marks = list(dossier.add_penalty() if step is None else dossier.enter(step))
        for mark in marks:
            TRAFFIC_FINE.mark(mark)
        assert dossier.settled >= settled
        assert ("settled" in marks) == (dossier.settled > settled)
        assert (dossier.balance == 0) == (dossier.status != "open")
