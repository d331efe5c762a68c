"""The traffic fine: made, sent, notified, perhaps appealed against; paid in instalments, or collected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from contracts.procedures.traffic_fine import (
    APPEAL_DAYS,
    PENALTY_DAY,
    TRAFFIC_FINE,
    AppealDecided,
    AppealedToJudge,
    AppealedToPrefecture,
    AppealSent,
    CollectDebt,
    CollectionOrdered,
    DecisionNotified,
    Fine,
    FineClosed,
    FineDismissed,
    FineNotified,
    FineSent,
    euro,
)
from contracts.terms.decisions import Decision
from contracts.terms.values import Contract, Money
from contracts.wire.messages import Paid
from workflows.case import Procedure, procedure

STEPS: tuple[type[Contract], ...] = (
    FineSent,
    FineNotified,
    Paid,
    AppealedToPrefecture,
    AppealSent,
    AppealDecided,
    DecisionNotified,
    AppealedToJudge,
    FineDismissed,
    CollectionOrdered,
    FineClosed,
)


@procedure(TRAFFIC_FINE)
class TrafficFine(Procedure[Fine]):
    """Whatever is reported is entered as it comes; the law itself adds the penalty on its day.

    That a fine is paid in full or dismissed is its status, not its end: what the law still does may follow.
    It ends when the police hand it to the credit collector, or close it.
    """

    async def course(self, fine: Fine) -> Decision:
        dossier = Dossier(fine)
        while True:
            step = await self.wait_for(*STEPS, until=dossier.penalty_day)
            if step is None:
                await self.penalise(dossier)
                continue
            await self.mark(*dossier.enter(step))
            if isinstance(step, CollectionOrdered):
                await self.hand_over(CollectDebt(fine=fine.number, debt=euro(dossier.balance)))
                return await self.end("collected")
            if isinstance(step, FineClosed):
                return await self.end(dossier.status)

    async def penalise(self, dossier: Dossier) -> None:
        """Add the penalty: its day has begun, paid or not, appealed against or not."""
        day = dossier.penalty_day
        marks = list(dossier.add_penalty())
        if day:
            await self.charge("penalty", euro(dossier.amount), since=day, balance=euro(dossier.balance))
        await self.mark(*marks)


class Dossier:
    """A fine as the police know it: what is owed, its status, and what does not fit.

    A step that is out of order is entered nevertheless, and marked, as a clerk would do.
    """

    def __init__(self, fine: Fine) -> None:
        self.amount = fine.amount.amount
        self.increased = fine.increased.amount if fine.increased else 2 * self.amount
        self.expense = self.paid = Decimal(0)
        self.notified: date | None = None
        self.penalised = self.settled = self.dismissed = False
        self.entered: set[type[Contract]] = set()

    @property
    def penalty_day(self) -> date | None:
        """The legal day that begins with the penalty; None before the notification, and once it was added."""
        if self.notified is None or self.penalised:
            return None
        return self.notified + timedelta(days=PENALTY_DAY)

    @property
    def balance(self) -> Decimal:
        """What is still owed. What comes after a payment in full, or a dismissal, is not."""
        if self.settled or self.dismissed:
            return Decimal(0)
        return max(Decimal(0), self.amount + self.expense - self.paid)

    @property
    def status(self) -> str:
        """The fine's status: ``open``, ``paid`` or ``dismissed``."""
        return "dismissed" if self.dismissed else "paid" if self.settled else "open"

    def add_penalty(self) -> Iterator[str]:
        """Raise the amount; what the case is to be marked with."""
        yield from self._although("penalty")
        if self.increased < self.amount:
            yield "penalty-below-fine"
        self.amount, self.penalised = self.increased, True
        yield from self._settle()

    def enter(self, step: Contract) -> Iterator[str]:
        """Enter a step; what the case is to be marked with."""
        match step:
            case Paid(amount=amount):
                yield from self._pay(amount)
            case _ if type(step) in self.entered:
                yield "doubled-step"
            case FineSent(expense=expense):
                self.expense += expense.amount
                yield from self._although("sent")
            case FineNotified(notified=day):
                self.notified = day
                if FineSent not in self.entered:
                    yield "notified-before-sent"
            case AppealedToPrefecture(filed=day) | AppealedToJudge(filed=day):
                yield from self._appeal(day)
            case AppealSent() | AppealDecided() | DecisionNotified():
                if AppealedToPrefecture not in self.entered:
                    yield "step-without-appeal"
            case FineDismissed():
                self.dismissed = True
                yield "dismissed"
            case CollectionOrdered():
                yield from self._although("collection")
                if not self.penalised:
                    yield "collection-before-penalty"
        self.entered.add(type(step))

    def _pay(self, payment: Money) -> Iterator[str]:
        yield from self._although("payment")
        self.paid += payment.amount
        yield from self._settle()

    def _settle(self) -> Iterator[str]:
        """Settle the fine once what was paid is what is owed. It stays settled, whatever comes."""
        over = self.paid - self.amount - self.expense
        if self.settled or self.dismissed or over < 0:
            return
        self.settled = True
        yield "settled"
        if over > 0:
            yield "overpaid"

    def _appeal(self, filed: date) -> Iterator[str]:
        """Both kinds of appeal have the same limit; it ends with its last day."""
        if self.notified is None or filed < self.notified:
            yield "appeal-before-notification"
        elif filed > self.notified + timedelta(days=APPEAL_DAYS):
            yield "appeal-after-60-days"
        if self.settled:
            yield "appeal-although-paid"

    def _although(self, what: str) -> Iterator[str]:
        if self.settled:
            yield f"{what}-although-paid"
        if self.dismissed:
            yield f"{what}-although-dismissed"
