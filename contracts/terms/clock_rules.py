"""What a law says about a case's time: data of a law version, read by the clock of a case.

Each rule names its basis. These texts are shown to people as they are; the clock computes with the rules.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, model_validator

from contracts.terms.identifiers import AgencyId
from contracts.terms.limits import AS_IT_FALLS, Counting, Limit
from contracts.terms.values import Contract, Money, Text, absent

StoppedFor = Literal[
    "supplement", "hearing", "inspection", "expert-review", "public-notice", "consent", "other"
]
"""Why time does not count."""


class Suspension(Contract):
    """Time that does not count: ``kind`` says for what, ``basis`` by which rule.

    A day does not count if all of it was suspended. ``interrupts``: the limit begins again afterwards
    (Italian law has this, Dutch law does not). ``requests``: the limits of open requests are suspended, too.
    """

    basis: Text
    kind: StoppedFor
    interrupts: bool = False
    requests: bool = False


class Extension(Contract):
    """By how much a case's limit may be extended at most, how often, and which agency has to approve it;
    without one, the lead agency."""

    basis: Text
    limit: Limit
    times: int = Field(default=1, ge=1)
    approver: AgencyId | None = Field(default=None, exclude_if=absent)


class NothingFollows(Contract):
    """Nothing follows by law from a decision that is late."""

    follows: Literal["nothing"] = "nothing"


class TacitGrant(Contract):
    """The law takes silence as consent: the application is granted when the limit is over."""

    follows: Literal["grant"] = "grant"
    basis: Text


class TacitRefusal(Contract):
    """The law takes silence as refusal, for ``reason``, a code of the law version."""

    follows: Literal["refuse"] = "refuse"
    basis: Text
    reason: Text


class PenaltyStep(Contract):
    """A number of days at an amount per day."""

    days: int = Field(ge=1)
    daily: Money


class Rates(Contract):
    """The amounts of a penalty payment, in force for those that begin from a day on."""

    since: date
    steps: tuple[PenaltyStep, ...] = Field(min_length=1)

    def owed(self, days: int) -> Money:
        """What is owed after ``days`` days of lateness."""
        total, left = Decimal(0), days
        for step in self.steps:
            total += step.daily.amount * min(max(left, 0), step.days)
            left -= step.days
        return Money(amount=total, currency=self.steps[0].daily.currency)

    @property
    def days(self) -> int:
        """The number of days after which it no longer grows."""
        return sum(step.days for step in self.steps)


class PenaltyPayment(Contract):
    """The authority owes the applicant for every day, once the applicant has given notice of default and
    ``after`` has passed since (Dutch law: Awb art. 4:17). The decision is still awaited."""

    follows: Literal["penalty"] = "penalty"
    basis: Text
    after: Limit
    rates: tuple[Rates, ...] = Field(min_length=1)

    def rates_on(self, day: date) -> Rates:
        """The rates of a penalty payment that begins on ``day``.

        Raises:
            LookupError: there are none yet.
        """
        found = [rates for rates in self.rates if rates.since <= day]
        if not found:
            raise LookupError(f"{self.basis}: no rates on {day}")
        return max(found, key=lambda rates: rates.since)


Late = Annotated[NothingFollows | TacitGrant | TacitRefusal | PenaltyPayment, Field(discriminator="follows")]


class ClockRules(Contract):
    """What a law version says about time.

    ``statutory`` is the law's limit, ``promised`` the administration's. They run from when the case is
    ``starts``. At ``warn_at`` (0 to 1) of each the lead agency is warned, at its end it is told; ``late`` is
    what follows from a decision that is later than ``statutory``. ``outage_basis``: the rule by which an
    outage of the platform moves the end of a limit; without one, consequences are only held.
    """

    statutory: Limit
    promised: Limit
    counting: Counting = AS_IT_FALLS
    starts: Literal["accepted", "opened"] = "accepted"
    late: Late = NothingFollows()
    warn_at: float = Field(default=0.8, gt=0, lt=1)
    suspensions: tuple[Suspension, ...] = ()
    extensions: tuple[Extension, ...] = ()
    outage_basis: Text | None = Field(default=None, exclude_if=absent)

    def suspension(self, basis: str) -> Suspension:
        """The suspension that a rule allows.

        Raises:
            LookupError: none of this law version has this basis; names the known ones.
        """
        return _by_basis(self.suspensions, basis, "suspension")

    def extension(self, basis: str) -> Extension:
        """The extension that a rule allows.

        Raises:
            LookupError: none of this law version has this basis; names the known ones.
        """
        return _by_basis(self.extensions, basis, "extension")

    @model_validator(mode="after")
    def _names_each_rule_once(self) -> Self:
        for rules in (self.suspensions, self.extensions):
            bases = [rule.basis for rule in rules]
            if doubled := [basis for basis in bases if bases.count(basis) > 1]:
                raise ValueError(f"two rules have the basis {doubled[0]!r}")
        return self


R = TypeVar("R", Suspension, Extension)


def _by_basis(rules: tuple[R, ...], basis: str, what: str) -> R:
    found = next((rule for rule in rules if rule.basis == basis), None)
    if found is None:
        known = ", ".join(repr(rule.basis) for rule in rules) or "none"
        raise LookupError(f"no {what} has the basis {basis!r} in this law version; there are: {known}")
    return found
