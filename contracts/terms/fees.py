"""Fees: what a law version lets an administration collect, each with its basis, and who need not pay it."""

from __future__ import annotations

from decimal import Decimal

from annotated_types import Le
from pydantic import BaseModel, Field

from contracts.terms.bounds import STATED
from contracts.terms.values import Bilingual, Contract, Money, Text, absent


class Waiver(Contract):
    """Who need not pay a fee, and by which rule."""

    code: Text
    name: Bilingual
    basis: Text | None = Field(default=None, exclude_if=absent)


class Fee(Contract):
    """One line of the fee: a fixed amount, or an amount ``per`` unit of a field of the application."""

    code: Text
    name: Bilingual
    amount: Money
    per: str | None = Field(default=None, exclude_if=absent)
    basis: Text | None = Field(default=None, exclude_if=absent)
    waivers: tuple[Waiver, ...] = Field(default=(), exclude_if=lambda value: not value)


class FeeSchedule(Contract):
    """The fees of one procedure, collected as one: what is no line of it cannot be collected. Every
    application's fee is exact, and is an amount: :meth:`check` says whether the lines see to that."""

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
