"""The penalty payment that an authority owes for a late decision: how much, from when on."""

from __future__ import annotations

from datetime import datetime, timedelta

from contracts.terms.calendar import Calendar, Due
from contracts.terms.clock_rules import PenaltyPayment, Rates
from contracts.terms.limits import calendar_days
from contracts.wire.notices import PenaltyDue

PENALTY = "penalty"
"""The name of its deadline: first when it begins to be owed, then when it stops growing."""


def rates_of(late: PenaltyPayment, calendar: Calendar, begins: datetime) -> Rates:
    """The rates of a penalty payment that begins then."""
    return late.rates_on(calendar.day(begins))


def end_of_days(calendar: Calendar, begins: datetime, days: int) -> Due:
    """When so many days of it are over."""
    return calendar.due(begins - timedelta(microseconds=1), calendar_days(days))


def penalty_due(
    late: PenaltyPayment, calendar: Calendar, begins: datetime, at: datetime
) -> PenaltyDue | None:
    """What is owed where the case is decided at ``at``; None where nothing is.

    Each day counts that is over by then; so the day of the decision does not.
    """
    rates = rates_of(late, calendar, begins)
    days = sum(end_of_days(calendar, begins, number).at <= at for number in range(1, rates.days + 1))
    return PenaltyDue(amount=rates.owed(days), days=days, basis=late.basis) if days else None
