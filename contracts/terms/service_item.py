"""The service item: what the catalogue says of a procedure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Self

from annotated_types import Le
from pydantic import BaseModel, Field, model_validator

from contracts.terms.bounds import STATED
from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.terms.limits import Limit
from contracts.terms.values import Bilingual, Contract, Money, Statement, Text, absent


class LawVersion(Contract):
    """One version of the rules, in force from a day to a day, both included."""

    id: Text
    basis: Text
    since: date
    until: date | None = Field(default=None, exclude_if=absent)


class Fee(Contract):
    """One line of the fee: a fixed amount, or an amount ``per`` unit of a field of the application."""

    code: Text
    name: Bilingual
    amount: Money
    per: str | None = Field(default=None, exclude_if=absent)


class FeeSchedule(Contract):
    """The fees of one procedure, collected as one. Every application's fee is exact, and is an amount:
    :meth:`check` says whether the lines see to that."""

    currency: str
    lines: tuple[Fee, ...] = ()

    def of(self, application: BaseModel) -> Money:
        """The combined fee for an application."""
        total = sum(
            (
                line.amount.amount * (Decimal(getattr(application, line.per)) if line.per else 1)
                for line in self.lines
            ),
            Decimal(0),
        )
        return Money(amount=total.quantize(Decimal("0.01")), currency=self.currency)

    def check(self, application: type[BaseModel]) -> None:
        """Return if the fee of every application of this type can be computed.

        Raises:
            ValueError: a line is ``per`` a field that may be missing or is no quantity, or the fee may be
                larger than an amount can be.
        """
        most = sum((line.amount.amount * _most(application, line.per) for line in self.lines), Decimal(0))
        Money(amount=most.quantize(Decimal("0.01")), currency=self.currency)


def _most(application: type[BaseModel], per: str | None) -> Decimal:
    """The most that a field can hold; 1 where a fee depends on none."""
    if per is None:
        return Decimal(1)
    field = application.model_fields.get(per)
    if field is None or field.annotation not in (int, Decimal):
        raise ValueError(f"a fee per {per!r}: {application.__name__} has no such field, decimal and required")
    bounds = [Decimal(str(each.le)) for each in field.metadata if isinstance(each, Le)]
    return min([*bounds, Decimal(10) ** STATED.whole_digits])


class ServiceItem(Contract):
    """The catalogue entry of a procedure.

    ``application`` is the statement that an application has to fit. ``statutory`` is the law's limit,
    ``promised`` the administration's own. ``consequences`` says what follows from silence, for people; what
    the platform does stands in the request types. ``reasons`` are the closed reason codes of decisions and
    charges. ``statuses`` and ``flags`` are what a case may be marked with: where it stands, and what an
    officer should look at. ``withdrawable``: whoever applied may take it back. ``reporters`` are the agencies
    that may report steps of a case without being asked, beside the lead; None: every agency may.
    """

    procedure: ProcedureId
    code: Text
    name: Bilingual
    application: type[Statement] = Field(exclude=True)
    lead: AgencyId
    laws: tuple[LawVersion, ...] = Field(min_length=1)
    statutory: Limit
    promised: Limit
    consequences: Bilingual
    fees: FeeSchedule
    materials: tuple[Bilingual, ...] = ()
    results: tuple[Bilingual, ...] = ()
    reasons: dict[str, Bilingual] = Field(default_factory=dict)
    statuses: dict[str, Bilingual] = Field(default_factory=dict)
    flags: dict[str, Bilingual] = Field(default_factory=dict)
    withdrawable: bool = True
    reporters: tuple[AgencyId, ...] | None = ()

    @model_validator(mode="after")
    def _has_a_fee_for_every_application(self) -> Self:
        self.fees.check(self.application)
        return self

    def hears(self, agency: str) -> bool:
        """Whether an agency may report steps of a case."""
        return self.reporters is None or agency == self.lead or agency in self.reporters

    def law_on(self, day: date) -> LawVersion:
        """The law version in force on ``day``.

        Raises:
            LookupError: none was.
        """
        for law in self.laws:
            if law.since <= day and (law.until is None or day <= law.until):
                return law
        raise LookupError(f"{self.procedure}: no law version is in force on {day}")

    def workflow_type(self, law: str) -> str:
        """The Temporal workflow type that runs this procedure under law version ``law``."""
        return f"{self.procedure}@{law}"

    def reason(self, code: Any) -> Bilingual:
        """What a reason code means.

        Raises:
            LookupError: the catalogue has no such reason.
        """
        if code not in self.reasons:
            raise LookupError(
                f"{self.procedure}: {code!r} is none of its reason codes: {', '.join(self.reasons)}"
            )
        return self.reasons[code]

    @property
    def marks(self) -> dict[str, Bilingual]:
        """All that a case may be marked with."""
        return self.statuses | self.flags

    def mark(self, code: str) -> Bilingual:
        """What a mark means, be it a status or a flag.

        Raises:
            LookupError: the catalogue has no such mark.
        """
        if code not in self.marks:
            raise LookupError(f"{self.procedure}: {code!r} is none of its marks: {', '.join(self.marks)}")
        return self.marks[code]
