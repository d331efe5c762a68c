"""The law versions of a procedure: what its law says from a day on, as data. A case keeps its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Self

from pydantic import Field, model_validator

from contracts.terms.clock_rules import ClockRules, PenaltyPayment, TacitRefusal
from contracts.terms.fees import FeeSchedule
from contracts.terms.identifiers import STANDARD, VariantId
from contracts.terms.limits import Limit
from contracts.terms.requests import Lapse, Refer, Request, Rung, Terms, end_of
from contracts.terms.values import Bilingual, Contract, Text, absent


class Reason(Bilingual):
    """Why an application is refused, or an amount charged, and the rule that says so.

    ``charges``: an amount may be charged for it that no fee of the catalogue gives, such as a fine.
    """

    basis: Text | None = Field(default=None, exclude_if=absent)
    charges: bool = Field(default=False, exclude_if=lambda value: value is False)


class RequestTerms(Contract):
    """What a law version says about a request, where it differs from what its class states.

    Raises:
        ValueError: at definition, where the overdue ladder has no end.
    """

    limit: Limit | None = Field(default=None, exclude_if=absent)
    basis: Text | None = Field(default=None, exclude_if=absent)
    overdue: tuple[Rung, ...] | None = Field(default=None, exclude_if=absent)
    reasons: tuple[Text, ...] | None = Field(default=None, exclude_if=absent)

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.overdue is not None and end_of(self.overdue) is None:
            raise ValueError("an overdue ladder has to end, once, in deem(...), lapse(...) or refer(...)")
        return self


class LawVersion(ClockRules):
    """One version of a procedure's rules, in force from a day to a day, both included.

    ``variants`` are the ways of working that it knows; a case is opened in the first one, where the
    administration sets no other. ``reasons`` are the closed reason codes of decisions and charges.
    ``requests`` says, by a request's class name in dashes, what differs from what its class states.
    """

    id: Text
    basis: Text
    since: date
    until: date | None = Field(default=None, exclude_if=absent)
    variants: tuple[VariantId, ...] = Field(default=(STANDARD,), min_length=1)
    fees: FeeSchedule
    reasons: dict[str, Reason] = Field(default_factory=dict)
    requests: dict[str, RequestTerms] = Field(default_factory=dict)

    def terms(self, request: type[Request[Any]]) -> Terms:
        """On what terms a request is asked under this version."""
        stated, said = request.stated, self.requests.get(request.local_name, RequestTerms())
        return Terms(
            limit=said.limit or stated.limit,
            basis=said.basis or stated.basis,
            overdue=stated.overdue if said.overdue is None else said.overdue,
            reasons=stated.reasons if said.reasons is None else said.reasons,
        )

    def reason(self, code: str) -> Reason:
        """What a reason code means.

        Raises:
            LookupError: this version has no such reason; names the known ones.
        """
        if code not in self.reasons:
            known = ", ".join(self.reasons) or "none"
            raise LookupError(f"law version {self.id!r}: {code!r} is none of its reason codes: {known}")
        return self.reasons[code]

    def check_charge(self, code: str, currency: str) -> None:
        """Return if an amount may be charged for a reason. Fees are collected, not charged.

        Raises:
            LookupError: this version has no such reason, none for which anything is charged, or takes
                payments in another currency.
        """
        if not self.reason(code).charges:
            known = ", ".join(code for code, reason in self.reasons.items() if reason.charges) or "none"
            raise LookupError(
                f"law version {self.id!r}: nothing is charged for {code!r}; the reasons with charges=True "
                f"are: {known}"
            )
        if currency != self.fees.currency:
            raise LookupError(f"law version {self.id!r} takes payments in {self.fees.currency}")

    def check_requests(self, requests: Sequence[type[Request[Any]]]) -> None:
        """Return if what this version says fits the requests of its procedure.

        Raises:
            ValueError: it names an unknown request, deems an outcome that the answer lacks, or uses a reason
                that this version lacks.
        """
        known = [request.local_name for request in requests]
        for name in self.requests:
            if name not in known:
                raise ValueError(
                    f"law version {self.id!r}: {name!r} is no request of its procedure: {', '.join(known)}"
                )
        for request in requests:
            terms = self.terms(request)
            try:
                request.check_ladder(terms.overdue)
            except ValueError as error:
                raise ValueError(f"law version {self.id!r}: {error}") from None
            ends = [rung.reason for rung in terms.overdue if isinstance(rung, Lapse)]
            ends += [rung.otherwise for rung in terms.overdue if isinstance(rung, Refer)]
            for code in (*terms.reasons, *ends):
                self._check_reason(code, request.__name__)

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.until is not None and self.until < self.since:
            raise ValueError(f"law version {self.id!r}: it ends on {self.until}, before {self.since}")
        if len(set(self.variants)) != len(self.variants):
            raise ValueError(f"law version {self.id!r}: it names a variant twice: {', '.join(self.variants)}")
        if isinstance(self.late, TacitRefusal):
            self._check_reason(self.late.reason, "what follows from lateness")
        if isinstance(self.late, PenaltyPayment):
            self._check_rates(self.late)
        return self

    def _check_rates(self, penalty: PenaltyPayment) -> None:
        """Return if there are rates for every penalty payment of a case that is opened under this version."""
        first = min(rates.since for rates in penalty.rates)
        if first > self.since:
            raise ValueError(
                f"law version {self.id!r}: {penalty.basis} has no rates before {first}, and it is in force "
                f"from {self.since} on; add those of that day"
            )

    def _check_reason(self, code: str, used_by: str) -> None:
        if code not in self.reasons:
            raise ValueError(f"{used_by}: law version {self.id!r} has no reason {code!r}; add it to reasons")


def check_succession(laws: Sequence[LawVersion]) -> None:
    """Return if each law version follows the one before it, the next day.

    Raises:
        ValueError: one has no last day, two overlap or leave a gap, or have the same id; says what to change.
    """
    for earlier, later in pairwise(laws):
        day_before = later.since - timedelta(days=1)
        cure = f"give {earlier.id!r} until=date({day_before.year}, {day_before.month}, {day_before.day})"
        if later.since <= earlier.since:
            raise ValueError(
                f"law version {later.id!r} does not begin after {earlier.id!r}; order them by since"
            )
        if earlier.until is None:
            raise ValueError(
                f"law version {earlier.id!r} has no last day, and {later.id!r} follows it: {cure}"
            )
        if earlier.until != day_before:
            what = "overlap" if earlier.until > day_before else "leave a gap"
            raise ValueError(f"law versions {earlier.id!r} and {later.id!r} {what}: {cure}")
    ids = [law.id for law in laws]
    if doubled := [each for each in ids if ids.count(each) > 1]:
        raise ValueError(f"two law versions have the id {doubled[0]!r}; a case names its own by it")
