"""The oracle: what may be said to a case, or may happen to it, in its current state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from contracts.terms.clock_rules import PenaltyPayment, TacitGrant, TacitRefusal
from contracts.terms.identifiers import PLATFORM, Party
from contracts.terms.reports import REPORTS, Report
from contracts.terms.requests import REQUESTS, Request
from contracts.terms.values import MissingItem, Money
from contracts.wire.envelope import Message
from contracts.wire.messages import Answered, ApplicantWithdrew, NoticeOfDefault, Paid, Reported, Supplemented
from seamless.explore.graph import Move, local, plain
from seamless.explore.missing import missing_in
from seamless.explore.play import Play
from seamless.explore.values import NoExample, answers, fields_of, in_json, money_in, variants
from workflows.case.deadlines import Wait
from workflows.case.journal import PAYMENT

REPORTED = "reported:"


class Oracle:
    """All that may happen in the cases of one procedure.

    What it lets agencies say is what they may: an answer of its type, with a reason that it may name; what is
    missing is what the application lacks, or once, where it lacks nothing, a better copy of a document.
    """

    def __init__(self, application: BaseModel, channel: Party, *, copies: bool = False) -> None:
        """
        Args:
            copies: where an application lacks nothing, a better copy of a document may be asked for.
        """
        self._application = application
        self._channel = channel
        self._copies = copies

    def endings(self, play: Play, wait: Wait) -> list[Move]:
        """By what a wait may end: what its party may say. The plain one is first."""
        found = list(self._endings(play, wait))
        return [*found[:1], *(replace(each, odd=True) for each in found[1:])]

    def _endings(self, play: Play, wait: Wait) -> Iterator[Move]:
        if wait.request is not None:
            yield from self._answers(play, wait)
        elif wait.owed is not None:
            yield from self._payments(play, wait, wait.owed)
        elif "supplemented" in wait.wants:
            yield from self._supplements(play, wait)
        else:
            yield from self._facts(play, wait)

    def elsewhere(self, play: Play) -> list[Move]:
        """What may happen whatever the course knows: the applicant withdraws or pays in part, an operator
        ends the case, the platform is away, the law decides."""
        journal, case = play.journal, play.case
        found = [Move("cancels", PLATFORM, "an operator ends the case")]
        for wait in journal.waits.values():
            if wait.owed is not None and (part := (wait.owed.amount / 2).quantize(Decimal("0.01"))):
                half = wait.owed.model_copy(update={"amount": part})
                found.append(self._pays(play, wait, half, "pays a part of it", whole=False))
        if case.item.withdrawable and not journal.decided:
            found.append(Move("withdraws", self._channel, "takes it back", message=ApplicantWithdrew()))
        if any(wait.end is not None and not wait.unanswered for wait in journal.waits.values()):
            found.append(Move("outage", PLATFORM, "the platform is away, and nobody says anything"))
        limit, late = journal.deadlines.get("statutory"), case.law.late
        checks = any(wait.is_check for wait in journal.waits.values())
        if isinstance(late, TacitGrant | TacitRefusal) and limit and limit.end and not checks:
            found.append(Move("law", PLATFORM, "nobody says anything until the law's limit is over"))
        due = case.clock.due
        late_now = due is not None and case.now() >= due.at and not journal.decided
        if isinstance(late, PenaltyPayment) and late_now and journal.default is None:
            found.append(Move("notice", self._channel, "gives notice of default", message=NoticeOfDefault()))
        return found

    def _answers(self, play: Play, wait: Wait) -> Iterator[Move]:
        request, case = REQUESTS[wait.request or ""], play.case
        asked = case.requests[wait.step]
        terms = case.law.terms(request)
        missing = self._missing(play, asked)
        day = case.calendar.day(case.now())
        officer = request.local_name if request.by_person else None  # for each such request another person
        for answer, first in answers(request, terms, missing, day):
            told = answer.model_dump(mode="json")
            more = [plain(value) for name, value in told.items() if name == "reason"]
            more += [item.field for name in told for item in _items(getattr(answer, name, None))]
            said = f"{local(wait.step)}: {answer.outcome}" + (f" ({', '.join(more)})" if more else "")
            yield Move(
                "answers",
                Party.agency(wait.agency or request.agency),
                said,
                wait.step,
                outcome=answer.outcome,
                message=Answered(answer=told, officer=officer),
                rare=not first,
            )

    def _missing(self, play: Play, asked: Request[Any]) -> list[MissingItem]:
        """What an agency that was asked this may find missing."""
        kind = play.case.item.application
        shown = next((each for _, each in asked if isinstance(each, kind)), None)
        if shown is None:
            said = self._application.model_dump(mode="json") | play.journal.supplements
            shown = kind.model_validate(said)
        known = {field for each in play.journal.outcomes.values() for field in each.fields}
        fields = missing_in(shown, copies=self._copies and not known)
        return [MissingItem(zh=field, en=field, field=field) for field in fields]

    def _supplements(self, play: Play, wait: Wait) -> Iterator[Move]:
        kind, day = play.case.item.application, play.case.calendar.day(play.case.now())
        given: dict[str, Any] = {}
        for field in wait.fields:
            values = [each for each in fields_of(kind, day)[field] if each is not None]
            if not values:
                raise NoExample(f"no {field} of {kind.__name__} can be made up")
            given[field] = values[0]
        whole = {name: in_json(value) for name, value in given.items()}
        if not whole:
            return
        yield self._hands_in(wait, whole)
        if len(whole) > 1:
            yield self._hands_in(wait, dict([next(iter(whole.items()))]), rare=True)

    def _hands_in(self, wait: Wait, fields: dict[str, Any], *, rare: bool = False) -> Move:
        said = f"hands in {', '.join(fields)}"
        return Move(
            "hands-in",
            self._channel,
            said,
            wait.step,
            outcome="handed in",
            message=Supplemented(application=fields),
            rare=rare,
        )

    def _payments(self, play: Play, wait: Wait, owed: Money) -> Iterator[Move]:
        yield self._pays(play, wait, owed, "pays what is due")

    def _pays(self, play: Play, wait: Wait, amount: Money, said: str, *, whole: bool = True) -> Move:
        reference = f"bank-{play.journal.sequence}"
        message = Paid(amount=Money(amount=amount.amount, currency=amount.currency), reference=reference)
        outcome = "paid" if whole else "paid in part"
        return Move("pays", self._channel, said, wait.step, outcome=outcome, message=message, whole=whole)

    def _facts(self, play: Play, wait: Wait) -> Iterator[Move]:
        day = play.case.calendar.day(play.case.now())
        for name in wait.wants:
            if name == PAYMENT:
                for amount in self._amounts(play):
                    yield self._pays(play, wait, amount, f"pays {amount.amount}")
                continue
            kind = REPORTS[name.removeprefix(REPORTED)]
            who = (kind.by or (play.case.item.lead,))[0]
            for report in variants(kind, day):
                yield _reports(wait, Party.agency(who), report)

    def _amounts(self, play: Play) -> Iterator[Money]:
        """Amounts that may make a difference: those that the application speaks of, one less and one more."""
        currency = play.case.law.fees.currency
        found = sorted({each.amount for each in money_in(self._application)})
        yield Money(amount=Decimal("0.01"), currency=currency)
        for amount in [*found, Decimal(100_000)]:
            if amount:
                yield Money(amount=amount, currency=currency)


def _reports(wait: Wait, who: Party, report: Report) -> Move:
    content = report.model_dump(mode="json")
    told = ", ".join(f"{name} {plain(value)}" for name, value in content.items())
    said = f"reports {report.step!r}" + (f" ({told})" if told else "")
    message: Message = Reported(step=report.step, content=content)
    return Move("reports", who, said, None, outcome=report.step, message=message)


def _items(value: Any) -> list[MissingItem]:
    return [each for each in value if isinstance(each, MissingItem)] if isinstance(value, tuple) else []
