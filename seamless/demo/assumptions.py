"""What the demonstration assumes: how long each party works, and what it answers.

Source of the working times: an assumption of ours, tied to the limits of the request types. An agency
uses between 20 % and 95 % of its limit, most often 60 % (triangular); one in twenty takes a fifth
longer than its limit (but for completeness, where silence accepts the application and saves the time).
The limits are promises within 国办发〔2018〕33号, which cuts the whole approval from more than 200 working
days on average to 120. Applicants take one to five days to supplement and half a day to four to pay. No
time is counted for carrying the paper file from one office to the next, so the serial figure is the least
that a paper file can take.

Every draw depends on the seed and the case's number alone, so two runs with one seed draw the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from contracts.procedures.construction_permit import (
    CheckCompleteness,
    DeliverPermit,
    IssuePermit,
    ReviewCivilAirDefence,
    ReviewDrainage,
    ReviewEnvironment,
    ReviewFireSafety,
    ReviewPlanning,
)
from contracts.terms.requests import Request

REVIEWS: tuple[tuple[type[Request[Any]], str], ...] = (
    (ReviewPlanning, "plan-not-conform"),
    (ReviewFireSafety, "fire-safety-insufficient"),
    (ReviewCivilAirDefence, "shelter-insufficient"),
    (ReviewEnvironment, "environmental-harm"),
)
INCOMPLETE = 0.2
REFUSES = 0.03
CONDITIONS = 0.15
OVERDUE = 0.05
WITHDRAWS = 0.06


@dataclass(frozen=True)
class Review:
    """What one agency will do with a case: after how many days which outcome."""

    days: float
    outcome: str
    reason: str | None = None


@dataclass(frozen=True)
class Plan:
    """What will happen to one case. Days are working days, drawn.

    Attributes:
        other_work: how long what is no review takes, by step: ``check-completeness/2``.
        reviews: what the reviewing agencies answer, by request type.
        supplement: how long the applicant takes to supplement; None when the application is complete.
        withdraws: when the applicant withdraws, in days after applying; None when not.
    """

    other_work: dict[str, float]
    reviews: dict[str, Review]
    supplement: float | None
    payment: float
    withdraws: float | None
    sewage: Decimal

    @property
    def until_reviews(self) -> float:
        """How long completeness takes, with what the applicant needs to supplement."""
        first = self.other_work["check-completeness/1"]
        return (
            first
            if self.supplement is None
            else first + self.supplement + self.other_work["check-completeness/2"]
        )

    @property
    def refusals(self) -> list[Review]:
        """The reviews that refuse, in the order in which the paper file goes."""
        return [review for review in self.reviews.values() if review.outcome == "refuse"]

    @property
    def serial_days(self) -> float:
        """How long it takes one after another, as a paper file goes: the sum of the draws.

        A refusal ends it there; a withdrawal ends it then.
        """
        days = self.until_reviews
        for review in self.reviews.values():
            days += review.days
            if review.outcome == "refuse":
                return self._cut(days)
        return self._cut(days + self._after)

    @property
    def critical_path_days(self) -> float:
        """The longest branch of the same draws: the reviews side by side, the first refusal ends it."""
        at_once = {
            name: 0.0 if name == ReviewDrainage.name else each.days for name, each in self.reviews.items()
        }
        if self.refusals:
            return self._cut(
                self.until_reviews
                + min(at_once[name] for name, each in self.reviews.items() if each.outcome == "refuse")
            )
        return self._cut(self.until_reviews + max(at_once.values()) + self._after)

    @property
    def outcome(self) -> str:
        """How the case will end on the network."""
        before = self.until_reviews + (0 if self.refusals else self._longest + self.payment)
        if self.withdraws is not None and self.withdraws < before:
            return "withdrawn"
        return "refused" if self.refusals else "granted"

    @property
    def _longest(self) -> float:
        return max(each.days for name, each in self.reviews.items() if name != ReviewDrainage.name)

    @property
    def _after(self) -> float:
        return (
            self.payment
            + self.other_work[f"{IssuePermit.name}/1"]
            + self.other_work[f"{DeliverPermit.name}/1"]
        )

    def _cut(self, days: float) -> float:
        return (
            min(days, self.withdraws) if self.outcome == "withdrawn" and self.withdraws is not None else days
        )


def plan(seed: int, number: int) -> Plan:
    """What will happen to case ``number`` of a run with ``seed``."""
    random = Random(f"{seed}/{number}")

    def days(request: type[Request[Any]]) -> float:
        overdue = random.random() < OVERDUE and request is not CheckCompleteness
        share = 1.2 if overdue else random.triangular(0.2, 0.95, 0.6)
        return share * request.stated.limit.count

    reviews: dict[str, Review] = {}
    for request, reason in REVIEWS:
        chance = random.random()
        outcome = (
            "refuse" if chance < REFUSES else "consent-with-conditions" if chance < CONDITIONS else "consent"
        )
        reviews[request.name] = Review(days(request), outcome, reason if outcome == "refuse" else None)
    sewage = random.choices([Decimal(40), Decimal(150), Decimal(300)], [85, 12, 3])[0]
    refused = "refuse" if sewage > 200 else "consent"
    reviews[ReviewDrainage.name] = Review(
        days(ReviewDrainage), refused, "sewer-capacity" if sewage > 200 else None
    )
    incomplete = random.random() < INCOMPLETE
    return Plan(
        other_work={
            f"{CheckCompleteness.name}/1": days(CheckCompleteness),
            f"{CheckCompleteness.name}/2": days(CheckCompleteness),
            f"{IssuePermit.name}/1": days(IssuePermit),
            f"{DeliverPermit.name}/1": days(DeliverPermit),
        },
        reviews=reviews,
        supplement=random.uniform(1, 5) if incomplete else None,
        payment=random.uniform(0.5, 4),
        withdraws=random.uniform(1, 8) if random.random() < WITHDRAWS else None,
        sewage=sewage,
    )
