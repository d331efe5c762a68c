"""The service item: what the catalogue says of a procedure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field

from contracts.terms.identifiers import AgencyId, ProcedureId
from contracts.terms.limits import Limit
from contracts.terms.values import Bilingual, Contract, Money, Text, absent


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
    """The fees of one procedure, collected as one."""

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


class ServiceItem(Contract):
    """The catalogue entry of a procedure.

    ``application`` is the model that an application has to fit. ``statutory`` is the law's limit,
    ``promised`` the administration's own. ``consequences`` says what follows from silence, for people;
    what the platform does stands in the request types. ``reasons`` are the closed reason codes of decisions
    and charges. ``statuses`` and ``flags`` are what a case may be marked with: where it stands, and what an
    officer should look at. ``withdrawable``: whoever applied may take it back.
    """

    procedure: ProcedureId
    code: Text
    name: Bilingual
    application: type[BaseModel] = Field(exclude=True)
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
