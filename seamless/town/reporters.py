"""Simulated reports: what agencies do unasked, and payments that nobody asked for.

Nobody tells an agency that a case waits for its report: in the world it knows of its own work. Here it learns
from the ledger what a case waits for.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from pydantic import ValidationError

from contracts.procedures.catalogue import CATALOGUE
from contracts.terms.calendar import UnknownCalendar, calendar_of_case
from contracts.terms.identifiers import CaseId, Party
from contracts.terms.reports import REPORTS
from contracts.terms.service_item import ServiceItem
from contracts.terms.values import Money, Statement
from contracts.wire.envelope import Message
from contracts.wire.ledger import PART, LedgerEntry
from contracts.wire.messages import Paid, Reported
from seamless.explore.values import NoExample, drawn, money_in, plain
from seamless.town.agenda import Agenda, Intention, Until
from seamless.town.draws import draw, number_of
from seamless.town.manners import AgencyManner, Manners

ENDING = ("reported", "paid", "counted", "lapsed", "cancelled")
"""The kinds of entries that end what a report or a payment is waited for in."""
REPORT_DAYS = 3.0
SOON = 0.9
"""A report in time is there after so much of the limit, at the latest."""


class SimulatedReporters:
    """What the agencies and applicants of a town report and pay by themselves."""

    def __init__(self, manners: Manners, *, seed: int, day: timedelta, played: Collection[Party]) -> None:
        """
        Args:
            day: how long a working day lasts.
            played: those who are simulated; nobody else reports.
        """
        self._manners, self._seed, self._day = manners, seed, day
        self._played = frozenset(played)
        self._opened: dict[str, LedgerEntry] = {}

    def hear(self, entry: LedgerEntry, agenda: Agenda) -> None:
        """Take in what the ledger says."""
        if entry.kind == "opened":
            self._opened[entry.case] = entry
        elif entry.kind == "closed":
            self._opened.pop(entry.case, None)
            agenda.drop(entry.case)
        elif entry.kind == "waiting":
            self._wait(entry, agenda)
        elif entry.kind in ENDING and entry.step is not None and entry.outcome != PART:
            agenda.drop(entry.case, "step", step=entry.step)

    def _wait(self, entry: LedgerEntry, agenda: Agenda) -> None:
        """Intend to report one of the things that a step waits for."""
        item, words = CATALOGUE.get(entry.procedure), self._awaited(entry)
        if item is None or not words or entry.step is None:
            return
        chance = draw(self._seed, number_of(entry.case), "reports", entry.step)
        word = words[_place(entry.step, len(words), chance)]
        kind = REPORTS.get(word)
        message: Message
        if kind is None:
            party, manner = Party.channel(CaseId(entry.case).channel), AgencyManner()
            message = Paid(amount=self._amount(entry, item, chance), reference=entry.id)
        else:
            agency = chance.choice(kind.by or (item.lead,))
            party, manner = Party.agency(agency), self._manners.of(agency)
            try:
                content = drawn(plain(kind, self._day_of(entry)), chance, self._day_of(entry))
            except NoExample:
                return
            message = Reported(step=word, content=content.model_dump(mode="json"))
        at = self._reports_at(entry, manner, chance)
        if at is not None and party in self._played:
            id = f"{entry.id}/{message.type}"
            until: Until = "closing" if entry.due is not None and at > entry.due else "step"
            agenda.add(Intention(at, party, CaseId(entry.case), message, id, entry.step, until=until))

    @staticmethod
    def _awaited(entry: LedgerEntry) -> list[str]:
        """The steps of the reports that are waited for, and what a payment is called; none once erased."""
        words = entry.data.content.get("reports") if entry.data else None
        return [str(each) for each in words] if isinstance(words, list) else []

    def _reports_at(self, entry: LedgerEntry, manner: AgencyManner, chance: Random) -> datetime | None:
        """When it is reported; None: never, where that has an end nevertheless."""
        took = chance.triangular(0.2, 1.8, 1.0) * (manner.days or REPORT_DAYS) * self._day
        happens = chance.random()
        if entry.due is None:
            return entry.recorded + took
        if happens < manner.silent:
            return None
        if happens < manner.silent + manner.late:
            return entry.due + chance.uniform(0.5, 3) * self._day
        return entry.recorded + min(took, SOON * max(entry.due - entry.recorded, timedelta(0)))

    def _day_of(self, entry: LedgerEntry) -> date:
        """The legal day of the case on which the entry was made."""
        opened = self._opened.get(entry.case, entry)
        try:
            return calendar_of_case(entry.calendar or "", opened.received).day(entry.recorded)
        except UnknownCalendar:  # one of the administration's own
            return entry.recorded.date()

    def _amount(self, entry: LedgerEntry, item: ServiceItem, chance: Random) -> Money:
        """An amount that the application speaks of, in the currency of the case."""
        currency = item.law_or_newest(entry.law).fees.currency
        opened = self._opened.get(entry.case)
        said = opened.data.content.get("application") if opened and opened.data else None
        known = [each for each in money_in(_parsed(item, said)) if each.amount] if said else []
        amount = chance.choice(known).amount if known else Decimal(10)
        return Money(amount=amount, currency=currency)


def _parsed(item: ServiceItem, application: object) -> Statement | None:
    try:
        return item.application.model_validate(application)
    except ValidationError:  # of another build
        return None


def _place(step: str, count: int, chance: Random) -> int:
    """Which of what is waited for comes: by and by the later ones, since a course that waits again and again
    names things about in their order; beyond that, any."""
    asked_before = int(step.rpartition("/")[2]) - 1 if step.rpartition("/")[2].isdecimal() else 0
    if asked_before >= count:
        return chance.randrange(count)
    return min(asked_before + chance.choice((0, 0, 1, 2)), count - 1)
