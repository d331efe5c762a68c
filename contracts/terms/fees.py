"""Fees: what a law version lets an administration collect, each with its basis, and who need not pay it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from annotated_types import Le
from pydantic import BaseModel, Field

from contracts.terms.bounds import STATED
from contracts.terms.values import Bilingual, Contract, Money, Text, absent

_CENT = Decimal("0.01")


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

    def waiver(self, code: str) -> Waiver:
        """The waiver of this code.

        Raises:
            LookupError: this fee has none; names those it has.
        """
        found = next((each for each in self.waivers if each.code == code), None)
        if found is None:
            known = ", ".join(each.code for each in self.waivers) or "none"
            raise LookupError(f"the fee {self.code!r} has no waiver {code!r}; it has: {known}")
        return found


class FeeLine(Contract):
    """An amount for one fee of the catalogue, by its ``code`` there, and its legal basis."""

    code: Text
    amount: Money
    basis: Text | None = Field(default=None, exclude_if=absent)

    def of(self, amount: Decimal) -> FeeLine:
        """The same fee with another amount.

        Raises:
            ValueError: it is not an amount of money.
        """
        return self.model_copy(update={"amount": Money(amount=amount, currency=self.amount.currency)})


class Bill(Contract):
    """What is to be collected, fee by fee."""

    currency: str
    lines: tuple[FeeLine, ...] = ()

    @property
    def total(self) -> Money:
        """All of it."""
        return Money(amount=total(self.lines), currency=self.currency)


class FeeSchedule(Contract):
    """The fees of one procedure: only its lines can be collected. Every application's fee must be an exact
    amount: :meth:`check` says whether the lines ensure that."""

    currency: str
    lines: tuple[Fee, ...] = ()

    def of(self, application: BaseModel, *codes: str) -> Bill:
        """The bill of an application: every fee, or those of these codes.

        Raises:
            LookupError: there is no fee of a code; names the known ones.
        """
        fees = [self.fee(code) for code in codes] if codes else self.lines
        return Bill(currency=self.currency, lines=tuple(_line(fee, application) for fee in fees))

    def fee(self, code: str) -> Fee:
        """The fee of this code.

        Raises:
            LookupError: there is none; names the known ones.
        """
        found = next((each for each in self.lines if each.code == code), None)
        if found is None:
            known = ", ".join(each.code for each in self.lines) or "none"
            raise LookupError(f"there is no fee {code!r} in the catalogue; there are: {known}")
        return found

    def check(self, application: type[BaseModel]) -> None:
        """Return if the fee of every application of this type can be computed.

        Raises:
            ValueError: two fees or two waivers have the same code, a fee has another currency, a line is
                ``per`` a field that may be missing or is no quantity, or the fee may be larger than an amount
                can be.
        """
        for codes in (_codes(self.lines), *(_codes(fee.waivers) for fee in self.lines)):
            if doubled := [code for code in codes if codes.count(code) > 1]:
                raise ValueError(f"two fees, or two waivers of one, have the code {doubled[0]!r}")
        for fee in self.lines:
            if fee.amount.currency != self.currency:
                raise ValueError(f"the fee {fee.code!r} is in {fee.amount.currency}, not in {self.currency}")
        most = sum((line.amount.amount * _most(application, line.per) for line in self.lines), Decimal(0))
        Money(amount=most.quantize(_CENT), currency=self.currency)


def total(lines: Iterable[FeeLine]) -> Decimal:
    """The sum of some lines."""
    return sum((line.amount.amount for line in lines), Decimal(0))


def allocated(lines: Iterable[FeeLine], before: Decimal, amount: Decimal) -> Iterator[FeeLine]:
    """Which fees a payment covers: it fills what earlier payments left of them, in order.

    Args:
        before: what was paid earlier.
        amount: what is paid now. What exceeds the lines covers none.
    """
    for line in lines:
        earlier = min(before, line.amount.amount)
        part = min(amount, line.amount.amount - earlier)
        before, amount = before - earlier, amount - part
        if part:
            yield line.of(part)


def _line(fee: Fee, application: BaseModel) -> FeeLine:
    units = Decimal(getattr(application, fee.per)) if fee.per else 1
    amount = (fee.amount.amount * units).quantize(_CENT)
    return FeeLine(code=fee.code, amount=Money(amount=amount, currency=fee.amount.currency), basis=fee.basis)


def _codes(named: Iterable[Fee] | Iterable[Waiver]) -> list[str]:
    return [each.code for each in named]


def _most(application: type[BaseModel], per: str | None) -> Decimal:
    """The largest value that a field can hold; 1 where a fee depends on none."""
    if per is None:
        return Decimal(1)
    field = application.model_fields.get(per)
    if field is None or field.annotation not in (int, Decimal):
        raise ValueError(f"a fee per {per!r}: {application.__name__} has no such field, decimal and required")
    bounds = [Decimal(str(each.le)) for each in field.metadata if isinstance(each, Le)]
    return min([*bounds, Decimal(10) ** STATED.whole_digits])
